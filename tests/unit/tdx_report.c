/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/tdx_report: real TD quotes beside their TDREPORT. */
#include "unit/evidence_support.h"

#include "tdx/report.h"

static void put(struct aza_bytes *b, const void *data, size_t len)
{
        assert_int_equal(aza_bytes_append(b, data, len), 0);
}

static const char *const sets[] = {"azure-tdx/tdx-coco", "azure-tdx/tdx-flashbots-2025-12-ak-ca03"};

static void real_quotes(void **state)
{
        (void)state;
        for (size_t i = 0; i < 2; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes quote = set_file(sets[i], "td-quote.bin");
                AZA_BYTES struct aza_bytes report = set_file(sets[i], "td-report.bin");
                struct aza_td td = {0};
                assert_true(aza_td_quote_verify(aza_bytes_span(&quote), aza_bytes_span(&report),
                                                &checks, &td));
                assert_ptr_equal(td.mrtd.data, quote.data + 48 + 136);
                assert_ptr_equal(td.report_data.data, quote.data + 48 + 520);
                assert_outcome(&checks, AZA_CHECK_H11, AZA_ACCEPT);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
        }
}

static void refused(void **state)
{
        AZA_BYTES struct aza_bytes quote = set_file(sets[0], "td-quote.bin");
        AZA_BYTES struct aza_bytes report = set_file(sets[0], "td-report.bin");
        AZA_BYTES struct aza_bytes other = set_file(sets[1], "td-report.bin");
        (void)state;
        /* Version, kind, and every byte of what is said about the VM. */
        for (size_t i = 0; i < 48 + 584; i = i == 0 ? 4 : i == 4 ? 48 : i + 1) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_td td = {0};
                quote.data[i] ^= 1;
                assert_false(aza_td_quote_verify(aza_bytes_span(&quote), aza_bytes_span(&report),
                                                 &checks, &td));
                assert_rejects(&checks, AZA_CHECK_H11);
                assert_null(td.mrtd.data);
                quote.data[i] ^= 1;
        }
        for (size_t len = 1; len < 48 + 584; len++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes cut = {0};
                assert_int_equal(aza_bytes_set(&cut, quote.data, len), 0);
                assert_false(aza_td_quote_verify(aza_bytes_span(&cut), aza_bytes_span(&report),
                                                 &checks, NULL));
                assert_rejects(&checks, AZA_CHECK_H11);
        }
        AZA_CHECKS struct aza_checks checks = {0};
        assert_false(
                aza_td_quote_verify(aza_bytes_span(&quote), aza_bytes_span(&other), &checks, NULL));
        assert_rejects(&checks, AZA_CHECK_H11);
}

/* DEBUG is signed for like any other attribute: only H17 minds. */
static void debug_is_refused(void **state)
{
        AZA_BYTES struct aza_bytes quote = set_file(sets[0], "td-quote.bin");
        AZA_BYTES struct aza_bytes report = set_file(sets[0], "td-report.bin");
        (void)state;
        for (int debug = 0; debug < 2; debug++)
                for (int allowed = 0; allowed < 2; allowed++) {
                        AZA_CHECKS struct aza_checks checks = {0};
                        const bool good = debug == 0 || allowed != 0;
                        quote.data[48 + 120] = (uint8_t)debug;
                        report.data[0x200] = (uint8_t)debug;
                        assert_true(aza_td_quote_verify(aza_bytes_span(&quote),
                                                        aza_bytes_span(&report), &checks, NULL));
                        assert_int_equal(aza_td_attributes_check(aza_bytes_span(&report),
                                                                 allowed != 0, &checks),
                                         good);
                        assert_outcome(&checks, AZA_CHECK_H17, good ? AZA_ACCEPT : AZA_REJECT);
                        if (!good)
                                assert_rejects(&checks, AZA_CHECK_H17);
                }
}

/* Bodies of version 5: TD 1.0, and TD 1.5 with two fields more. */
static void version_5(void **state)
{
        AZA_BYTES struct aza_bytes quote = set_file(sets[1], "td-quote.bin");
        AZA_BYTES struct aza_bytes report = set_file(sets[1], "td-report.bin");
        (void)state;
        for (uint8_t type = 2; type < 4; type++) {
                const size_t len = type == 3 ? 648 : 584;
                const uint8_t head[6] = {type, 0, (uint8_t)len, (uint8_t)(len >> 8), 0, 0};
                static const uint8_t more[64];
                AZA_BYTES struct aza_bytes v5 = {0};
                put(&v5, quote.data, 48);
                v5.data[0] = 5;
                put(&v5, head, sizeof(head));
                put(&v5, quote.data + 48, 584);
                put(&v5, more, len - 584);
                if (type == 3) /* TEE TCB SVN 2 */
                        memcpy(v5.data + 54 + 584, report.data + 0x180, 16);
                for (size_t i = 47; i < v5.len; i++) {
                        AZA_CHECKS struct aza_checks checks = {0};
                        struct aza_td td = {0};
                        const uint8_t bit = i == 47 ? 0 : 1; /* once as it is */
                        v5.data[i] ^= bit;
                        assert_int_equal(aza_td_quote_verify(aza_bytes_span(&v5),
                                                             aza_bytes_span(&report), &checks, &td),
                                         bit == 0);
                        v5.data[i] ^= bit;
                        if (bit == 0)
                                assert_int_equal(td.mrservicetd.len, type == 3 ? 48 : 0);
                }
        }
}

static void absent(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        const struct aza_span none = {0};
        (void)state;
        assert_false(aza_td_quote_verify(none, none, &checks, NULL));
        assert_outcome(&checks, AZA_CHECK_H11, AZA_NO_INPUT);
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_INCOMPLETE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(real_quotes),      cmocka_unit_test(refused),
                cmocka_unit_test(debug_is_refused), cmocka_unit_test(version_5),
                cmocka_unit_test(absent),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
