/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the checks on the TD quote. What Intel publishes about the platform is not the service's
 * matter here. */
#include "sim/cert.h"
#include "sim/maa_verify.h"
#include "sim/snp_layout.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#define HALF 32UL /* of a P-256 signature or point */

AZA_OWN_DEFINE(ECDSA_SIG, ECDSA_SIG_free);

static EVP_PKEY *p256_key(struct aza_span point)
{
        static const char group[] = "P-256";
        uint8_t encoded[1 + 2 * HALF] = {4};
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(sim_libctx(), "EC", NULL);
        EVP_PKEY *key = NULL;

        memcpy(encoded + 1, point.data, 2 * HALF);
        OSSL_PARAM params[] = {
                OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 5),
                OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof(encoded)),
                OSSL_PARAM_END};
        if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
            EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
                return NULL;
        return key;
}

static bool p256_verify(EVP_PKEY *key, struct aza_span raw, struct aza_span message)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        AZA_OWN(ECDSA_SIG_free) ECDSA_SIG *signature = ECDSA_SIG_new();
        AZA_OWN(BN_free) BIGNUM *r = BN_bin2bn(raw.data, (int)HALF, NULL);
        AZA_OWN(BN_free) BIGNUM *s = BN_bin2bn(raw.data + HALF, (int)HALF, NULL);
        unsigned char *der = NULL;

        if (ctx == NULL || signature == NULL || r == NULL || s == NULL ||
            ECDSA_SIG_set0(signature, r, s) != 1)
                return false;
        r = NULL;
        s = NULL;
        int len = i2d_ECDSA_SIG(signature, &der);
        bool good =
                len > 0 &&
                EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", sim_libctx(), NULL, key, NULL) == 1 &&
                EVP_DigestVerify(ctx, der, (size_t)len, message.data, message.len) == 1;
        OPENSSL_free(der);
        return good;
}

/* ---- who certified the key ---- */

/* Certification data of type 6, and what is in it. */
struct certification {
        struct aza_span report, signature, auth, pem;
};

static bool read_certification(struct aza_reader *proof, struct certification *ret)
{
        uint16_t outer = aza_read_le16(proof);
        struct aza_reader r = aza_reader_of(aza_read(proof, aza_read_le32(proof)));

        ret->report = aza_read(&r, 384);
        ret->signature = aza_read(&r, 2 * HALF);
        ret->auth = aza_read(&r, aza_read_le16(&r));
        uint16_t inner = aza_read_le16(&r);
        ret->pem = aza_read(&r, aza_read_le32(&r));
        return !proof->failed && !r.failed && outer == 6 && inner == 5;
}

/* The platform's certificate, which leads to Intel's root through the others of `pem`. */
static X509 *platform_certificate(const struct sim_pki *pki, struct aza_span pem,
                                  const char **ret_why)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
        AZA_OWN(X509_free) X509 *leaf = X509_new_ex(sim_libctx(), NULL);
        STACK_OF(X509) *others = sk_X509_new_null();
        bool good = bio != NULL && leaf != NULL && others != NULL &&
                    PEM_read_bio_X509(bio, &leaf, NULL, NULL) != NULL;

        *ret_why = "not a PEM certificate";
        for (X509 *next; good && (next = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL;)
                good = sk_X509_push(others, next) > 0;
        good = good && sim_maa_chain(leaf, pki->intel_root, others, ret_why);
        sk_X509_pop_free(others, X509_free);
        return good ? aza_take(&leaf) : NULL;
}

static bool verify_certification(const struct sim_pki *pki, struct aza_reader *proof,
                                 struct aza_span point, struct sim_refusal *refusal)
{
        struct certification c = {0};
        uint8_t bound[2 * HALF + 256], digest[HALF];
        const char *why = NULL;

        if (!read_certification(proof, &c) || c.auth.len > 256)
                return sim_refuse(refusal, "TdQuote", "certification data is not of type 6 and 5");
        AZA_OWN(X509_free) X509 *platform = platform_certificate(pki, c.pem, &why);
        if (platform == NULL)
                return sim_refuse(refusal, "TdQuote", "no chain to Intel's root: %s", why);
        if (!p256_verify(X509_get0_pubkey(platform), c.signature, c.report))
                return sim_refuse(refusal, "TdQuote", "the platform did not sign the QE report");
        memcpy(bound, point.data, point.len);
        memcpy(bound + point.len, c.auth.data, c.auth.len);
        if (EVP_Q_digest(sim_libctx(), "SHA256", NULL, bound, point.len + c.auth.len, digest,
                         NULL) != 1 ||
            memcmp(digest, c.report.data + 320, sizeof(digest)) != 0)
                return sim_refuse(refusal, "TdQuote", "the QE report is about another key");
        if (c.report.data[128] != pki->qe_signer)
                return sim_refuse(refusal, "TdQuote", "not Intel's quoting enclave");
        return true;
}

/* ---- the quote ---- */

/* Header and body; what stands before the body is in it from version 5 on. */
static bool read_signed(struct aza_reader *r, struct aza_span *ret_body)
{
        uint16_t version = aza_read_le16(r);
        uint16_t key_type = aza_read_le16(r);
        uint32_t tee = aza_read_le32(r);

        (void)aza_read(r, TDQ_HEADER_LEN - 8);
        bool good = version == 4 ||
                    (version == 5 && aza_read_le16(r) == 3 && aza_read_le32(r) == TDQ_5_BODY_LEN);
        *ret_body = aza_read(r, version == 5 ? TDQ_5_BODY_LEN : TDQ_BODY_LEN);
        return good && !r->failed && key_type == 2 && tee == 0x81;
}

const uint8_t *sim_td_quote_body(struct aza_span quote)
{
        return quote.data + TDQ_HEADER_LEN + (quote.data[0] == 5 ? TDQ_5_PREFIX_LEN : 0);
}

bool sim_maa_verify_tdx(const struct sim_pki *pki, const struct sim_maa_request *request,
                        struct aza_span *ret_report_data, struct sim_refusal *refusal)
{
        struct aza_span quote = aza_bytes_span(&request->hardware_report);
        struct aza_reader r = aza_reader_of(quote);
        struct aza_span body = {0};
        bool form = read_signed(&r, &body);
        const struct aza_span text = aza_span_of(quote.data, quote.len - r.rest.len);
        struct aza_reader proof = aza_reader_of(aza_read(&r, aza_read_le32(&r)));
        struct aza_span signature = aza_read(&proof, 2 * HALF);
        struct aza_span point = aza_read(&proof, 2 * HALF);

        if (!form || r.failed || proof.failed)
                return sim_refuse(refusal, "TdQuote", "not a TD quote of version 4 or 5");
        (void)ERR_set_mark();
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = p256_key(point);
        bool good = key != NULL && p256_verify(key, signature, text);
        if (!good)
                (void)sim_refuse(refusal, "TdQuote", "not signed by the key it brings");
        else
                good = verify_certification(pki, &proof, point, refusal);
        (void)ERR_pop_to_mark();
        if (!good)
                return false;
        if ((body.data[TDQ_TD_ATTRIBUTES] & 1) != 0)
                return sim_refuse(refusal, "TdQuote", "the TD may be debugged");
        *ret_report_data = aza_span_of(body.data + TDQ_REPORT_DATA, SNP_REPORT_DATA_LEN);
        return true;
}
