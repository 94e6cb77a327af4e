/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A claims policy over evidence (row P8): which of MAA's claims verified evidence answers itself,
 * and with what value. The one place of that mapping. Pure.
 */
#ifndef AZA_VERDICT_EVIDENCE_POLICY_H
#define AZA_VERDICT_EVIDENCE_POLICY_H

#include "evidence/judge.h"
#include "token/policy.h"

/* Why what the hardware report says, or what the `runtime` data says, counts for nothing; NULL when
 * it is proven. */
const char *aza_evidence_unproven(const struct aza_judgement *j, const struct aza_checks *rows,
                                  bool runtime);

/* The claims of MAA's token that `j` answers, as far as `rows` prove them. The caller puts it; NULL
 * when out of memory. */
json_object *aza_evidence_as_claims(const struct aza_judgement *j, const struct aza_checks *rows);

/* Adds row P8 to `checks`, which holds the rows of `j`: accept; reject with each claim, what was
 * wanted and found; or not checked, and then required, with the claims that only MAA can answer or
 * that this evidence does not prove. Authorities are not compared: the one who vouches is the
 * verifier itself. `policy` NULL: not applicable. */
void aza_evidence_policy(const struct aza_policy *policy, const struct aza_judgement *j,
                         struct aza_checks *checks);

#endif
