/* SPDX-License-Identifier: Apache-2.0 */
/* What came between a failure and its report (a program's log callback that calls us) makes no
 * success of it. */
#include "base/error.h"

#include "api/azattest_context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void code_is_the_result(void **state)
{
        (void)state;
        assert_int_equal(AZA_FAIL(AZATTEST_E_POLICY, "why"), AZATTEST_E_POLICY);
        struct aza_error why = aza_error_of(AZATTEST_E_POLICY);
        assert_int_equal(why.code, AZATTEST_E_POLICY);
        assert_string_equal(why.message, "why");
        /* Another failure meanwhile. */
        why = aza_error_of(AZATTEST_E_TOKEN_TIME);
        assert_int_equal(why.code, AZATTEST_E_TOKEN_TIME);
        assert_string_equal(why.message, "why");
        aza_clear_error();
        why = aza_error_of(AZATTEST_E_POLICY);
        assert_int_equal(aza_error_restore(&why), AZATTEST_E_POLICY);
        assert_non_null(strstr(aza_last_error()->message, "AZATTEST_E_POLICY"));
        why = aza_error_of(0);
        assert_int_equal(why.code, 0);
}

/* An outcome without rows and without failure is of something that was not judged. */
static void nothing_is_no_accept(void **state)
{
        AZATTEST_OUTCOME struct aza_call_outcome outcome = {.subject = "token"};
        const struct azattest_call call = {0};
        char *json = NULL;

        (void)state;
        aza_clear_error();
        assert_int_equal(aza_call_finish(&call, &outcome, &json), AZATTEST_E_INPUT);
        assert_non_null(json);
        assert_null(strstr(json, "\"accept\""));
        azattest_free(json);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(code_is_the_result),
                cmocka_unit_test(nothing_is_no_accept),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
