/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence files: one spelling after the first writing, and a verdict that is never accept. */
#include "evidence/judge.h"
#include "fuzz.h"

static void judge(const struct aza_evidence_file *f, size_t size)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_judgement judgement = {0};
        const struct aza_judge_options options = {
                .require = (enum aza_require)(size % 5),
                .time = 1800000000,
                .pcr_mask = 0xFF,
                .policy_mask = 0xFF,
                .need_key = size % 3 == 0,
                .need_secure_boot = size % 2 == 0,
                .any_vm = true,
        };
        int r = aza_evidence_judge(fuzz_libctx(), f, &options, &checks, &judgement);
        FUZZ_CHECK(r != 0 && aza_checks_verdict(&checks) != AZA_VERDICT_ACCEPT);
        aza_judgement_free(&judgement);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_BYTES struct aza_bytes once = {0};
        AZA_BYTES struct aza_bytes twice = {0};
        struct aza_evidence_file f = {0};
        struct aza_evidence_file again = {0};
        if (aza_evidence_file_decode(aza_span_of(data, size), &f) == 0) {
                FUZZ_CHECK(aza_evidence_file_encode(&f, &once) == 0);
                FUZZ_CHECK(aza_evidence_file_decode(aza_bytes_span(&once), &again) == 0);
                FUZZ_CHECK(aza_evidence_file_encode(&again, &twice) == 0);
                FUZZ_CHECK(aza_span_equal(aza_bytes_span(&once), aza_bytes_span(&twice)));
                judge(&f, size);
        }
        aza_evidence_file_free(&f);
        aza_evidence_file_free(&again);
        return 0;
}
