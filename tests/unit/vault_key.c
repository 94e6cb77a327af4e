/* SPDX-License-Identifier: Apache-2.0 */
/* The URL of a key in a vault. */
#include "release/vault_key.h"
#include "unit/assert_ok.h"

#include <string.h>

static void reads(void **state)
{
        struct aza_vault_key k;

        (void)state;
        assert_ok(aza_vault_key_parse("https://Acme-1.Vault.azure.net/keys/TLS-key/0aF", &k));
        assert_string_equal(k.host, "acme-1.vault.azure.net");
        assert_string_equal(k.port, "");
        assert_string_equal(k.name, "TLS-key");
        assert_string_equal(k.version, "0aF");
        assert_ok(aza_vault_key_parse("HTTPS://v.example:443/keys/k/", &k));
        assert_string_equal(k.port, "");
        assert_string_equal(k.version, "");
        assert_ok(aza_vault_key_parse("https://v.example:08443/keys/k/v/", &k));
        assert_string_equal(k.port, ":8443");
}

static void refuses(void **state)
{
        static const char *const bad[] = {
                "",
                "https://",
                "http://v.example/keys/k",
                "https:///keys/k",
                "https://v.example",
                "https://v.example/",
                "https://v.example/keys",
                "https://v.example/keys/",
                "https://v.example/keys//v",
                "https://v.example/secrets/k",
                "https://v.example/Keys/k",
                "https://v.example/keys/k/v/w",
                "https://v.example/keys/k/v/release",
                "https://v.example/keys/k?x=1",
                "https://v.example/keys/k#f",
                "https://v.example/keys/k.l",
                "https://v.example/keys/k%20",
                "https://v.example/keys/k/v ",
                "https://user@v.example/keys/k",
                "https://v.example:/keys/k",
                "https://v.example:0/keys/k",
                "https://v.example:65536/keys/k",
                "https://v.example:123456/keys/k",
                "https://v.example:8a/keys/k",
                "https://.example/keys/k",
                "https://v..example/keys/k",
                "https://v.example./keys/k",
                "https://-v.example/keys/k",
                "https://v_e/keys/k",
                "https://[::1]/keys/k",
                " https://v.example/keys/k",
        };
        struct aza_vault_key k;
        char url[600];

        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
                if (aza_vault_key_parse(bad[i], &k) != AZATTEST_E_INVALID_PARAMETER)
                        fail_msg("%s", bad[i]);
        for (size_t n = 126; n <= 129; n++) {
                (void)snprintf(url, sizeof url, "https://v.example/keys/%0*d", (int)n, 7);
                assert_int_equal(aza_vault_key_parse(url, &k),
                                 n <= 127 ? 0 : AZATTEST_E_INVALID_PARAMETER);
        }
        (void)snprintf(url, sizeof url, "https://%0256d/keys/k", 7);
        assert_int_equal(aza_vault_key_parse(url, &k), AZATTEST_E_INVALID_PARAMETER);
        assert_non_null(strstr(aza_last_error()->message, "/keys/KEY"));
}

static bool is(const char *asked, const char *found)
{
        struct aza_vault_key a, f;

        assert_ok(aza_vault_key_parse(asked, &a));
        assert_ok(aza_vault_key_parse(found, &f));
        return aza_vault_key_is(&a, &f);
}

static void compares(void **state)
{
        (void)state;
        assert_true(is("https://v.example/keys/k", "https://V.example/keys/K/1"));
        assert_true(is("https://v.example/keys/k/1", "https://v.example:443/keys/k/1"));
        assert_false(is("https://v.example/keys/k/1", "https://v.example/keys/k/2"));
        assert_false(is("https://v.example/keys/k/1", "https://v.example/keys/k"));
        assert_false(is("https://v.example/keys/k/a", "https://v.example/keys/k/A"));
        assert_false(is("https://v.example/keys/k", "https://v.example/keys/kk"));
        assert_false(is("https://v.example/keys/k", "https://w.example/keys/k"));
        assert_false(is("https://v.example/keys/k", "https://v.example:444/keys/k"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads),
                cmocka_unit_test(refuses),
                cmocka_unit_test(compares),
        };

        return cmocka_run_group_tests_name("vault_key", tests, NULL, NULL);
}
