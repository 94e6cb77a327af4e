/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an evidence file, configuration and what a relying party asks for to the inputs of
 * evidence/judge.h, and from its judgement to claims. Offline half: no network, no TPM.
 */
#ifndef AZA_VERDICT_EVIDENCE_H
#define AZA_VERDICT_EVIDENCE_H

#include "evidence/judge.h"
#include "verdict/token.h"

struct aza_evidence_request {
        struct aza_judge_options judge; /* what is demanded; what the configuration says is added.
                                           `vmid` NULL or "": the configured one, else the policy's;
                                           a list in `crls`: revocation must be checked */
        const char *nonce;  /* text it must be bound to (of a report alone: as its user data), which
                              sets `nonce` and `qualifying` there; NULL: these say it */
        bool token_judged;  /* the configured policy was applied to the VM's token (T13): no P8 */
        bool token_answers; /* it is applied to that token, too: what only MAA can say is not missed
                               in P8 */
        const enum aza_check_id *allow_unchecked;
        size_t allow_unchecked_count;
};

/* The rows of aza_evidence_judge and P8, the configured policy. Rows to `checks`; *ret is always
 * set, freed with aza_judgement_free. 0 when accepted, a row's code, or (without rows) what kept
 * the policy from being read. */
int aza_evidence_verify(const struct aza_verifier *verifier,
                        const struct aza_evidence_request *request,
                        const struct aza_evidence_file *file, struct aza_checks *checks,
                        struct aza_judgement *ret);

/* evidence_doubt.c, for evidence.c only: of evidence that is not accepted, rows on values that
 * nothing vouches for are not checked. `vm_named`: row G4 compares the VM's name in the runtime
 * data. */
void aza_evidence_doubt(const struct aza_judgement *j, bool vm_named, struct aza_checks *checks);

/* A bare SNP report, TD quote or HCL report as evidence that has nothing else. 0,
 * AZATTEST_E_INPUT (neither), or AZATTEST_E_NO_MEMORY. */
int aza_evidence_of_report(OSSL_LIB_CTX *libctx, struct aza_span report,
                           struct aza_evidence_file *ret);

/* Of the PCRs a verifier asks for, those it relies on (Q9): all. Only "0-23" names none, as other
 * clients quote all there are; 16 and 23 are no claims then. */
uint32_t aza_pcrs_relied_on(uint32_t asked);

/* What was proven, as the claims of a result (evidence_claims.c). NULL when out of memory. */
json_object *aza_evidence_claims(const struct aza_judgement *j);

#endif
