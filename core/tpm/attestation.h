/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to core/tpm: what quote and key certification have in common. */
#ifndef AZA_TPM_ATTESTATION_H
#define AZA_TPM_ATTESTATION_H

#include "tpm/command.h"
#include "tpm/pcr.h"

/* Qualifying data for a command; AZATTEST_E_INVALID_PARAMETER above 50 bytes (libtpms' limit is
 * that of its largest hash). */
int aza_qualifying(struct aza_span data, TPM2B_DATA *ret);

/* What the AK signed, after a look at the signature's algorithm (RSASSA, SHA-256, 256 bytes). */
int aza_attestation_take(const struct aza_signed_attest *made, struct aza_attestation *ret);

/* The failure of a command whose AK handle is its `ak_position`-th: says when there is no AK. */
int aza_ak_failed(TSS2_RC rc, unsigned int ak_position, const char *command);

#endif
