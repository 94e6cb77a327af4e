/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed keys: a PKCS#8 private key as a JWE to a decryption key of a vTPM, the JWE's text in PEM
 * (FORMATS.md 9). Making and reading the form; seal.h uses the TPM. Pure, fuzzed.
 */
#ifndef AZA_KEY_SEALED_H
#define AZA_KEY_SEALED_H

#include "key/jwe.h"
#include "tpm/keyref.h"
#include "tpm/pcr.h"

#define AZA_SEALED_PEM_LABEL "AZATTEST SEALED PRIVATE KEY"
#define AZA_SEALED_MAX       65536 /* bytes of the JWE's text, and of the PKCS#8 */

/* Which vTPM key opens it, as far as the file says: the header's member `azattest`. */
struct aza_sealed_to {
        char name[AZA_KEY_NAME_MAX + 1]; /* "" the unnamed one */
        bool has_hierarchy;              /* else as whoever opens it is configured */
        uint32_t hierarchy;
        bool has_key; /* else not known */
        uint8_t modulus[AZA_RSA_BYTES];
        struct aza_pcrs pcrs; /* values that the key is bound to; mask 0: not known */
};

struct aza_sealed {
        struct aza_bytes text; /* the JWE; `jwe` points into it */
        struct aza_jwe jwe;
        struct aza_sealed_to to;
};
void aza_sealed_free(struct aza_sealed *sealed);
#define AZA_SEALED __attribute__((cleanup(aza_sealed_free)))

/* The JWE's text in a sealed key file, which holds nothing else. 0, AZATTEST_E_INPUT,
 * AZATTEST_E_NO_MEMORY. */
int aza_sealed_of_pem(struct aza_span file, struct aza_bytes *ret_text);

/* Reads the text of a sealed key's JWE, which is copied. 0, AZATTEST_E_JWE (says what is malformed,
 * not supported or not known), AZATTEST_E_NO_MEMORY. */
int aza_sealed_parse(struct aza_span text, struct aza_sealed *ret);

/* Seals DER PKCS#8 to `recipient`, whose modulus is to->modulus where that is set. `ret` is a PEM
 * file. 0, AZATTEST_E_INPUT (no PKCS#8, too large), AZATTEST_E_ENCRYPT, AZATTEST_E_NO_MEMORY. */
int aza_sealed_make(OSSL_LIB_CTX *libctx, EVP_PKEY *recipient, const struct aza_sealed_to *to,
                    struct aza_span pkcs8, struct aza_bytes *ret);

/* The reference of the vTPM key that the file names whole: with PCR values. 0 or
 * AZATTEST_E_NO_MEMORY. */
int aza_sealed_reference(OSSL_LIB_CTX *libctx, const struct aza_sealed_to *to,
                         struct aza_keyref **ret);

#endif
