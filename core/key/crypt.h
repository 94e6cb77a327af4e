/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypt to an attested key, decrypt with this VM's (offline half). */
#ifndef AZA_KEY_CRYPT_H
#define AZA_KEY_CRYPT_H

#include "azattest.h"
#include "base/bytes.h"
#include "base/own.h"
#include "tpm/key.h"

struct aza_rsa_padding {
        enum azattest_rsa_scheme scheme;
        const char *md;      /* OAEP digest name; NULL: SHA256 */
        const char *mgf1_md; /* NULL: same as md */
        struct aza_span label;
};

int aza_encrypt(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const struct aza_rsa_padding *padding,
                struct aza_span data, struct aza_bytes *ret);

/* aza_rsa_decrypt (rsa_decrypt.h) by the names of the library. The message stands in front of a
 * buffer of AZA_RSA_BYTES whose rest is zero; with PKCS#1 v1.5 nothing up to here took a time that
 * follows the message, its length, or whether there was one. The TPM's failure is
 * AZATTEST_E_DECRYPTION_TPM. */
int aza_decrypt(struct aza_tpm *tpm, const struct aza_keyref *ref,
                const struct aza_rsa_padding *padding, struct aza_span ciphertext,
                struct aza_bytes *ret);

/* The same for the wrapped key of a message. 0 also when it is for another key or was changed, with
 * *ret empty; else what fails says nothing about the message. */
int aza_unwrap(struct aza_tpm *tpm, const struct aza_keyref *ref,
               const struct aza_rsa_padding *padding, struct aza_span wrapped,
               struct aza_bytes *ret);

#endif
