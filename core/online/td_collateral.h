/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching what Intel publishes about a TDX platform. What comes is judged like what anybody hands
 * over (I8-I13). */
#ifndef AZA_ONLINE_TD_COLLATERAL_H
#define AZA_ONLINE_TD_COLLATERAL_H

#include "base/clock.h"
#include "base/own.h"
#include "evidence/file.h"

/* A service that answers as Intel's Provisioning Certification Service does; without a slash at the
 * end. */
struct aza_td_services {
        const char *certification;
        const char *certificates; /* where the root's list is; NULL: the service has that, too */
        const char *ca_file;      /* "": system store */
        const char *what;         /* for messages; NULL: Intel's */
        const char *query;        /* behind all others, "&name=value"; NULL: none */
        bool imds;                /* plain HTTP, past proxies */
};

/* Which collateral a platform needs: hex of its FMSPC, and who issued its key's certificate. */
struct aza_td_platform_name {
        char fmspc[13];
        const char *ca; /* "platform" or "processor" */
};
/* Of a TD quote, unverified: it only says what to ask for. False: it names none. */
bool aza_td_platform_named(OSSL_LIB_CTX *libctx, struct aza_span quote,
                           struct aza_td_platform_name *ret);

/* All of it for that platform, from `services` and from nowhere else. AZATTEST_E_HTTP_FAILED, or
 * what else the network fails with. *ret is set whole or not at all. Lists become DER. */
int aza_ask_td_collateral(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline,
                          const struct aza_td_services *services,
                          const struct aza_td_platform_name *platform,
                          struct aza_td_collateral *ret);

/* The same for the TD quote in `file`; `services` NULL: Intel's. 0 also when there is no TD quote
 * that names a platform. */
int aza_fetch_td_collateral(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline,
                            const struct aza_td_services *services,
                            const struct aza_evidence_file *file, struct aza_td_collateral *ret);

#endif
