/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of judging share: judge_hardware.c (report, runtime data) and judge.c (the
 * rest). Nobody else includes this. */
#ifndef AZA_EVIDENCE_JUDGE_PARTS_H
#define AZA_EVIDENCE_JUDGE_PARTS_H

#include "evidence/judge.h"

struct aza_judging {
        OSSL_LIB_CTX *libctx;
        const struct aza_evidence_file *f;
        const struct aza_judge_options *o;
        struct aza_checks *checks;
        struct aza_judgement *j;
        struct aza_span hardware, runtime, report_data; /* empty when they could not be read */
        struct aza_runtime run;                         /* ak NULL when H13 did not accept */
        EVP_PKEY *claimed_ak; /* the key that is to sign quotes when nothing proves it; owned */
};

/* Consecutive ids of checks, both ends included. */
struct aza_id_range {
        enum aza_check_id first, last;
};
#define AZA_ROWS(first, last) ((struct aza_id_range){AZA_CHECK_##first, AZA_CHECK_##last})

/* Adds "not checked" rows. */
void aza_judge_skip(struct aza_judging *c, struct aza_id_range ids, enum aza_outcome kind,
                    bool required, const char *why);

/* S and H rows, A9; sets kind of VM, report and runtime data. */
void aza_judge_hardware(struct aza_judging *c);

/* H11, H12, H17 and I rows (judge_tdx.c). */
void aza_judge_tdx(struct aza_judging *c);

#endif
