/* SPDX-License-Identifier: Apache-2.0 */
/* AK certificates, their CA and their root, of our own: each test changes one thing of a plan. */
#ifndef TEST_AK_SUPPORT_H
#define TEST_AK_SUPPORT_H

#include "unit/certificate_names.h"
#include "unit/evidence_support.h"

#include "base/certs.h"

#include <openssl/x509v3.h>

#define AK_NOW 1764633600 /* 2025-12-02 */

static EVP_PKEY *ak_root_key, *ak_ca_key, *ak_leaf_key;

struct ak_plan {
        const char *cn, *issuer_cn, *basic, *usage, *extended;
        EVP_PKEY *key, *signer;
        const char *md;
        const char *access;  /* authority information access, or NULL */
        int64_t from, until; /* 0: AK_NOW, a day before and after */
};

static inline X509 *ak_make(const struct ak_plan *p)
{
        static long serial = 1;
        X509 *cert = X509_new_ex(libctx, NULL);
        X509V3_CTX ctx;
        const struct {
                int nid;
                const char *value;
        } exts[] = {{NID_basic_constraints, p->basic},
                    {NID_key_usage, p->usage},
                    {NID_ext_key_usage, p->extended},
                    {NID_info_access, p->access},
                    {NID_subject_key_identifier, "hash"}};
        assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
        ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
        assert_true(name_certificate(cert, p->cn, p->issuer_cn));
        ASN1_TIME_set(X509_getm_notBefore(cert), p->from != 0 ? p->from : AK_NOW - 86400);
        ASN1_TIME_set(X509_getm_notAfter(cert), p->until != 0 ? p->until : AK_NOW + 86400);
        assert_int_equal(X509_set_pubkey(cert, p->key), 1);
        X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
        for (size_t i = 0; i < sizeof(exts) / sizeof(exts[0]); i++) {
                if (exts[i].value == NULL)
                        continue;
                X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, exts[i].nid, exts[i].value);
                assert_non_null(ext);
                assert_int_equal(X509_add_ext(cert, ext, -1), 1);
                X509_EXTENSION_free(ext);
        }
        if (p->key != p->signer) {
                /* Strict mode wants an authority key identifier: SHA-1 of the issuer's key. */
                AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();
                unsigned char hash[EVP_MAX_MD_SIZE];
                unsigned int len = 0;
                X509 *tmp = X509_new_ex(libctx, NULL);
                assert_int_equal(X509_set_pubkey(tmp, p->signer), 1);
                EVP_MD *sha1 = EVP_MD_fetch(libctx, "SHA1", NULL);
                assert_int_equal(X509_pubkey_digest(tmp, sha1, hash, &len), 1);
                EVP_MD_free(sha1);
                id->keyid = ASN1_OCTET_STRING_new();
                ASN1_OCTET_STRING_set(id->keyid, hash, (int)len);
                assert_int_equal(X509_add1_ext_i2d(cert, NID_authority_key_identifier, id, 0, 0),
                                 1);
                AUTHORITY_KEYID_free(id);
                X509_free(tmp);
        }
        EVP_MD *md = EVP_MD_fetch(libctx, p->md != NULL ? p->md : "SHA256", NULL);
        assert_true(X509_sign(cert, p->signer, md) > 0);
        EVP_MD_free(md);
        unsigned char *der = NULL;
        int len = i2d_X509(cert, &der);
        X509_free(cert);
        cert = aza_cert_parse(libctx, aza_span_of(der, (size_t)len));
        assert_non_null(cert);
        OPENSSL_free(der);
        return cert;
}

static inline struct ak_plan ak_root_plan(void)
{
        return (struct ak_plan){.cn = "Root",
                                .issuer_cn = "Root",
                                .basic = "critical,CA:TRUE",
                                .usage = "critical,keyCertSign,cRLSign",
                                .key = ak_root_key,
                                .signer = ak_root_key};
}

static inline struct ak_plan ak_ca_plan(void)
{
        return (struct ak_plan){.cn = "CA",
                                .issuer_cn = "Root",
                                .basic = "critical,CA:TRUE,pathlen:0",
                                .usage = "critical,keyCertSign,cRLSign",
                                .key = ak_ca_key,
                                .signer = ak_root_key};
}

static inline struct ak_plan ak_leaf_plan(void)
{
        return (struct ak_plan){.cn = "0123456789ab.ConfidentialVM.Azure.windows.net",
                                .issuer_cn = "CA",
                                .usage = "critical,digitalSignature",
                                .extended = "1.3.6.1.4.1.311.10.3.12,2.23.133.8.3",
                                .key = ak_leaf_key,
                                .signer = ak_ca_key};
}

#endif
