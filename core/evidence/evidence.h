/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence of this VM: collected from vTPM, IMDS and the boot log, cross-checked before it is sent
 * anywhere (rule 11 of PROTOCOL.md 13).
 */
#ifndef AZA_EVIDENCE_EVIDENCE_H
#define AZA_EVIDENCE_EVIDENCE_H

#include "base/checks.h"
#include "base/clock.h"
#include "config/config.h"
#include "evidence/hcl_report.h"
#include "tpm/key.h"

enum aza_vm {
        AZA_VM_SEVSNP,
        AZA_VM_TDX,
        AZA_VM_TRUSTEDLAUNCH,
};
const char *aza_vm_text(enum aza_vm vm); /* "sevsnp", "tdx", "trustedlaunch" */
const char *aza_require_text(enum aza_require require);
/* Whether the setting `require` lets a VM of this kind pass. */
bool aza_vm_allowed(enum aza_require require, enum aza_vm vm);

struct aza_evidence {
        enum aza_vm vm;
        struct aza_bytes hcl_report;     /* as read; empty on Trusted Launch */
        struct aza_hcl_report hcl;       /* spans into hcl_report */
        struct aza_bytes vcek_chain;     /* PEM: VCEK, ASK, ARK (SNP) */
        struct aza_bytes td_quote;       /* TDX */
        struct aza_bytes ak_certificate; /* DER with NV padding as read */
        struct aza_bytes ak_public;      /* TPM2B_PUBLIC */
        struct aza_pcrs pcrs;
        struct aza_attestation quote;
        struct aza_keyref *key; /* the attested key, without token */
        struct aza_attestation certify;
        struct aza_bytes event_log; /* raw; empty when there is none */
};
void aza_evidence_free(struct aza_evidence *e);

/* The local cross-checks: H1-H10, H13, A1, A2, Q1-Q4, Q6-Q8, Q11, Q12, Q14, Q15. Rows go to
 * `checks`. 0, or the first rejection's code. */
int aza_evidence_cross_check(OSSL_LIB_CTX *libctx, const struct aza_evidence *e,
                             struct aza_checks *checks);

#endif
