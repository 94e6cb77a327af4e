/* SPDX-License-Identifier: Apache-2.0 */
/* K1 to K4 and K7: each fault of an answer that is signed as it should be. */
#include "unit/release_support.h"

static const uint8_t wrapped[256 + 48];

static int verify(const char *jws, const struct aza_release_expect *expect, struct aza_checks *rows)
{
        AZA_OWN(aza_release_free) struct aza_release *r = NULL;

        return aza_release_verify(libctx, aza_span_of(jws, strlen(jws)), expect, rows, &r);
}

static json_object *payload_of(void)
{
        return good_payload(key_jwk(attested, NULL), wrapped, sizeof wrapped);
}

static void refused_by(const char *jws, const struct aza_release_expect *expect,
                       enum aza_check_id id, const char *why)
{
        AZA_CHECKS struct aza_checks rows = {0};

        assert_int_equal(verify(jws, expect, &rows), AZATTEST_E_KEY_RELEASE);
        assert_rejects(&rows, id);
        if (strstr(aza_checks_get(&rows, id)->reason, why) == NULL)
                fail_msg("%s", aza_checks_get(&rows, id)->reason);
        assert_outcome(&rows, AZA_CHECK_K5, AZA_NO_INPUT);
        assert_outcome(&rows, AZA_CHECK_K6, AZA_NO_INPUT);
}

static void good(void **state)
{
        AZA_OWN(json_object_put) json_object *header = good_header();
        AZA_OWN(json_object_put) json_object *payload = payload_of();
        AZA_OWN(free) char *jws = sign_answer(header, payload, vault_key);
        const struct aza_release_expect expect = good_expect();
        AZA_CHECKS struct aza_checks rows = {0};

        (void)state;
        assert_ok(verify(jws, &expect, &rows));
        for (int id = AZA_CHECK_K1; id <= AZA_CHECK_K4; id++)
                assert_outcome(&rows, (enum aza_check_id)id, AZA_ACCEPT);
        assert_non_null(strstr(aza_checks_get(&rows, AZA_CHECK_K7)->reason,
                               "exportable: yes; release policy: {}"));
}

/* Neither thumbprint nor root in the header, and the request without version: as good. */
static void good_too(void **state)
{
        AZA_OWN(json_object_put) json_object *header = good_header();
        AZA_OWN(json_object_put) json_object *payload = payload_of();
        struct aza_release_expect expect = good_expect();
        AZA_CHECKS struct aza_checks rows = {0};
        struct aza_vault_key newest = asked;

        (void)state;
        newest.version[0] = '\0';
        expect.key = &newest;
        json_object_object_del(header, "x5t#S256");
        json_object_object_add(header, "x5c", x5c_of((X509 *const[]){leaf}, 1));
        set_claim(payload, "request.kid", text_value("https://" HOST "/keys/TLS"));
        set_claim(payload, "response.key.attributes", NULL);
        set_claim(payload, "response.key.release_policy", NULL);
        AZA_OWN(free) char *jws = sign_answer(header, payload, vault_key);
        assert_ok(verify(jws, &expect, &rows));
        assert_non_null(strstr(aza_checks_get(&rows, AZA_CHECK_K7)->reason,
                               "exportable: not said; release policy: not said"));
}

static void headers(void **state)
{
        static const struct {
                const char *name, *value, *why;
        } cases[] = {
                {"alg", "'PS256'", "RS256"},
                {"alg", "'none'", "RS256"},
                {"alg", "'HS256'", "RS256"},
                {"crit", "['b64']", "crit"},
                {"typ", "'JWE'", "typ"},
                {"x5c", NULL, "x5c has 0"},
                {"x5c", "[]", "x5c has 0"},
                {"x5c", "['AAAA']", "no certificate"},
                {"x5c", "[7]", "no certificate"},
                {"x5c", "['A','A','A','A','A','A','A','A','A']", "x5c has 9"},
                {"x5t#S256", "'AAAA'", "x5t#S256"},
                {"x5t#S256", "7", "x5t#S256"},
        };
        const struct aza_release_expect expect = good_expect();

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_OWN(json_object_put) json_object *header = good_header();
                AZA_OWN(json_object_put) json_object *payload = payload_of();
                json_object_object_del(header, cases[i].name);
                if (cases[i].value != NULL)
                        json_object_object_add(header, cases[i].name, quick_json(cases[i].value));
                AZA_OWN(free) char *jws = sign_answer(header, payload, vault_key);
                refused_by(jws, &expect, AZA_CHECK_K1, cases[i].why);
        }
        refused_by("", &expect, AZA_CHECK_K1, "JWS");
        refused_by("a.b", &expect, AZA_CHECK_K1, "JWS");
}

static void chains(void **state)
{
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *weak = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)1024);
        struct made_cert sha1 = {HOST, "serverAuth", vault_key, 30, EVP_sha1()};
        struct made_cert late = {HOST, "serverAuth", vault_key, -1, NULL};
        const struct {
                X509 *leaf, *root;
                EVP_PKEY *key;
                const char *why;
        } cases[] = {
                {make_leaf("other.vault.example.test", "serverAuth", vault_key), NULL, vault_key,
                 "hostname mismatch"},
                {make_leaf("sim*.vault.example.test", "serverAuth", vault_key), NULL, vault_key,
                 "hostname mismatch"},
                {make_leaf("*.example.test", "serverAuth", vault_key), NULL, vault_key,
                 "hostname mismatch"},
                {make_leaf(HOST, "clientAuth", vault_key), NULL, vault_key, "purpose"},
                {make_leaf(HOST, "serverAuth", weak), NULL, weak, "fewer than 2048 bits"},
                {make_certificate(&sha1, "Root", root_key), NULL, vault_key, "weak"},
                {make_certificate(&late, "Root", root_key), NULL, vault_key, "not yet valid"},
                /* A chain that ends in the root that came along, which nobody trusts. */
                {make_certificate(&(struct made_cert){HOST, "serverAuth", vault_key, 30, NULL},
                                  "Root", attested),
                 make_root(attested), vault_key, "certificate"},
        };
        const struct aza_release_expect expect = good_expect();

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_OWN(json_object_put) json_object *header = good_header();
                AZA_OWN(json_object_put) json_object *payload = payload_of();
                X509 *const x5c[] = {cases[i].leaf, cases[i].root != NULL ? cases[i].root : root};
                json_object_object_del(header, "x5t#S256");
                json_object_object_add(header, "x5c", x5c_of(x5c, 2));
                AZA_OWN(free) char *jws = sign_answer(header, payload, cases[i].key);
                refused_by(jws, &expect, AZA_CHECK_K1, cases[i].why);
                X509_free(cases[i].leaf);
                X509_free(cases[i].root);
        }
}

/* A wildcard of one label, as in TLS. */
static void wildcard(void **state)
{
        AZA_OWN(X509_free) X509 *wide = make_leaf("*.vault.example.test", "serverAuth", vault_key);
        AZA_OWN(json_object_put) json_object *header = good_header();
        AZA_OWN(json_object_put) json_object *payload = payload_of();
        const struct aza_release_expect expect = good_expect();
        AZA_CHECKS struct aza_checks rows = {0};

        (void)state;
        json_object_object_del(header, "x5t#S256");
        json_object_object_add(header, "x5c", x5c_of((X509 *const[]){wide}, 1));
        AZA_OWN(free) char *jws = sign_answer(header, payload, vault_key);
        assert_ok(verify(jws, &expect, &rows));
}

static void signatures(void **state)
{
        AZA_OWN(json_object_put) json_object *header = good_header();
        AZA_OWN(json_object_put) json_object *payload = payload_of();
        const struct aza_release_expect expect = good_expect();
        AZA_OWN(free) char *by_another = sign_answer(header, payload, signer);
        AZA_OWN(free) char *by_root = sign_answer(header, payload, root_key);

        (void)state;
        refused_by(by_another, &expect, AZA_CHECK_K2, "not that of the first certificate");
        refused_by(by_root, &expect, AZA_CHECK_K2, "not that of the first certificate");
}

static void payloads(void **state)
{
        static const struct {
                const char *path, *value;
                enum aza_check_id id;
                const char *why;
        } cases[] = {
                {"request.nonce", "'b3RoZXI'", AZA_CHECK_K3, "another request"},
                {"request.nonce", NULL, AZA_CHECK_K3, "no nonce"},
                {"request.nonce", "7", AZA_CHECK_K3, "no nonce"},
                {"request.enc", "'RSA_AES_KEY_WRAP_384'", AZA_CHECK_K4, "request.enc"},
                {"request.enc", NULL, AZA_CHECK_K4, "request.enc"},
                {"request.kid", NULL, AZA_CHECK_K4, "request.kid"},
                {"request.kid", "'https://" HOST "/keys/tls'", AZA_CHECK_K4, "request.kid"},
                {"request.kid", "'https://" HOST "/secrets/tls/0123456789abcdef0123456789abcdef'",
                 AZA_CHECK_K4, "request.kid"},
                {"response.key.key.kid", NULL, AZA_CHECK_K4, "the kid of the released key"},
                {"response.key.key.kid", "'https://" HOST "/keys/tls/1123456789abcdef'",
                 AZA_CHECK_K4, "the kid of the released key"},
                {"response.key.key.kid",
                 "'https://other.example.test/keys/tls/0123456789abcdef0123456789abcdef'",
                 AZA_CHECK_K4, "the kid of the released key"},
                {"response.key.key.kid",
                 "'"
                 "https://" HOST ":8443/keys/tls/"
                 "0123456789abcdef0123456789abcdef'",
                 AZA_CHECK_K4, "the kid of the released key"},
                {"response.key.key.key_hsm", NULL, AZA_CHECK_K4, "key_hsm is missing"},
                {"response.key.key.key_hsm", "'e30='", AZA_CHECK_K4, "key_hsm is missing"},
                {"response.key.key.key_hsm", "'e30'", AZA_CHECK_K4, "schema_version"},
        };
        const struct aza_release_expect expect = good_expect();

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_OWN(json_object_put) json_object *header = good_header();
                AZA_OWN(json_object_put) json_object *payload = payload_of();
                set_claim(payload, cases[i].path,
                          cases[i].value != NULL ? quick_json(cases[i].value) : NULL);
                AZA_OWN(free) char *jws = sign_answer(header, payload, vault_key);
                refused_by(jws, &expect, cases[i].id, cases[i].why);
        }
}

/* Two versions of one key, in an answer to who asked for the newest. */
static void two_versions(void **state)
{
        AZA_OWN(json_object_put) json_object *header = good_header();
        AZA_OWN(json_object_put) json_object *payload = payload_of();
        struct aza_release_expect expect = good_expect();
        struct aza_vault_key newest = asked;

        (void)state;
        newest.version[0] = '\0';
        expect.key = &newest;
        set_claim(payload, "response.key.key.kid", text_value("https://" HOST "/keys/tls/1111"));
        AZA_OWN(free) char *jws = sign_answer(header, payload, vault_key);
        refused_by(jws, &expect, AZA_CHECK_K4, "another version than the request's");
}

static void wrappings(void **state)
{
        static const struct {
                const char *path, *value, *why;
        } cases[] = {
                {"schema_version", "'2.0'", "schema_version"},
                {"schema_version", "1", "schema_version"},
                {"header", NULL, "alg"},
                {"header.alg", "'RSA-OAEP'", "alg"},
                {"header.enc", "'CKM_RSA_AES_KEY_WRAP'", "header.enc"},
                {"header.kid", "'HCLAkPub'", "attested key"},
                {"header.kid", NULL, "attested key"},
        };
        const struct aza_release_expect expect = good_expect();

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_OWN(json_object_put) json_object *header = good_header();
                AZA_OWN(json_object_put) json_object *payload = payload_of();
                AZA_OWN(json_object_put) json_object *hsm = good_hsm(wrapped, sizeof wrapped);
                set_claim(hsm, cases[i].path,
                          cases[i].value != NULL ? quick_json(cases[i].value) : NULL);
                set_hsm(payload, hsm);
                AZA_OWN(free) char *jws = sign_answer(header, payload, vault_key);
                refused_by(jws, &expect, AZA_CHECK_K4, cases[i].why);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good),      cmocka_unit_test(good_too),
                cmocka_unit_test(headers),   cmocka_unit_test(chains),
                cmocka_unit_test(wildcard),  cmocka_unit_test(signatures),
                cmocka_unit_test(payloads),  cmocka_unit_test(two_versions),
                cmocka_unit_test(wrappings),
        };

        return cmocka_run_group_tests_name("release", tests, vault_setup, vault_teardown);
}
