/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed keys and this VM's vTPM: sealing to a key of it, opening with it. No network. */
#ifndef AZA_KEY_SEAL_H
#define AZA_KEY_SEAL_H

#include "config/config.h"
#include "key/sealed.h"
#include "tpm/key.h"

/* Seals DER PKCS#8 to this VM's decryption key `ref`, whose PCRs must be as they were. `ret` is the
 * PEM file. 0, AZATTEST_E_WRONG_PURPOSE, AZATTEST_E_PCR_MISMATCH, what aza_sealed_make and reading
 * PCRs fail with. */
int aza_seal(struct aza_tpm *tpm, const struct aza_keyref *ref, struct aza_span pkcs8,
             struct aza_bytes *ret);

/*
 * Opens a sealed key with one private operation, once: its ciphertext is gone then. What the file
 * leaves open about the vTPM key, `config` says. `ret` is DER PKCS#8. 0; AZATTEST_E_KEY_GONE and
 * AZATTEST_E_PCR_MISMATCH: what it was sealed to has ended, and the text says what to do;
 * AZATTEST_E_JWE: for another key, or changed; AZATTEST_E_INPUT: no PKCS#8 was in it; what the TPM
 * fails with.
 */
int aza_unseal(struct aza_tpm *tpm, const struct aza_config *config, struct aza_sealed *sealed,
               struct aza_bytes *ret);

/* The reference of the vTPM key that opens it, as far as that is known: whole, or derived from the
 * PCRs of now. Errors as above. */
int aza_sealed_key(struct aza_tpm *tpm, const struct aza_config *config,
                   const struct aza_sealed_to *to, struct aza_keyref **ret);

#endif
