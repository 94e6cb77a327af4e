/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to core/tpm: bringing the key of a template into the TPM (PV37, PV53). */
#ifndef AZA_TPM_KEY_LOAD_H
#define AZA_TPM_KEY_LOAD_H

#include "tpm/command.h"

/* Computed before the lock is taken, because it hashes. */
struct aza_key_plan {
        uint32_t hierarchy;
        uint8_t id[32];            /* SHA-256(hierarchy || template) */
        char file[80];             /* saved context in the runtime directory */
        struct aza_bytes template; /* marshalled TPMT_PUBLIC */
        TPM2B_PUBLIC public;       /* the same as structure */
};

#define AZA_KEY_PLAN __attribute__((cleanup(aza_key_plan_free)))
void aza_key_plan_free(struct aza_key_plan *plan);
int aza_key_plan(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref, struct aza_key_plan *ret);

/* Afterwards c->key is the key of the plan: as it was, from a saved context, or made. What was
 * loaded before is flushed. 0, AZATTEST_E_KEY_GONE (TPM not started after a reset),
 * AZATTEST_E_TPM_OPERATION, AZATTEST_E_TPM_INTERNAL (the TPM made another key than asked for). */
int aza_key_load(const struct aza_tpm *tpm, struct aza_connection *c,
                 const struct aza_key_plan *plan);

/* The key that a reference means: how it is made, and the Name it must have. */
struct aza_expected_key {
        const struct aza_keyref *ref; /* borrowed */
        struct aza_key_plan plan;
        uint8_t name[34]; /* of aza_keyref_tpm_name */
};

#define AZA_EXPECTED_KEY __attribute__((cleanup(aza_expected_key_free)))
void aza_expected_key_free(struct aza_expected_key *key);
int aza_key_expect(OSSL_LIB_CTX *libctx, const struct aza_keyref *ref,
                   struct aza_expected_key *ret);

/* As aza_key_load, and AZATTEST_E_KEY_GONE when this TPM makes another key. */
int aza_key_load_expected(const struct aza_tpm *tpm, struct aza_connection *c,
                          const struct aza_expected_key *key);

/* Flushes what is loaded when the TPM no longer has it. One command, none when nothing is
 * loaded. */
void aza_key_drop_dead(struct aza_connection *c);

#endif
