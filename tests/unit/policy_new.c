/* SPDX-License-Identifier: Apache-2.0 */
/* Policies and profiles that are made of claims: what is in them, and what is refused. */
#include "token/policy_new.h"
#include "verdict/profile_new.h"

#include "base/json.h"
#include "token/policy.h"
#include "token_support.h"
#include "verdict/demands.h"

#define PINS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define CLAIMS                                                                                 \
        "{'iss':'" ISSUER "','secureboot':true,'x-ms-attestation-type':'azurevm',"             \
        "'x-ms-azurevm-vmid':'AB-1','x-ms-isolation-tee':{'x-ms-attestation-type':'sevsnpvm'," \
        "'x-ms-compliance-status':'azure-compliant-cvm','x-ms-sevsnpvm-vmpl':0,"               \
        "'x-ms-sevsnpvm-is-debuggable':false,'x-ms-sevsnpvm-guestsvn':10,"                     \
        "'x-ms-sevsnpvm-microcode-svn':219,'x-ms-sevsnpvm-idkeydigest':null}}"

static struct aza_policy *made_of(const char *quoted, const char *const *pins,
                                  struct aza_bytes *notes)
{
        AZA_OWN(json_object_put) json_object *claims = quick_json(quoted);
        AZA_OWN(json_object_put) json_object *file = NULL;
        struct aza_policy *policy = NULL;

        if (aza_policy_new(claims, pins, &file, notes) != 0)
                return NULL;
        const char *text = json_object_to_json_string(file);
        assert_int_equal(aza_policy_parse(aza_span_of(text, strlen(text)), &policy), 0);
        return policy;
}

static bool accepts(const struct aza_policy *policy, const char *quoted)
{
        AZA_OWN(json_object_put) json_object *claims = quick_json(quoted);

        return aza_policy_satisfied(policy, claims, ISSUER, NULL);
}

static void from_a_token(void **state)
{
        AZA_BYTES struct aza_bytes notes = {0};
        const struct aza_config sevsnp = {.require = AZA_REQUIRE_SEVSNP};
        AZA_OWN(aza_policy_free) struct aza_policy *builtin = NULL;
        AZA_OWN(aza_policy_free)
        struct aza_policy *policy = made_of(CLAIMS, PINS("vmid", "guest-svn", "tcb"), &notes);

        (void)state;
        assert_non_null(policy);
        assert_true(accepts(policy, CLAIMS));
        assert_true(aza_policy_pins_vm(policy));
        assert_false(aza_policy_has_extensions(policy));
        assert_int_equal(aza_policy_builtin(&sevsnp, ISSUER, &builtin), 0);
        assert_true(aza_policy_implies(policy, builtin));
        assert_non_null(strstr((const char *)notes.data,
                               "x-ms-azurevm-vmid equals \"AB-1\": this very VM"));
        assert_non_null(strstr((const char *)notes.data, "microcode-svn greaterOrEquals 219: "));
        /* As good or better, and nothing else. */
        static const struct {
                const char *from, *to;
                bool good;
        } others[] = {
                {"'x-ms-sevsnpvm-guestsvn':10", "'x-ms-sevsnpvm-guestsvn':11", true},
                {"'x-ms-sevsnpvm-guestsvn':10", "'x-ms-sevsnpvm-guestsvn':9", false},
                {"AB-1", "AB-2", false},
                {"'secureboot':true", "'secureboot':false", false},
                {"'x-ms-sevsnpvm-vmpl':0", "'x-ms-sevsnpvm-vmpl':1", false},
                {"219", "218", false},
        };
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
                char text[1024];
                const char *at = strstr(CLAIMS, others[i].from);

                assert_non_null(at);
                (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - CLAIMS), CLAIMS,
                               others[i].to, at + strlen(others[i].from));
                if (accepts(policy, text) != others[i].good)
                        fail_msg("%s", others[i].to);
        }
}

static void wrong_pins(void **state)
{
        AZA_BYTES struct aza_bytes notes = {0};

        (void)state;
        assert_null(made_of(CLAIMS, PINS("vmid", "chip"), &notes));
        assert_non_null(strstr(aza_last_error()->message, "'chip' is unknown; there are vmid"));
        assert_null(made_of(CLAIMS, PINS("host-data"), &notes));
        assert_non_null(strstr(aza_last_error()->message, "says nothing of it"));
        /* null pins nothing. */
        assert_null(made_of(CLAIMS, PINS("id-key"), &notes));
        assert_null(made_of("{'secureboot':true}", PINS("vmid"), &notes));
}

#define ZEROS "00000000000000000000000000000000"
#define PROVEN                                                                              \
        "{'vm':'sevsnp','product':'Genoa','guest-svn':12,'measurement':'" ZEROS ZEROS ZEROS \
        "','pcrs':{'4':'" ZEROS ZEROS "'},'secure-boot':'on','attested-key':'PEM'}"

static int profile_of(const char *quoted, const char *const *pins, json_object **ret)
{
        AZA_OWN(json_object_put) json_object *claims = quick_json(quoted);

        return aza_profile_new(claims, "bank", 1795951980, pins, ret);
}

static void from_evidence(void **state)
{
        AZA_OWN(json_object_put) json_object *file = NULL;
        AZA_OWN(json_object_put) json_object *off = NULL;
        AZA_OWN(aza_demands_free) struct aza_demands *demands = NULL;

        (void)state;
        assert_int_equal(
                profile_of(PROVEN, PINS("product", "guest-svn", "measurement", "pcr4"), &file), 0);
        const char *text = json_object_to_json_string_ext(file, JSON_C_TO_STRING_PLAIN);
        assert_non_null(strstr(
                text, "\"name\":\"bank\",\"date\":\"2026-11-29\",\"base\":\"azure-baseline\""));
        assert_non_null(strstr(text, "\"product\":\"Genoa\",\"guest-svn\":12,"));
        assert_non_null(strstr(text, "\"pcr\":[\"sha256:4=" ZEROS ZEROS "\"]"));
        assert_non_null(strstr(text, "\"require-secure-boot\":true,\"require-attested-key\":true"));
        assert_int_equal(json_object_array_length(aza_json_array(file, "about")), 7);
        assert_int_equal(aza_demands_parse(aza_span_of(text, strlen(text)), &demands), 0);
        /* What is not proven is not demanded. */
        assert_int_equal(
                profile_of("{'product':'Milan','secure-boot':'off'}", PINS("product"), &off), 0);
        assert_false(json_object_object_get_ex(off, "require-secure-boot", NULL));
        assert_false(json_object_object_get_ex(off, "require-attested-key", NULL));
        /* Where nothing is named, the usual of its kind. */
        AZA_OWN(json_object_put) json_object *tdx = NULL;
        AZA_OWN(json_object_put) json_object *snp = NULL;
        assert_int_equal(profile_of("{'vm':'tdx','mrtd':'" ZEROS ZEROS ZEROS "'}", NULL, &tdx), 0);
        assert_string_equal(aza_json_string(tdx, "mrtd"), ZEROS ZEROS ZEROS);
        assert_int_equal(profile_of(PROVEN, NULL, &snp), 0);
        assert_string_equal(aza_json_string(snp, "product"), "Genoa");
        assert_string_equal(aza_json_string(snp, "measurement"), ZEROS ZEROS ZEROS);
        assert_false(json_object_object_get_ex(snp, "pcr", NULL));
        assert_int_equal(profile_of(PROVEN, PINS("pcr5"), &off), AZATTEST_E_INVALID_PARAMETER);
        assert_non_null(strstr(aza_last_error()->message, "proves nothing of it"));
        assert_int_equal(profile_of(PROVEN, PINS("pcrx"), &off), AZATTEST_E_INVALID_PARAMETER);
        assert_non_null(strstr(aza_last_error()->message, "is unknown"));
        assert_int_equal(profile_of(PROVEN, PINS("vmid"), &off), AZATTEST_E_INVALID_PARAMETER);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(from_a_token),
                cmocka_unit_test(wrong_pins),
                cmocka_unit_test(from_evidence),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
