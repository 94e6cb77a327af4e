/* SPDX-License-Identifier: Apache-2.0 */
/* Which access token a vault may ask for, and where it may send us for it. */
#include "release/challenge.h"
#include "unit/assert_ok.h"

#include <string.h>

#define AUTHORITY "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47"

static int parse(const char *vault, const char *header, struct aza_vault_challenge *ret)
{
        struct aza_vault_key key;
        char url[300];

        (void)snprintf(url, sizeof url, "https://%s/keys/k", vault);
        assert_ok(aza_vault_key_parse(url, &key));
        return aza_vault_challenge_parse(header, &key, ret);
}

static void reads(void **state)
{
        static const struct {
                const char *vault, *header, *resource;
        } cases[] = {
                {"acme.vault.azure.net",
                 " Bearer authorization=\"" AUTHORITY
                 "\", resource=\"https://vault.azure.net\"\r\n",
                 "https://vault.azure.net"},
                {"acme.managedhsm.azure.net",
                 "bearer resource=\"https://managedhsm.azure.net/\",authorization=\"" AUTHORITY
                 "\"",
                 "https://managedhsm.azure.net/"},
                {"acme.vault.azure.cn",
                 "Bearer authorization_uri=" AUTHORITY ", scope=https://vault.azure.cn/.default",
                 "https://vault.azure.cn"},
                {"acme.vault.usgovcloudapi.net",
                 "Bearer error=\"x\", authorization=\"" AUTHORITY
                 "\", resource=\"https://VAULT.usgovcloudapi.net\"",
                 "https://VAULT.usgovcloudapi.net"},
                {"vault.azure.net",
                 "Bearer authorization=\"" AUTHORITY "\", resource=\"https://vault.azure.net\"",
                 "https://vault.azure.net"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct aza_vault_challenge c;
                assert_ok(parse(cases[i].vault, cases[i].header, &c));
                assert_string_equal(c.resource, cases[i].resource);
                assert_string_equal(c.authority, AUTHORITY);
                assert_ok(aza_vault_authority_known(&c, ""));
        }
}

static void refuses(void **state)
{
        static const char *const headers[] = {
                "",
                "Basic realm=\"x\"",
                "Bearer",
                "Bearer ",
                "Bearer authorization=\"" AUTHORITY "\"",
                "Bearer resource=\"https://vault.azure.net\"",
                "Bearer authorization=\"" AUTHORITY ", resource=",
                "Bearer authorization=\"" AUTHORITY "\", scope=\"https://vault.azure.net\"",
        };
        static const char *const resources[] = {
                "https://management.azure.com",
                "https://graph.microsoft.com",
                "https://t.azure.net",
                "https://ault.azure.net",
                "https://evil.vault.azure.net",
                "https://acme.vault.azure.net.evil.example",
                "https://net",
                "http://vault.azure.net",
                "vault.azure.net",
                "https://vault.azure.net/x",
                "https://vault.azure.net:444",
                "https://x@vault.azure.net",
                "https://vault.azure.net?x",
                "https://",
        };
        struct aza_vault_challenge c;
        char header[500];

        (void)state;
        for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
                assert_int_equal(parse("acme.vault.azure.net", headers[i], &c),
                                 AZATTEST_E_KEY_RELEASE);
                assert_non_null(strstr(aza_last_error()->message, "which access token"));
        }
        for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
                (void)snprintf(header, sizeof header,
                               "Bearer authorization=\"" AUTHORITY "\", resource=\"%s\"",
                               resources[i]);
                if (parse("acme.vault.azure.net", header, &c) != AZATTEST_E_KEY_RELEASE)
                        fail_msg("%s", resources[i]);
                assert_non_null(strstr(aza_last_error()->message, "it gets none"));
        }
        /* Longer than any. */
        memset(header, 'x', sizeof header - 1);
        memcpy(header, "Bearer resource=\"", 17);
        header[sizeof header - 1] = '\0';
        assert_int_equal(parse("acme.vault.azure.net", header, &c), AZATTEST_E_KEY_RELEASE);
}

static int known(const char *authority, const char *further)
{
        struct aza_vault_challenge c = {0};

        (void)snprintf(c.authority, sizeof c.authority, "%s", authority);
        return aza_vault_authority_known(&c, further);
}

static void authorities(void **state)
{
        static const char *const bad[] = {
                "https://login.microsoftonline.com",
                "https://login.microsoftonline.com/",
                "https://login.microsoftonline.com//",
                "https://login.microsoftonline.com/a/b",
                "https://login.microsoftonline.com/a?x",
                "https://login.microsoftonline.com:444/a",
                "https://login.microsoftonline.com.evil.example/a",
                "https://evil.example/login.microsoftonline.com/a",
                "https://login.microsoftonline.com@evil.example/a",
                "http://login.microsoftonline.com/a",
                "https://login.example/a",
        };

        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
                if (known(bad[i], "") != AZATTEST_E_KEY_RELEASE)
                        fail_msg("%s", bad[i]);
        assert_ok(known("https://login.chinacloudapi.cn/tenant", ""));
        assert_ok(known("https://LOGIN.microsoftonline.us/tenant/", ""));
        assert_ok(known("https://login.example/a", "https://login.example"));
        assert_ok(known("https://login.example:8443/a", "https://login.example:8443"));
        assert_int_equal(known("https://login.example:8443/a", "https://login.example"),
                         AZATTEST_E_KEY_RELEASE);
        assert_non_null(strstr(aza_last_error()->message, "vault-authority"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads),
                cmocka_unit_test(refuses),
                cmocka_unit_test(authorities),
        };

        return cmocka_run_group_tests_name("vault_challenge", tests, NULL, NULL);
}
