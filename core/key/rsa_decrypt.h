/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way from a ciphertext to its message with a key of this VM: what counts as a ciphertext,
 * what the key may be used for, the TPM's operation, the padding. The library, the command, the
 * provider's cipher and KEM and MAA's inner key all come here, so that they cannot answer
 * differently.
 */
#ifndef AZA_KEY_RSA_DECRYPT_H
#define AZA_KEY_RSA_DECRYPT_H

#include "base/bytes.h"
#include "base/own.h"
#include "key/rsa_padding.h"
#include "tpm/key.h"

enum aza_rsa_unpad {
        AZA_RSA_OAEP,
        AZA_RSA_PKCS1,          /* v1.5 with implicit rejection */
        AZA_RSA_PKCS1_EXPLICIT, /* v1.5, bad padding is an error */
        AZA_RSA_PKCS1_TLS,      /* 48 bytes; random ones when anything was wrong */
        AZA_RSA_PKCS1_FIXED,    /* `want` bytes; random ones when anything was wrong */
        AZA_RSA_RAW,            /* the bare number: purpose any only */
        AZA_RSA_SECRET,         /* the bare number as RSASVE's shared secret (D28) */
};

struct aza_rsa_decryption {
        OSSL_LIB_CTX *libctx;
        struct aza_tpm *tpm;
        const struct aza_keyref *ref;
        enum aza_rsa_unpad unpad;
        struct aza_oaep_params oaep;              /* OAEP */
        unsigned int client_version, alt_version; /* PKCS1_TLS */
        size_t want;                              /* PKCS1_FIXED */
};

/* 0 when a key of that purpose may be used so, else AZATTEST_E_WRONG_PURPOSE. MAA's inner key is
 * for every key: it is how a signing key is attested. */
int aza_rsa_decrypt_may(const struct aza_keyref *ref, enum aza_rsa_unpad unpad);

/* What `out` must hold. */
size_t aza_rsa_decrypt_room(const struct aza_rsa_decryption *d);

/*
 * Lengths are those of OpenSSL's default provider (PV45), whatever the door: 1 to 256 bytes, short
 * ones left-padded, a number below the modulus. 257 bytes with a leading zero are refused as there:
 * a program that works with one key works with the other, and a ciphertext has one form at this
 * length. Where the length is the protocol's (SECRET, PKCS1_FIXED) it is 256.
 *
 * `out` has *len >= aza_rsa_decrypt_room() bytes; what is behind the message is zero up to the
 * longest one. With PKCS1, TLS and FIXED no time up to here followed the message, its length, or
 * whether there was one. AZATTEST_E_INVALID_PARAMETER for a length, AZATTEST_E_WRONG_PURPOSE, the
 * TPM's own codes, and AZATTEST_E_DECRYPTION_TPM without a TPM code for what is not for this key.
 */
int aza_rsa_decrypt(const struct aza_rsa_decryption *d, struct aza_span ciphertext, uint8_t *out,
                    size_t *len);

#endif
