/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers around OpenSSL. Each takes the library context to work in: never the application's
 * default one, where a provider or a property query may lead back to us (PV22). */
#ifndef AZA_BASE_CRYPTO_H
#define AZA_BASE_CRYPTO_H

#include "base/bytes.h"
#include "base/own.h"

#define AZA_SHA256_LEN 32

/* A fresh context with `delegate` ("default" or "fips") loaded into it. NULL and a message
 * (AZATTEST_E_CONFIGURATION) when that cannot be had. Release with OSSL_LIB_CTX_free. */
OSSL_LIB_CTX *aza_libctx_new(const char *delegate);

/* 0 or AZATTEST_E_NO_MEMORY. */
int aza_sha256(OSSL_LIB_CTX *libctx, struct aza_span in, uint8_t out[AZA_SHA256_LEN]);

/* RSA public key from big-endian modulus and exponent. 0, AZATTEST_E_INPUT,
 * AZATTEST_E_NO_MEMORY. */
int aza_rsa_public(OSSL_LIB_CTX *libctx, struct aza_span n, struct aza_span e, EVP_PKEY **ret);
/* Its modulus, big-endian, without leading zeros. */
int aza_rsa_modulus(const EVP_PKEY *key, struct aza_bytes *ret);

/* RSASSA-PKCS1-v1_5 with SHA-256 over `message`. True when good. Leaves no error on the queue. */
bool aza_rsa_verify_sha256(OSSL_LIB_CTX *libctx, EVP_PKEY *key, struct aza_span message,
                           struct aza_span signature);

/* Its identifier, as certificates and messages of ours have it: RFC 7093 2, method 1 (the first
 * 160 bits of SHA-256). */
#define AZA_KEY_ID_LEN 20
int aza_key_id(OSSL_LIB_CTX *libctx, const EVP_PKEY *key, uint8_t out[AZA_KEY_ID_LEN]);

/* DER SubjectPublicKeyInfo. */
int aza_spki(const EVP_PKEY *key, struct aza_bytes *ret);

/* `out` = n random bytes. 0 or AZATTEST_E_NO_MEMORY. */
int aza_random(OSSL_LIB_CTX *libctx, uint8_t *out, size_t n);

#endif
