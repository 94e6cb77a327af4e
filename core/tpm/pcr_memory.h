/* SPDX-License-Identifier: Apache-2.0 */
/* PCR values of earlier, by the policy that they give: for messages only. */
#ifndef AZA_TPM_PCR_MEMORY_H
#define AZA_TPM_PCR_MEMORY_H

#include "tpm/pcr.h"

/* Keeps `pcrs`, whose policy digest is `policy`, in the runtime directory; without one, nothing. */
void aza_pcrs_remember(const struct aza_tpm *tpm, const struct aza_pcrs *pcrs,
                       const uint8_t policy[32]);

/* True and the values that give `policy`, or false when nobody kept them. */
bool aza_pcrs_recall(const struct aza_tpm *tpm, const uint8_t policy[32], struct aza_pcrs *ret);

/* The PCRs, of those that both have, whose values differ. */
uint32_t aza_pcrs_differing(const struct aza_pcrs *a, const struct aza_pcrs *b);

#endif
