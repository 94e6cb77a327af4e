/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as somebody with OpenSSL makes them: leaves, issuers, and whatever is wrong with
 * them. */
#ifndef TEST_CHAIN_SUPPORT_H
#define TEST_CHAIN_SUPPORT_H

#include "unit/certificate_names.h"
#include "unit/token_support.h"

#include "base/one.h"
#include "certificate/certificate.h"
#include "certificate/cmw.h"

#include <openssl/x509v3.h>

#define TOKEN_END 1800028000 /* of good_claims */
#define BEGIN     (NOW - 60)

struct made {
        EVP_PKEY *key;
        const char *subject;
        EVP_PKEY *signer;
        const char *issuer;
        const char *token; /* NULL: none */
        const char *constraints, *usage;
        const char *more; /* a further extension, "name=value", or NULL */
        const char *digest;
        int64_t begin, end;
};

static void add_extension(X509 *x, X509V3_CTX *ctx, const char *name, const char *value)
{
        X509_EXTENSION *one = X509V3_EXT_conf(NULL, ctx, name, value);

        assert_non_null(one);
        assert_int_equal(X509_add_ext(x, one, -1), 1);
        X509_EXTENSION_free(one);
}

static void add_extensions(X509 *x, const struct made *m)
{
        X509V3_CTX ctx;
        char name[64];

        X509V3_set_ctx(&ctx, NULL, x, NULL, NULL, 0);
        if (m->constraints != NULL)
                add_extension(x, &ctx, "basicConstraints", m->constraints);
        if (m->usage != NULL)
                add_extension(x, &ctx, "keyUsage", m->usage);
        if (m->more != NULL) {
                const char *value = strchr(m->more, '=');

                (void)snprintf(name, sizeof(name), "%.*s", (int)(value - m->more), m->more);
                add_extension(x, &ctx, name, value + 1);
        }
        if (m->token != NULL) {
                X509_EXTENSION *cmw = aza_cmw_extension(AZA_CMW_OID, m->token);

                assert_int_equal(X509_add_ext(x, cmw, -1), 1);
                X509_EXTENSION_free(cmw);
        }
}

/* As a reader gets it. */
__attribute__((unused)) static X509 *make_certificate(const struct made *m)
{
        X509 *x = X509_new_ex(libctx, NULL), *read = NULL;
        const EVP_MD *md = m->digest != NULL ? EVP_get_digestbyname(m->digest) : EVP_sha256();
        AZA_BYTES struct aza_bytes pem = {0};

        assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
        assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 7), 1);
        assert_true(name_certificate(x, m->subject, m->issuer));
        assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), m->begin));
        assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), m->end));
        assert_int_equal(X509_set_pubkey(x, m->key), 1);
        add_extensions(x, m);
        assert_true(X509_sign(x, m->signer, md) > 0);
        assert_int_equal(aza_certificate_pem(x, &pem), 0);
        X509_free(x);
        assert_int_equal(aza_one_certificate(libctx, aza_bytes_span(&pem), &read), 0);
        return read;
}

/* What `azattest cert --leaf` makes; `attested` vouches for it. */
__attribute__((unused)) static struct made good_leaf(EVP_PKEY *key)
{
        return (struct made){.key = key,
                             .subject = "leaf",
                             .signer = attested,
                             .issuer = "issuer",
                             .constraints = "critical,CA:FALSE",
                             .usage = "critical,digitalSignature",
                             .begin = BEGIN,
                             .end = TOKEN_END};
}

__attribute__((unused)) static struct made good_issuer(const char *jwt)
{
        return (struct made){.key = attested,
                             .subject = "issuer",
                             .signer = attested,
                             .issuer = "issuer",
                             .token = jwt,
                             .constraints = "critical,CA:TRUE,pathlen:0",
                             .usage = "critical,keyCertSign",
                             .begin = BEGIN,
                             .end = TOKEN_END};
}

#endif
