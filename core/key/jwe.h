/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JWE compact serialisation (RFC 7516) to attested keys: RSA-OAEP-256 or RSA-OAEP with A256GCM, for
 * data of any size up to AZA_JWE_MAX. Offline half; parsing is pure and fuzzed.
 */
#ifndef AZA_KEY_JWE_H
#define AZA_KEY_JWE_H

#include "base/bytes.h"
#include "base/own.h"

struct aza_tpm;
struct aza_keyref;

#define AZA_JWE_MAX      (64u << 20) /* bytes of plaintext */
#define AZA_JWE_TEXT_MAX (AZA_JWE_MAX / 3 * 4 + 16384)

enum aza_jwe_alg {
        AZA_JWE_RSA_OAEP_256,
        AZA_JWE_RSA_OAEP,
};

/* A parsed JWE. `aad` points into the text it was parsed from. */
struct aza_jwe {
        enum aza_jwe_alg alg;
        json_object *header; /* protected; what is not known to us is in it, too */
        struct aza_span aad; /* the header as received */
        struct aza_bytes encrypted_key;
        uint8_t iv[12];
        uint8_t tag[16];
        struct aza_bytes ciphertext;
};
void aza_jwe_free(struct aza_jwe *jwe);

/* True when the text has the form of a compact JWE: "eyJ", and five parts. */
bool aza_jwe_is(struct aza_span text);

/* 0, AZATTEST_E_JWE (says what is malformed or not supported), AZATTEST_E_NO_MEMORY. One line end
 * after the text is allowed. "crit" and "zip" are refused, unknown members ignored. */
int aza_jwe_parse(struct aza_span text, struct aza_jwe *ret);

/* Encrypts `data` to `key`. `ret` is NUL-terminated text. 0, AZATTEST_E_JWE (too large),
 * AZATTEST_E_ENCRYPT, AZATTEST_E_NO_MEMORY. */
int aza_jwe_encrypt(OSSL_LIB_CTX *libctx, EVP_PKEY *key, enum aza_jwe_alg alg, struct aza_span data,
                    struct aza_bytes *ret);

/* The same with RSA-OAEP-256 and a protected header of the caller's, JSON text that says so. */
int aza_jwe_encrypt_with(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const char *header,
                         struct aza_span data, struct aza_bytes *ret);

/* Opens the content with the content key. 0 or AZATTEST_E_JWE (one text for every fault). In place:
 * the ciphertext is gone then, whatever came of it. */
int aza_jwe_open(OSSL_LIB_CTX *libctx, struct aza_jwe *jwe, struct aza_span content_key,
                 struct aza_bytes *ret);

/* Parses, unwraps the content key with this VM's key `ref`, opens. A content key that does not
 * unwrap and content that does not authenticate fail alike (RFC 7516 11.5). 0, AZATTEST_E_JWE,
 * AZATTEST_E_WRONG_PURPOSE, and what the TPM fails with. */
int aza_jwe_decrypt(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *ref,
                    struct aza_span text, struct aza_bytes *ret);
/* The same of one that was parsed, whose ciphertext is gone then. */
int aza_jwe_decrypt_parsed(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *ref,
                           struct aza_jwe *jwe, struct aza_bytes *ret);

#endif
