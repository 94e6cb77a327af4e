/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"
#include "base/error.h"
#include "base/log.h"
#include "os/file.h"
#include "unit/this_system.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What the caller's shell says is not what is tested. */
static int clean_environment(void **state)
{
        (void)state;
        for (size_t i = 0; aza_config_key(i) != NULL; i++)
                if (aza_config_environment(i) != NULL)
                        (void)unsetenv(aza_config_environment(i));
        return 0;
}

static void defaults(void **state)
{
        struct aza_config_source source = {0};
        struct aza_config config;
        (void)state;

        assert_int_equal(aza_config_resolve(&source, &config), 0);
        assert_string_equal(config.tcti, DEFAULT_TCTI);
        assert_int_equal(config.require, AZA_REQUIRE_SEVSNP);
        assert_int_equal(config.attest, AZA_ATTEST_AUTO);
        assert_int_equal(config.pcr_mask, 0xff);
        assert_int_equal(config.hierarchy, 0x40000007);
        assert_int_equal(config.timeout, 60);
        assert_string_equal(config.delegate, "default");
        assert_false(config.any_vm);
        assert_false(config.allow_debug);
        assert_int_equal(config.secure_boot, AZA_SECURE_BOOT_REQUIRE);
}

/* Whether somebody set `pcrs` decides, not what it says. */
static void pcrs_of_keys(void **state)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        struct aza_config config;
        (void)state;

        assert_int_equal(aza_config_resolve(&source, &config), 0);
        assert_true(config.pcrs_default);
        assert_int_equal(aza_config_key_pcrs(&config), KEY_PCRS);
        assert_int_equal(aza_config_set(&source, "pcrs", "0-7"), 0);
        assert_int_equal(aza_config_resolve(&source, &config), 0);
        assert_false(config.pcrs_default);
        assert_int_equal(aza_config_set(&source, "pcrs", "0-7,11-14"), 0);
        assert_int_equal(aza_config_resolve(&source, &config), 0);
        assert_int_equal(aza_config_key_pcrs(&config), 0x78ff);
}

static void one_trailing_slash_is_no_other_issuer(void **state)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        struct aza_config config;
        (void)state;

        assert_int_equal(aza_config_set(&source, "maa-url", "https://a.example/"), 0);
        assert_int_equal(aza_config_resolve(&source, &config), 0);
        assert_string_equal(config.maa_url, "https://a.example");
        assert_string_equal(config.issuer, "https://a.example");
}

static void environment_wins(void **state)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        struct aza_config config;
        (void)state;

        assert_int_equal(aza_config_set(&source, "require", "tdx"), 0);
        assert_int_equal(setenv("AZATTEST_REQUIRE", "cvm", 1), 0);
        assert_int_equal(aza_config_resolve(&source, &config), 0);
        assert_int_equal(config.require, AZA_REQUIRE_CVM);
        unsetenv("AZATTEST_REQUIRE");
}

/* What the program chose stands above both, whatever came first. */
static void choice_wins(void **state)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        struct aza_config config;
        (void)state;

        assert_int_equal(aza_config_choose(&source, "require", "sevsnp"), 0);
        assert_int_equal(aza_config_choose(&source, "policy", "/program.json"), 0);
        assert_int_equal(aza_config_set(&source, "require", "tdx"), 0);
        assert_int_equal(aza_config_set(&source, "policy", "/file.json"), 0);
        assert_int_equal(setenv("AZATTEST_REQUIRE", "any", 1), 0);
        assert_int_equal(setenv("AZATTEST_POLICY", "/environment.json", 1), 0);
        assert_int_equal(setenv("AZATTEST_TIMEOUT", "7", 1), 0);
        assert_int_equal(aza_config_resolve(&source, &config), 0);
        assert_int_equal(config.require, AZA_REQUIRE_SEVSNP);
        assert_string_equal(config.policy, "/program.json");
        assert_int_equal(config.timeout, 7); /* not chosen */
        assert_int_equal(setenv("AZATTEST_REQUIRE", "nonsense", 1), 0);
        assert_int_equal(aza_config_resolve(&source, &config), 0);
        assert_int_equal(aza_config_choose(&source, "reqire", "tdx"), AZATTEST_E_CONFIGURATION);
        (void)clean_environment(NULL);
}

/* A variable of a unit file whose own variable is missing takes nothing away. */
static void empty_environment_is_none(void **state)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        struct aza_config config;
        (void)state;

        assert_int_equal(aza_config_set(&source, "policy", "/file.json"), 0);
        for (size_t i = 0; aza_config_key(i) != NULL; i++)
                if (aza_config_environment(i) != NULL)
                        assert_int_equal(setenv(aza_config_environment(i), "", 1), 0);
        for (size_t i = 0; aza_config_key(i) != NULL; i++)
                assert_false(aza_config_from_environment(i));
        assert_int_equal(aza_config_resolve(&source, &config), 0);
        assert_string_equal(config.policy, "/file.json");
        assert_string_equal(config.tcti, DEFAULT_TCTI);
        assert_int_equal(setenv("AZATTEST_POLICY", " ", 1), 0);
        assert_int_equal(aza_config_resolve(&source, &config), AZATTEST_E_CONFIGURATION);
        (void)clean_environment(NULL);
}

/* Whoever writes a demand means one, in whichever place. */
static void empty_demands_are_refused(void **state)
{
        static const char *const keys[] = {"policy", "vmid", "maa-root", "issuer", "issuers"};
        static const char *const empty[] = {"", " ", "\t ", ","};
        (void)state;

        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
                for (size_t k = 0; k < sizeof(empty) / sizeof(empty[0]); k++) {
                        AZA_CONFIG_SOURCE struct aza_config_source file = {0};
                        AZA_CONFIG_SOURCE struct aza_config_source program = {0};
                        struct aza_config config;

                        assert_int_equal(aza_config_check(keys[i], empty[k]),
                                         AZATTEST_E_CONFIGURATION);
                        assert_int_equal(aza_config_set(&file, keys[i], empty[k]), 0);
                        assert_int_equal(aza_config_resolve(&file, &config),
                                         AZATTEST_E_CONFIGURATION);
                        assert_non_null(strstr(aza_last_error()->message, keys[i]));
                        assert_int_equal(aza_config_choose(&program, keys[i], empty[k]), 0);
                        assert_int_equal(aza_config_resolve(&program, &config),
                                         AZATTEST_E_CONFIGURATION);
                }
        }
        /* What only adds is empty by default. */
        assert_int_equal(aza_config_check("amd-root", ""), 0);
        assert_int_equal(aza_config_check("ca-file", ""), 0);
}

static void bad_values_name_the_key(void **state)
{
        static const char *const bad[][3] = {
                {"require", "sev", "sevsnp tdx trustedlaunch cvm any"},
                {"maa-url", "http://a.example", "https"},
                {"timeout", "0", "1 to 3600"},
                {"timeout", "60s", "1 to 3600"},
                {"pcrs", "0-24", "0 to 23"},
                {"pcrs", "7-0", "0 to 23"},
                {"pcrs", "", "0 to 23"},
                {"pcrs", "1,", "0 to 23"},
                {"pcrs", "+1", "0 to 23"},
                {"amd-root", "abcd", "64 hex digits"},
                {"maa-root", "abcd", "64 hex digits"},
                {"any-vm", "maybe", "no yes"},
                {"allow-stale-keys", "7", "no yes"},
                {"allow-debug", "maybe", "no yes"},
                {"secure-boot", "off", "require report"},
                {"delegate", "legacy", "default fips"},
        };
        (void)state;

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                AZA_CONFIG_SOURCE struct aza_config_source source = {0};
                struct aza_config config;
                assert_int_equal(aza_config_set(&source, bad[i][0], bad[i][1]), 0);
                assert_int_equal(aza_config_resolve(&source, &config), AZATTEST_E_CONFIGURATION);
                assert_non_null(strstr(aza_last_error()->message, bad[i][0]));
                assert_non_null(strstr(aza_last_error()->message, bad[i][2]));
        }
}

static void unknown_key_gets_the_nearest(void **state)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        (void)state;

        assert_int_equal(aza_config_set(&source, "maa_url", "x"), AZATTEST_E_CONFIGURATION);
        assert_non_null(strstr(aza_last_error()->message, "'maa-url'"));
}

static void pcr_lists(void **state)
{
        uint32_t mask = 0;
        char text[64];
        (void)state;

        assert_int_equal(aza_config_pcrs("0,2-4,23", &mask), 0);
        assert_int_equal(mask, 0x80001d);
        assert_string_equal(aza_config_pcrs_text(mask, text), "0,2-4,23");
}

static char seen[1024];

static void keep(void *arg, enum azattest_log_level level, const char *function, int line,
                 const char *message)
{
        (void)arg;
        (void)level;
        (void)function;
        (void)line;
        (void)strncpy(seen, message, sizeof(seen) - 1);
}

static void section_of_openssl_cnf(void **state)
{
        static const char text[] = "openssl_conf = init\n[init]\nproviders = p\n[p]\n"
                                   "default = d\nours = a\n[d]\nactivate = 1\n"
                                   "[a]\nidentity = azattest\nmodule = x.so\nactivate = 1\n"
                                   "timeout = 7\nreqire = tdx\n";
        char path[] = "/tmp/azattest-config-XXXXXX";
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        struct aza_config config;
        (void)state;

        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
        close(fd);
        aza_log_set_level(AZATTEST_LOG_WARN);
        aza_log_set_sink(keep, NULL);
        int r = aza_config_read(&source, path);
        aza_log_set_sink(NULL, NULL);
        unlink(path);
        assert_int_equal(r, 0);
        assert_int_equal(aza_config_resolve(&source, &config), 0);
        assert_int_equal(config.timeout, 7);
        assert_non_null(strstr(seen, "'reqire'"));
        assert_non_null(strstr(seen, "'require'"));
}

static void absent_file(void **state)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        (void)state;

        assert_int_equal(aza_config_read(&source, "/nonexistent/openssl.cnf"),
                         AZATTEST_E_CONFIGURATION);
        assert_non_null(strstr(aza_last_error()->message, "/nonexistent/openssl.cnf"));
}

/* The configuration that nobody named may be absent. */
static void absent_is_read(void **state)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        char *saved = getenv("OPENSSL_CONF");

        (void)state;
        saved = saved != NULL ? strdup(saved) : NULL;
        assert_int_equal(setenv("OPENSSL_CONF", "/nonexistent/openssl.cnf", 1), 0);
        assert_int_equal(aza_config_read(&source, NULL), 0);
        assert_int_equal(
                saved != NULL ? setenv("OPENSSL_CONF", saved, 1) : unsetenv("OPENSSL_CONF"), 0);
        free(saved);
}

#ifndef _WIN32
/* One that is there and cannot be reached is not absent. */
static void absent_is_not_unreadable(void **state)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        char *saved = getenv("OPENSSL_CONF");
        char loop[] = "/tmp/azattest-config-XXXXXX", beyond[sizeof(loop) + 8];

        (void)state;
        saved = saved != NULL ? strdup(saved) : NULL;
        assert_non_null(mkdtemp(loop));
        assert_int_equal(rmdir(loop), 0);
        assert_int_equal(symlink(loop, loop), 0);
        (void)snprintf(beyond, sizeof(beyond), "%s/x.cnf", loop);
        assert_int_equal(setenv("OPENSSL_CONF", beyond, 1), 0);
        assert_int_equal(aza_config_read(&source, NULL), AZATTEST_E_CONFIGURATION);
        assert_non_null(strstr(aza_last_error()->message, strerror(ELOOP)));
        assert_int_equal(unlink(loop), 0);
        assert_int_equal(
                saved != NULL ? setenv("OPENSSL_CONF", saved, 1) : unsetenv("OPENSSL_CONF"), 0);
        free(saved);
}
#endif

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(defaults),
                cmocka_unit_test(pcrs_of_keys),
                cmocka_unit_test(one_trailing_slash_is_no_other_issuer),
                cmocka_unit_test(environment_wins),
                cmocka_unit_test(empty_environment_is_none),
                cmocka_unit_test(empty_demands_are_refused),
                cmocka_unit_test(choice_wins),
                cmocka_unit_test(bad_values_name_the_key),
                cmocka_unit_test(unknown_key_gets_the_nearest),
                cmocka_unit_test(pcr_lists),
                cmocka_unit_test(section_of_openssl_cnf),
                cmocka_unit_test(absent_file),
                cmocka_unit_test(absent_is_read),
#ifndef _WIN32
                cmocka_unit_test(absent_is_not_unreadable),
#endif
        };
        return cmocka_run_group_tests(tests, clean_environment, NULL);
}
