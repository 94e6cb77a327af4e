/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of key sets: what counts as a record, and what a new set does to it. */
#include "unit/token_support.h"

#include "token/jwks_record.h"

static void assert_refused(const char *text)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {0};
        AZA_OWN(json_object_put) json_object *document = quick_json(text);
        const char *strict = json_object_to_json_string(document);

        if (aza_jwks_record_parse(aza_span_of(strict, strlen(strict)), NOW, &record) !=
            AZATTEST_E_INPUT)
                fail_msg("taken: %s", text);
        assert_null(record.keys);
}

static void what_is_none(void **state)
{
        (void)state;
        assert_refused("{}");
        assert_refused("[]");
        assert_refused("{'written':1,'fetched':1,'asked':0,'failed':'0'}");
        /* A time in the future would stay fresh for ever. */
        assert_refused("{'written':1,'fetched':1800000061,'asked':0,'failed':0}");
        assert_refused("{'written':1,'fetched':1,'asked':1800000061,'failed':0}");
        assert_refused("{'written':1,'fetched':1,'asked':0,'failed':-1}");
        assert_refused("{'written':1,'fetched':1,'asked':0,'failed':1}");
        assert_refused("{'written':1,'fetched':1,'asked':0,'failed':1,'code':1,'failure':'x'}");
        assert_refused("{'written':1,'fetched':1,'asked':0,'failed':0,'withdrawn':[{}]}");
        assert_refused("{'written':1,'fetched':1,'asked':0,'failed':0,'withdrawn':"
                       "[{'key':{},'seen':1800000061,'gone':1}]}");
}

static void text_and_back(void **state)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {.fetched = NOW, .asked = 7, .written = 9};
        AZA_JWKS_RECORD struct aza_jwks_record back = {0};
        AZA_BYTES struct aza_bytes text = {0};
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;

        (void)state;
        record.keys = quick_json("[{'kid':'a\\/b+='}]");
        aza_jwks_record_failed(&record, AZATTEST_E_TRANSPORT, "no\nroute", NOW - 3);
        assert_int_equal(aza_jwks_record_text(&record, &text), 0);
        assert_int_equal(aza_jwks_record_parse(aza_bytes_span(&text), NOW, &back), 0);
        assert_true(json_object_equal(record.keys, back.keys));
        assert_int_equal(back.fetched, NOW);
        assert_int_equal(back.asked, 7);
        assert_int_equal(back.written, 9);
        assert_int_equal(back.failed, NOW - 3);
        assert_int_equal(back.code, AZATTEST_E_TRANSPORT);
        assert_string_equal(back.failure, "no\\x0aroute");
        assert_int_equal(aza_jwks_of_record(libctx, &back, NOW, &set), 0);
        assert_int_equal(aza_jwks_fetched(set), NOW);
        assert_int_equal(aza_jwks_until(set), NOW + AZA_JWKS_FRESH);
}

static void fetch(struct aza_jwks_record *record, const char *keys, int64_t now)
{
        AZA_OWN(free) char *text = NULL;

        assert_true(asprintf(&text, "{\"keys\":%s}", keys) > 0);
        assert_int_equal(aza_jwks_record_fetched(record, aza_span_of(text, strlen(text)), now), 0);
}

static bool is_until(const struct aza_jwks_record *record, int64_t now, int64_t until)
{
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;

        assert_int_equal(aza_jwks_of_record(libctx, record, now, &set), 0);
        return aza_jwks_until(set) == until;
}

static void withdrawn_for_a_day(void **state)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {0};

        (void)state;
        fetch(&record, "[{\"kid\":\"a\"},{\"kid\":\"b\"},{}]", NOW);
        fetch(&record, "[{\"kid\":\"b\"}]", NOW + 100);
        assert_int_equal(json_object_array_length(record.withdrawn), 1);
        /* Who holds the set gives it back when "a" ends. */
        assert_true(is_until(&record, NOW + 100, NOW + AZA_JWKS_FRESH));
        assert_true(is_until(&record, NOW + AZA_JWKS_FRESH, NOW + 100 + AZA_JWKS_FRESH));
        fetch(&record, "[{\"kid\":\"c\"}]", NOW + 200);
        assert_int_equal(json_object_array_length(record.withdrawn), 2);
        fetch(&record, "[{\"kid\":\"c\"}]", NOW + 50 + AZA_JWKS_FRESH);
        assert_int_equal(json_object_array_length(record.withdrawn), 1);
        /* Keys of a set that was too old to be used are not kept. */
        fetch(&record, "[{\"kid\":\"d\"}]", NOW + 3 * AZA_JWKS_FRESH);
        assert_int_equal(json_object_array_length(record.withdrawn), 0);
}

static void withdrawn_at_most(void **state)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {0};
        AZA_OWN(free) char *keys = NULL;

        (void)state;
        for (int i = 0; i < 50; i++) {
                free(keys);
                assert_true(asprintf(&keys, "[{\"kid\":\"%d\"}]", i) > 0);
                fetch(&record, keys, NOW + i);
        }
        assert_int_equal(json_object_array_length(record.withdrawn), 32);
        json_object *first = json_object_array_get_idx(record.withdrawn, 0);
        assert_string_equal(aza_json_string(aza_json_object(first, "key"), "kid"), "48");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_none),
                cmocka_unit_test(text_and_back),
                cmocka_unit_test(withdrawn_for_a_day),
                cmocka_unit_test(withdrawn_at_most),
        };

        return cmocka_run_group_tests_name("jwks_record", tests, make_keys, free_keys);
}
