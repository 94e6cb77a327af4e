/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the checks on the TD quote, up to the attestation key it brings: who certified that key
 * (Intel) is not simulated. */
#include "sim/cert.h"
#include "sim/maa_verify.h"
#include "sim/snp_layout.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
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

bool sim_maa_verify_tdx(const struct sim_maa_request *request, struct aza_span *ret_report_data,
                        struct sim_refusal *refusal)
{
        struct aza_span quote = aza_bytes_span(&request->hardware_report);
        struct aza_reader r = aza_reader_of(quote);
        uint16_t version = aza_read_le16(&r);
        uint16_t key_type = aza_read_le16(&r);
        uint32_t tee = aza_read_le32(&r);
        (void)aza_read(&r, TDQ_HEADER_LEN - 8);
        struct aza_span body = aza_read(&r, TDQ_BODY_LEN);
        struct aza_reader proof = aza_reader_of(aza_read(&r, aza_read_le32(&r)));
        struct aza_span signature = aza_read(&proof, 2 * HALF);
        struct aza_span point = aza_read(&proof, 2 * HALF);

        if (r.failed || proof.failed || version != 4 || key_type != 2 || tee != 0x81)
                return sim_refuse(refusal, "TdQuote", "not a TD quote of version 4");
        (void)ERR_set_mark();
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = p256_key(point);
        bool good =
                key != NULL && p256_verify(key, signature, aza_span_of(quote.data, TDQ_SIGNED_LEN));
        (void)ERR_pop_to_mark();
        if (!good)
                return sim_refuse(refusal, "TdQuote", "not signed by the key it brings");
        if ((body.data[TDQ_TD_ATTRIBUTES] & 1) != 0)
                return sim_refuse(refusal, "TdQuote", "the TD may be debugged");
        *ret_report_data = aza_span_of(body.data + TDQ_REPORT_DATA, SNP_REPORT_DATA_LEN);
        return true;
}
