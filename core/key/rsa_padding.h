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

/* RSAES-OAEP-params (RFC 8017 A.2.1). Borrowed. */
struct aza_oaep_params {
        const EVP_MD *md, *mgf1_md;
        struct aza_span label;
};

/* OAEP (RFC 8017 7.1.2): `block` is RSADP's result, k bytes. Writes at most *len bytes to out and
 * sets *len. 0, or AZATTEST_E_DECRYPTION_TPM: one text for every fault (Manger). */
int aza_oaep_decode(const struct aza_oaep_params *params, struct aza_span block, uint8_t *out,
                    size_t *len);

/* What the message of a bad block is derived from. Borrowed. */
struct aza_implicit_rejection {
        OSSL_LIB_CTX *libctx;       /* of HMAC and SHA-256 */
        const uint8_t *secret;      /* SHA-256(d)'s stand-in, 32 bytes */
        struct aza_span ciphertext; /* k bytes */
};

/* PKCS#1 v1.5 type 2 with implicit rejection: always 0 when `out` has k - 11 bytes. */
int aza_pkcs1_decode_implicit(const struct aza_implicit_rejection *rejection, struct aza_span block,
                              uint8_t *out, size_t *len);
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
/* RSASSA-PSS-params (RFC 8017 A.2.3). Borrowed. */
struct aza_pss_params {
        const EVP_MD *md, *mgf1_md;
        size_t salt_len;
};

/* EMSA-PSS-ENCODE; `bits` is the modulus length in bits. */
int aza_pss_encode(OSSL_LIB_CTX *libctx, const struct aza_pss_params *params,
                   struct aza_span digest, unsigned int bits, uint8_t *block);

#endif
