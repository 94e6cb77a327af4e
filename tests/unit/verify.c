/* SPDX-License-Identifier: Apache-2.0 */
/* From a token's text to a verdict: where the key set comes from, and what the rows say about
 * it. */
#include "unit/token_support.h"

#include "verdict/token.h"

static int found; /* what the search returns */

/* The issuer, who is asked over the network only. */
static int find_set(const struct aza_key_search *search, struct aza_jwks **ret)
{
        if (search->at_hand)
                return AZA_FAIL(AZATTEST_E_TOKEN_SIGNATURE, "nothing is at hand");
        *(int *)search->arg += 1;
        assert_string_equal(search->token->kid, "k1");
        if (found == 0)
                *ret = signer_set();
        return found == 0 ? 0 : AZA_FAIL(found, "the issuer does not answer");
}

static int verify(const struct aza_verify_request *request, int *asked, struct aza_checks *checks)
{
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        AZA_OWN(free) char *jwt = sign_claims(claims);

        reset_config(ISSUER);
        *asked = 0;
        const struct aza_verifier verifier = {libctx, &config, find_set, asked};
        return aza_verify_token(&verifier, request, jwt, checks, NULL);
}

static struct aza_verify_request request_of(const char *file)
{
        return (struct aza_verify_request){.time = NOW, .jwks_file = file, .vmid = VMID};
}

static const struct aza_check *row(const struct aza_checks *checks, enum aza_check_id id)
{
        const struct aza_check *found_row = aza_checks_get(checks, id);

        assert_non_null(found_row);
        return found_row;
}

static void fetched_set(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        const struct aza_verify_request request = request_of(NULL);
        int asked;

        (void)state;
        found = 0;
        assert_int_equal(verify(&request, &asked, &checks), 0);
        assert_int_equal(asked, 1);
        assert_int_equal(row(&checks, AZA_CHECK_T7)->outcome, AZA_ACCEPT);
        assert_non_null(strstr(row(&checks, AZA_CHECK_T7)->reason, "issuer"));
}

static void given_set(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(json_object_put) json_object *document = quick_json("{'keys':[]}");
        char path[] = "/tmp/aza-jwks-XXXXXX";
        const struct aza_verify_request request = request_of(path);
        int fd = mkstemp(path);
        int asked;

        (void)state;
        assert_true(fd >= 0);
        close(fd);
        json_object_array_add(aza_json_array(document, "keys"), key_jwk(signer, "k1"));
        const char *text = json_object_to_json_string(document);
        assert_int_equal(aza_file_write(path, aza_span_of(text, strlen(text)), 0600), 0);
        int r = verify(&request, &asked, &checks);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(r, 0);
        assert_int_equal(asked, 0);
        assert_int_equal(row(&checks, AZA_CHECK_T7)->outcome, AZA_NOT_APPLICABLE);
}

/* D54: a set that cannot be had is no reject: why is row T5's, and the verdict is open. */
static void no_set(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        const struct aza_verify_request request = request_of(NULL);
        int asked;

        (void)state;
        found = AZATTEST_E_TRANSPORT;
        assert_int_equal(verify(&request, &asked, &checks), AZATTEST_E_TRANSPORT);
        assert_non_null(strstr(aza_last_error()->message, "the issuer does not answer"));
        assert_int_equal(row(&checks, AZA_CHECK_T5)->outcome, AZA_UNAVAILABLE);
        assert_true(row(&checks, AZA_CHECK_T5)->required);
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_INCOMPLETE);
        assert_int_equal(row(&checks, AZA_CHECK_T7)->outcome, AZA_NO_INPUT);
        assert_int_equal(row(&checks, AZA_CHECK_T8)->outcome, AZA_NO_INPUT);
}

/* What rejects decides, whether there is a key set or not. */
static void no_set_and_expired(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_verify_request request = request_of(NULL);
        int asked;

        (void)state;
        request.time = NOW + 365 * 86400;
        found = AZATTEST_E_TRANSPORT;
        assert_int_equal(verify(&request, &asked, &checks), AZATTEST_E_TOKEN_TIME);
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_REJECT);
        assert_int_equal(row(&checks, AZA_CHECK_T5)->outcome, AZA_UNAVAILABLE);
}

/* D45: what can be refused without the issuer is refused without asking it. */
static void not_asked(void **state)
{
        static const uint8_t another[AZA_RSA_BYTES] = {0x80};
        const struct {
                struct aza_verify_request request;
                enum aza_check_id id;
        } all[] = {
                {{.time = NOW + 365 * 86400}, AZA_CHECK_T9},
                {{.time = NOW - 365 * 86400}, AZA_CHECK_T9},
                {{.nonce = "another"}, AZA_CHECK_T11},
                {{.own_modulus = another}, AZA_CHECK_T15},
                {{.vmid = "00000000-0000-0000-0000-000000000000"}, AZA_CHECK_G4},
                {{.purpose = AZA_PURPOSE_SIGN}, AZA_CHECK_C5},
                {{.vmid = VMID}, AZA_CHECK_T13}, /* debuggable */
                {{.vmid = VMID, .refused = true}, AZA_CHECK_T5},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_OWN(json_object_put) json_object *claims = good_claims();
                struct aza_verify_request request = all[i].request;
                int asked = 0;

                if (request.time == 0)
                        request.time = NOW;
                if (all[i].id == AZA_CHECK_T13)
                        json_object_object_add(aza_json_object(claims, "x-ms-isolation-tee"),
                                               "x-ms-sevsnpvm-is-debuggable",
                                               json_object_new_boolean(1));
                AZA_OWN(free) char *jwt = sign_claims(claims);
                reset_config(ISSUER);
                found = AZATTEST_E_TRANSPORT;
                const struct aza_verifier verifier = {libctx, &config, find_set, &asked};
                int r = aza_verify_token(&verifier, &request, jwt, &checks, NULL);
                assert_int_not_equal(r, 0);
                assert_int_not_equal(r, AZATTEST_E_TRANSPORT);
                if (asked != 0)
                        fail_msg("asked though %s refuses", aza_check_id_text(all[i].id));
                assert_int_equal(row(&checks, AZA_CHECK_T5)->outcome, AZA_UNAVAILABLE);
                assert_non_null(strstr(row(&checks, AZA_CHECK_T5)->reason, "not asked"));
                assert_int_equal(row(&checks, AZA_CHECK_T8)->outcome, AZA_NO_INPUT);
                if (all[i].id != AZA_CHECK_T5)
                        assert_int_equal(row(&checks, all[i].id)->outcome, AZA_REJECT);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fetched_set), cmocka_unit_test(given_set),
                cmocka_unit_test(no_set),      cmocka_unit_test(no_set_and_expired),
                cmocka_unit_test(not_asked),
        };

        return cmocka_run_group_tests_name("verify", tests, make_keys, free_keys);
}
