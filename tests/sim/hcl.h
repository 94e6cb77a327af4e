/* SPDX-License-Identifier: Apache-2.0 */
/* The paravisor's attestation report (PROTOCOL.md 5): runtime JSON and HCL blob. */
#ifndef SIM_HCL_H
#define SIM_HCL_H

#include "base/bytes.h"

#define SIM_HCL_SNP 2U
#define SIM_HCL_TDX 4U

struct sim_runtime {
        struct aza_span ak; /* moduli, 256 bytes */
        struct aza_span ek;
        const char *vm_id;         /* upper-case GUID */
        struct aza_span user_data; /* 64 bytes */
        bool secure_boot_off;
};

/* Compact JSON as the paravisor writes it. 0, or -1 after a message. */
int sim_runtime_json(const struct sim_runtime *runtime, struct aza_bytes *ret);
/* The blob, without the padding of its NV index. `hardware` has at most 1184 bytes. */
int sim_hcl_report(uint32_t type, struct aza_span hardware, struct aza_span json,
                   struct aza_bytes *ret);

#endif
