/* SPDX-License-Identifier: Apache-2.0 */
/* How long a key set in memory counts (T7). */
#include "unit/token_support.h"

#include "token/held_jwks.h"
#include "token/jwks_record.h"

#define MINUTE 60000
#define DAY    86400000

static struct aza_held_jwks held;

static bool has(const char *issuer, const char *kid, int64_t now_ms)
{
        const struct aza_token token = {.issuer = issuer, .kid = kid};
        AZA_OWN(aza_jwks_free)
        struct aza_jwks *set = aza_held_jwks_get(&held, &token, NOW, now_ms);

        return set != NULL;
}

/* A set that was fetched `age` seconds ago. */
static void hold(int64_t age, int64_t now_ms)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {.fetched = NOW - age};
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;

        record.keys = json_object_new_array();
        json_object_array_add(record.keys, key_jwk(signer, "k1"));
        assert_int_equal(aza_jwks_of_record(libctx, &record, NOW, &set), 0);
        aza_held_jwks_put(&held, ISSUER, set, NOW, now_ms);
}

static void a_day_and_no_longer(void **state)
{
        (void)state;
        assert_true(aza_held_jwks_init(&held));
        assert_false(has(ISSUER, "k1", 0));
        hold(0, 1000);
        assert_true(has(ISSUER, "k1", 1000));
        assert_true(has(ISSUER, "k1", 1000 + DAY - 1));
        assert_false(has(ISSUER, "k1", 1000 + DAY));
        assert_false(has("https://other.example.test", "k1", 1000));
        /* A set that came from the runtime directory is as old as it is there. */
        hold(86000, 5000);
        assert_true(has(ISSUER, "k1", 5000 + 399999));
        assert_false(has(ISSUER, "k1", 5000 + 400000));
        aza_held_jwks_free(&held);
}

static void unknown_kid_once_a_minute(void **state)
{
        (void)state;
        assert_true(aza_held_jwks_init(&held));
        hold(0, 1000);
        assert_true(
                has(ISSUER, "invented", 1000 + MINUTE - 1)); /* no fetch: the verifier refuses it */
        assert_false(has(ISSUER, "invented", 1000 + MINUTE));
        assert_true(has(ISSUER, "k1", 1000 + MINUTE));
        aza_held_jwks_free(&held);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_day_and_no_longer),
                cmocka_unit_test(unknown_kid_once_a_minute),
        };

        return cmocka_run_group_tests_name("held_jwks", tests, make_keys, free_keys);
}
