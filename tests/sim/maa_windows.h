/* SPDX-License-Identifier: Apache-2.0 */
/* What Windows measured of its own boot, as the simulated MAA reads it: claims of a token are made
 * of it (maa_claims.c). */
#ifndef SIM_MAA_WINDOWS_H
#define SIM_MAA_WINDOWS_H

#include "base/bytes.h"

#include <stdbool.h>

struct sim_windows_facts {
        bool boot_debug, kernel_debug, hypervisor_debug;
        bool test_signing, flight_signing;
        bool antimalware; /* a driver of it starts first (ELAM) */
};

struct sim_windows {
        struct sim_windows_facts facts;
        uint32_t ended; /* PCRs whose separator was there: what follows, anybody may have added */
};

/* One event that extended `pcr`, in the log's order. False: it is a tagged event and its data is
 * not what was measured, or its sizes do not fit. */
bool sim_windows_event(struct sim_windows *w, uint32_t pcr, struct aza_span sha256,
                       struct aza_span data);

#endif
