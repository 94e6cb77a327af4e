/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypt to an attested key, decrypt with this VM's (offline half). The provider shares the padding
 * (key/rsa_padding.h) and the TPM's operation (tpm/key.h), not these functions. */
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

/* Ciphertexts one byte longer than the modulus with a leading zero are trimmed, shorter ones
 * left-padded (protocol.md 3.5). Purpose sign is refused with AZATTEST_E_WRONG_PURPOSE. The message
 * stands in front of a buffer of AZA_RSA_BYTES whose rest is zero; with PKCS#1 v1.5 nothing up to here
 * took a time that follows the message, its length, or whether there was one. */
int aza_decrypt(OSSL_LIB_CTX *libctx, struct aza_tpm *tpm, const struct aza_keyref *ref,
                const struct aza_rsa_padding *padding, struct aza_span ciphertext,
                struct aza_bytes *ret);

#endif
