/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attested key in the vTPM: made or loaded (saved context, else CreatePrimary), certified by
 * the AK, and used: one private operation, RSADP = TPM2_RSA_Decrypt with scheme NULL under
 * PolicyPCR (ARCHITECTURE.md 5, PV37). At most one key and one session are loaded per object.
 */
#ifndef AZA_TPM_KEY_H
#define AZA_TPM_KEY_H

#include "tpm/keyref.h"
#include "tpm/pcr.h"

struct aza_key_spec {
        enum aza_purpose purpose;
        const char *name; /* "" for the unnamed key */
        uint32_t hierarchy;
        uint32_t pcr_mask;
};

/* The key `spec` names in the current PCR state; no token. `pcrs` (may be NULL) receives the values
 * its policy was computed from. */
int aza_key_derive(struct aza_tpm *tpm, const struct aza_key_spec *spec, struct aza_pcrs *pcrs,
                   struct aza_keyref **ret);

/* TPM2_Certify of the key by the AK with `qualifying` (may be empty). */
int aza_key_certify(struct aza_tpm *tpm, const struct aza_keyref *ref, struct aza_span qualifying,
                    struct aza_attestation *ret);

/*
 * out = in^d mod n. `in` and `out` are AZA_RSA_BYTES bytes; in must be < n. Loads the key first
 * when needed and compares its Name with the reference's. AZATTEST_E_KEY_GONE,
 * AZATTEST_E_PCR_MISMATCH (message lists the PCRs that differ where that is known),
 * AZATTEST_E_PCR_BUSY, AZATTEST_E_TPM_OPERATION. Retries exactly as PV37 and D24 say.
 */
int aza_key_rsadp(struct aza_tpm *tpm, const struct aza_keyref *ref,
                  const uint8_t in[AZA_RSA_BYTES], uint8_t out[AZA_RSA_BYTES]);

/* The implicit-rejection secret of the key: SHA-256(RSADP(fixed block)) (PV42). Computed once per
 * loaded key and kept in cleansed memory. */
int aza_key_rejection_secret(struct aza_tpm *tpm, const struct aza_keyref *ref, uint8_t out[32]);

/* 'key "web"' or 'the unnamed sign key', for messages. Returns `out`. */
const char *aza_key_label(const struct aza_keyref *ref, char out[96]);

/* True while this thread is inside a TPM command: whoever is called then must not need the TPM
 * (PV23). */
bool aza_tpm_is_inside(void);

#endif
