/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on a VM's evidence, its own or another's: every check of CHECKS.md 2 to 6 that the
 * evidence has input for, one row each, and what was proven. Pure: no network, no TPM, no files.
 */
#ifndef AZA_EVIDENCE_JUDGE_H
#define AZA_EVIDENCE_JUDGE_H

#include "boot/event_log.h"
#include "evidence/attest_struct.h"
#include "evidence/file.h"
#include "snp/policy.h"
#include "tdx/verify.h"

/* What the verifier demands, in one place from the option or profile file that says it to the check
 * that needs it; never taken from the evidence (G4). */
struct aza_judge_options {
        enum aza_require require;
        int64_t time;                     /* evaluation time, seconds since 1970 */
        struct aza_span qualifying;       /* qualifying data that quote and certification must carry
                                          (nonce.h); data NULL: no nonce is required */
        struct aza_span nonce;            /* the nonce itself: a report alone must carry it as user
                                             data, zeros behind it (H16); or data NULL */
        struct aza_span user_data;        /* H16: 64 bytes, or data NULL */
        uint32_t pcr_mask;                /* selection the quote must have */
        uint32_t policy_mask;             /* PCRs whose values the caller relies on (Q9) */
        struct aza_pcr_values pcr_values; /* which some of them must have (Q9) */
        bool allow_resettable;            /* PCR 16 and 23 may be among those */
        bool snp_demanded;          /* `snp` demands what no other hardware can meet: there S25-S36
                                       are not met, not inapplicable */
        struct aza_snp_options snp; /* of an SNP report, its profile and roots; time, certificates
                                       and revocation are taken from here, not from it */
        struct aza_td_options td; /* of a TD, its roots, collateral that counts before the file's */
        bool td_demanded;         /* what only a TD can meet */
        const char *vtpm_roots;   /* configuration `vtpm-root`, or NULL */
        const aza_certs *certs;   /* --certs: further candidates, or NULL */
        const aza_crls *crls;     /* --crl, or NULL */
        enum aza_crl_mode crl_mode;
        bool need_ak_certificate; /* else on confidential VMs HCLAkPub alone may do */
        const char *vmid;         /* expected VM id, or NULL or "" */
        size_t fetched;           /* A7: of the AK certificate's issuers, into `certs`, */
        bool fetch_asked;         /* when that was asked for */
        bool need_key;            /* the evidence must have an attested key (Q11-Q15) */
        bool need_event_log;
        bool want_event_log; /* without one the verdict is incomplete (E1) */
        bool need_secure_boot;
        bool report_only; /* a hardware or HCL report by itself is judged: what else evidence has is
                             not checked, and only what was demanded above is missed */
        bool foreign;     /* evidence of another VM: identity needed (D12, row G4) */
        bool any_vm;      /* G4 is switched off */
        bool policy_names_vm; /* a policy says which VM: who has it makes G4 (evidence_verify.c) */
        bool allow_debug;     /* S29, H17: the host may debug the VM (D43) */
        bool beside_token;    /* without `vmid`, the VM is compared with a token (T18), not in G4 */
};

/* What was proven. Set as far as the rows allow; free with aza_judgement_free. */
struct aza_judgement {
        enum aza_vm vm; /* what the evidence is, not what it says */
        EVP_PKEY *ak;   /* the key that signs quotes, when A1 accepts */
        EVP_PKEY *key;  /* the attested key, when Q11-Q15 accept */
        char vmid[64];  /* host-asserted (H15); "" when there is none */
        bool has_snp;
        struct aza_snp_report snp; /* spans into the evidence file */
        enum aza_snp_product product;
        bool has_td;              /* H11 accepts; who signed the quote is H12's matter */
        bool td_signed;           /* H12 accepts */
        struct aza_td_tcb td_tcb; /* what Intel's documents say; see I9 to I12 */
        struct aza_td td;         /* what the TD quote says; spans into the evidence file */
        bool has_quote;
        struct aza_quote_info quote;
        struct aza_pcrs pcrs; /* proven values: those quoted; mask 0 without quote */
        bool has_boot;
        struct aza_boot_facts boot;
        json_object *runtime; /* the runtime JSON, or NULL */
};
void aza_judgement_free(struct aza_judgement *j);

/* Rows S, H, I, A, Q, E and G4, sorted by table order. 0 when the verdict is accept, else the first
 * rejection's (or required unchecked row's) code, message raised. `ret` (may be NULL) is always
 * written. */
int aza_evidence_judge(OSSL_LIB_CTX *libctx, const struct aza_evidence_file *f,
                       const struct aza_judge_options *options, struct aza_checks *checks,
                       struct aza_judgement *ret);

/* --allow-unchecked ID: the row of `id`, when it was not checked, decides nothing any more. */
void aza_checks_allow_unchecked(struct aza_checks *checks, enum aza_check_id id);

#endif
