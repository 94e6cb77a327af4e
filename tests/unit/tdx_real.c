/* SPDX-License-Identifier: Apache-2.0 */
/* Real TD quotes with Intel's real collateral: the verdict that the README of the vectors names,
 * and every signed byte flipped. */
#include "unit/tdx_real_support.h"

struct set {
        const char *quote, *collateral;
        int64_t time;
        enum aza_check_id rejects; /* AZA_CHECK_COUNT: none does */
        enum aza_tcb_status status, module;
};

static const struct set sets[] = {
        {FLASHBOTS, AZURE, AZURE_TIME, AZA_CHECK_COUNT, AZA_TCB_UP_TO_DATE, AZA_TCB_UP_TO_DATE},
        {GCP, GCP_DOCS, GCP_TIME, AZA_CHECK_COUNT, AZA_TCB_UP_TO_DATE, AZA_TCB_UP_TO_DATE},
        {COCO, AZURE, AZURE_TIME, AZA_CHECK_I10, AZA_TCB_UNKNOWN, AZA_TCB_UNKNOWN},
        {FLASHBOTS, GCP_DOCS, GCP_TIME, AZA_CHECK_I10, AZA_TCB_UNKNOWN, AZA_TCB_UNKNOWN},
        /* Outdated, and not there yet. */
        {FLASHBOTS, AZURE, 1774310400, AZA_CHECK_I9, AZA_TCB_UNKNOWN, AZA_TCB_UNKNOWN},
        {FLASHBOTS, AZURE, 1771070400, AZA_CHECK_I9, AZA_TCB_UNKNOWN, AZA_TCB_UNKNOWN},
};

static bool row_rejects(const struct aza_checks *checks, enum aza_check_id id)
{
        const struct aza_check *row = aza_checks_get(checks, id);

        return row != NULL && row->outcome == AZA_REJECT;
}

static void verdicts(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes quote = vector(sets[i].quote);
                struct aza_td_collateral c = real_collateral(sets[i].collateral);
                const struct aza_td_options o = {.collateral = &c, .time = sets[i].time};
                struct aza_td_tcb tcb;
                bool good =
                        aza_td_signature_verify(libctx, aza_bytes_span(&quote), &o, &checks, &tcb);
                if (sets[i].rejects == AZA_CHECK_COUNT)
                        assert_no_reject(&checks);
                else if (!row_rejects(&checks, sets[i].rejects))
                        fail_msg("%s accepted set %zu", aza_check_id_text(sets[i].rejects), i);
                /* Whose TCB documents they are is no matter of the signature. */
                assert_int_equal(good, sets[i].rejects == AZA_CHECK_COUNT ||
                                               sets[i].rejects == AZA_CHECK_I10);
                assert_int_equal(tcb.status, sets[i].status);
                assert_int_equal(tcb.module, sets[i].module);
                assert_int_equal(checks.count, 14);
                aza_td_collateral_free(&c);
        }
}

/* Signatures hold and the platform is its own: what is old is refused, or accepted by name. */
static void out_of_date_module(void **state)
{
        AZA_BYTES struct aza_bytes quote = vector(COCO);
        struct aza_td_collateral c = real_collateral(GCP_DOCS);
        struct aza_td_tcb tcb;

        (void)state;
        for (int accept = 0; accept < 2; accept++) {
                AZA_CHECKS struct aza_checks checks = {0};
                const struct aza_td_options o = {.collateral = &c,
                                                 .time = GCP_TIME,
                                                 .accept = accept ? 1u << AZA_TCB_OUT_OF_DATE : 0};
                assert_true(
                        aza_td_signature_verify(libctx, aza_bytes_span(&quote), &o, &checks, &tcb));
                assert_int_equal(tcb.module, AZA_TCB_OUT_OF_DATE);
                assert_int_equal(tcb.status, AZA_TCB_OUT_OF_DATE);
                assert_non_null(strstr(tcb.advisories, "INTEL-SA-"));
                assert_int_equal(row_rejects(&checks, AZA_CHECK_I11), !accept);
                assert_int_equal(row_rejects(&checks, AZA_CHECK_I12), !accept);
                if (accept)
                        assert_no_reject(&checks);
        }
        aza_td_collateral_free(&c);
}

/* Without collateral all signatures below the root hold: I1 to I7. */
static void signatures_alone(void **state)
{
        static const char *const quotes[] = {FLASHBOTS, COCO, GCP, V5, DEBUG_TD};

        (void)state;
        for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
                AZA_CHECKS struct aza_checks none = {0}, checks = {0};
                AZA_BYTES struct aza_bytes quote = vector(quotes[i]);
                struct aza_td_options o = {.time = AZURE_TIME};
                struct aza_td_tcb tcb;
                assert_false(
                        aza_td_signature_verify(libctx, aza_bytes_span(&quote), &o, &checks, &tcb));
                for (int id = AZA_CHECK_I1; id <= AZA_CHECK_I7; id++)
                        assert_outcome(&checks, (enum aza_check_id)id, AZA_ACCEPT);
                for (int id = AZA_CHECK_I8; id <= AZA_CHECK_I10; id++)
                        assert_outcome(&checks, (enum aza_check_id)id, AZA_UNAVAILABLE);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_INCOMPLETE);
                o.no_collateral = true;
                assert_true(
                        aza_td_signature_verify(libctx, aza_bytes_span(&quote), &o, &none, &tcb));
                assert_int_equal(aza_checks_verdict(&none), AZA_VERDICT_ACCEPT);
        }
}

static void fields(void **state)
{
        static const struct {
                const char *quote;
                bool good, debug;
        } all[] = {{FLASHBOTS, true, false}, /* SEPT_VE_DISABLE is not set in the old one */
                   {COCO, false, false},
                   {GCP, true, false},
                   {V5, true, false},
                   {DEBUG_TD, true, true}};

        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes quote = vector(all[i].quote);
                const struct aza_td_options o = {0};
                struct aza_td td = {0};
                assert_true(aza_td_quote_read(aza_bytes_span(&quote), &td));
                assert_int_equal(aza_td_fields_check(&td, &o, &checks), all[i].good);
                assert_int_equal(aza_td_debug_check(&td, false, &checks), !all[i].debug);
        }
}

static void report_hashes(void **state)
{
        static const char *const names[] = {"azure-tdx/tdx-coco",
                                            "azure-tdx/tdx-flashbots-2025-12-ak-ca03"};
        size_t unnoticed = 0;

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes report = set_file(names[i], "td-report.bin");
                assert_true(aza_td_report_hashes(libctx, aza_bytes_span(&report), &checks));
        }
        AZA_BYTES struct aza_bytes report = set_file(names[1], "td-report.bin");
        for (size_t i = 0; i < report.len; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                report.data[i] ^= (uint8_t)(1u << i % 8);
                bool good = aza_td_report_hashes(libctx, aza_bytes_span(&report), &checks);
                report.data[i] ^= (uint8_t)(1u << i % 8);
                unnoticed += good ? 1 : 0;
                /* CPUSVN, report data (H10, H11) and MAC; the type is H11's. */
                assert_int_equal(good, i == 0 || (i >= 0x10 && i < 0x20) ||
                                               (i >= 0x80 && i < 0xC0) || (i >= 0xE0 && i < 0x100));
        }
        assert_int_equal(unnoticed, 1 + 16 + 64 + 32);
}

/* ---- flips ---- */

/* AZATTEST_FLIP_ALL: every bit of every byte, which takes minutes. */
static bool all_bits(void)
{
        const char *all = getenv("AZATTEST_FLIP_ALL");

        return all != NULL && *all != '\0';
}

/* The case of a hex digit of a document's signature is no matter of anybody's. */
static bool is_case(const struct aza_bytes *part, size_t i, uint8_t bit)
{
        const uint8_t c = part->data[i] | 0x20;

        return part->data[0] == '{' && i + 131 > part->len && bit == 0x20 && c >= 'a' && c <= 'f';
}

/* Flips a bit of every `step`-th byte of `part`; `quote` must be refused each time. How many were
 * flipped. */
static size_t flips(struct aza_bytes *part, const struct aza_bytes *quote,
                    const struct aza_td_options *o, size_t step)
{
        const unsigned int bits = all_bits() ? 8 : 1;
        size_t flipped = 0;

        for (size_t i = 0; i < part->len; i += all_bits() ? 1 : step)
                for (unsigned int b = 0; b < bits; b++) {
                        AZA_CHECKS struct aza_checks checks = {0};
                        struct aza_td_tcb tcb;
                        const uint8_t bit = (uint8_t)(1u << (i + b) % 8);
                        if (is_case(part, i, bit))
                                continue;
                        part->data[i] ^= bit;
                        (void)aza_td_signature_verify(libctx, aza_bytes_span(quote), o, &checks,
                                                      &tcb);
                        part->data[i] ^= bit;
                        flipped++;
                        if (aza_checks_verdict(&checks) == AZA_VERDICT_ACCEPT)
                                fail_msg("byte %zu of %zu, bit %02x: accepted", i, part->len, bit);
                }
        return flipped;
}

/* Header, body, signatures, QE report, certificates, and the zeros behind them. */
static void every_byte_of_a_quote(void **state)
{
        static const char *const quotes[] = {FLASHBOTS, V5};

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                AZA_BYTES struct aza_bytes quote = vector(quotes[i]);
                const struct aza_td_options o = {.time = AZURE_TIME, .no_collateral = true};
                print_message("%s: %zu flips, all refused\n", quotes[i],
                              flips(&quote, &quote, &o, 1));
        }
}

/* What Intel signed of the collateral; what is around it must be as Intel's service writes it. */
static void bytes_of_the_collateral(void **state)
{
        AZA_BYTES struct aza_bytes quote = vector(FLASHBOTS);
        struct aza_td_collateral c = real_collateral(AZURE);
        const struct aza_td_options o = {.collateral = &c, .time = AZURE_TIME};
        struct aza_td_collateral_part part;

        (void)state;
        for (size_t i = 0; aza_td_collateral_part(i, &part); i++)
                print_message("%s: %zu flips, all refused\n", part.name,
                              flips(aza_td_collateral_bytes(&c, &part), &quote, &o, 9));
        aza_td_collateral_free(&c);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(verdicts),
                cmocka_unit_test(out_of_date_module),
                cmocka_unit_test(signatures_alone),
                cmocka_unit_test(fields),
                cmocka_unit_test(report_hashes),
                cmocka_unit_test(every_byte_of_a_quote),
                cmocka_unit_test(bytes_of_the_collateral),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
