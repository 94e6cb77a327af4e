/* SPDX-License-Identifier: Apache-2.0 */
/* D48: whatever comes from outside, what is shown of it is valid UTF-8 without controls, in
 * rows, tables, JSON, messages and log lines. iconv is the judge of UTF-8 here, not our own
 * decoder. */
#include "base/printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/checks.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "base/result.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const hostile[] = {
        "\x1b[2J\nT8   signature                accept       all is well",
        "\r\t\b\a\x7f",
        "c1 \xc2\x9b"
        "31m \xc2\x85 next line",
        "bidi \xe2\x80\xae drow \xe2\x81\xa6 \xe2\x81\xa9 \xe2\x80\x8e \xe2\x80\x8f \xd8\x9c",
        "lines \xe2\x80\xa8 \xe2\x80\xa9",
        "latin1 \xe9\xff\x80",
        "overlong \xc0\x8a \xe0\x80\x8a \xf0\x80\x80\x8a",
        "surrogate \xed\xa0\x80 beyond \xf4\x90\x80\x80 \xf8\x88\x80\x80\x80",
        "cut \xe2\x80",
        "\xf0\x9f\x94",
};
#define HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

static int forbidden(uint32_t c, const char *allowed)
{
        if (c < 0x80 && c != 0 && strchr(allowed, (int)c) != NULL)
                return 0;
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
               (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* `allowed`: controls that belong to the layout. */
static void assert_harmless(const char *text, const char *allowed)
{
        static uint32_t out[1 << 16];
        iconv_t to = iconv_open("UTF-32LE", "UTF-8");
        char *from = (char *)text, *at = (char *)out;
        size_t left = strlen(text), room = sizeof(out);

        assert_int_not_equal(iconv(to, &from, &left, &at, &room), (size_t)-1);
        (void)iconv_close(to);
        for (const uint32_t *c = out; (char *)c < at; c++)
                if (forbidden(*c, allowed))
                        fail_msg("U+%04X in \"%s\"", *c, text);
}

static void is_shown(const char *text, size_t len)
{
        char out[256], again[256], tight[256];

        assert_ptr_equal(aza_printable(text, len, out, sizeof(out)), out);
        assert_harmless(out, "");
        assert_string_equal(aza_printable(out, strlen(out), again, sizeof(again)), out);
        for (size_t size = 1; size < 40; size++) {
                memset(tight, 'x', sizeof(tight));
                (void)aza_printable(text, len, tight, size);
                assert_true(strlen(tight) < size);
                assert_memory_equal(tight, out, strlen(tight));
                assert_harmless(tight, "");
        }
}

static void every_two_bytes(void **state)
{
        char text[3];

        (void)state;
        for (int a = 0; a < 256; a++)
                for (int b = 0; b < 256; b++) {
                        char out[16];

                        text[0] = (char)a;
                        text[1] = (char)b;
                        text[2] = '\0';
                        assert_harmless(aza_printable(text, 2, out, sizeof(out)), "");
                }
}

static void every_character(void **state)
{
        (void)state;
        for (uint32_t c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 61) {
                char text[5], out[16];
                size_t len = 0;

                if (c >= 0xd800 && c < 0xe000)
                        continue;
                if (c < 0x80) {
                        text[len++] = (char)c;
                } else if (c < 0x800) {
                        text[len++] = (char)(0xc0 | c >> 6);
                        text[len++] = (char)(0x80 | (c & 0x3f));
                } else if (c < 0x10000) {
                        text[len++] = (char)(0xe0 | c >> 12);
                        text[len++] = (char)(0x80 | (c >> 6 & 0x3f));
                        text[len++] = (char)(0x80 | (c & 0x3f));
                } else {
                        text[len++] = (char)(0xf0 | c >> 18);
                        text[len++] = (char)(0x80 | (c >> 12 & 0x3f));
                        text[len++] = (char)(0x80 | (c >> 6 & 0x3f));
                        text[len++] = (char)(0x80 | (c & 0x3f));
                }
                text[len] = '\0';
                (void)aza_printable(text, len, out, sizeof(out));
                if (forbidden(c, ""))
                        assert_int_equal(out[0], '\\');
                else
                        assert_string_equal(out, text); /* people's names stay what they are */
        }
}

static void random_bytes(void **state)
{
        (void)state;
        srandom(1);
        for (int i = 0; i < 3000; i++) {
                char text[32];

                for (size_t k = 0; k < sizeof(text); k++)
                        text[k] =
                                (char)(random() % (i % 2 == 0 ? 256 : 4) + (i % 2 == 0 ? 0 : 0xe0));
                is_shown(text, sizeof(text));
        }
        for (size_t i = 0; i < HOSTILE; i++) {
                AZA_OWN(free) char *copy = aza_printable_copy(hostile[i]);
                AZA_OWN(free) char *printed = NULL;
                size_t size = 0;
                FILE *out = open_memstream(&printed, &size);

                is_shown(hostile[i], strlen(hostile[i]));
                aza_print(out, hostile[i]);
                assert_int_equal(fclose(out), 0);
                assert_string_equal(printed, copy);
        }
}

/* A row made of nothing else, in every form it is shown in. */
static void rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < HOSTILE; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_OWN(json_object_put) json_object *weakened = json_object_new_array();
                AZA_OWN(json_object_put) json_object *claims = json_object_new_object();
                AZA_OWN(free) char *table = NULL;
                size_t size = 0;
                FILE *out = open_memstream(&table, &size);

                (void)aza_reject(&checks, AZA_CHECK_T8, "%s", hostile[i]);
                aza_check_values(&checks, hostile[i], hostile[i]);
                assert_true(aza_weaken(weakened, "policy", hostile[i], hostile[i]));
                assert_int_equal(json_object_object_add(claims, hostile[i],
                                                        json_object_new_string(hostile[i])),
                                 0);
                assert_harmless(checks.items[0].reason, "");
                assert_harmless(checks.items[0].expected, "");
                assert_int_equal(aza_result_table(out, &checks), 0);
                assert_int_equal(fclose(out), 0);
                assert_harmless(table, "\n");
                assert_ptr_equal(strchr(table, '\n'), table + strlen(table) - 1); /* one row */
                AZA_OWN(json_object_put)
                json_object *result = aza_result_json(&checks, hostile[i], 0, weakened, claims);
                AZA_OWN(free) char *json = aza_json_write(result, JSON_C_TO_STRING_PRETTY);
                assert_harmless(json, "\n");
                AZA_OWN(json_object_put) json_object *back = NULL;
                assert_int_equal(aza_json_parse(aza_span_of(json, strlen(json)), 1 << 20, &back),
                                 0);
                (void)aza_checks_result(&checks, hostile[i]);
                assert_harmless(aza_last_error()->message, "");
        }
}

/* A row that is longer than its room ends between characters. */
static void long_rows(void **state)
{
        char text[2048];

        (void)state;
        for (size_t shift = 0; shift < 4; shift++) {
                AZA_CHECKS struct aza_checks checks = {0};

                memset(text, 'a', shift);
                for (size_t k = shift; k < sizeof(text) - 4; k += 3)
                        memcpy(text + k, "\xe2\x80\xae", 4);
                (void)aza_reject(&checks, AZA_CHECK_T8, "%s", text);
                aza_check_values(&checks, text, NULL);
                assert_harmless(checks.items[0].reason, "");
                AZA_OWN(json_object_put) json_object *json = aza_checks_json(&checks);
                assert_harmless(json_object_get_string(json), "\n");
                (void)AZA_FAIL(AZATTEST_E_INPUT, "%s", text);
                assert_harmless(aza_last_error()->message, "");
        }
}

static char logged[2048];

static void on_log(void *arg, enum azattest_log_level level, const char *function, int line,
                   const char *text)
{
        (void)arg;
        (void)level;
        (void)function;
        (void)line;
        (void)snprintf(logged, sizeof(logged), "%s", text);
}

static void messages_and_log_lines(void **state)
{
        (void)state;
        aza_log_set_sink(on_log, NULL);
        for (size_t i = 0; i < HOSTILE; i++) {
                (void)AZA_FAIL(AZATTEST_E_INPUT, "cannot open %s", hostile[i]);
                assert_harmless(aza_last_error()->message, "");
                (void)aza_context(AZATTEST_E_INPUT, "%s", hostile[i]);
                assert_harmless(aza_last_error()->message, "");
                (void)AZA_FAIL_OPENSSL(AZATTEST_E_INPUT, "%s", hostile[i]);
                assert_harmless(aza_last_error()->message, "");
                AZA_LOG(ERROR, "%s", hostile[i]);
                assert_harmless(logged, "");
        }
        aza_log_set_sink(NULL, NULL);
}

/* JSON keeps what the values are, as long as they are text at all. */
static void json_values_stay(void **state)
{
        (void)state;
        for (size_t i = 0; i < 5; i++) {
                AZA_OWN(json_object_put) json_object *object = json_object_new_object();
                AZA_OWN(json_object_put) json_object *back = NULL;

                assert_int_equal(json_object_object_add(object, hostile[i],
                                                        json_object_new_string(hostile[i])),
                                 0);
                AZA_OWN(free) char *json = aza_json_write(object, JSON_C_TO_STRING_PLAIN);
                assert_harmless(json, "");
                assert_int_equal(aza_json_parse(aza_span_of(json, strlen(json)), 1 << 16, &back),
                                 0);
                assert_int_equal(json_object_equal(object, back), 1);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_two_bytes),  cmocka_unit_test(every_character),
                cmocka_unit_test(random_bytes),     cmocka_unit_test(rows),
                cmocka_unit_test(long_rows),        cmocka_unit_test(messages_and_log_lines),
                cmocka_unit_test(json_values_stay),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
