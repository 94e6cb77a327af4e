/* SPDX-License-Identifier: Apache-2.0 */
/* core/token: rows about claims, identity, key and purpose, with tokens signed here. */
#include "token_support.h"

static void verify_claims(json_object *claims, struct aza_token_expect *expect, int code,
                          enum aza_check_id rejecting)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(free) char *jwt = sign_claims(claims);
        int r = parse_and_verify(jwt, strlen(jwt), expect, &checks);
        if (r != code)
                fail_msg("%s: %d %s", aza_check_id_text(rejecting), r, aza_last_error()->message);
        if (code != 0)
                assert_rejects(&checks, rejecting);
}

static void accepts(json_object *claims, struct aza_token_expect *expect)
{
        verify_claims(claims, expect, 0, AZA_CHECK_T1);
}

/* The good claims with one member changed (JSON with ', "" deletes). */
static void one_changed(const char *path, const char *value, int code, enum aza_check_id id)
{
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        struct aza_token_expect expect = our_expect();
        set_claim(claims, path, value[0] != '\0' ? quick_json(value) : NULL);
        print_message("%s = %s\n", path, value);
        verify_claims(claims, &expect, code, id);
}

static void own_token_accepts(void **state)
{
        (void)state;
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        struct aza_token_expect expect = our_expect();
        accepts(claims, &expect);
        expect.nonce = "nonce-1";
        accepts(claims, &expect);
        expect.foreign = true; /* T15 holds: it is our own VM */
        accepts(claims, &expect);
}

static void time_limits(void **state)
{
        (void)state;
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        struct aza_token_expect expect = our_expect();
        const int code = AZATTEST_E_TOKEN_TIME;
        expect.time = 1800028000 - 1;
        accepts(claims, &expect);
        expect.time = 1800028000;
        verify_claims(claims, &expect, code, AZA_CHECK_T9);
        expect.time = 1799999200 - 60;
        accepts(claims, &expect);
        expect.time = 1799999200 - 61;
        verify_claims(claims, &expect, code, AZA_CHECK_T9);
        one_changed("exp", "", code, AZA_CHECK_T9);
        one_changed("exp", "'1800028000'", code, AZA_CHECK_T9);
        one_changed("exp", "1800028000.5", code, AZA_CHECK_T9);
        one_changed("exp", "9223372036854775807", code, AZA_CHECK_T9);
        one_changed("exp", "1800085600", 0, AZA_CHECK_T9);
        one_changed("exp", "1800085601", code, AZA_CHECK_T9);
        one_changed("exp", "1799999199", code, AZA_CHECK_T9); /* before iat */
        /* The same where clocks differ: it would not have ended yet. */
        set_claim(claims, "exp", json_object_new_int64(1799999199));
        expect.time = 1799999200 - 60;
        verify_claims(claims, &expect, code, AZA_CHECK_T9);
        one_changed("nbf", "", code, AZA_CHECK_T9);
        one_changed("nbf", "1800000060", 0, AZA_CHECK_T9);
        one_changed("nbf", "1800000061", code, AZA_CHECK_T9);
        one_changed("iat", "", code, AZA_CHECK_T9);
        one_changed("iat", "1800000061", code, AZA_CHECK_T9);
        one_changed("iat", "-9223372036854775808", code, AZA_CHECK_T9);
}

static void claims_rows(void **state)
{
        (void)state;
        const int policy = AZATTEST_E_POLICY;
        one_changed("x-ms-ver", "'2.0'", AZATTEST_E_TOKEN_FORM, AZA_CHECK_T10);
        one_changed("x-ms-ver", "1.0", AZATTEST_E_TOKEN_FORM, AZA_CHECK_T10);
        one_changed("x-ms-isolation-tee.x-ms-sevsnpvm-is-debuggable", "true", policy,
                    AZA_CHECK_T13);
        one_changed("x-ms-isolation-tee.x-ms-sevsnpvm-is-debuggable", "'false'", policy,
                    AZA_CHECK_T13);
        one_changed("x-ms-isolation-tee.x-ms-sevsnpvm-vmpl", "", policy, AZA_CHECK_T13);
        one_changed("x-ms-isolation-tee.x-ms-sevsnpvm-vmpl", "1", policy, AZA_CHECK_T13);

        AZA_OWN(json_object_put) json_object *claims = good_claims();
        struct aza_token_expect expect = our_expect();
        AZA_CHECKS struct aza_checks checks = {0};
        set_claim(claims, "x-ms-attestation-type", text_value("sgx"));
        AZA_OWN(free) char *jwt = sign_claims(claims);
        assert_int_equal(parse_and_verify(jwt, strlen(jwt), &expect, &checks), policy);
        assert_outcome(&checks, AZA_CHECK_T12, AZA_REJECT);
        assert_outcome(&checks, AZA_CHECK_T13, AZA_REJECT);
        assert_non_null(strstr(aza_checks_get(&checks, AZA_CHECK_T13)->reason,
                               "x-ms-attestation-type equals \"azurevm\": found \"sgx\""));
}

static void issuers(void **state)
{
        (void)state;
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        struct aza_token_expect expect = our_expect();
        const int code = AZATTEST_E_TOKEN_ISSUER;
        static const char *const lookalikes[] = {
                ISSUER "/",
                ISSUER ".",
                ISSUER ".evil.test",
                ISSUER ":443",
                "https://maa.example.tes",
                "https://a@maa.example.test",
                "HTTPS://maa.example.test",
                "",
        };
        for (size_t i = 0; i < sizeof lookalikes / sizeof lookalikes[0]; i++) {
                (void)snprintf(config.issuer, sizeof config.issuer, "%s", lookalikes[i]);
                verify_claims(claims, &expect, code, AZA_CHECK_T4);
        }
        (void)snprintf(config.issuers, sizeof config.issuers,
                       "https://x.test  " ISSUER " https://y");
        accepts(claims, &expect);
        (void)snprintf(config.issuers, sizeof config.issuers, ISSUER "x x" ISSUER);
        verify_claims(claims, &expect, code, AZA_CHECK_T4);
        /* http is no issuer even when configured */
        expect = our_expect();
        (void)snprintf(config.issuer, sizeof config.issuer, "http://maa.example.test");
        set_claim(claims, "iss", text_value("http://maa.example.test"));
        verify_claims(claims, &expect, code, AZA_CHECK_T4);
        set_claim(claims, "iss", NULL);
        verify_claims(claims, &expect, code, AZA_CHECK_T4);
}

static void nonces(void **state)
{
        (void)state;
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        struct aza_token_expect expect = our_expect();
        const int code = AZATTEST_E_TOKEN_NONCE;
        expect.nonce = "nonce-2";
        verify_claims(claims, &expect, code, AZA_CHECK_T11);
        expect.nonce = "nonce-";
        verify_claims(claims, &expect, code, AZA_CHECK_T11);
        expect.nonce = "";
        verify_claims(claims, &expect, code, AZA_CHECK_T11);
        expect.nonce = "nonce-1";
        set_claim(claims, "x-ms-runtime.client-payload.nonce", text_value("bm9uY2UtMQ"));
        verify_claims(claims, &expect, code, AZA_CHECK_T11);
        set_claim(claims, "x-ms-runtime.client-payload.nonce", text_value("nonce-1"));
        verify_claims(claims, &expect, code, AZA_CHECK_T11);
        set_claim(claims, "x-ms-runtime.client-payload", NULL);
        verify_claims(claims, &expect, code, AZA_CHECK_T11);
        expect.nonce = NULL;
        accepts(claims, &expect);
}

static void kinds_of_vm(void **state)
{
        (void)state;
        AZA_OWN(json_object_put) json_object *snp = good_claims();
        AZA_OWN(json_object_put) json_object *tdx = good_claims();
        AZA_OWN(json_object_put) json_object *plain = good_claims();
        struct aza_token_expect expect = our_expect();
        const int code = AZATTEST_E_POLICY, kind = AZATTEST_E_REQUIREMENT;
        set_claim(tdx, "x-ms-isolation-tee.x-ms-attestation-type", text_value("tdxvm"));
        set_claim(tdx, "x-ms-isolation-tee.tdx_td_attributes_debug", json_object_new_boolean(0));
        set_claim(plain, "x-ms-isolation-tee", NULL);

        config.require = AZA_REQUIRE_CVM;
        accepts(snp, &expect);
        accepts(tdx, &expect);
        config.require = AZA_REQUIRE_TDX;
        accepts(tdx, &expect);
        config.require = AZA_REQUIRE_TRUSTEDLAUNCH;
        accepts(plain, &expect);
        verify_claims(snp, &expect, kind, AZA_CHECK_T12);
        set_claim(plain, "secureboot", json_object_new_boolean(0));
        verify_claims(plain, &expect, code, AZA_CHECK_T13);
        set_claim(plain, "secureboot", json_object_new_boolean(1));
        config.require = AZA_REQUIRE_ANY;
        accepts(plain, &expect);
        accepts(snp, &expect);
        accepts(tdx, &expect);

        /* with a policy that says nothing about the kind, T12 still does */
        static const char text[] = "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"" ISSUER
                                   "\",\"allOf\":[{\"claim\":\"x-ms-ver\",\"equals\":\"1.0\"}]}]}";
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        assert_int_equal(aza_policy_parse(aza_span_of(text, strlen(text)), &policy), 0);
        expect.policy = policy;
        config.require = AZA_REQUIRE_SEVSNP;
        accepts(snp, &expect);
        verify_claims(tdx, &expect, kind, AZA_CHECK_T12);
        verify_claims(plain, &expect, kind, AZA_CHECK_T12);
        config.require = AZA_REQUIRE_CVM;
        verify_claims(plain, &expect, kind, AZA_CHECK_T12);
        config.require = AZA_REQUIRE_TDX;
        verify_claims(snp, &expect, kind, AZA_CHECK_T12);
        config.require = AZA_REQUIRE_SEVSNP;
        set_claim(snp, "x-ms-isolation-tee.x-ms-compliance-status", text_value("none"));
        verify_claims(snp, &expect, code, AZA_CHECK_T12);
        /* any kind, but a confidential VM that is not Azure's is of none; only `check` shows it */
        config.require = AZA_REQUIRE_ANY;
        verify_claims(snp, &expect, code, AZA_CHECK_T12);
        config.require = AZA_REQUIRE_SHOWN;
        accepts(snp, &expect);
}

/* P5: T13 says of a policy with our operators that the vault does not take it, met or not. */
static void vault_note(void **state)
{
        static const struct {
                const char *condition;
                bool met, ours;
        } all[] = {{"\"equals\":\"1.0\"", true, false},
                   {"\"in\":[\"1.0\"]", true, true},
                   {"\"contains\":\"1.0\"", false, true},
                   {"\"atLeast\":1", false, true}};
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        AZA_OWN(free) char *jwt = sign_claims(claims);

        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
                struct aza_token_expect expect = our_expect();
                char text[512];
                (void)snprintf(text, sizeof text,
                               "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"" ISSUER
                               "\",\"allOf\":[{\"claim\":\"x-ms-ver\",%s}]}]}",
                               all[i].condition);
                assert_int_equal(aza_policy_parse(aza_span_of(text, strlen(text)), &policy), 0);
                expect.policy = policy;
                (void)parse_and_verify(jwt, strlen(jwt), &expect, &checks);
                const struct aza_check *row = aza_checks_get(&checks, AZA_CHECK_T13);
                assert_int_equal(row->outcome, all[i].met ? AZA_ACCEPT : AZA_REJECT);
                bool said = strstr(row->reason, "not usable as a Key Vault release policy") != NULL;
                assert_int_equal(said, all[i].ours);
        }
}

static void identity(void **state)
{
        (void)state;
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        struct aza_token_expect expect = our_expect();
        const int code = AZATTEST_E_IDENTITY_NEEDED, other = AZATTEST_E_OTHER_VM;
        expect.own_modulus = NULL;
        accepts(claims, &expect);
        expect.foreign = true;
        verify_claims(claims, &expect, code, AZA_CHECK_G4);
        expect.vmid = "3d7b1b5e-6c2a-4f6e-9b51-0c2d9e8f7a10";
        accepts(claims, &expect);
        expect.vmid = "3D7B1B5E-6C2A-4F6E-9B51-0C2D9E8F7A11";
        verify_claims(claims, &expect, other, AZA_CHECK_G4);
        config.any_vm = true; /* a vmid that was asked for is checked all the same */
        verify_claims(claims, &expect, other, AZA_CHECK_G4);
        expect.vmid = NULL;
        accepts(claims, &expect);
        config.any_vm = false;
        (void)snprintf(config.vmid, sizeof config.vmid, "%s", VMID);
        accepts(claims, &expect);
        config.vmid[0] = 'F';
        verify_claims(claims, &expect, other, AZA_CHECK_G4);
        config.vmid[0] = '\0';

        /* D42: a policy counts only when it pins the VM, and another VM has a code of its own. */
        static const char *const texts[] = {
                "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"" ISSUER
                "\",\"allOf\":[{\"claim\":\"x-ms-ver\",\"equals\":\"1.0\"}]}]}",
                "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"" ISSUER
                "\",\"allOf\":[{\"claim\":\"x-ms-azurevm-vmid\",\"equals\":\"" VMID "\"}]}]}",
                "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"" ISSUER
                "\",\"allOf\":[{\"claim\":\"x-ms-azurevm-vmid\",\"in\":[\"A\",\"B\"]}]}]}",
        };
        const int codes[] = {code, 0, other};
        for (size_t i = 0; i < 3; i++) {
                AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
                assert_int_equal(aza_policy_parse(aza_span_of(texts[i], strlen(texts[i])), &policy),
                                 0);
                expect.policy = policy;
                verify_claims(claims, &expect, codes[i], AZA_CHECK_G4);
                if (i != 0)
                        continue;
                config.any_vm = true;
                accepts(claims, &expect);
                config.any_vm = false;
        }
}

/* A policy that is satisfied by anything: the floors stay (D43). */
static struct aza_policy *any_policy(void)
{
        static const char text[] = "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"" ISSUER
                                   "\",\"allOf\":[{\"claim\":\"x-ms-azurevm-vmid\",\"equals\":"
                                   "\"" VMID "\"}]}]}";
        struct aza_policy *policy = NULL;

        assert_int_equal(aza_policy_parse(aza_span_of(text, strlen(text)), &policy), 0);
        return policy;
}

#define SNP(name) "x-ms-isolation-tee.x-ms-sevsnpvm-" name

static void floors(void **state)
{
        static const struct {
                const char *claim, *value; /* NULL: missing */
                bool debug, boot;          /* which setting lets it pass */
        } cases[] = {
                {SNP("is-debuggable"), "true", true, false},
                {SNP("is-debuggable"), NULL, true, false},
                {SNP("is-debuggable"), "'false'", true, false},
                {SNP("is-debuggable"), "0", true, false},
                {SNP("vmpl"), "1", false, false},
                {SNP("vmpl"), NULL, false, false},
                {SNP("vmpl"), "'0'", false, false},
                {"secureboot", "false", false, true},
                {"secureboot", NULL, false, true},
                {"secureboot", "'true'", false, true},
        };
        AZA_OWN(aza_policy_free) struct aza_policy *policy = any_policy();
        struct aza_token_expect expect = our_expect();

        (void)state;
        expect.policy = policy;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_OWN(json_object_put) json_object *claims = good_claims();
                set_claim(claims, cases[i].claim,
                          cases[i].value != NULL ? quick_json(cases[i].value) : NULL);
                for (int set = 0; set < 4; set++) {
                        config.allow_debug = (set & 1) != 0;
                        config.secure_boot =
                                set & 2 ? AZA_SECURE_BOOT_REPORT : AZA_SECURE_BOOT_REQUIRE;
                        bool passes = (cases[i].debug && config.allow_debug) ||
                                      (cases[i].boot && (set & 2) != 0);
                        if (passes)
                                accepts(claims, &expect);
                        else
                                verify_claims(claims, &expect, AZATTEST_E_POLICY, AZA_CHECK_T19);
                }
        }
}

static void td_floors(void **state)
{
        AZA_OWN(aza_policy_free) struct aza_policy *policy = any_policy();
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        struct aza_token_expect expect = our_expect();

        (void)state;
        expect.policy = policy;
        config.require = AZA_REQUIRE_TDX;
        set_claim(claims, "x-ms-isolation-tee.x-ms-attestation-type", text_value("tdxvm"));
        verify_claims(claims, &expect, AZATTEST_E_POLICY, AZA_CHECK_T19);
        set_claim(claims, "x-ms-isolation-tee.tdx_td_attributes_debug", json_object_new_boolean(1));
        verify_claims(claims, &expect, AZATTEST_E_POLICY, AZA_CHECK_T19);
        config.allow_debug = true;
        accepts(claims, &expect);
        config.allow_debug = false;
        set_claim(claims, "x-ms-isolation-tee.tdx_td_attributes_debug", json_object_new_boolean(0));
        accepts(claims, &expect);
}

static void attested_pcrs(void **state)
{
        static const struct {
                uint32_t demanded;
                const char *attested;
                bool good;
        } cases[] = {
                {0xFF, "[0,1,2,3,4,5,6,7]", true},
                {0xFF, "[7,6,5,4,3,2,1,0,11,12,13,16]", true}, /* contains, never equality */
                {0xFF, "[0,1,2,3,4,5,6]", false},
                {0xFF, "[16]", false}, /* the guest resets it */
                {0xFF, "[]", false},
                {0xFF, "['0','1','2','3','4','5','6','7']", false},
                {0xFF, "{'0':1}", false},
                {0xFF, NULL, false},
                {0x1F, "[0,1,2,3,4]", true}, /* as pcrs says */
                {0x8FF, "[0,1,2,3,4,5,6,7]", false},
                {0x8FF, "[0,1,2,3,4,5,6,7,11]", true},
                {1u << 16, "[16]", false},
                {1u << 16 | 1u << 23, "[16,23]", false},
                {1u << 16 | 1u << 23, "[0,1,2,3,4,5,6,7]", true},
                {0x100FF, "[0,1,2,3,4,5,6,7]", true},
        };
        AZA_OWN(aza_policy_free) struct aza_policy *policy = any_policy();
        struct aza_token_expect expect = our_expect();

        (void)state;
        expect.policy = policy;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_OWN(json_object_put) json_object *claims = good_claims();
                set_claim(claims, "x-ms-azurevm-attested-pcrs",
                          cases[i].attested != NULL ? quick_json(cases[i].attested) : NULL);
                config.pcr_mask = cases[i].demanded;
                if (cases[i].good)
                        accepts(claims, &expect);
                else
                        verify_claims(claims, &expect, AZATTEST_E_POLICY, AZA_CHECK_T20);
        }
}

/* D54: MAA's platform tokens, for inspection only. */
static void platform_tokens(void **state)
{
        AZA_OWN(json_object_put) json_object *claims = good_claims();
        AZA_OWN(json_object_put) json_object *ordinary = good_claims();
        struct aza_token_expect expect = our_expect();
        const int kind = AZATTEST_E_REQUIREMENT;

        (void)state;
        set_claim(claims, "x-ms-isolation-tee", NULL);
        set_claim(claims, "x-ms-azurevm-attested-pcrs", NULL);
        set_claim(claims, "secureboot", NULL);
        set_claim(claims, "x-ms-attestation-type", text_value("sevsnpvm"));
        set_claim(claims, "x-ms-compliance-status", text_value("azure-compliant-cvm"));
        set_claim(claims, "x-ms-sevsnpvm-is-debuggable", json_object_new_boolean(0));
        set_claim(claims, "x-ms-sevsnpvm-vmpl", json_object_new_int(0));
        expect.own_modulus = NULL;
        AZA_OWN(free) char *jwt = sign_claims(claims);
        AZA_CHECKS struct aza_checks unasked = {0}, used = {0};
        assert_int_not_equal(parse_and_verify(jwt, strlen(jwt), &expect, &unasked), 0);
        assert_outcome(&unasked, AZA_CHECK_T12, AZA_REJECT);
        config.require = AZA_REQUIRE_PLATFORM;
        assert_int_equal(parse_and_verify(jwt, strlen(jwt), &expect, &used), kind);
        assert_outcome(&used, AZA_CHECK_T12, AZA_REJECT);
        expect.inspect = true;
        accepts(claims, &expect);
        expect.foreign = true;
        verify_claims(claims, &expect, AZATTEST_E_IDENTITY_NEEDED, AZA_CHECK_G4);
        expect.foreign = false;
        set_claim(claims, "x-ms-sevsnpvm-is-debuggable", json_object_new_boolean(1));
        verify_claims(claims, &expect, AZATTEST_E_POLICY, AZA_CHECK_T19);
        AZA_OWN(free) char *vm = sign_claims(ordinary);
        AZA_CHECKS struct aza_checks checks = {0};
        assert_int_equal(parse_and_verify(vm, strlen(vm), &expect, &checks), kind);
        assert_outcome(&checks, AZA_CHECK_T12, AZA_REJECT);
}

static void attested_keys(void **state)
{
        (void)state;
        struct aza_token_expect expect = our_expect();
        const int code = AZATTEST_E_TOKEN_KEY;
        expect.own_modulus = NULL;
        static const char *const bad[] = {
                "[]",
                "[{'kid':'tpmephemeralencryptionkey','kty':'RSA','e':'AQAB','n':'AQAB'}]",
                "[{'kid':'TpmEphemeralEncryptionKey','kty':'EC','key_ops':['encrypt']}]",
                "[{'kid':'TpmEphemeralEncryptionKey','kty':'RSA','key_ops':['encrypt'],'e':'AQAB',"
                "'n':'AQAB'}]",
                "[{'kid':'TpmEphemeralEncryptionKey','kty':'RSA','key_ops':['encrypt'],'e':'AQAB',"
                "'n':''}]",
        };
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                AZA_OWN(json_object_put) json_object *claims = good_claims();
                set_claim(claims, "x-ms-runtime.keys", quick_json(bad[i]));
                verify_claims(claims, &expect, code, AZA_CHECK_T14);
        }
        AZA_OWN(json_object_put) json_object *twice = good_claims();
        json_object *keys = aza_json_array(aza_json_object(twice, "x-ms-runtime"), "keys");
        json_object *copy = NULL;
        json_object_deep_copy(json_object_array_get_idx(keys, 1), &copy, NULL);
        json_object_array_add(keys, copy);
        verify_claims(twice, &expect, code, AZA_CHECK_T14);
        AZA_OWN(json_object_put) json_object *ops = good_claims();
        json_object *key = json_object_array_get_idx(
                aza_json_array(aza_json_object(ops, "x-ms-runtime"), "keys"), 1);
        set_claim(key, "key_ops", quick_json("['verify']"));
        verify_claims(ops, &expect, code, AZA_CHECK_T14);

        AZA_OWN(json_object_put) json_object *claims = good_claims();
        uint8_t other[AZA_RSA_BYTES];
        memcpy(other, attested_modulus, sizeof other);
        other[255] ^= 2;
        expect.own_modulus = other;
        verify_claims(claims, &expect, code, AZA_CHECK_T15);
}

static void purposes(void **state)
{
        (void)state;
        static const struct {
                const char *base64; /* NULL: absent */
                enum aza_purpose wanted;
                int code;
        } cases[] = {
                {NULL, AZA_PURPOSE_DECRYPT, 0},
                {NULL, AZA_PURPOSE_SIGN, AZATTEST_E_WRONG_PURPOSE},
                {"ZGVjcnlwdA==", AZA_PURPOSE_DECRYPT, 0},
                {"ZGVjcnlwdA==", AZA_PURPOSE_SIGN, AZATTEST_E_WRONG_PURPOSE},
                {"c2lnbg==", AZA_PURPOSE_SIGN, 0},
                {"c2lnbg==", AZA_PURPOSE_DECRYPT, AZATTEST_E_WRONG_PURPOSE},
                {"YW55", AZA_PURPOSE_DECRYPT, 0},
                {"YW55", AZA_PURPOSE_SIGN, AZATTEST_E_WRONG_PURPOSE},
                {"YW55", AZA_PURPOSE_ANY, 0},
                {"aXNzdWU=", AZA_PURPOSE_ISSUE, 0},
                {"aXNzdWU=", AZA_PURPOSE_SIGN, AZATTEST_E_WRONG_PURPOSE},
                {"aXNzdWU=", AZA_PURPOSE_DECRYPT, AZATTEST_E_WRONG_PURPOSE},
                {"YW55", AZA_PURPOSE_ISSUE, AZATTEST_E_WRONG_PURPOSE},
                {"c2lnbg==", AZA_PURPOSE_ISSUE, AZATTEST_E_WRONG_PURPOSE},
                {NULL, AZA_PURPOSE_ISSUE, AZATTEST_E_WRONG_PURPOSE},
                {"Zm9v", AZA_PURPOSE_DECRYPT, AZATTEST_E_WRONG_PURPOSE},
                {"decrypt", AZA_PURPOSE_DECRYPT, AZATTEST_E_WRONG_PURPOSE},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AZA_OWN(json_object_put) json_object *claims = good_claims();
                struct aza_token_expect expect = our_expect();
                expect.purpose = cases[i].wanted;
                if (cases[i].base64 != NULL)
                        set_claim(claims, "x-ms-runtime.client-payload.azattest-purpose",
                                  text_value(cases[i].base64));
                verify_claims(claims, &expect, cases[i].code, AZA_CHECK_C5);
                expect.any_purpose = true;
                bool readable = i < 15;
                verify_claims(claims, &expect, readable ? 0 : AZATTEST_E_WRONG_PURPOSE,
                              AZA_CHECK_C5);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(own_token_accepts),
                cmocka_unit_test(time_limits),
                cmocka_unit_test(claims_rows),
                cmocka_unit_test(issuers),
                cmocka_unit_test(nonces),
                cmocka_unit_test(kinds_of_vm),
                cmocka_unit_test(identity),
                cmocka_unit_test(vault_note),
                cmocka_unit_test(attested_keys),
                cmocka_unit_test(purposes),
                cmocka_unit_test(floors),
                cmocka_unit_test(td_floors),
                cmocka_unit_test(attested_pcrs),
                cmocka_unit_test(platform_tokens),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
