/* SPDX-License-Identifier: Apache-2.0 */
/* A profile file made from what accepted evidence proves. Pure. */
#ifndef AZA_VERDICT_PROFILE_NEW_H
#define AZA_VERDICT_PROFILE_NEW_H

#include "base/bytes.h"
#include "base/own.h"

/* From the claims of evidence (aza_evidence_claims): head, base azure-baseline, and what `pins`
 * (ended by NULL; NULL: the usual of its kind) name; the member "about" has a text for each
 * demand. 0, or AZATTEST_E_INVALID_PARAMETER: an unknown pin, or nothing that the evidence
 * proves. */
int aza_profile_new(json_object *claims, const char *name, int64_t now, const char *const *pins,
                    json_object **ret);

#endif
