/* SPDX-License-Identifier: Apache-2.0 */
/* core/token: the real token and its forgeries, form, header and key, and the caches. */
#include "token_support.h"

#include "remove_tree.h"
#include "token/inner_hash.h"

#include <time.h>

#define REAL_ISSUER "https://sharedeus2.eus2.attest.azure.net"
#define REAL_TIME   1765828800 /* 2025-12-15T20:00:00Z */
#define REAL_VMID   "ABD9EA99-D837-4F68-AD3E-C87C88006AFA"

/* ---- the real token ---- */

static struct aza_jwks *real_set(void)
{
        AZA_BYTES struct aza_bytes text = {0};
        struct aza_jwks *set = NULL;
        read_vector("tokens/jwks-sharedeus2.json", &text);
        assert_int_equal(aza_jwks_parse(libctx, aza_bytes_span(&text), &set), 0);
        return set;
}

static int verify_real(const char *file, int64_t time, struct aza_checks *checks)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = real_set();
        read_vector(file, &jwt);
        reset_config(REAL_ISSUER);
        struct aza_token_expect expect = {
                .config = &config,
                .jwks = set,
                .time = time,
                .nonce = "midnight-srs",
                .vmid = REAL_VMID,
                .foreign = true,
                .purpose = AZA_PURPOSE_DECRYPT,
        };
        return parse_and_verify((const char *)jwt.data, jwt.len, &expect, checks);
}

static void real_token_accepts(void **state)
{
        (void)state;
        AZA_CHECKS struct aza_checks checks = {0};
        int r = verify_real("tokens/azurevm-snp-linux-2025-12-sharedeus2.jwt", REAL_TIME, &checks);
        if (r != 0)
                fail_msg("%s", aza_last_error()->message);
        static const enum aza_check_id accepted[] = {
                AZA_CHECK_T1,  AZA_CHECK_T2,  AZA_CHECK_T3,  AZA_CHECK_T4,
                AZA_CHECK_T5,  AZA_CHECK_T6,  AZA_CHECK_T8,  AZA_CHECK_T9,
                AZA_CHECK_T10, AZA_CHECK_T11, AZA_CHECK_T12, AZA_CHECK_T13,
                AZA_CHECK_T14, AZA_CHECK_T17, AZA_CHECK_G4,  AZA_CHECK_C5,
        };
        for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++)
                assert_outcome(&checks, accepted[i], AZA_ACCEPT);
        assert_outcome(&checks, AZA_CHECK_T7, AZA_NOT_APPLICABLE);
        assert_outcome(&checks, AZA_CHECK_T15, AZA_NOT_APPLICABLE);
        assert_outcome(&checks, AZA_CHECK_T16, AZA_NOT_APPLICABLE);
        assert_outcome(&checks, AZA_CHECK_T18, AZA_SWITCHED_OFF);
        assert_int_equal(checks.count, AZA_TOKEN_ROWS);
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
}

static void real_token_expired(void **state)
{
        (void)state;
        AZA_CHECKS struct aza_checks checks = {0};
        assert_int_equal(
                verify_real("tokens/azurevm-snp-linux-2025-12-sharedeus2.jwt", NOW, &checks),
                AZATTEST_E_TOKEN_TIME);
        assert_rejects(&checks, AZA_CHECK_T9);
}

static void forgeries_reject(void **state)
{
        (void)state;
        static const struct {
                const char *name;
                enum aza_check_id id;
                int code;
        } cases[] = {
                {"two-parts", AZA_CHECK_T1, AZATTEST_E_TOKEN_FORM},
                {"empty-signature", AZA_CHECK_T1, AZATTEST_E_TOKEN_FORM},
                {"alg-none-empty-sig", AZA_CHECK_T1, AZATTEST_E_TOKEN_FORM},
                {"b64-std-alphabet-sig", AZA_CHECK_T1, AZATTEST_E_TOKEN_FORM},
                {"crit-unknown", AZA_CHECK_T3, AZATTEST_E_TOKEN_FORM},
                {"jku-attacker-host", AZA_CHECK_T3, AZATTEST_E_TOKEN_FORM},
                {"kid-known-but-attacker-signed", AZA_CHECK_T8, AZATTEST_E_TOKEN_SIGNATURE},
                {"payload-tampered", AZA_CHECK_T8, AZATTEST_E_TOKEN_SIGNATURE},
                {"sig-bitflip", AZA_CHECK_T8, AZATTEST_E_TOKEN_SIGNATURE},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                char file[128];
                (void)snprintf(file, sizeof file, "tokens/negative/%s.jwt", cases[i].name);
                print_message("%s\n", cases[i].name);
                assert_int_equal(verify_real(file, REAL_TIME, &checks), cases[i].code);
                if (cases[i].id != AZA_CHECK_T8)
                        assert_rejects(&checks, cases[i].id);
                assert_outcome(&checks, cases[i].id, AZA_REJECT);
                assert_int_equal(checks.count, AZA_TOKEN_ROWS);
        }
}

/* No changed byte of the real token is accepted, and no byte is without meaning. */
static void real_token_flipped(void **state)
{
        (void)state;
        AZA_BYTES struct aza_bytes jwt = {0};
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = real_set();
        read_vector("tokens/azurevm-snp-linux-2025-12-sharedeus2.jwt", &jwt);
        reset_config(REAL_ISSUER);
        struct aza_token_expect expect = {
                .config = &config,
                .jwks = set,
                .time = REAL_TIME,
                .vmid = REAL_VMID,
        };
        static const uint8_t flips[] = {0x01, 0x20, 0x80};
        for (size_t i = 0; i < jwt.len; i++) {
                for (size_t f = 0; f < sizeof flips; f++) {
                        AZA_CHECKS struct aza_checks checks = {0};
                        jwt.data[i] ^= flips[f];
                        int r = parse_and_verify((const char *)jwt.data, jwt.len, &expect, &checks);
                        jwt.data[i] ^= flips[f];
                        if (r == 0 || aza_checks_verdict(&checks) == AZA_VERDICT_ACCEPT)
                                fail_msg("byte %zu ^ %02x is accepted", i, flips[f]);
                }
        }
        for (size_t len = 0; len < jwt.len; len += 7) {
                AZA_CHECKS struct aza_checks checks = {0};
                assert_int_not_equal(
                        parse_and_verify((const char *)jwt.data, len, &expect, &checks), 0);
        }
}

/* T17 holds for the claims of all three files. */
static void inner_hash_of_real_claims(void **state)
{
        (void)state;
        static const char *const files[] = {"tokens/linux-sevsnp.json",
                                            "tokens/windows-sevsnp-claims.json"};
        for (size_t i = 0; i < 2; i++) {
                AZA_BYTES struct aza_bytes text = {0};
                AZA_OWN(json_object_put) json_object *document = NULL;
                AZA_CHECKS struct aza_checks checks = {0};
                read_vector(files[i], &text);
                assert_int_equal(aza_json_parse(aza_bytes_span(&text), 65536, &document), 0);
                json_object *claims = aza_json_object(document, "claims");
                AZA_OWN(free) char *jwt = sign_claims(claims != NULL ? claims : document);
                reset_config(REAL_ISSUER);
                struct aza_token_expect expect = {
                        .config = &config, .time = REAL_TIME, .jwks = our_set};
                assert_int_not_equal(parse_and_verify(jwt, strlen(jwt), &expect, &checks), 0);
                assert_outcome(&checks, AZA_CHECK_T17, AZA_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_T14, AZA_ACCEPT);
        }
}

/* T17 rebuilds every kind of value exactly as the paravisor wrote it. */
static void inner_hash_of_any_value(void **state)
{
        (void)state;
        static const char runtime[] =
                "{\"keys\":[{\"kid\":\"a/"
                "b\",\"key_ops\":[],\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"\"},"
                "{\"kid\":\"\",\"key_ops\":[\"x\",[\"y\"]],\"kty\":null,\"e\":-7,\"n\":1.50}],"
                "\"vm-configuration\":{\"b\":{},\"a\":{\"\\n\":true,\"x\\\"\":false},\"text\":"
                "\"\\b\\f\\n\\r\\t\\\\\\\"/\\u0000\\u001f\x7f\xC3\xA9\"},\"user-data\":\"00\"}";
        uint8_t hash[AZA_SHA256_LEN];
        char hex[129];
        AZA_OWN(json_object_put) json_object *tee = json_object_new_object();
        json_object *value = NULL;
        assert_int_equal(aza_sha256(libctx, aza_span_of(runtime, strlen(runtime)), hash), 0);
        memset(hex, '0', sizeof hex - 1);
        hex[128] = '\0';
        memcpy(hex, aza_hex(aza_span_of(hash, sizeof hash), (char[65]){0}), 64);
        assert_int_equal(aza_json_parse(aza_span_of(runtime, strlen(runtime)), 4096, &value), 0);
        json_object_object_add(tee, "x-ms-runtime", value);
        json_object_object_add(tee, "x-ms-sevsnpvm-reportdata", json_object_new_string(hex));
        assert_int_equal(aza_inner_hash_check(libctx, tee), AZA_INNER_EQUAL);
        json_object_object_add(value, "user-data", json_object_new_string("01"));
        assert_int_equal(aza_inner_hash_check(libctx, tee), AZA_INNER_DIFFERENT);
        json_object_object_del(tee, "x-ms-runtime");
        assert_int_equal(aza_inner_hash_check(libctx, tee), AZA_INNER_UNAVAILABLE);
}

static void headers(void **state)
{
        (void)state;
        static const struct {
                const char *header;
                enum aza_check_id id;
        } cases[] = {
                {"{\"alg\":\"PS256\",\"kid\":\"k1\"}", AZA_CHECK_T2},
                {"{\"alg\":\"rs256\",\"kid\":\"k1\"}", AZA_CHECK_T2},
                {"{\"alg\":\"none\",\"kid\":\"k1\"}", AZA_CHECK_T2},
                {"{\"alg\":\"HS256\",\"kid\":\"k1\"}", AZA_CHECK_T2},
                {"{\"kid\":\"k1\"}", AZA_CHECK_T2},
                {"{\"alg\":[\"RS256\"],\"kid\":\"k1\"}", AZA_CHECK_T2},
                {"{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"jwt\"}", AZA_CHECK_T3},
                {"{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":null}", AZA_CHECK_T3},
                {"{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[]}", AZA_CHECK_T3},
                {"{\"alg\":\"RS256\",\"kid\":\"k1\",\"jku\":\"" ISSUER "/certs/\"}", AZA_CHECK_T3},
                {"{\"alg\":\"RS256\",\"kid\":\"k1\",\"jku\":1}", AZA_CHECK_T3},
                {"{\"alg\":\"RS256\",\"alg\":\"RS256\",\"kid\":\"k1\"}", AZA_CHECK_T1},
                {"{\"alg\":\"RS256\",\"kid\":\"k1\"} ", AZA_CHECK_COUNT},
                {"[]", AZA_CHECK_T1},
                {"{\"alg\":\"RS256\"}", AZA_CHECK_T6},
                {"{\"alg\":\"RS256\",\"kid\":1}", AZA_CHECK_T6},
                {"{\"alg\":\"RS256\",\"kid\":\"K1\"}", AZA_CHECK_T6},
                {"{\"alg\":\"RS256\",\"kid\":\"k1\\u0000\"}", AZA_CHECK_T6},
                {"{\"alg\":\"RS256\",\"kid\":\"k1\",\"jku\":\"" ISSUER "/certs\",\"typ\":\"JWT\","
                 "\"x5u\":\"https://evil.test\",\"jwk\":{}}",
                 AZA_CHECK_COUNT},
        };
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        const char *payload = json_object_to_json_string(claims);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_token_expect expect = our_expect();
                AZA_OWN(free) char *jwt = sign_text(signer, cases[i].header, payload);
                print_message("%s\n", cases[i].header);
                int r = parse_and_verify(jwt, strlen(jwt), &expect, &checks);
                if (cases[i].id == AZA_CHECK_COUNT)
                        assert_int_equal(r, 0);
                else
                        assert_rejects(&checks, cases[i].id);
        }
}

static void form(void **state)
{
        (void)state;
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        AZA_OWN(free) char *jwt = sign_claims(claims);
        struct aza_token_expect expect = our_expect();
        static const char *const formats[] = {"%s.", ".%s", "%s.x", "%s=", "%s\n", " %s"};
        for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                char text[8192];
                const char *percent = strchr(formats[i], '%');
                (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(percent - formats[i]),
                               formats[i], jwt, percent + 2);
                assert_int_equal(parse_and_verify(text, strlen(text), &expect, &checks),
                                 AZATTEST_E_TOKEN_FORM);
                assert_rejects(&checks, AZA_CHECK_T1);
                assert_outcome(&checks, AZA_CHECK_T8, AZA_NO_INPUT);
        }
        static char large[AZA_TOKEN_MAX + 1];
        memset(large, 'A', sizeof large);
        AZA_OWN(aza_token_free) struct aza_token *t = NULL;
        assert_int_equal(aza_token_parse(large, sizeof large, NULL, &t), AZATTEST_E_TOKEN_FORM);
        assert_non_null(strstr(aza_last_error()->message, "65537 bytes"));
        assert_null(t);
}

/* Of the rows behind T8 none accepts, and what contradicts the demands is refused all the same. */
static void assert_nothing_found(const struct aza_checks *checks)
{
        for (size_t i = 0; i < checks->count; i++) {
                const struct aza_check *row = &checks->items[i];
                if (row->id > AZA_CHECK_T8 && row->outcome == AZA_ACCEPT)
                        fail_msg("%s accepts", aza_check_id_text(row->id));
        }
        assert_string_equal(aza_checks_get(checks, AZA_CHECK_T12)->reason, AZA_TOKEN_UNPROVEN);
        assert_true(aza_checks_get(checks, AZA_CHECK_G4)->follows);
        /* Nor does a row that was not checked repeat what the claims say. */
        assert_string_equal(aza_checks_get(checks, AZA_CHECK_T16)->reason,
                            "enforced where the key is used");
        assert_string_equal(aza_checks_get(checks, AZA_CHECK_T17)->reason, AZA_TOKEN_UNPROVEN);
        assert_false(aza_checks_get(checks, AZA_CHECK_T17)->required);
        assert_null(strstr(aza_checks_get(checks, AZA_CHECK_C5)->reason, "says"));
}

static void without_key_set(void **state)
{
        (void)state;
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        AZA_OWN(free) char *jwt = sign_claims(claims);
        struct aza_token_expect expect = our_expect();
        AZA_CHECKS struct aza_checks checks = {0};
        expect.jwks = NULL;
        assert_int_equal(parse_and_verify(jwt, strlen(jwt), &expect, &checks),
                         AZATTEST_E_TOKEN_SIGNATURE);
        assert_outcome(&checks, AZA_CHECK_T5, AZA_UNAVAILABLE);
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_INCOMPLETE);
        assert_outcome(&checks, AZA_CHECK_T6, AZA_NO_INPUT);
        assert_outcome(&checks, AZA_CHECK_T8, AZA_NO_INPUT);
        assert_nothing_found(&checks);

        AZA_CHECKS struct aza_checks others = {0};
        expect = our_expect();
        AZA_OWN(free)
        char *forged = sign_text(attested, "{\"alg\":\"RS256\",\"kid\":\"k1\"}",
                                 json_object_to_json_string(claims));
        assert_int_equal(parse_and_verify(forged, strlen(forged), &expect, &others),
                         AZATTEST_E_TOKEN_SIGNATURE);
        assert_rejects(&others, AZA_CHECK_T8);
        assert_nothing_found(&others);
        AZA_CHECKS struct aza_checks any = {0};
        expect.any_purpose = true;
        assert_int_equal(parse_and_verify(forged, strlen(forged), &expect, &any),
                         AZATTEST_E_TOKEN_SIGNATURE);
        assert_outcome(&any, AZA_CHECK_C5, AZA_SWITCHED_OFF);
        assert_nothing_found(&any);
        expect.any_purpose = false;
        AZA_CHECKS struct aza_checks late = {0};
        expect.time = NOW + 86400;
        assert_int_equal(parse_and_verify(forged, strlen(forged), &expect, &late),
                         AZATTEST_E_TOKEN_SIGNATURE);
        assert_outcome(&late, AZA_CHECK_T9, AZA_REJECT);
        expect = our_expect();

        /* Without a kid no set would do: that is T6's reject, and nothing that is open. */
        AZA_CHECKS struct aza_checks unnamed = {0};
        AZA_OWN(free)
        char *without_kid =
                sign_text(signer, "{\"alg\":\"RS256\"}", json_object_to_json_string(claims));
        expect.jwks = NULL;
        assert_int_equal(parse_and_verify(without_kid, strlen(without_kid), &expect, &unnamed),
                         AZATTEST_E_TOKEN_SIGNATURE);
        assert_rejects(&unnamed, AZA_CHECK_T6);
        assert_outcome(&unnamed, AZA_CHECK_T5, AZA_NOT_APPLICABLE);
}

static void caches(void **state)
{
        (void)state;
        char dir[] = "/tmp/azattest-token-XXXXXX";
        assert_non_null(mkdtemp(dir));
        uint8_t name[34] = {0, 11, 1};
        uint8_t other[34] = {0, 11, 2};
        AZA_BYTES struct aza_bytes found = {0};
        assert_int_equal(aza_token_cache_read(libctx, dir, name, ISSUER, &found), AZATTEST_E_INPUT);
        assert_int_equal(aza_token_cache_write(libctx, dir, name, ISSUER, "a.b.c"), 0);
        assert_int_equal(aza_token_cache_read(libctx, dir, name, ISSUER, &found), 0);
        assert_string_equal((char *)found.data, "a.b.c");
        assert_int_equal(aza_token_cache_read(libctx, dir, other, ISSUER, &found),
                         AZATTEST_E_INPUT);
        assert_int_equal(aza_token_cache_read(libctx, dir, name, ISSUER "x", &found),
                         AZATTEST_E_INPUT);
        assert_int_equal(aza_token_cache_read(libctx, "", name, ISSUER, &found), AZATTEST_E_INPUT);

        remove_tree(dir);
        assert_int_equal(access(dir, F_OK), -1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(real_token_accepts),
                cmocka_unit_test(real_token_expired),
                cmocka_unit_test(forgeries_reject),
                cmocka_unit_test(real_token_flipped),
                cmocka_unit_test(inner_hash_of_real_claims),
                cmocka_unit_test(inner_hash_of_any_value),
                cmocka_unit_test(headers),
                cmocka_unit_test(form),
                cmocka_unit_test(without_key_set),
                cmocka_unit_test(caches),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
