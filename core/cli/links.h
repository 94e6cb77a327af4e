/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of trust that `azattest explain` draws: links, and how each follows from checks. Pure. */
#ifndef AZA_CLI_LINKS_H
#define AZA_CLI_LINKS_H

#include "base/checks.h"
#include "base/own.h"

#define LINK_CHECKS 9

struct link {
        const char *name;   /* "VCEK -> SNP report" */
        const char *signer; /* who signs it, or what makes it hold */
        const char *means;  /* what it shows and what not */
        bool vouched;       /* not checkable here: MAA vouches when its signature holds */
        enum aza_check_id checks[LINK_CHECKS]; /* ends with AZA_CHECK_COUNT */
};

/* Tables that end with a link without name. */
const struct link *links_of_token(bool trusted_launch);
const struct link *links_of_evidence(const char *vm); /* "sevsnp", "tdx", "trustedlaunch" */

/* The state of one link: "proven here", "vouched for by MAA", "not checked", "refused"; *reason is the
 * row's that decided, or NULL. `trusted` tells whether MAA's signature holds. */
const char *link_state(const struct link *link, const struct aza_checks *checks, bool trusted,
                       const char **reason);

/* [{"link", "signed by", "state", "reason", "shows"}]. NULL when out of memory. */
json_object *links_json(const struct link *links, const struct aza_checks *checks, bool trusted);

#endif
