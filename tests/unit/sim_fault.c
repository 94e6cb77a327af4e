/* SPDX-License-Identifier: Apache-2.0 */
/* Faults: names, values, counts, and which of several strikes. */
#include "sim/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct sim_faults *faults_of(const char *text)
{
        char error[200] = "";
        struct sim_faults *f = sim_faults_new();

        assert_non_null(f);
        if (!sim_faults_add(f, text, error, sizeof(error)))
                fail_msg("%s", error);
        return f;
}

static void counts_end(void **state)
{
        (void)state;
        char value[32];
        struct sim_faults *f = faults_of("http-status=503x2");

        assert_true(sim_fault_take(f, "http-status", value, sizeof(value)));
        assert_string_equal(value, "503");
        assert_true(sim_fault_take(f, "http-status", NULL, 0));
        assert_false(sim_fault_take(f, "http-status", NULL, 0));
        sim_faults_free(f);
}

static void without_count_is_for_ever(void **state)
{
        (void)state;
        struct sim_faults *f = faults_of("token-expired");

        for (int i = 0; i < 100; i++)
                assert_true(sim_fault_take(f, "token-expired", NULL, 0));
        assert_false(sim_fault_take(f, "token-not-yet", NULL, 0));
        sim_faults_clear(f);
        assert_false(sim_fault_take(f, "token-expired", NULL, 0));
        sim_faults_free(f);
}

/* What would never strike is refused with the reason. */
static void where_it_strikes(void **state)
{
        (void)state;
        static const struct {
                const char *text, *kind;
                bool running;
                const char *why; /* NULL: it strikes */
        } cases[] = {
                {"tdx-no-collateral", "tdx", true, NULL},
                {"tdx-no-collateral", "sevsnp", true,
                 "this VM, which is --vm sevsnp: it is for tdx"},
                {"tdx-no-collateral", "windows", false, "it is for tdx"},
                {"tdx-debug", "tdx", false, NULL},
                {"tdx-debug", "tdx", true, "strikes when the VM starts"},
                {"windows-boot-debug", "windows", false, NULL},
                {"windows-boot-debug", "windows", true, "--fault windows-boot-debug"},
                {"windows-boot-debug", "sevsnp", false, "it is for windows"},
                {"tpm-no-log", "trustedlaunch", true, "strikes when the VM starts"},
                {"tpm-no-report", "trustedlaunch", true, "it is for sevsnp windows tdx"},
                {"tpm-report-tampered", "trustedlaunch", false, "would never strike"},
                {"tpm-foreign-paravisor=0x2", "windows", true, NULL},
                {"imds-wrong-vcek", "tdx", true, "it is for sevsnp windows"},
                {"http-status=503x2", "trustedlaunch", true, NULL},
                {"http-status=x", "sevsnp", true, "wants http-status=CODE"},
                {"nonsense", "sevsnp", true, "unknown fault"},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct sim_fault_vm vm = {cases[i].kind, cases[i].running};
                char error[300] = "";
                const bool fits = sim_fault_fits(cases[i].text, &vm, error, sizeof(error));

                if (fits != (cases[i].why == NULL) ||
                    (!fits && strstr(error, cases[i].why) == NULL))
                        fail_msg("%s in %s: %s", cases[i].text, cases[i].kind, error);
        }
}

static void hexadecimal_is_no_count(void **state)
{
        (void)state;
        static const struct {
                const char *text, *name, *value;
                int times;
        } cases[] = {
                {"tpm-rc=NV_Read:0x149", "tpm-rc", "NV_Read:0x149", 3},
                {"tpm-rc=NV_Read:0x149x2", "tpm-rc", "NV_Read:0x149", 2},
                {"tpm-rc=0x14E:922x1", "tpm-rc", "0x14E:922", 1},
                {"tpm-report-read-error=0x101", "tpm-report-read-error", "0x101", 3},
                {"tpm-pcr-race=0x2", "tpm-pcr-race", "0", 2},
                {"tpm-dropx1", "tpm-drop", "", 1},
                {"tpm-drop=Quotex1", "tpm-drop", "Quote", 1},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char value[64] = "?";
                struct sim_faults *f = faults_of(cases[i].text);
                int times = 0;
                while (times < 3 && sim_fault_take(f, cases[i].name, value, sizeof(value)))
                        times++;
                assert_int_equal(times, cases[i].times);
                assert_string_equal(value, cases[i].value);
                sim_faults_free(f);
        }
}

static bool fits(const char *value, const void *arg)
{
        return strcmp(value, arg) == 0;
}

static void only_the_fitting_one_is_used_up(void **state)
{
        (void)state;
        char error[200];
        struct sim_faults *f = faults_of("tpm-drop=Quotex1");

        assert_true(sim_faults_add(f, "tpm-drop=Certifyx1", error, sizeof(error)));
        assert_false(sim_fault_take_if(f, "tpm-drop", fits, "NV_Read", NULL, 0));
        assert_true(sim_fault_take_if(f, "tpm-drop", fits, "Certify", NULL, 0));
        assert_false(sim_fault_take_if(f, "tpm-drop", fits, "Certify", NULL, 0));
        assert_true(sim_fault_take_if(f, "tpm-drop", fits, "Quote", NULL, 0));
        sim_faults_free(f);
}

static void bad_ones_are_refused(void **state)
{
        (void)state;
        static const char *const bad[] = {
                "",
                "no-such",
                "http-status",
                "http-status=",
                "http-status=abc",
                "tpm-rc",
                "tpm-rc=Quote",
                "tpm-rc=Quote:zz",
                "token-expired=1",
                "http-status=5x",
                "tpm-pcr-race=-1",
        };
        struct sim_faults *f = sim_faults_new();

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                char error[200] = "";
                if (sim_faults_add(f, bad[i], error, sizeof(error)))
                        fail_msg("'%s' was taken", bad[i]);
                assert_true(strstr(error, "fault") != NULL);
        }
        sim_faults_free(f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(counts_end),
                cmocka_unit_test(without_count_is_for_ever),
                cmocka_unit_test(where_it_strikes),
                cmocka_unit_test(hexadecimal_is_no_count),
                cmocka_unit_test(only_the_fitting_one_is_used_up),
                cmocka_unit_test(bad_ones_are_refused),
        };
        return cmocka_run_group_tests_name("sim_fault", tests, NULL, NULL);
}
