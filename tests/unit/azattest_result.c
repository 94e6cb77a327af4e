/* SPDX-License-Identifier: Apache-2.0 */
/* What the library makes of results for people: azattest_summary. */
#include "azattest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RESULT(verdict, code, reason, weakened, claims)                                       \
        "{\"schema\":1,\"verdict\":\"" verdict "\",\"subject\":\"token\",\"result\":" code    \
        ",\"result-name\":\"X\",\"reason\":\"" reason "\",\"time\":\"2026-01-01T00:00:00Z\"," \
        "\"weakened\":[" weakened "],\"checks\":[],\"claims\":{" claims "}}"

static void expect_line(const char *json, const char *line)
{
        char *text = NULL;

        assert_int_equal(azattest_summary(json, &text), 0);
        assert_string_equal(text, line);
        azattest_free(text);
}

static void one_line(void **state)
{
        (void)state;
        expect_line(
                RESULT("accept", "0", "", "", "\"x-ms-azurevm-vmid\":\"AB-1\",\"exp\":1795951980"),
                "accept: token of VM AB-1, valid until 2026-11-29T11:33:00Z");
        expect_line(RESULT("accept", "0", "", "", "\"vm-id-host-says\":\"AB-1\""),
                    "accept: token of VM AB-1 (the host says)");
        expect_line(RESULT("reject", "-106", "check T9 (time): expired",
                           "\"any-vm = yes: all\",\"time = x: then\"", ""),
                    "reject: token: check T9 (time): expired; weakened: any-vm, time");
        expect_line(RESULT("incomplete", "-118", "no file", "", ""), "incomplete: token: no file");
}

/* Whatever is in it, it is one line of printable text. */
static void hostile(void **state)
{
        char *text = NULL;

        (void)state;
        assert_int_equal(
                azattest_summary(RESULT("accept\\u001b[2J", "0", "a\\nT8 accept\\u202e",
                                        "\"k\\n = v: m\"", "\"x-ms-azurevm-vmid\":\"\\u009b1\\n\""),
                                 &text),
                0);
        for (const char *p = text; *p != '\0'; p++)
                assert_true(*p >= ' ' && *p <= '~');
        assert_null(strchr(text, '\n'));
        azattest_free(text);
}

static void what_is_none(void **state)
{
        static const char *const none[] = {"",
                                           "hello",
                                           "[]",
                                           "{}",
                                           "{\"verdict\":\"accept\"}",
                                           "{\"verdict\":1,\"result\":0}"};
        char *text = NULL;

        (void)state;
        for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
                assert_int_equal(azattest_summary(none[i], &text), AZATTEST_E_INPUT);
        assert_int_equal(azattest_summary(NULL, &text), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_summary("{}", NULL), AZATTEST_E_INVALID_PARAMETER);
        assert_null(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_line),
                cmocka_unit_test(hostile),
                cmocka_unit_test(what_is_none),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
