/* SPDX-License-Identifier: Apache-2.0 */
/* PCR values of the SHA-256 bank, quotes, and the AK. */
#ifndef AZA_TPM_PCR_H
#define AZA_TPM_PCR_H

#include "tpm/device.h"

#define AZA_AK_HANDLE 0x81000003u
#define AZA_PCR_COUNT 24
#define AZA_PCR_SIZE  32

struct aza_pcrs {
        uint32_t mask; /* bit n: value[n] is set */
        uint8_t value[AZA_PCR_COUNT][AZA_PCR_SIZE];
};

/* Reads the PCRs of `mask`; a change in between (pcrUpdateCounter) starts over. A PCR without
 * SHA-256 value is an error (rules 40, 41). */
int aza_pcr_read(struct aza_tpm *tpm, uint32_t mask, struct aza_pcrs *ret);

/* SHA-256 over the selected values in ascending order. */
int aza_pcr_digest(OSSL_LIB_CTX *libctx, const struct aza_pcrs *pcrs, uint8_t out[32]);

/* A PCR state as quotes and policies name it: which PCRs, and the digest of their values. */
struct aza_pcr_state {
        uint32_t mask;
        uint8_t digest[32];
};

/* The PolicyPCR digest of PROTOCOL.md 3.3 for this state, and for these values. */
int aza_pcr_state_policy(OSSL_LIB_CTX *libctx, const struct aza_pcr_state *state, uint8_t out[32]);
int aza_pcr_policy(OSSL_LIB_CTX *libctx, const struct aza_pcrs *pcrs, uint8_t out[32]);

/* Marshalled TPML_PCR_SELECTION for one SHA-256 selection of `mask` (10 bytes). */
void aza_pcr_selection(uint32_t mask, uint8_t out[10]);

/* TPM2B_PUBLIC of the AK as the TPM marshals it. A missing AK is an error: never created. */
int aza_ak_read(struct aza_tpm *tpm, struct aza_bytes *tpm2b_public);

struct aza_attestation {
        struct aza_bytes message;   /* TPMS_ATTEST, no size prefix */
        struct aza_bytes signature; /* raw RSASSA signature */
};
void aza_attestation_free(struct aza_attestation *a);

/* TPM2_Quote by the AK over `mask` with `qualifying` (may be empty, at most 50 bytes). */
int aza_quote(struct aza_tpm *tpm, uint32_t mask, struct aza_span qualifying,
              struct aza_attestation *ret);

#endif
