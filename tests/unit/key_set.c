/* SPDX-License-Identifier: Apache-2.0 */
/* maa/key_set: one caller. What is fetched, kept, remembered as failed, withdrawn or stale (T7). */
#include "config/weakened.h"
#include "online/token.h"
#include "unit/key_set_support.h"

static void once_a_day(bool with_dir)
{
        say(0, OK, set_k1);
        begin(with_dir, 1);
        assert_found("k1", "current");
        assert_found("k1", "current");
        assert_int_equal(server.requests, 1);
        /* An invented kid: one further request, not one each. */
        assert_found("invented", "no such kid");
        assert_found("invented", "no such kid");
        assert_found("invented too", "no such kid");
        assert_int_equal(server.requests, 2);
        if (with_dir) {
                age(61);
                assert_found("invented", "no such kid");
                assert_int_equal(server.requests, 3);
                age(AZA_JWKS_FRESH);
                assert_found("k1", "current");
                assert_int_equal(server.requests, 4);
        }
        /* What came by another CA is another set. */
        (void)snprintf(config.ca_file, sizeof(config.ca_file), "/tmp/../%s", ca);
        const size_t before = server.requests;
        assert_found("k1", "current");
        assert_int_equal(server.requests, before + 1);
        end();
}

static void fetched_once(void **state)
{
        (void)state;
        once_a_day(true);
        once_a_day(false);
}

static void rotation(void **state)
{
        struct aza_deadline deadline = aza_deadline_in(10, NULL);
        const char *found = NULL;

        (void)state;
        say(0, OK, set_k1);
        say(1, OK, set_k2);
        begin(true, 2);
        assert_found("k1", "current");
        assert_found("k2", "current");
        assert_int_equal(server.requests, 2);
        /* Signed before the issuer withdrew it: no request, and it is said. */
        assert_found("k1", "has withdrawn this key");
        assert_int_equal(server.requests, 2);
        age(61);
        /* The issuer cannot have signed this one; is the set we have an old one? */
        assert_int_equal(ask_at("k1", 120, &deadline, &found), 0);
        assert_string_equal(found, "no such kid in the issuer's key set since before the token was "
                                   "issued");
        assert_int_equal(server.requests, 3);
        /* 24 hours after it was seen last it ends, whatever the token says of its age. */
        age(AZA_JWKS_FRESH - 61 - 10);
        assert_int_equal(ask_at("k1", -AZA_JWKS_FRESH, &deadline, &found), 0);
        assert_non_null(strstr(found, "has withdrawn this key"));
        age(10);
        assert_int_equal(ask_at("k1", -AZA_JWKS_FRESH, &deadline, &found), 0);
        assert_string_equal(found, "no such kid in the issuer's key set");
        end();
}

static void withdrawn_and_back(void **state)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {0};

        (void)state;
        say(0, OK, set_k1);
        say(1, OK, set_k2);
        say(2, OK, set_both);
        begin(true, 3);
        assert_found("k1", "current");
        assert_found("k2", "current");
        read_record(&record);
        assert_int_equal(json_object_array_length(record.withdrawn), 1);
        age(61);
        assert_found("invented", "no such kid");
        assert_found("k1", "current");
        read_record(&record);
        assert_int_equal(json_object_array_length(record.withdrawn), 0);
        assert_int_equal(server.requests, 3);
        end();
}

static void valid_now(json_object *claims)
{
        const int64_t now = (int64_t)time(NULL);

        json_object_object_add(claims, "iat", json_object_new_int64(now));
        json_object_object_add(claims, "nbf", json_object_new_int64(now));
        json_object_object_add(claims, "exp", json_object_new_int64(now + 3600));
}

/* A token that the withdrawn key signed verifies, with all of its rows. */
static void retired_key_verifies(void **state)
{
        struct aza_deadline deadline = aza_deadline_in(10, NULL);
        const struct aza_verifier online = {libctx, &config, aza_find_fetched, &deadline};
        const struct aza_verifier by_cache = {libctx, &config, aza_find_cached, NULL};
        const struct aza_verify_request request = {.any_purpose = true, .foreign = true};
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;

        (void)state;
        say(0, OK, set_k1);
        say(1, OK, set_k2);
        begin(true, 2);
        config.any_vm = true;
        json_object_object_add(claims, "iss", text_value(issuer));
        valid_now(claims);
        AZA_OWN(free) char *jwt = sign_claims(claims);
        assert_found("k1", "current");
        assert_found("k2", "current");
        if (aza_verify_token(&online, &request, jwt, &checks, &token) != 0)
                fail_msg("%s", aza_last_error()->message);
        assert_outcome(&checks, AZA_CHECK_T8, AZA_ACCEPT);
        assert_non_null(strstr(aza_checks_get(&checks, AZA_CHECK_T6)->reason, "withdrawn"));
        /* Without network too. */
        AZA_CHECKS struct aza_checks offline = {0};
        assert_int_equal(aza_verify_token(&by_cache, &request, jwt, &offline, NULL), 0);
        assert_int_equal(server.requests, 2);
        end();
}

static void failures(bool with_dir)
{
        say(0, GONE, "");
        say(1, OK, set_k1);
        begin(with_dir, 2);
        assert_int_equal(ask("k1", NULL), AZATTEST_E_HTTP_FAILED);
        assert_null(strstr(aza_last_error()->message, "not asked again"));
        assert_int_equal(ask("k1", NULL), AZATTEST_E_HTTP_FAILED);
        assert_says("answered HTTP 404");
        assert_says("it failed moments ago and is not asked again before 20");
        assert_int_equal(ask("k2", NULL), AZATTEST_E_HTTP_FAILED);
        assert_int_equal(server.requests, 1);
        if (with_dir) {
                age(10);
                assert_found("k1", "current");
                assert_int_equal(server.requests, 2);
        }
        end();
}

static void failure_remembered(void **state)
{
        (void)state;
        failures(true);
        failures(false);
}

static void failure_keeps_the_keys(void **state)
{
        AZA_JWKS_RECORD struct aza_jwks_record record = {0};
        struct aza_deadline hurry = {.at_ms = aza_monotonic_ms() + 300};

        (void)state;
        say(0, OK, set_k1);
        say(1, OK, "{\"keys\":[]}");
        begin(true, 2);
        assert_found("k1", "current");
        assert_int_equal(ask("k2", NULL), AZATTEST_E_TOKEN_SIGNATURE);
        assert_says("key set of https://127.0.0.1:");
        assert_found("k1", "current");
        assert_int_equal(server.requests, 2);
        read_record(&record);
        assert_int_equal(json_object_array_length(record.keys), 1);
        assert_int_equal(record.code, AZATTEST_E_TOKEN_SIGNATURE);
        /* That a caller has no time says nothing about the server. */
        age(AZA_JWKS_FRESH);
        server.pause_ms = 1000;
        hurry.at_ms = aza_monotonic_ms() + 300;
        assert_int_equal(ask_at("k1", 0, &hurry, NULL), AZATTEST_E_DEADLINE);
        read_record(&record);
        assert_int_in_range(time(NULL) - record.failed, AZA_JWKS_FRESH, AZA_JWKS_FRESH + 60);
        end();
}

/* D45: an issuer that does not answer is asked about unknown kids once a minute. */
static void unknown_kid_and_no_answer(bool with_dir)
{
        struct aza_deadline deadline = {0};

        say(0, OK, set_k1);
        begin(with_dir, 1);
        assert_found("k1", "current");
        server.pause_ms = 300;
        deadline.at_ms = aza_monotonic_ms() + 100;
        assert_int_equal(ask_at("invented", 0, &deadline, NULL), AZATTEST_E_DEADLINE);
        if (with_dir)
                age(50); /* not 59: the machine may be slow */
        assert_int_equal(ask("invented", NULL), AZATTEST_E_DEADLINE);
        assert_says("not asked again");
        assert_int_equal(ask("invented too", NULL), AZATTEST_E_DEADLINE);
        assert_found("k1", "current");
        usleep(400000);
        assert_int_equal(server.requests, 2);
        if (with_dir) {
                age(10);
                assert_found("invented", "no such kid");
                assert_int_equal(server.requests, 3);
        }
        end();
}

static void invented_kids(void **state)
{
        (void)state;
        unknown_kid_and_no_answer(true);
        unknown_kid_and_no_answer(false);
}

/* Without a deadline nobody is asked. */
static void at_hand(void **state)
{
        (void)state;
        say(0, OK, set_k1);
        begin(true, 1);
        assert_int_equal(ask_at("k1", 0, NULL, NULL), AZATTEST_E_TOKEN_SIGNATURE);
        assert_says("not at hand");
        assert_int_equal(server.requests, 0);
        assert_found("k1", "current");
        assert_int_equal(ask_at("k1", 0, NULL, NULL), 0);
        assert_int_equal(ask_at("invented", 0, NULL, NULL), AZATTEST_E_TOKEN_SIGNATURE);
        age(AZA_JWKS_FRESH);
        assert_int_equal(ask_at("k1", 0, NULL, NULL), AZATTEST_E_TOKEN_SIGNATURE);
        assert_int_equal(server.requests, 1);
        end();
}

static bool names(json_object *list, const char *text)
{
        for (size_t i = 0; i < json_object_array_length(list); i++)
                if (strstr(json_object_get_string(json_object_array_get_idx(list, i)), text))
                        return true;
        return false;
}

static void stale_only_on_request(void **state)
{
        const struct aza_verify_request request = {.any_purpose = true, .foreign = true};
        struct aza_deadline deadline = aza_deadline_in(10, NULL);
        const struct aza_verifier online = {libctx, &config, aza_find_fetched, &deadline};
        const struct aza_verifier by_cache = {libctx, &config, aza_find_cached, NULL};
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        AZA_CHECKS struct aza_checks checks = {0};

        (void)state;
        say(0, OK, set_k1);
        say(1, GONE, "");
        begin(true, 2);
        assert_found("k1", "current");
        age(2 * AZA_JWKS_FRESH);
        assert_int_equal(ask("k1", NULL), AZATTEST_E_HTTP_FAILED);
        config.allow_stale_keys = true;
        assert_found("k1", "current");
        assert_int_equal(ask("k2", NULL), AZATTEST_E_HTTP_FAILED);
        assert_int_equal(server.requests, 2);
        AZA_OWN(json_object_put) json_object *weakened = aza_config_weakened(&config);
        assert_true(names(weakened, "allow-stale-keys = yes: "));
        json_object_object_add(claims, "iss", text_value(issuer));
        valid_now(claims);
        config.any_vm = true;
        AZA_OWN(free) char *jwt = sign_claims(claims);
        (void)aza_verify_token(&online, &request, jwt, &checks, NULL);
        assert_outcome(&checks, AZA_CHECK_T8, AZA_ACCEPT);
        assert_non_null(strstr(aza_checks_get(&checks, AZA_CHECK_T7)->reason, "STALE: "));
        /* Without network there is no failed fetch, and a day is a day. */
        AZA_CHECKS struct aza_checks offline = {0};
        assert_int_equal(aza_verify_token(&by_cache, &request, jwt, &offline, NULL),
                         AZATTEST_E_TOKEN_SIGNATURE);
        age(5 * AZA_JWKS_FRESH);
        assert_int_equal(ask("k1", NULL), AZATTEST_E_HTTP_FAILED);
        assert_int_equal(server.requests, 3);
        end();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fetched_once),
                cmocka_unit_test(rotation),
                cmocka_unit_test(withdrawn_and_back),
                cmocka_unit_test(retired_key_verifies),
                cmocka_unit_test(failure_remembered),
                cmocka_unit_test(failure_keeps_the_keys),
                cmocka_unit_test(stale_only_on_request),
                cmocka_unit_test(invented_kids),
                cmocka_unit_test(at_hand),
        };
        return run_key_set_tests("key_set", tests, COUNT(tests));
}
