/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers around OpenSSL that more than one part needs. */
#include "base/crypto.h"

#include "base/error.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

AZA_OWN_DEFINE(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free);
AZA_OWN_DEFINE(OSSL_PARAM, OSSL_PARAM_free);

OSSL_LIB_CTX *aza_libctx_new(const char *delegate)
{
        OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();

        if (libctx == NULL) {
                (void)AZA_NO_MEMORY();
                return NULL;
        }
        /* A fresh context falls back to the default provider, and that is released with the
         * context; OSSL_PROVIDER_load would hold a reference that OSSL_LIB_CTX_free does not
         * drop. */
        bool loaded = strcmp(delegate, "default") == 0
                              ? OSSL_PROVIDER_available(libctx, delegate) == 1
                              : OSSL_PROVIDER_load(libctx, delegate) != NULL;
        /* fips has no encoders: base brings them. */
        if (loaded && strcmp(delegate, "fips") == 0)
                loaded = OSSL_PROVIDER_load(libctx, "base") != NULL;
        if (!loaded) {
                (void)AZA_FAIL_OPENSSL(
                        AZATTEST_E_CONFIGURATION,
                        "delegate = %s: OpenSSL cannot load this provider; install it or use delegate = default",
                        delegate);
                OSSL_LIB_CTX_free(libctx);
                return NULL;
        }
        return libctx;
}

int aza_sha256(OSSL_LIB_CTX *libctx, struct aza_span in, uint8_t out[AZA_SHA256_LEN])
{
        size_t len = 0;
        if (!EVP_Q_digest(libctx, "SHA256", NULL, in.data, in.len, out, &len) ||
            len != AZA_SHA256_LEN)
                return AZA_FAIL_OPENSSL(AZATTEST_E_NO_MEMORY, "SHA-256 failed");
        return 0;
}

int aza_rsa_public(OSSL_LIB_CTX *libctx, struct aza_span n, struct aza_span e, EVP_PKEY **ret)
{
        if (n.len == 0 || n.len > OPENSSL_RSA_MAX_MODULUS_BITS / 8 || e.len == 0 || e.len > 8)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "RSA key with a modulus of %zu and an exponent of %zu bytes", n.len,
                                e.len);
        AZA_OWN(BN_free) BIGNUM *bn_n = BN_bin2bn(n.data, (int)n.len, NULL);
        AZA_OWN(BN_free) BIGNUM *bn_e = BN_bin2bn(e.data, (int)e.len, NULL);
        AZA_OWN(OSSL_PARAM_BLD_free) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
        if (bn_n == NULL || bn_e == NULL || build == NULL ||
            !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, bn_n) ||
            !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, bn_e))
                return AZA_NO_MEMORY();
        AZA_OWN(OSSL_PARAM_free) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, "RSA", NULL);
        EVP_PKEY *key = NULL;
        if (params == NULL || ctx == NULL)
                return AZA_NO_MEMORY();
        if (EVP_PKEY_fromdata_init(ctx) != 1 ||
            EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_INPUT, "not a usable RSA public key");
        *ret = key;
        return 0;
}

int aza_rsa_modulus(const EVP_PKEY *key, struct aza_bytes *ret)
{
        AZA_OWN(BN_free) BIGNUM *n = NULL;
        AZA_BYTES struct aza_bytes modulus = {0};

        if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_INPUT, "not an RSA key");
        int r = aza_bytes_resize(&modulus, (size_t)BN_num_bytes(n));
        if (r != 0)
                return r;
        (void)BN_bn2bin(n, modulus.data);
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&modulus);
        return 0;
}

bool aza_rsa_verify_sha256(OSSL_LIB_CTX *libctx, EVP_PKEY *key, struct aza_span message,
                           struct aza_span signature)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        EVP_PKEY_CTX *pctx = NULL; /* belongs to ctx */

        (void)ERR_set_mark();
        bool good = ctx != NULL && EVP_PKEY_is_a(key, "RSA") &&
                    EVP_DigestVerifyInit_ex(ctx, &pctx, "SHA256", libctx, NULL, key, NULL) == 1 &&
                    EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PADDING) == 1 &&
                    EVP_DigestVerify(ctx, signature.data, signature.len, message.data,
                                     message.len) == 1;
        (void)ERR_pop_to_mark();
        return good;
}

int aza_spki(const EVP_PKEY *key, struct aza_bytes *ret)
{
        unsigned char *der = NULL;
        int len = i2d_PUBKEY(key, &der);

        if (len <= 0)
                return AZA_FAIL_OPENSSL(AZATTEST_E_INPUT, "public key cannot be encoded");
        int r = aza_bytes_set(ret, der, (size_t)len);
        OPENSSL_free(der);
        return r;
}

/* The bits as they stand in a SubjectPublicKeyInfo: keys of some kinds have no other public
 * form. */
int aza_key_id(OSSL_LIB_CTX *libctx, const EVP_PKEY *key, uint8_t out[AZA_KEY_ID_LEN])
{
        AZA_BYTES struct aza_bytes der = {0};
        uint8_t digest[AZA_SHA256_LEN];
        const unsigned char *bits = NULL;
        X509_PUBKEY *public;
        int len = 0, r = aza_spki(key, &der);

        if (r != 0)
                return r;
        const unsigned char *at = der.data;
        public = d2i_X509_PUBKEY(NULL, &at, (long)der.len);
        if (public == NULL || X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, public) != 1)
                r = AZA_NO_MEMORY();
        else
                r = aza_sha256(libctx, aza_span_of(bits, (size_t)len), digest);
        X509_PUBKEY_free(public);
        if (r == 0)
                memcpy(out, digest, AZA_KEY_ID_LEN);
        return r;
}

int aza_random(OSSL_LIB_CTX *libctx, uint8_t *out, size_t n)
{
        if (RAND_bytes_ex(libctx, out, n, 0) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_NO_MEMORY, "no random bytes");
        return 0;
}
