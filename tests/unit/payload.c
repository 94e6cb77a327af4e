/* SPDX-License-Identifier: Apache-2.0 */
/* Client payload: strings, the nonce in force, the purpose (PROTOCOL.md 7.6, D14, D15). */
#include "base/json.h"
#include "libctx_fixture.h"
#include "maa/request.h"

#include <string.h>

static int build(const char *members, const char *nonce, enum aza_purpose purpose,
                 json_object **ret, struct aza_bytes *ret_nonce)
{
        const struct aza_payload payload = {members, nonce, purpose};

        return aza_payload_build(libctx, &payload, ret, ret_nonce);
}

static void values_become_strings(void **state)
{
        AZA_OWN(json_object_put) json_object *payload = NULL;
        AZA_BYTES struct aza_bytes nonce = {0};

        (void)state;
        assert_int_equal(build("{\"nonce\":\"ADE0101\",\"n\":-12,\"f\":1.50,\"t\":true,"
                               "\"x\":null,\"u\":\"\\u00e9\"}",
                               NULL, AZA_PURPOSE_DECRYPT, &payload, &nonce),
                         0);
        assert_string_equal((const char *)nonce.data, "ADE0101");
        assert_string_equal(aza_json_string(payload, "nonce"), "ADE0101");
        assert_string_equal(aza_json_string(payload, "n"), "-12");
        assert_string_equal(aza_json_string(payload, "f"), "1.50");
        assert_string_equal(aza_json_string(payload, "t"), "true");
        assert_string_equal(aza_json_string(payload, "x"), "");
        assert_string_equal(aza_json_string(payload, "u"), "\xc3\xa9");
        assert_string_equal(aza_json_string(payload, "azattest-purpose"), "decrypt");
}

static void nonce_given_beside(void **state)
{
        AZA_OWN(json_object_put) json_object *payload = NULL;
        AZA_BYTES struct aza_bytes nonce = {0};

        (void)state;
        assert_int_equal(build("{\"a\":\"b\"}", "n1", AZA_PURPOSE_SIGN, &payload, &nonce), 0);
        assert_string_equal(aza_json_string(payload, "nonce"), "n1");
        assert_string_equal(aza_json_string(payload, "a"), "b");
        assert_string_equal(aza_json_string(payload, "azattest-purpose"), "sign");
        assert_string_equal((const char *)nonce.data, "n1");
}

static void random_nonce(void **state)
{
        AZA_OWN(json_object_put) json_object *one = NULL;
        AZA_OWN(json_object_put) json_object *two = NULL;
        AZA_BYTES struct aza_bytes nonce = {0};
        AZA_BYTES struct aza_bytes other = {0};

        (void)state;
        assert_int_equal(build(NULL, NULL, AZA_PURPOSE_ANY, &one, &nonce), 0);
        assert_int_equal(build("{}", NULL, AZA_PURPOSE_ANY, &two, &other), 0);
        assert_int_equal(nonce.len, 32);
        assert_string_equal(aza_json_string(one, "nonce"), (const char *)nonce.data);
        assert_string_equal(aza_json_string(one, "azattest-purpose"), "any");
        assert_string_not_equal((const char *)nonce.data, (const char *)other.data);
}

/* What a token can carry, and not a byte more. */
static void as_large_as_a_token_carries(void **state)
{
        AZA_OWN(json_object_put) json_object *payload = NULL;
        AZA_BYTES struct aza_bytes nonce = {0};
        char text[32768 + 2];
        const int r[] = {0, AZATTEST_E_INVALID_PARAMETER};

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                memset(text, 'x', sizeof(text));
                memcpy(text, "{\"a\":\"", 6);
                memcpy(text + 32768 + i - 2, "\"}", 3);
                assert_int_equal(build(text, NULL, AZA_PURPOSE_DECRYPT, &payload, &nonce), r[i]);
        }
        assert_non_null(strstr(aza_last_error()->message, "32769 bytes"));
}

/* Passed on, not compared, and said: what nobody compares is no nonce. */
static void another_members_nonce(void **state)
{
        AZA_OWN(json_object_put) json_object *payload = NULL;
        AZA_BYTES struct aza_bytes nonce = {0};

        (void)state;
        assert_int_equal(build("{\"Nonce\":\"n\"}", NULL, AZA_PURPOSE_DECRYPT, &payload, &nonce),
                         0);
        assert_string_equal(aza_json_string(payload, "Nonce"), "n");
        assert_int_equal(strlen(aza_json_string(payload, "nonce")), 32);
}

static void refuses(void **state)
{
        static const struct {
                const char *payload;
                const char *nonce;
                const char *says;
        } bad[] = {
                {"", NULL, "not JSON"},
                {"{\"nonce\":\"a\"} // x", NULL, "not JSON"},
                {"{\"nonce\":\"a\",\"nonce\":\"b\"}", NULL, "not JSON"},
                {"[]", NULL, "must be a JSON object"},
                {"\"nonce\"", NULL, "must be a JSON object"},
                {"null", NULL, "must be a JSON object"},
                {"{\"a\":{}}", NULL, "nothing nested"},
                {"{\"a\":[1]}", NULL, "nothing nested"},
                {"{\"a\":\"x\\u0000y\"}", NULL, "NUL"},
                {"{\"azattest-purpose\":\"sign\"}", NULL, "set by azattest"},
                {"{\"nonce\":\"a\"}", "b", "give it once"},
                {"{\"nonce\":\"a\"}", "a", "give it once"},
                {"{\"nonce\":\"\"}", NULL, "empty"},
                {"{\"nonce\":null}", NULL, "empty"},
                {NULL, "", "empty"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                json_object *payload = NULL;
                AZA_BYTES struct aza_bytes nonce = {0};
                assert_int_equal(
                        build(bad[i].payload, bad[i].nonce, AZA_PURPOSE_DECRYPT, &payload, &nonce),
                        AZATTEST_E_INVALID_PARAMETER);
                assert_non_null(strstr(aza_last_error()->message, bad[i].says));
                assert_null(payload);
                assert_null(nonce.data);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(values_become_strings),
                cmocka_unit_test(nonce_given_beside),
                cmocka_unit_test(random_nonce),
                cmocka_unit_test(as_large_as_a_token_carries),
                cmocka_unit_test(another_members_nonce),
                cmocka_unit_test(refuses),
        };
        return cmocka_run_group_tests(tests, libctx_setup, libctx_teardown);
}
