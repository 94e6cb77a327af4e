/* SPDX-License-Identifier: Apache-2.0 */
/* `azattest check`: what claims become in rows, for each kind of VM, and when there are none. */
#include "doctor/check_rows.h"

#include "base/json.h"
#include "libctx_fixture.h"

#include <stdlib.h>
#include <string.h>

#define SNP_CLAIMS                                                                             \
        "{\"exp\": 1000, \"secureboot\": true, \"x-ms-attestation-type\": \"azurevm\","        \
        " \"x-ms-azurevm-attested-pcrs\": [0,1,2,3,4,5,6,7], \"x-ms-azurevm-vmid\": \"AB-1\"," \
        " \"x-ms-azurevm-ostype\": \"Linux\", \"x-ms-azurevm-osdistro\": \"De\\u0007bian\","   \
        " \"x-ms-azurevm-osversion-major\": 12, \"x-ms-azurevm-osversion-minor\": 5,"          \
        " \"x-ms-isolation-tee\": {\"x-ms-attestation-type\": \"sevsnpvm\","                   \
        "  \"x-ms-compliance-status\": \"azure-compliant-cvm\","                               \
        "  \"x-ms-sevsnpvm-is-debuggable\": false}}"

static void make(struct aza_check_rows *rows, const struct aza_config *config,
                 const char *claims_text, int64_t now, int verdict)
{
        AZA_OWN(json_object_put) json_object *claims = NULL;
        struct aza_keyref key = {.purpose = AZA_PURPOSE_DECRYPT};

        if (claims_text != NULL)
                assert_int_equal(aza_json_parse(aza_span_of(claims_text, strlen(claims_text)),
                                                65536, &claims),
                                 0);
        const struct aza_attested attested = {claims, claims != NULL ? &key : NULL, now, verdict};
        aza_check_rows_make(libctx, rows, config, &attested);
        assert_int_equal(rows->count, AZA_CHECK_ROWS - 3); /* not what is enclosed, and "demands" */
}

static void expect(const struct aza_check_rows *rows, const char *name,
                   enum aza_finding_state state, const char *fragment)
{
        for (size_t i = 0; i < rows->count; i++) {
                if (strcmp(rows->row[i].name, name) != 0)
                        continue;
                assert_int_equal(rows->row[i].state, state);
                assert_non_null(strstr(rows->row[i].value, fragment));
                return;
        }
        fail_msg("no row %s", name);
}

static void confidential_vm(void **state)
{
        struct aza_config config = {.require = AZA_REQUIRE_SEVSNP, .pcr_mask = 0xff};
        struct aza_check_rows rows = {0};

        (void)state;
        make(&rows, &config, SNP_CLAIMS, 400, 0);
        expect(&rows, "hardware", AZA_FINDING_OK, "AMD SEV-SNP");
        expect(&rows, "compliance", AZA_FINDING_OK, "azure-compliant-cvm");
        expect(&rows, "debug", AZA_FINDING_OK, "off");
        expect(&rows, "secure boot", AZA_FINDING_OK, "on");
        expect(&rows, "attested PCRs", AZA_FINDING_OK, "0-7");
        expect(&rows, "VM id", AZA_FINDING_OK, "AB-1");
        expect(&rows, "OS", AZA_FINDING_OK, "Linux De\\x07bian 12.5");
        expect(&rows, "token expiry", AZA_FINDING_OK, "in 10 minutes");
        expect(&rows, "policy", AZA_FINDING_OK, "built-in, sevsnp");
}

static void demands(void **state)
{
        const struct aza_profile *profile = aza_profile_find("strict");
        struct aza_check_rows rows = {0};

        (void)state;
        aza_check_rows_demands(&rows, profile, true, 0);
        expect(&rows, "demands", AZA_FINDING_OK, "profile strict of 2026-");
        rows.count = 0;
        aza_check_rows_demands(&rows, profile, true,
                               AZA_FAIL(AZATTEST_E_POLICY, "check S36: Milan"));
        expect(&rows, "demands", AZA_FINDING_NO, "S36: Milan");
        rows.count = 0;
        aza_check_rows_demands(&rows, profile, false, AZA_FAIL(AZATTEST_E_DEADLINE, "no IMDS"));
        expect(&rows, "demands", AZA_FINDING_UNKNOWN, "no IMDS");
}

static void issuers(void **state)
{
        struct aza_config config = {.ak_issuers = "fetch"};
        struct aza_check_rows rows = {0};

        (void)state;
        aza_check_rows_issuers(&rows, &config, true, 0);
        expect(&rows, "AK issuers", AZA_FINDING_OK, "fetched");
        rows.count = 0;
        aza_check_rows_issuers(&rows, &config, false, 0);
        expect(&rows, "AK issuers", AZA_FINDING_UNKNOWN, "could not be fetched");
        expect(&rows, "AK issuers", AZA_FINDING_UNKNOWN, "--certs, or --fetch there");
        rows.count = 0;
        (void)strcpy(config.ak_issuers, "none");
        aza_check_rows_issuers(&rows, &config, false, 0);
        expect(&rows, "AK issuers", AZA_FINDING_UNKNOWN, "not asked for");
        rows.count = 0;
        (void)strcpy(config.ak_issuers, "/a/b.pem");
        aza_check_rows_issuers(&rows, &config, true, 0);
        expect(&rows, "AK issuers", AZA_FINDING_OK, "from the file /a/b.pem");
        rows.count = 0;
        aza_check_rows_issuers(
                &rows, &config, false,
                AZA_FAIL(AZATTEST_E_CONFIGURATION, "ak-issuers = /a/b.pem: no file"));
        expect(&rows, "AK issuers", AZA_FINDING_NO, "no file");
        rows.count = 0;
        aza_check_rows_issuers(&rows, &config, false, AZA_FAIL(AZATTEST_E_TPM_OPERATION, "no TPM"));
        expect(&rows, "AK issuers", AZA_FINDING_UNKNOWN, "no TPM");
}

static void collateral(void **state)
{
        struct aza_config config = {.td_collateral = "fetch"};
        struct aza_check_rows rows = {0};

        (void)state;
        aza_check_rows_collateral(&rows, &config, true, 0);
        expect(&rows, "TD collateral", AZA_FINDING_OK, "fetched, signed by Intel");
        rows.count = 0;
        aza_check_rows_collateral(&rows, &config, false, 0);
        expect(&rows, "TD collateral", AZA_FINDING_UNKNOWN, "td-collateral may name a file");
        expect(&rows, "TD collateral", AZA_FINDING_UNKNOWN, "--collateral, or --fetch there");
        rows.count = 0;
        aza_check_rows_collateral(&rows, &config, false,
                                  AZA_FAIL(AZATTEST_E_CONFIGURATION, "td-collateral = x: no file"));
        expect(&rows, "TD collateral", AZA_FINDING_NO, "no file");
}

static void what_is_asked_for_decides(void **state)
{
        struct aza_config config = {.require = AZA_REQUIRE_TDX, .pcr_mask = 0x1ff, .vmid = "CD-2"};
        struct aza_check_rows rows = {0};

        (void)state;
        make(&rows, &config, SNP_CLAIMS, 1000,
             AZA_FAIL(AZATTEST_E_POLICY, "T13 claims: wanted tdxvm"));
        expect(&rows, "hardware", AZA_FINDING_NO, "AMD SEV-SNP");
        expect(&rows, "attested PCRs", AZA_FINDING_NO, "0-7");
        expect(&rows, "VM id", AZA_FINDING_NO, "expected CD-2");
        expect(&rows, "token expiry", AZA_FINDING_NO, "1970");
        expect(&rows, "policy", AZA_FINDING_NO, "wanted tdxvm");
}

static void debuggable(void **state)
{
        struct aza_config config = {.require = AZA_REQUIRE_SEVSNP};
        struct aza_check_rows rows = {0};

        (void)state;
        make(&rows, &config,
             "{\"x-ms-isolation-tee\": {\"x-ms-sevsnpvm-is-debuggable\": true}, \"secureboot\": "
             "\"true\"}",
             0, 0);
        expect(&rows, "debug", AZA_FINDING_NO, "memory");
        /* A claim of another type says nothing. */
        expect(&rows, "secure boot", AZA_FINDING_UNKNOWN, "no statement");
        expect(&rows, "compliance", AZA_FINDING_NO, "no statement");
}

/* Whatever the hardware says of debugging. */
static void windows_debugger(void **state)
{
        static const char *const kinds[] = {"bootdebug", "kerneldebug", "hypervisordebug"};
        struct aza_config config = {.require = AZA_REQUIRE_SEVSNP};
        char claims[200];

        (void)state;
        for (size_t i = 0; i < 2 * sizeof(kinds) / sizeof(kinds[0]); i++) {
                struct aza_check_rows rows = {0};
                (void)snprintf(claims, sizeof(claims),
                               "{\"x-ms-isolation-tee\": {\"x-ms-sevsnpvm-is-debuggable\": false},"
                               " \"x-ms-azurevm-%s-enabled\": %s}",
                               kinds[i / 2], i % 2 == 0 ? "true" : "false");
                make(&rows, &config, claims, 0, 0);
                if (i % 2 == 0)
                        expect(&rows, "debug", AZA_FINDING_NO,
                               "Windows was started with a debugger");
                else
                        expect(&rows, "debug", AZA_FINDING_OK, "off");
        }
}

static void trusted_launch(void **state)
{
        /* a log that is there: any file */
        struct aza_config config = {.require = AZA_REQUIRE_TRUSTEDLAUNCH,
                                    .event_log = "/proc/self/status"};
        struct aza_check_rows rows = {0};

        (void)state;
        make(&rows, &config,
             "{\"secureboot\": false, \"x-ms-attestation-type\": \"azurevm\","
             " \"x-ms-azurevm-debuggersdisabled\": true}",
             0, 0);
        expect(&rows, "hardware", AZA_FINDING_OK, "no confidential hardware");
        expect(&rows, "compliance", AZA_FINDING_UNKNOWN, "confidential VMs only");
        expect(&rows, "debug", AZA_FINDING_OK, "disabled at boot");
        expect(&rows, "secure boot", AZA_FINDING_NO, "off");
        expect(&rows, "vTPM", AZA_FINDING_OK, "accepted by MAA");
}

/* MAA says the same of a VM whose log it never saw. */
static void without_log(void **state)
{
        struct aza_config config = {.require = AZA_REQUIRE_SEVSNP, .event_log = "/dev/null/none"};
        struct aza_check_rows rows = {0};

        (void)state;
        make(&rows, &config, "{\"secureboot\": false}", 0, 0);
        expect(&rows, "secure boot", AZA_FINDING_UNKNOWN, "the boot log was not sent");
}

static void not_attested(void **state)
{
        struct aza_config config = {.require = AZA_REQUIRE_SEVSNP};
        struct aza_check_rows rows = {0};

        (void)state;
        make(&rows, &config, NULL, 0, AZATTEST_E_TRANSPORT);
        expect(&rows, "hardware", AZA_FINDING_UNKNOWN, "not attested");
        expect(&rows, "policy", AZA_FINDING_UNKNOWN, "attestation failed");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(confidential_vm),
                cmocka_unit_test(demands),
                cmocka_unit_test(issuers),
                cmocka_unit_test(collateral),
                cmocka_unit_test(what_is_asked_for_decides),
                cmocka_unit_test(debuggable),
                cmocka_unit_test(windows_debugger),
                cmocka_unit_test(trusted_launch),
                cmocka_unit_test(without_log),
                cmocka_unit_test(not_attested),
        };

        return cmocka_run_group_tests(tests, libctx_setup, libctx_teardown);
}
