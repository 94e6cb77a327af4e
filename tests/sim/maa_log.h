/* SPDX-License-Identifier: Apache-2.0 */
/* The TCG event log as the simulated MAA reads it: replayed, then asked about secure boot. */
#ifndef SIM_MAA_LOG_H
#define SIM_MAA_LOG_H

#include "sim/maa_request.h"
#include "sim/maa_windows.h"

/* From what PCR 7 proves; all false without a log that is usable, or when PCR 7 is not quoted. */
struct sim_log_facts {
        bool secure_boot, debuggers_disabled;
        bool pk, kek, db, dbx;            /* measured and not empty */
        struct sim_windows_facts windows; /* all false unless PCR 12 and 13 are quoted, too */
};

/* Replays the SHA-256 bank of `log` and compares PCR 0-7, and others that it has events for, as
 * far as they are in `mask`: the firmware's log does not know what loaders and kernels extend
 * later. */
bool sim_log_replay(struct aza_span log, uint32_t mask, const uint8_t pcrs[SIM_PCRS][SIM_PCR_LEN],
                    struct sim_log_facts *ret, struct sim_refusal *refusal);

#endif
