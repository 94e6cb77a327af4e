/* SPDX-License-Identifier: Apache-2.0 */
/* base/checks: verdicts, which row decides, and the result code of every check (D22). */
#include "base/checks.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the four above */
#include <cmocka.h>

/* D22 by ranges of ids, written down apart from the table that is tested. */
static const struct {
        const char *first, *last;
        int code;
} expected[] = {
        {"S1", "S25", AZATTEST_E_EVIDENCE},
        {"S26", "S36", AZATTEST_E_POLICY},
        {"H1", "H8", AZATTEST_E_HCL_REPORT_PARSING},
        {"H9", "H16", AZATTEST_E_EVIDENCE},
        {"H17", "H17", AZATTEST_E_POLICY},
        {"I1", "I11", AZATTEST_E_EVIDENCE},
        {"I12", "I14", AZATTEST_E_POLICY},
        {"I15", "I15", AZATTEST_E_EVIDENCE},
        {"A1", "A1", AZATTEST_E_EVIDENCE},
        {"A2", "A2", AZATTEST_E_AK_CERT_PARSING},
        {"A3", "A9", AZATTEST_E_EVIDENCE},
        {"Q1", "Q15", AZATTEST_E_EVIDENCE},
        {"E1", "E12", AZATTEST_E_EVIDENCE},
        {"E13", "E14", AZATTEST_E_POLICY},
        {"E15", "E15", AZATTEST_E_EVIDENCE},
        {"E16", "E16", AZATTEST_E_POLICY},
        {"T1", "T3", AZATTEST_E_TOKEN_FORM},
        {"T4", "T4", AZATTEST_E_TOKEN_ISSUER},
        {"T5", "T8", AZATTEST_E_TOKEN_SIGNATURE},
        {"T9", "T9", AZATTEST_E_TOKEN_TIME},
        {"T10", "T10", AZATTEST_E_TOKEN_FORM},
        {"T11", "T11", AZATTEST_E_TOKEN_NONCE},
        {"T12", "T13", AZATTEST_E_POLICY},
        {"T14", "T15", AZATTEST_E_TOKEN_KEY},
        {"T16", "T16", AZATTEST_E_TOKEN_TIME},
        {"T17", "T17", AZATTEST_E_POLICY},
        {"T18", "T18", AZATTEST_E_EVIDENCE},
        {"T19", "T20", AZATTEST_E_POLICY},
        {"K1", "K7", AZATTEST_E_KEY_RELEASE},
        {"G4", "G4", AZATTEST_E_IDENTITY_NEEDED},
        {"P8", "P8", AZATTEST_E_POLICY},
        {"C1", "C2", AZATTEST_E_EVIDENCE},
        {"C3", "C3", AZATTEST_E_IDENTITY_NEEDED},
        {"C4", "C4", AZATTEST_E_CERTIFICATE},
        {"C5", "C5", AZATTEST_E_WRONG_PURPOSE},
        {"C7", "C8", AZATTEST_E_CERTIFICATE},
};

static void every_code(void **state)
{
        int next = 0;

        (void)state;
        for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
                enum aza_check_id first, last;

                assert_true(aza_check_find(expected[i].first, &first));
                assert_true(aza_check_find(expected[i].last, &last));
                assert_int_equal(first, next);
                for (next = (int)first; next <= (int)last; next++) {
                        AZA_CHECKS struct aza_checks checks = {0};
                        char text[64];

                        assert_false(aza_reject(&checks, (enum aza_check_id)next, "why"));
                        assert_int_equal(aza_checks_result(&checks, "it"), expected[i].code);
                        (void)snprintf(text, sizeof(text), "it refused: check %s (%s): why",
                                       aza_check_id_text((enum aza_check_id)next),
                                       aza_check_name((enum aza_check_id)next));
                        assert_string_equal(aza_last_error()->message, text);
                }
        }
        assert_int_equal(next, AZA_CHECK_COUNT);
}

static void own_code(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        (void)aza_accept(&checks, AZA_CHECK_H4, NULL);
        (void)aza_reject(&checks, AZA_CHECK_H5, "another kind");
        aza_check_code(&checks, AZATTEST_E_REQUIREMENT);
        (void)aza_reject(&checks, AZA_CHECK_H9, "later");
        assert_int_equal(aza_checks_result(&checks, "evidence"), AZATTEST_E_REQUIREMENT);
}

static void cause_first(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        (void)aza_not_checked(&checks, AZA_CHECK_S9, AZA_FOLLOWS, "as S10");
        (void)aza_not_checked(&checks, AZA_CHECK_S10, AZA_UNAVAILABLE, "no VCEK");
        assert_int_equal(aza_checks_result(&checks, "it"), AZATTEST_E_EVIDENCE);
        assert_string_equal(aza_last_error()->message,
                            "it not fully verified: check S10 (chain): no VCEK");
}

static void verdicts(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_REJECT);
        assert_int_equal(aza_checks_result(&checks, "it"), AZATTEST_E_INPUT);
        (void)aza_accept(&checks, AZA_CHECK_T1, NULL);
        (void)aza_not_checked(&checks, AZA_CHECK_T7, AZA_NOT_APPLICABLE, "no");
        (void)aza_not_checked(&checks, AZA_CHECK_T11, AZA_SWITCHED_OFF, "no");
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
        assert_int_equal(aza_checks_result(&checks, "it"), 0);
        (void)aza_not_checked(&checks, AZA_CHECK_H12, AZA_UNAVAILABLE, "no");
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_INCOMPLETE);
        assert_int_equal(aza_checks_result(&checks, "it"), AZATTEST_E_EVIDENCE);
        assert_non_null(strstr(aza_last_error()->message, "not fully verified: check H12"));
        aza_check_required(&checks, false);
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
        checks.out_of_memory = true;
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_REJECT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_code),
                cmocka_unit_test(own_code),
                cmocka_unit_test(cause_first),
                cmocka_unit_test(verdicts),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
