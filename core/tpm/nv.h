/* SPDX-License-Identifier: Apache-2.0 */
/* NV indices of Azure's vTPM (PROTOCOL.md 2.2). */
#ifndef AZA_TPM_NV_H
#define AZA_TPM_NV_H

#include "tpm/device.h"

#define AZA_NV_HCL_REPORT 0x01400001u
#define AZA_NV_USER_DATA  0x01400002u
#define AZA_NV_AK_CERT    0x01C101D0u

enum aza_nv_state {
        AZA_NV_PRESENT,
        AZA_NV_ABSENT,        /* TPM_RC_HANDLE: really not defined */
        AZA_NV_NEVER_WRITTEN, /* defined, TPM_RC_NV_UNINITIALIZED */
};

/* Reads a whole index, owner auth or else its own (D56), size from NV_ReadPublic. On 0 *state says
 * whether `content` was set; any other TPM answer is a failure, never "absent" (rule 9 of
 * PROTOCOL.md 13). */
int aza_nv_read(struct aza_tpm *tpm, uint32_t index, enum aza_nv_state *state,
                struct aza_bytes *content);

/* The whole index of the AK certificate. 0; AZATTEST_E_TPM_OPERATION also when there is none
 * (yet). */
int aza_nv_read_ak_cert(struct aza_tpm *tpm, struct aza_bytes *ret);

/* Writes `content` over the beginning of an index that is there, with the index's own
 * authorisation or else the owner's. Several commands where it is long: what fails on the way
 * leaves a mixture. */
int aza_nv_overwrite(struct aza_tpm *tpm, uint32_t index, struct aza_span content);

/* Defines 0x01400002 with 64 bytes if needed and writes `data` (owner auth). */
int aza_nv_write_user_data(struct aza_tpm *tpm, const uint8_t data[64]);

#endif
