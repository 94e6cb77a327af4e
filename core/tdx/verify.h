/* SPDX-License-Identifier: Apache-2.0 */
/* From Intel's root to a TD: the signatures of a TD quote, what Intel says of the platform's TCB,
 * and what a verifier demands of the TD (H12, H17, I1-I15). Pure. */
#ifndef AZA_TDX_VERIFY_H
#define AZA_TDX_VERIFY_H

#include "base/checks.h"
#include "tdx/chain.h"
#include "tdx/collateral.h"
#include "tdx/tcb.h"

/* Zero-initialised: what azure-baseline demands, without collateral. */
struct aza_td_options {
        const struct aza_td_collateral *collateral; /* NULL: none */
        const char *roots;                          /* configuration `intel-root`, or NULL */
        int64_t time;
        bool no_collateral;  /* I8 to I13 are switched off (profile none) */
        bool ignore_crl;     /* so is I8 */
        bool any_fields;     /* I14 makes no demands but those below */
        uint32_t accept;     /* bit n: TCB status n is accepted, beside UpToDate */
        uint32_t evaluation; /* I13: the lowest tcbEvaluationDataNumber; 0: any */
        bool allow_debug;    /* H17 */
        struct aza_span mrtd, mrseam, mrservicetd; /* I14; data NULL: not demanded */
};

/* What Intel's documents say, when I9 to I12 could be made. */
struct aza_td_tcb {
        enum aza_tcb_status status;               /* the worst of the three */
        enum aza_tcb_status platform, module, qe; /* unknown: not judged */
        int64_t evaluation;
        uint8_t fmspc[6];
        char date[32];        /* of the platform's level */
        char advisories[320]; /* of all three, with ", " between them */
};

/* Rows H12 and I1 to I13 of the quote, each once. True when H12 accepts. `ret` is always set. */
bool aza_td_signature_verify(OSSL_LIB_CTX *libctx, struct aza_span quote,
                             const struct aza_td_options *options, struct aza_checks *checks,
                             struct aza_td_tcb *ret);

/* Who signed the two documents of some collateral: as a rule one, read and verified once. */
struct aza_td_signer {
        struct aza_intel_chain chain; /* count 0: it cannot be read */
        const char *fault;            /* static; NULL: its root is trusted */
};
struct aza_td_signers {
        struct aza_td_signer own[2];
        const struct aza_td_signer *info, *identity;
};
/* `known`: the quote's own chain, which ends as these do, or NULL. */
void aza_td_signers_read(OSSL_LIB_CTX *libctx, const struct aza_td_collateral *c,
                         const struct aza_intel_trust *trust, const struct aza_intel_chain *known,
                         struct aza_td_signers *ret);
void aza_td_signers_free(struct aza_td_signers *signers);
/* NULL when Intel signed the document, and it is of this time; else the reason (static). */
const char *aza_td_document_fault(OSSL_LIB_CTX *libctx, const struct aza_tcb_document *d,
                                  const struct aza_td_signer *signer, int64_t time);

/* Whether collateral is whole, signed, of this time and of the platform of `quote`, whatever it
 * then says of it: NULL, or what is wrong (static) with *ret_part, the name of the part. True of
 * what fits is that a verifier can use it, not that he will accept. */
const char *aza_td_collateral_fault(OSSL_LIB_CTX *libctx, struct aza_span quote,
                                    const struct aza_td_collateral *c,
                                    const struct aza_intel_trust *trust, const char **ret_part);

/* I14: what is demanded of the TD itself. True when it accepts. */
bool aza_td_fields_check(const struct aza_td *td, const struct aza_td_options *options,
                         struct aza_checks *checks);

/* I15: the TDREPORT fits its own hashes, and nothing is in its reserved bytes. Empty: no input. */
bool aza_td_report_hashes(OSSL_LIB_CTX *libctx, struct aza_span td_report,
                          struct aza_checks *checks);

/* I9 to I13; made by aza_td_signature_verify (tdx/levels.c). `qe` and `td` are proven when the
 * other rows accept. */
struct aza_td_platform {
        const struct aza_sgx_report *qe;
        const struct aza_td *td;
        const struct aza_pck *pck;            /* NULL: I4 did not accept */
        const struct aza_td_signers *signers; /* of options->collateral, NULL without */
};
void aza_td_levels_check(OSSL_LIB_CTX *libctx, const struct aza_td_platform *platform,
                         const struct aza_td_options *options, struct aza_checks *checks,
                         struct aza_td_tcb *ret);

#endif
