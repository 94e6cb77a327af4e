/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching what Intel publishes about a TDX platform. What comes is judged like what anybody hands
 * over (I8-I13). */
#ifndef AZA_ONLINE_TD_COLLATERAL_H
#define AZA_ONLINE_TD_COLLATERAL_H

#include "base/clock.h"
#include "base/own.h"
#include "evidence/file.h"

/* Where: without a slash at the end. */
struct aza_td_services {
        const char *certification; /* Intel's Provisioning Certification Service */
        const char *certificates;  /* where the root's list is */
        const char *ca_file;       /* "": system store */
};

/* All of it for the platform of the TD quote in `file`, from `services` (NULL: Intel's, and from
 * nowhere else). 0, also when there is no TD quote that names a platform; AZATTEST_E_HTTP_FAILED, or
 * what else the network fails with. *ret is set whole or not at all. */
int aza_fetch_td_collateral(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline,
                            const struct aza_td_services *services,
                            const struct aza_evidence_file *file, struct aza_td_collateral *ret);

#endif
