/* SPDX-License-Identifier: Apache-2.0 */
/* base/json: what RFC 8259 allows passes, everything json-c would let slip is refused. */
#include "base/json.h"

#include "base/error.h"
#include "base/own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the four above */
#include <cmocka.h>

static int parse(const char *text, size_t len, json_object **ret)
{
        return aza_json_parse(aza_span_of(text, len), 65536, ret);
}

static void accepts(const char *text, const char *rendered)
{
        AZA_OWN(json_object_put) json_object *value = NULL;
        assert_int_equal(parse(text, strlen(text), &value), 0);
        assert_string_equal(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN),
                            rendered);
}

static void refuses_bytes(const char *text, size_t len, const char *why)
{
        json_object *value = (json_object *)(void *)&value;
        json_object *before = value;
        assert_int_equal(parse(text, len, &value), AZATTEST_E_INPUT);
        assert_ptr_equal(value, before);
        if (strstr(aza_last_error()->message, why) == NULL)
                fail_msg("%s: expected '%s', got '%s'", text, why, aza_last_error()->message);
}

static void refuses(const char *text, const char *why)
{
        refuses_bytes(text, strlen(text), why);
}

static void accepts_values(void **state)
{
        (void)state;
        accepts("0", "0");
        accepts("-1", "-1");
        accepts(" [ 1 , 2 ]\r\n\t", "[1,2]");
        accepts("{}", "{}");
        accepts("[]", "[]");
        accepts("\"\"", "\"\"");
        accepts("true", "true");
        accepts("{\"a\":{\"a\":null},\"b\":[{\"a\":1},{\"a\":2}]}",
                "{\"a\":{\"a\":null},\"b\":[{\"a\":1},{\"a\":2}]}");
        accepts("9223372036854775807", "9223372036854775807");
        accepts("-9223372036854775808", "-9223372036854775808");
        accepts("\"\\ud83d\\ude00\\u00e9\"", "\"\xF0\x9F\x98\x80\xC3\xA9\"");
        accepts("[1.5e3,1E+2,0.25]", "[1.5e3,1E+2,0.25]");
        json_object *null_value = (json_object *)(void *)&null_value;
        assert_int_equal(parse("null", 4, &null_value), 0);
        assert_null(null_value);
}

static void refuses_what_json_c_takes(void **state)
{
        (void)state;
        refuses("{\"a\":1,\"a\":2}", "twice");
        refuses("{\"a\":{\"x\":1,\"y\":2},\"\\u0061\":1}", "twice");
        refuses("[{\"b\":null,\"b\":null}]", "twice");
        refuses("{\"a\\u0000b\":1}", "NUL in a member name");
        refuses("NaN", "no JSON text");
        refuses("-Infinity", "digit expected");
        refuses("Infinity", "no JSON text");
        refuses("nan", "no JSON text");
        refuses("True", "no JSON text");
        refuses("{'a':1}", "string expected");
        refuses("'a'", "no JSON text");
        refuses("\"a\tb\"", "control character");
        refuses("\"a\nb\"", "control character");
        refuses_bytes("\"a\0b\"", 5, "control character");
        refuses("\"\\ud800\"", "lone surrogate");
        refuses("\"\\ud800\\u0041\"", "lone surrogate");
        refuses("\"\\udc00\"", "lone surrogate");
        refuses("9223372036854775808", "out of range");
        refuses("-9223372036854775809", "out of range");
        refuses("100000000000000000000000000000000000", "out of range");
        refuses("1e999", "out of range");
        refuses("/* c */1", "no JSON text");
        refuses("[1,/**/2]", "value expected");
        refuses("[1,]", "value expected");
        refuses("{\"a\":1,}", "string expected");
        refuses("01", "after the value");
        refuses("1 2", "after the value");
        refuses("{} x", "after the value");
        refuses_bytes("1\0", 2, "after the value");
        refuses("", "empty");
        refuses(" ", "value expected");
        refuses("+1", "no JSON text");
        refuses("1.", "digit expected");
        refuses(".5", "no JSON text");
        refuses("1e", "digit expected");
        refuses("-", "digit expected");
        refuses("\"", "without end");
        refuses("\"\\", "bad escape");
        refuses("\"\\x\"", "bad escape");
        refuses("\"\\u12\"", "\\u escape");
        refuses("[1 2]", "closing bracket expected");
        refuses("{\"a\" 1}", "':' expected");
        refuses("\xEF\xBB\xBF{}",
                "begins with { (or [); it begins with a byte order mark: save it as UTF-8");
        refuses_bytes("\xFF\xFE{\0}\0", 6,
                      "begins with { (or [); it is UTF-16, as > of PowerShell");
        refuses_bytes("\xFE\xFF\0{\0}", 6,
                      "begins with { (or [); it is UTF-16, as > of PowerShell");
}

/* The tree is the one that json-c's own parser makes of the same text. */
static void as_json_c(const char *text)
{
        AZA_OWN(json_object_put) json_object *ours = NULL;
        AZA_OWN(json_object_put) json_object *theirs = json_tokener_parse(text);

        assert_int_equal(parse(text, strlen(text), &ours), 0);
        assert_true(json_object_equal(ours, theirs));
        assert_string_equal(json_object_to_json_string_ext(ours, JSON_C_TO_STRING_PLAIN),
                            json_object_to_json_string_ext(theirs, JSON_C_TO_STRING_PLAIN));
}

static void builds_the_tree_of_json_c(void **state)
{
        char long_name[400];

        (void)state;
        as_json_c("[\"\",\"a\",\"\\\"\\\\\\/"
                  "\\b\\f\\n\\r\\t\",\"a\\u0000b\",\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"]");
        as_json_c("[\"\\ud800\\udc00\",\"\\udbff\\udfff\",\"x\\ud83d\\ude00y\\u00e9z\","
                  "\"\xC3\xA9\\n\xE2\x82\xAC\"]");
        as_json_c("[0,-0,-1,9223372036854775807,-9223372036854775808,0.0,-0.0,1.50,1e5,1E-3,-2.5e+"
                  "3,1e-400,"
                  "12345678901234567890.5]");
        as_json_c("{\"\":{\"a\\n\":[],\"\\u0061\":[{}],\"\xC3\xA9\":null},\"t\":true,\"f\":false}");
        as_json_c("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"
                  "30,31,32,33]");
        /* json-c 0.16 makes U+FFFD of this pair, which is one. */
        accepts("\"\\ud836\\ude00\"", "\"\xF0\x9D\xA8\x80\"");
        for (int len = 126; len <= 130; len++) {
                (void)snprintf(long_name, sizeof(long_name), "{\"%0*d\":1,\"\\n%0*d\":2}", len, 1,
                               len, 2);
                as_json_c(long_name);
        }
}

static void refuses_bad_utf8(void **state)
{
        (void)state;
        static const char *const bad[] = {
                "\"\x80\"",
                "\"\xC0\x80\"",
                "\"\xC1\xBF\"",
                "\"\xC3\"",
                "\"\xE0\x80\x80\"",
                "\"\xED\xA0\x80\"",
                "\"\xF0\x80\x80\x80\"",
                "\"\xF4\x90\x80\x80\"",
                "\"\xF5\x80\x80\x80\"",
                "\"\xFF\"",
                "\"\xE2\x82\"",
                "\"\xF0\x9F\x98",
        };
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
                refuses(bad[i], "UTF-8");
        accepts("\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\"",
                "\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\"");
}

static void limits_depth_and_size(void **state)
{
        (void)state;
        accepts("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]");
        refuses("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "too deeply");
        json_object *value = NULL;
        assert_int_equal(aza_json_parse(aza_span_of("[1,2]", 5), 5, &value), 0);
        json_object_put(value);
        assert_int_equal(aza_json_parse(aza_span_of("[1,2]", 5), 4, &value), AZATTEST_E_INPUT);
}

static void finds_members_by_type(void **state)
{
        (void)state;
        const char *text =
                "{\"s\":\"x\",\"z\":\"a\\u0000b\",\"i\":7,\"b\":true,\"d\":1.5,\"n\":null,"
                "\"o\":{\"p\":{\"q\":3}},\"a\":[1]}";
        AZA_OWN(json_object_put) json_object *o = NULL;
        assert_int_equal(parse(text, strlen(text), &o), 0);
        int64_t i = 0;
        bool b = false;
        json_object *found = NULL;
        assert_string_equal(aza_json_string(o, "s"), "x");
        assert_null(aza_json_string(o, "z"));
        assert_null(aza_json_string(o, "i"));
        assert_null(aza_json_string(o, "missing"));
        assert_null(aza_json_string(NULL, "s"));
        assert_true(aza_json_int64(o, "i", &i));
        assert_int_equal(i, 7);
        assert_false(aza_json_int64(o, "s", &i));
        assert_false(aza_json_int64(o, "d", &i));
        assert_false(aza_json_int64(o, "b", &i));
        assert_true(aza_json_bool(o, "b", &b));
        assert_true(b);
        assert_false(aza_json_bool(o, "i", &b));
        assert_non_null(aza_json_object(o, "o"));
        assert_null(aza_json_object(o, "a"));
        assert_non_null(aza_json_array(o, "a"));
        assert_null(aza_json_array(o, "o"));
        assert_true(aza_json_path(o, "o.p.q", &found));
        assert_int_equal(json_object_get_int64(found), 3);
        assert_false(aza_json_path(o, "o.p.x", &found));
        assert_false(aza_json_path(o, "s.x", &found));
        assert_false(aza_json_path(o, "a.0", &found));
        assert_false(aza_json_path(o, "", &found));
        assert_true(aza_json_path(o, "n", &found));
        assert_null(found);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(accepts_values),
                cmocka_unit_test(refuses_what_json_c_takes),
                cmocka_unit_test(builds_the_tree_of_json_c),
                cmocka_unit_test(refuses_bad_utf8),
                cmocka_unit_test(limits_depth_and_size),
                cmocka_unit_test(finds_members_by_type),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
