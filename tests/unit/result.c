/* SPDX-License-Identifier: Apache-2.0 */
/* base/result: the document of D33, the table, and D13's list of weakened settings. */
#include "base/result.h"
#include "config/weakened.h"

#include "base/json.h"
#include "base/own.h"
#include "base/result_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after the four above */
#include <cmocka.h>

static void fill(struct aza_checks *checks)
{
        (void)aza_accept(checks, AZA_CHECK_T1, NULL);
        (void)aza_reject(checks, AZA_CHECK_T12, "not the \033[31mkind");
        aza_check_values(checks, "sevsnpvm", "tdxvm");
        (void)aza_not_checked(checks, AZA_CHECK_T7, AZA_NOT_APPLICABLE, "the key set was given");
}

static void document(void **state)
{
        (void)state;
        AZA_CHECKS struct aza_checks checks = {0};
        fill(&checks);
        AZA_OWN(json_object_put) json_object *claims = json_object_new_object();
        json_object_object_add(claims, "x", json_object_new_int(1));
        AZA_OWN(json_object_put)
        json_object *result = aza_result_json(&checks, "token", 1765828800, NULL, claims);
        assert_string_equal(
                json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN),
                "{\"schema\":1,\"verdict\":\"reject\",\"subject\":\"token\",\"result\":-109,"
                "\"result-name\":\"AZATTEST_E_POLICY\",\"reason\":\"check T12 (type): not the "
                "\\\\x1b[31mkind (expected sevsnpvm, found tdxvm)\","
                "\"time\":\"2025-12-15T20:00:00Z\","
                "\"weakened\":[],\"checks\":[{\"id\":\"T1\",\"name\":\"form\",\"outcome\":"
                "\"accept\",\"reason\":\"\",\"required\":true},{\"id\":\"T12\",\"name\":\"type\","
                "\"outcome\":\"reject\",\"reason\":\"not the \\\\x1b[31mkind\",\"required\":true,"
                "\"expected\":\"sevsnpvm\",\"found\":\"tdxvm\"},{\"id\":\"T7\",\"name\":\"cache\","
                "\"outcome\":\"not checked\",\"reason\":\"not applicable: the key set was given\","
                "\"required\":false}],\"claims\":{\"x\":1}}");
}

static void accepted(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        (void)aza_accept(&checks, AZA_CHECK_T1, NULL);
        AZA_OWN(json_object_put)
        json_object *result = aza_result_json(&checks, "token", 1765828800, NULL, NULL);
        assert_string_equal(
                json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN),
                "{\"schema\":1,\"verdict\":\"accept\",\"subject\":\"token\",\"result\":0,"
                "\"result-name\":\"AZATTEST_OK\",\"reason\":\"\",\"time\":"
                "\"2025-12-15T20:00:00Z\",\"weakened\":[],\"checks\":[{\"id\":\"T1\",\"name\":"
                "\"form\",\"outcome\":\"accept\",\"reason\":\"\",\"required\":true}],"
                "\"claims\":{}}");
}

/* D54: there is a result where nothing could be judged, too. */
static void failure(void **state)
{
        const struct aza_error why = {.code = AZATTEST_E_INPUT, .message = "cannot open x"};

        (void)state;
        AZA_OWN(json_object_put)
        json_object *result =
                aza_result_failure("file", 1765828800, NULL, AZA_VERDICT_INCOMPLETE, &why);
        assert_string_equal(
                json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN),
                "{\"schema\":1,\"verdict\":\"incomplete\",\"subject\":\"file\",\"result\":-118,"
                "\"result-name\":\"AZATTEST_E_INPUT\",\"reason\":\"cannot open x\",\"time\":"
                "\"2025-12-15T20:00:00Z\",\"weakened\":[],\"checks\":[],\"claims\":{}}");
}

/* The one table of what a code says: network, time, input and what Azure has yet to write leave it
 * open, the rest does not. */
static void undecided(void **state)
{
        static const int open[] = {-1,  -4,  -5,  -7,   -10,  -16,  -18,
                                   -27, -28, -29, -100, -110, -118, -121};
        size_t found = 0;

        (void)state;
        for (int code = -130; code <= 0; code++) {
                bool listed = false;
                for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
                        listed = listed || open[i] == code;
                assert_int_equal(aza_result_undecided(code), listed);
                found += listed;
        }
        assert_int_equal(found, sizeof(open) / sizeof(open[0]));
}

static void table(void **state)
{
        (void)state;
        AZA_CHECKS struct aza_checks checks = {0};
        char *text = NULL;
        size_t len = 0;
        fill(&checks);
        FILE *out = open_memstream(&text, &len);
        assert_int_equal(aza_result_table(out, &checks), 0);
        (void)fclose(out);
        assert_string_equal(
                text,
                "T1   form   accept\n"
                "T12  type   reject       not the \\x1b[31mkind (expected sevsnpvm, found tdxvm)\n"
                "T7   cache  not checked  not applicable: the key set was given\n");
        free(text);
}

/* What people decide by is shown without being asked for; the other rows are counted. */
static void rows_that_matter(void **state)
{
        static const struct {
                const char *row;
                bool matters;
        } cases[] = {
                {"{\"id\":\"T8\",\"outcome\":\"accept\",\"reason\":\"\",\"required\":true}", false},
                {"{\"id\":\"T8\",\"outcome\":\"reject\",\"reason\":\"x\",\"required\":true}", true},
                {"{\"id\":\"T8\",\"outcome\":\"odd\",\"reason\":\"x\",\"required\":false}", true},
                {"{\"id\":\"T9\",\"outcome\":\"accept\",\"reason\":\"\",\"required\":true}", true},
                {"{\"id\":\"T5\",\"outcome\":\"not checked\",\"reason\":\"no input\",\"required\":true}",
                 true},
                {"{\"id\":\"T18\",\"outcome\":\"not checked\",\"reason\":\"switched off: x\","
                 "\"required\":false}",
                 false},
                {"{\"id\":\"T11\",\"outcome\":\"not checked\",\"reason\":\"switched off: x\","
                 "\"required\":false}",
                 true},
                {"{\"id\":\"S21\",\"outcome\":\"not checked\",\"reason\":\"unavailable: x\","
                 "\"required\":false}",
                 true},
                {"{\"id\":\"G4\",\"outcome\":\"not checked\",\"reason\":\"not applicable: x\","
                 "\"required\":false}",
                 false},
        };
        AZA_OWN(json_object_put) json_object *rows = json_object_new_array();
        size_t matter = 0;
        FILE *none = fopen("/dev/null", "w");

        (void)state;
        assert_non_null(none);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                json_object *row = json_tokener_parse(cases[i].row);

                if (aza_result_row_matters(row) != cases[i].matters)
                        fail_msg("%s", cases[i].row);
                matter += cases[i].matters;
                (void)json_object_array_add(rows, row);
        }
        assert_int_equal(aza_result_rows(none, rows, true), 0);
        assert_int_equal(aza_result_rows(none, rows, false),
                         sizeof(cases) / sizeof(cases[0]) - matter);
        (void)fclose(none);
}

/* In full: half a pin names no root. */
static void weakened_line(void **state)
{
        AZA_OWN(json_object_put) json_object *list = json_object_new_array();
        char line[300], small[20];

        (void)state;
        assert_false(aza_weakened_line(list, line, sizeof(line)));
        assert_true(aza_weaken(list, "amd-root",
                               "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
                               "trusted"));
        assert_true(aza_weaken(list, "any-vm", "yes", "anybody's"));
        assert_true(aza_weakened_line(list, line, sizeof(line)));
        assert_string_equal(
                line,
                "amd-root = 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff, "
                "any-vm = yes");
        assert_true(aza_weakened_line(list, small, sizeof(small)));
        assert_string_equal(small, "amd-root = 00112233");
}

static void weakened(void **state)
{
        (void)state;
        struct aza_config config = {
                .require = AZA_REQUIRE_SEVSNP, .attest = AZA_ATTEST_AUTO, .pcr_mask = 0xFF};
        AZA_OWN(json_object_put) json_object *none = aza_config_weakened(&config);
        assert_int_equal(json_object_array_length(none), 0);
        config = (struct aza_config){
                .require = AZA_REQUIRE_ANY,
                .attest = AZA_ATTEST_NEVER,
                .any_vm = true,
                .allow_stale_keys = true,
                .allow_debug = true,
                .secure_boot = AZA_SECURE_BOOT_REPORT,
                .amd_root = "aa",
                .vtpm_root = "bb",
                .policy = "/etc/p.json",
                .pcr_mask = 0x1F | 1u << 11,
        };
        AZA_OWN(json_object_put) json_object *all = aza_config_weakened(&config);
        static const char *const starts[] = {
                "require = any: ",     "any-vm = yes: ",         "allow-stale-keys = yes: ",
                "attest = never: ",    "amd-root = aa: ",        "vtpm-root = bb: ",
                "allow-debug = yes: ", "secure-boot = report: ", "pcrs = 0-4,11: "};
        assert_int_equal(json_object_array_length(all), 9);
        for (size_t i = 0; i < 9; i++) {
                const char *text = aza_json_text(json_object_array_get_idx(all, i));
                assert_int_equal(strncmp(text, starts[i], strlen(starts[i])), 0);
        }
        assert_true(aza_weaken(all, "time", "1", "not now"));
        assert_string_equal(aza_json_text(json_object_array_get_idx(all, 9)), "time = 1: not now");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(document),
                cmocka_unit_test(accepted),
                cmocka_unit_test(failure),
                cmocka_unit_test(undecided),
                cmocka_unit_test(table),
                cmocka_unit_test(weakened),
                cmocka_unit_test(rows_that_matter),
                cmocka_unit_test(weakened_line),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
