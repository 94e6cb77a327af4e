/* SPDX-License-Identifier: Apache-2.0 */
/* Raw points and signatures, for OpenSSL. */
#include "tdx/p256.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

#define HALF 32

AZA_OWN_DEFINE(ECDSA_SIG, ECDSA_SIG_free);

EVP_PKEY *aza_p256_key(OSSL_LIB_CTX *libctx, struct aza_span xy)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, "EC", NULL);
        char group[] = "prime256v1";
        uint8_t point[1 + 2 * HALF] = {POINT_CONVERSION_UNCOMPRESSED};
        EVP_PKEY *key = NULL;

        if (ctx == NULL || xy.len != sizeof(point) - 1)
                return NULL;
        memcpy(point + 1, xy.data, xy.len);
        OSSL_PARAM params[] = {
                OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
                OSSL_PARAM_construct_end()};
        (void)ERR_set_mark();
        if (EVP_PKEY_fromdata_init(ctx) != 1 ||
            EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
                key = NULL;
        (void)ERR_pop_to_mark();
        return key;
}

bool aza_p256_is(const EVP_PKEY *key)
{
        char group[32] = "";

        return key != NULL && EVP_PKEY_is_a(key, "EC") &&
               EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
               strcmp(group, "prime256v1") == 0;
}

static int der_of(struct aza_span rs, unsigned char **ret)
{
        AZA_OWN(ECDSA_SIG_free) ECDSA_SIG *signature = ECDSA_SIG_new();
        AZA_OWN(BN_free) BIGNUM *r = BN_bin2bn(rs.data, HALF, NULL);
        AZA_OWN(BN_free) BIGNUM *s = BN_bin2bn(rs.data + HALF, HALF, NULL);

        if (signature == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(signature, r, s) != 1)
                return -1;
        (void)aza_take(&r);
        (void)aza_take(&s);
        return i2d_ECDSA_SIG(signature, ret);
}

bool aza_p256_verify(OSSL_LIB_CTX *libctx, EVP_PKEY *key, struct aza_span message,
                     struct aza_span rs)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char *der = NULL;
        int len = rs.len == (size_t)2 * HALF ? der_of(rs, &der) : -1;

        (void)ERR_set_mark();
        bool good = ctx != NULL && len > 0 && aza_p256_is(key) &&
                    EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", libctx, NULL, key, NULL) == 1 &&
                    EVP_DigestVerify(ctx, der, (size_t)len, message.data, message.len) == 1;
        (void)ERR_pop_to_mark();
        OPENSSL_free(der);
        return good;
}
