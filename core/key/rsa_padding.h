/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA padding in software around the raw private operation (RFC 8017,
 * draft-irtf-cfrg-rsa-guidance). Pure code, no key. Decoders run in time and memory access
 * independent of the block's content.
 */
#ifndef AZA_KEY_RSA_PADDING_H
#define AZA_KEY_RSA_PADDING_H

#include "base/bytes.h"
#include "base/own.h"

/* Largest modulus the padding code handles, in bytes (OPENSSL_RSA_MAX_MODULUS_BITS is more). */
#define AZA_PADDING_MAX 1024

/* OAEP (RFC 8017 7.1.2): `block` is RSADP's result, k bytes. `md` and `mgf1_md` were fetched by the
 * caller. Writes at most *len bytes to out and sets *len. 0, or AZATTEST_E_DECRYPTION_TPM: one
 * text for every fault (Manger). */
int aza_oaep_decode(const EVP_MD *md, const EVP_MD *mgf1_md, struct aza_span label,
                    struct aza_span block, uint8_t *out, size_t *len);

/* PKCS#1 v1.5 type 2 with implicit rejection: always 0 when `out` has k - 11 bytes. `secret` is
 * SHA-256(d)'s stand-in (32 bytes), `ciphertext` the k-byte ciphertext. `hmac_md` is SHA-256. */
int aza_pkcs1_decode_implicit(OSSL_LIB_CTX *libctx, const uint8_t secret[32],
                              struct aza_span ciphertext, struct aza_span block, uint8_t *out,
                              size_t *len);
/* PKCS#1 v1.5 type 2, explicit rejection ("implicit-rejection" 0). */
int aza_pkcs1_decode(struct aza_span block, uint8_t *out, size_t *len);
/* For MAA's inner key: unpadded in constant time to exactly `want` bytes; on any fault `out` is
 * random and the result still 0 (C6: the GCM tag alone decides). */
int aza_pkcs1_decode_fixed(OSSL_LIB_CTX *libctx, struct aza_span block, uint8_t *out, size_t want);
/* TLS premaster (48 bytes, RFC 5246 7.4.7.1): random on any fault. `alt_version` 0: none. */
int aza_pkcs1_decode_tls(OSSL_LIB_CTX *libctx, struct aza_span block, unsigned int client_version,
                         unsigned int alt_version, uint8_t out[48]);

/* EMSA-PKCS1-v1_5: `digest_info` is the DER DigestInfo (or bare data), block k bytes. */
int aza_pkcs1_sign_encode(struct aza_span digest_info, uint8_t *block, size_t k);
/* EMSA-PSS-ENCODE with given salt length; `bits` is the modulus length in bits. */
int aza_pss_encode(OSSL_LIB_CTX *libctx, const EVP_MD *md, const EVP_MD *mgf1_md,
                   struct aza_span digest, size_t salt_len, unsigned int bits, uint8_t *block);

#endif
