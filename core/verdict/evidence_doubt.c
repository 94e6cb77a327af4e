/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of evidence on values that nothing vouches for, once all of it was judged: they met the
 * demands, and that is no finding. Changes no verdict: what is accepted stays as it is, also where
 * the verifier did without what would vouch for it (--allow-unchecked). */
#include "verdict/evidence.h"
#include "verdict/evidence_policy.h"

static bool has(const struct aza_checks *checks, enum aza_check_id id, enum aza_outcome outcome)
{
        const struct aza_check *row = aza_checks_get(checks, id);

        return row != NULL && row->outcome == outcome;
}

static const char *hardware_fault(const struct aza_judgement *j, const struct aza_checks *checks)
{
        return j->vm == AZA_VM_TDX && !has(checks, AZA_CHECK_H12, AZA_ACCEPT)
                       ? "as H12"
                       : aza_evidence_unproven(j, checks, false);
}

static void doubt_hardware(const struct aza_judgement *j, const char *why,
                           struct aza_checks *checks)
{
        aza_checks_doubt(checks, AZA_CHECK_H13, AZA_CHECK_H17, why);
        if (j->vm == AZA_VM_TDX)
                aza_checks_doubt(checks, AZA_CHECK_I14, AZA_CHECK_I15, why);
        if (j->vm != AZA_VM_SEVSNP)
                return;
        aza_checks_doubt(checks, AZA_CHECK_S23, AZA_CHECK_S36, why);
        aza_checks_doubt(checks, AZA_CHECK_A9, AZA_CHECK_A9, why);
}

void aza_evidence_doubt(const struct aza_judgement *j, bool vm_named, struct aza_checks *checks)
{
        const bool certified = has(checks, AZA_CHECK_A3, AZA_ACCEPT);
        const bool confidential = j->vm != AZA_VM_TRUSTEDLAUNCH;
        const char *hardware = confidential ? hardware_fault(j, checks) : NULL;
        const char *runtime = hardware;
        const char *ak = NULL;

        if (aza_checks_verdict(checks) == AZA_VERDICT_ACCEPT)
                return;
        if (confidential && runtime == NULL)
                runtime = aza_evidence_unproven(j, checks, true);
        if (!certified)
                ak = confidential ? runtime : "as A3";
        if (hardware != NULL)
                doubt_hardware(j, hardware, checks);
        if (runtime != NULL)
                aza_checks_doubt(checks, AZA_CHECK_H13, AZA_CHECK_H16, runtime);
        if (runtime != NULL && vm_named)
                aza_checks_doubt(checks, AZA_CHECK_G4, AZA_CHECK_G4, runtime);
        if (ak == NULL)
                return;
        aza_checks_doubt(checks, AZA_CHECK_A1, AZA_CHECK_A1, ak);
        aza_checks_doubt(checks, AZA_CHECK_Q1, AZA_CHECK_Q15, ak);
        aza_checks_doubt(checks, AZA_CHECK_E1, AZA_CHECK_E16, ak);
        aza_checks_doubt(checks, AZA_CHECK_G4, AZA_CHECK_G4, ak);
        aza_checks_doubt(checks, AZA_CHECK_P8, AZA_CHECK_P8, ak);
}
