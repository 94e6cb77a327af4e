/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of a real TDX VM: whatever bit of its report or its quote is turned, it is refused,
 * but for those that azattest-security(7) lists. */
#include "unit/judge_support.h"
#include "unit/tdx_real_support.h"

#define SET         "azure-tdx/tdx-flashbots-2025-12-ak-ca03"
#define REPORT      0x20 /* of the TDREPORT in an HCL report */
#define RESERVED    0x14 /* two words of the header of an HCL report that nothing is read from, */
#define RESERVED_TO 0x20
#define CPU_SVN     0x10 /* in the TDREPORT: known to its own machine alone */
#define MAC         0xE0

static enum aza_verdict judged(const struct aza_evidence_file *f)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_judgement j = {0};
        const struct aza_judge_options o = {.require = AZA_REQUIRE_TDX,
                                            .time = AZURE_TIME,
                                            .pcr_mask = 0xFFFFFF,
                                            .foreign = true,
                                            .any_vm = true};

        (void)aza_evidence_judge(libctx, f, &o, &checks, &j);
        aza_judgement_free(&j);
        return aza_checks_verdict(&checks);
}

static bool uncovered(size_t i)
{
        const size_t at = i - REPORT;

        return (i >= RESERVED && i < RESERVED_TO) ||
               (i >= REPORT &&
                ((at >= CPU_SVN && at < CPU_SVN + 16) || (at >= MAC && at < MAC + 32)));
}

/* One bit of every `step`-th byte. How many were refused. */
static size_t flip(struct aza_evidence_file *f, struct aza_bytes *part, size_t step)
{
        size_t refused = 0;

        for (size_t i = 0; i < part->len; i += step) {
                part->data[i] ^= (uint8_t)(1u << i % 8);
                const bool accepted = judged(f) == AZA_VERDICT_ACCEPT;
                part->data[i] ^= (uint8_t)(1u << i % 8);
                if (accepted != (part == &f->hcl_report && uncovered(i)))
                        fail_msg("byte %zu of %zu: %s", i, part->len,
                                 accepted ? "accepted" : "refused");
                refused += accepted ? 0 : 1;
        }
        return refused;
}

static void every_byte(void **state)
{
        struct aza_evidence_file f = real_file(SET, AZA_VM_TDX, NULL);

        (void)state;
        f.td_collateral = real_collateral(AZURE);
        assert_int_equal(judged(&f), AZA_VERDICT_ACCEPT);
        const size_t report = flip(&f, &f.hcl_report, 1);
        print_message("HCL report: %zu of %zu flips refused\n", report, f.hcl_report.len);
        assert_int_equal(f.hcl_report.len - report, 12 + 16 + 32);
        /* unit/tdx_real turns a bit of each. */
        print_message("TD quote: %zu flips, all refused\n", flip(&f, &f.td_quote, 11));
        aza_evidence_file_free(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(every_byte)};

        return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
