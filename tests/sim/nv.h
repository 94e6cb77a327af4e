/* SPDX-License-Identifier: Apache-2.0 */
/* NV indices that Azure's platform creates and swtpm cannot hold, as it takes at most 2048 bytes an
 * index (D8): the HCL report and the AK certificate. */
#ifndef SIM_NV_H
#define SIM_NV_H

#include "sim/fault.h"
#include "sim/swtpm.h"

#define SIM_NV_REPORT  0x01400001U
#define SIM_NV_USER    0x01400002U
#define SIM_NV_AK_CERT 0x01C101D0U

struct sim_nv_index {
        uint32_t index; /* 0: this VM has none */
        uint16_t size;
        struct aza_bytes content; /* as last filled; empty: never written */
};

struct sim_nv {
        struct sim_swtpm *tpm;     /* borrowed */
        struct sim_faults *faults; /* borrowed */
        struct sim_nv_index indices[2];
        /* Called by a read at offset 0: sets `content` (at most the index's size, padded with zeros
         * by the caller) or returns the TPM's return code. */
        uint32_t (*fill)(void *arg, uint32_t index, struct aza_bytes *content);
        bool (*is_written)(void *arg, uint32_t index);
        /* A client writes: the TPM's return code. */
        uint32_t (*store)(void *arg, uint32_t index, struct aza_span data, uint16_t offset);
        void *arg;
};

/* True when the command was for one of the indices and `answer` holds the answer. */
bool sim_nv_serve(struct sim_nv *nv, uint32_t command_code, struct aza_span command,
                  struct aza_bytes *answer);
void sim_nv_free(struct sim_nv *nv);

/* The guest's 64 bytes of SIM_NV_USER, zeros when it defined or wrote none. */
void sim_nv_user_data(struct sim_swtpm *tpm, uint8_t out[64]);

#endif
