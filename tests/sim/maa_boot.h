/* SPDX-License-Identifier: Apache-2.0 */
/* PCR 7 as the simulated MAA reads it: by what was measured, in which order. Shares no code with
 * the product, so that a mistake in one shows in the other. */
#ifndef SIM_MAA_BOOT_H
#define SIM_MAA_BOOT_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_boot {
        bool broken; /* something that firmware and loaders do not measure, or that is not shown */
        bool separated; /* the firmware is done with its variables */
        int next;       /* how many of SecureBoot, PK, KEK, db, dbx were measured, in this order */
        bool on, pk, kek, db, dbx; /* SecureBoot is 1; the others are not empty */
        bool debug;
        unsigned int authorities;
        struct aza_span db_lists;
};

/* The next event that extended PCR 7, with its SHA-256 digest. */
void sim_boot_event(struct sim_boot *boot, uint32_t type, struct aza_span sha256,
                    struct aza_span data);
/* What a claim may say once PCR 7 replays. */
bool sim_boot_secure(const struct sim_boot *boot);
bool sim_boot_no_debugger(const struct sim_boot *boot);

#endif
