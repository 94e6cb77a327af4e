/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_policy: the conditions that evidence answers itself are applied to what it proves;
 * the others are named and never taken for met. */
#include "unit/judge_support.h"
#include "unit/tdx_real_support.h"

#include "verdict/evidence.h"
#include "verdict/evidence_policy.h"

#define TEE "x-ms-isolation-tee."
#define SNP TEE "x-ms-sevsnpvm-"

static void parse_policy(const char *conditions, struct aza_policy **ret)
{
        char text[4096];

        (void)snprintf(text, sizeof text,
                       "{'version':'1.0.0','anyOf':[{'authority':'https://maa.test',%s}]}",
                       conditions);
        for (char *p = text; *p != '\0'; p++)
                *p = *p == '\'' ? '"' : *p;
        if (aza_policy_parse(aza_span_of(text, strlen(text)), ret) != 0)
                fail_msg("%s", text);
}

/* The row of these conditions over `vm`, which is judged with `o`. */
static const struct aza_check *row_of(const struct own_vm *vm, const struct aza_judge_options *o,
                                      const char *conditions, struct aza_checks *checks)
{
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        struct aza_judgement j = {0};

        parse_policy(conditions, &policy);
        (void)aza_evidence_judge(libctx, &vm->f, o, checks, &j);
        aza_evidence_policy(policy, &j, checks);
        aza_judgement_free(&j);
        const struct aza_check *row = aza_checks_get(checks, AZA_CHECK_P8);
        assert_non_null(row);
        assert_string_equal(aza_check_name(row->id), "policy");
        return row;
}

static void expect(const struct own_vm *vm, const char *condition, enum aza_outcome outcome,
                   const char *reason)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_judge_options o = own_options(vm);
        char group[1024];

        (void)snprintf(group, sizeof group, "'allOf':[%s]", condition);
        const struct aza_check *row = row_of(vm, &o, group, &checks);
        if (row->outcome != outcome || strstr(row->reason, reason) == NULL)
                fail_msg("%s: %d %s", condition, (int)row->outcome, row->reason);
        assert_int_equal(aza_checks_verdict(&checks), outcome == AZA_ACCEPT ? AZA_VERDICT_ACCEPT
                                                      : outcome == AZA_REJECT
                                                              ? AZA_VERDICT_REJECT
                                                              : AZA_VERDICT_INCOMPLETE);
}

/* The report of good_report(): policy 0x3001F, VMPL 0, guest SVN 10, TCB 4, 0, 0x18, 0xDB. */
static void answered(void **state)
{
        static const struct {
                const char *met, *unmet, *found;
        } all[] = {
                {"'claim':'secureboot','equals':true", "'claim':'secureboot','equals':false",
                 "secureboot equals false: found true"},
                {"'claim':'x-ms-azurevm-vmid','equals':'" VMID "'",
                 "'claim':'x-ms-azurevm-vmid','equals':'1'",
                 "x-ms-azurevm-vmid equals \"1\": found \"" VMID "\""},
                {"'claim':'x-ms-azurevm-attested-pcrs','contains':[0,7]",
                 "'claim':'x-ms-azurevm-attested-pcrs','contains':[0,11]",
                 "found [ 0, 1, 2, 3, 4, 5, 6, 7 ]"},
                {"'claim':'" TEE "x-ms-attestation-type','equals':'sevsnpvm'",
                 "'claim':'" TEE "x-ms-attestation-type','equals':'tdxvm'", "found \"sevsnpvm\""},
                {"'claim':'x-ms-attestation-type','equals':'azurevm'",
                 "'claim':'x-ms-attestation-type','equals':'tpm'", "found \"azurevm\""},
                {"'claim':'" SNP "is-debuggable','equals':false",
                 "'claim':'" SNP "is-debuggable','equals':true", "found false"},
                {"'claim':'" SNP "smt-allowed','equals':true",
                 "'claim':'" SNP "smt-allowed','equals':false", "found true"},
                {"'claim':'" SNP "vmpl','equals':0", "'claim':'" SNP "vmpl','equals':1", "found 0"},
                {"'claim':'" SNP "bootloader-svn','atLeast':4",
                 "'claim':'" SNP "bootloader-svn','atLeast':5", "found 4"},
                {"'claim':'" SNP "tee-svn','equals':0", "'claim':'" SNP "tee-svn','atLeast':1",
                 "found 0"},
                {"'claim':'" SNP "snpfw-svn','atLeast':24",
                 "'claim':'" SNP "snpfw-svn','atLeast':25", "found 24"},
                {"'claim':'" SNP "microcode-svn','atLeast':219",
                 "'claim':'" SNP "microcode-svn','atLeast':220", "found 219"},
                {"'claim':'" SNP "guestsvn','atLeast':10", "'claim':'" SNP "guestsvn','atLeast':99",
                 "atLeast 99: found 1"},
                {"'claim':'" TEE "x-ms-runtime.vm-configuration.tpm-enabled','equals':true",
                 "'claim':'" TEE "x-ms-runtime.vm-configuration.absent','equals':true",
                 "absent equals true: found missing"},
                {"'claim':'secureboot','equals':true",
                 "'claim':'" SNP "launchmeasurement','equals':'00'",
                 SNP "launchmeasurement equals \"00\": found \""},
        };
        struct own_vm vm = own_vm();
        char text[256];

        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                (void)snprintf(text, sizeof text, "{%s}", all[i].met);
                expect(&vm, text, AZA_ACCEPT, "given policy");
                (void)snprintf(text, sizeof text, "{%s}", all[i].unmet);
                expect(&vm, text, AZA_REJECT, all[i].found);
        }
        own_vm_free(&vm);
}

/* Every field as hexadecimal digits. */
static void fields(void **state)
{
        static const struct {
                const char *claim;
                size_t at, len;
        } all[] = {{"launchmeasurement", 0x90, 48}, {"hostdata", 0xC0, 32},
                   {"reportdata", 0x50, 64},        {"reportid", 0x140, 32},
                   {"familyId", 0x10, 16},          {"imageId", 0x20, 16},
                   {"idkeydigest", 0xE0, 48},       {"authorkeydigest", 0x110, 48}};
        struct own_vm vm = own_vm();

        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                char hex[129], text[256];
                const struct aza_span field =
                        aza_span_of(vm.f.snp_report.data + all[i].at, all[i].len);
                (void)snprintf(text, sizeof text, "{'claim':'" SNP "%s','equals':'%s'}",
                               all[i].claim, aza_hex(field, hex));
                expect(&vm, text, AZA_ACCEPT, "given policy");
        }
        own_vm_free(&vm);
}

#define COMPLIANT "{'claim':'" TEE "x-ms-compliance-status','equals':'azure-compliant-cvm'}"
#define DEBUG     "{'claim':'" SNP "is-debuggable','equals':true}"
#define SAFE      "{'claim':'" SNP "is-debuggable','equals':false}"

static void unanswered(void **state)
{
        struct own_vm vm = own_vm();

        (void)state;
        expect(&vm, COMPLIANT, AZA_NO_INPUT,
               "x-ms-compliance-status equals \"azure-compliant-cvm\": "
               "only MAA says that");
        expect(&vm, "{'claim':'x-ms-azurevm-dbvalidated','equals':true}", AZA_NO_INPUT,
               "x-ms-azurevm-dbvalidated");
        /* What is not met decides, and what is met where either will do. */
        expect(&vm, COMPLIANT "," DEBUG, AZA_REJECT, "is-debuggable equals true: found false");
        expect(&vm, "{'anyOf':[" COMPLIANT "," SAFE "]}", AZA_ACCEPT, "given policy");
        expect(&vm, "{'anyOf':[" COMPLIANT "," DEBUG "]}", AZA_NO_INPUT, "only MAA says that");
        own_vm_free(&vm);
}

/* It can be switched off by name, but then only what was not answered. */
static void allowed(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);

        (void)state;
        for (int wrong = 0; wrong < 2; wrong++) {
                AZA_CHECKS struct aza_checks checks = {0};
                (void)row_of(&vm, &o,
                             wrong ? "'allOf':[" COMPLIANT "," DEBUG "]"
                                   : "'allOf':[" COMPLIANT "," SAFE "]",
                             &checks);
                aza_checks_allow_unchecked(&checks, AZA_CHECK_P8);
                assert_int_equal(aza_checks_verdict(&checks),
                                 wrong ? AZA_VERDICT_REJECT : AZA_VERDICT_ACCEPT);
        }
        own_vm_free(&vm);
}

/* What the evidence says but nothing proves is no answer. */
static void unproven(void **state)
{
        static const struct {
                const char *condition, *reason;
        } all[] = {{"{'claim':'secureboot','equals':true}", "no event log that decides it"},
                   {"{'claim':'x-ms-azurevm-attested-pcrs','contains':0}", "no proven quote"},
                   {"{'claim':'" SNP "vmpl','equals':0}", "no proven hardware report"},
                   {"{'claim':'x-ms-azurevm-vmid','equals':'" VMID "'}", "no proven runtime data"},
                   {"{'claim':'" TEE "x-ms-runtime.vm-configuration.tpm-enabled','equals':true}",
                    "no proven runtime data"}};
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);

        (void)state;
        vm.f.hcl_report.data[0x20 + 0x90] ^= 1; /* S22 */
        vm.f.quote.signature.data[9] ^= 1;
        aza_bytes_free(&vm.f.snp_report);
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                char group[512];
                (void)snprintf(group, sizeof group, "'allOf':[%s]", all[i].condition);
                const struct aza_check *row = row_of(&vm, &o, group, &checks);
                assert_int_equal(row->outcome, AZA_NO_INPUT);
                assert_non_null(strstr(row->reason, all[i].reason));
        }
        own_vm_free(&vm);
}

/* What Windows said of its start counts where the log replays, and where it said it. */
static void windows_settings(void **state)
{
        static const char *const claims[] = {
                [AZA_WINDOWS_BOOT_DEBUG] = "bootdebug",
                [AZA_WINDOWS_KERNEL_DEBUG] = "kerneldebug",
                [AZA_WINDOWS_HYPERVISOR_DEBUG] = "hypervisordebug",
                [AZA_WINDOWS_TEST_SIGNING] = "testsigning",
                [AZA_WINDOWS_FLIGHT_SIGNING] = "flightsigning",
        };
        static const struct {
                bool has_boot, replays, present, said, set;
                const char *fault;
                enum aza_outcome outcome; /* of a policy that wants it off */
        } all[] = {
                {true, true, true, true, false, NULL, AZA_ACCEPT},
                {true, true, true, true, true, NULL, AZA_REJECT},
                {true, true, true, false, false, NULL, AZA_NO_INPUT},
                {true, true, false, true, false, NULL, AZA_NO_INPUT},
                {true, true, true, true, false, "cut short", AZA_NO_INPUT},
                {true, false, true, true, false, NULL, AZA_NO_INPUT},
                {false, true, true, true, false, NULL, AZA_NO_INPUT},
        };
        char group[200];

        (void)state;
        for (uint32_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
                AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
                (void)snprintf(group, sizeof group,
                               "'allOf':[{'claim':'x-ms-azurevm-%s-enabled','equals':false}]",
                               claims[i]);
                parse_policy(group, &policy);
                for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
                        AZA_CHECKS struct aza_checks checks = {0};
                        struct aza_judgement j = {.vm = AZA_VM_SEVSNP, .has_boot = all[k].has_boot};
                        j.boot.windows =
                                (struct aza_windows_facts){.present = all[k].present,
                                                           .fault = all[k].fault,
                                                           .said = (uint32_t)all[k].said << i,
                                                           .set = (uint32_t)all[k].set << i};
                        if (all[k].replays)
                                (void)aza_accept(&checks, AZA_CHECK_E6, NULL);
                        aza_evidence_policy(policy, &j, &checks);
                        const struct aza_check *row = aza_checks_get(&checks, AZA_CHECK_P8);
                        if (row->outcome != all[k].outcome)
                                fail_msg("%s, %zu: %s", claims[i], k, row->reason);
                }
        }
}

/* A claim about hardware that this is not is missing, as it would be in a token. */
static void other_kinds(void **state)
{
        static const enum aza_vm kinds[] = {AZA_VM_TRUSTEDLAUNCH, AZA_VM_TDX, AZA_VM_SEVSNP};
        static const char *const conditions[] = {"'allOf':[" COMPLIANT "]", "'allOf':[" SAFE "]",
                                                 "'allOf':[{'claim':'" TEE
                                                 "tdx_td_attributes_debug','equals':false}]"};
        struct aza_judgement j = {0};

        (void)state;
        for (int kind = 0; kind < 3; kind++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
                j.vm = kinds[kind];
                parse_policy(conditions[kind], &policy);
                aza_evidence_policy(policy, &j, &checks);
                assert_int_equal(checks.items[0].outcome, AZA_REJECT);
                assert_non_null(strstr(checks.items[0].reason, "found missing"));
        }
        AZA_CHECKS struct aza_checks none = {0};
        aza_evidence_policy(NULL, &j, &none);
        assert_int_equal(none.items[0].outcome, AZA_NOT_APPLICABLE);
        assert_false(none.items[0].required);
}

/* The row of one condition over a real TDX set. */
static void expect_td(const struct aza_evidence_file *f, const char *claim, const char *value,
                      enum aza_outcome outcome)
{
        const struct aza_judge_options o = {
                .require = AZA_REQUIRE_TDX,
                .time = AZURE_TIME,
                .snp.profile = aza_profile_find(f->td_collateral.tcb_info.len > 0 ? NULL : "none"),
                .pcr_mask = 0xFFFFFF,
                .foreign = true,
                .any_vm = true};
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        struct aza_judgement j = {0};
        char group[512];

        (void)snprintf(group, sizeof group, "'allOf':[{'claim':'%s','equals':%s}]", claim, value);
        parse_policy(group, &policy);
        (void)aza_evidence_judge(libctx, f, &o, &checks, &j);
        aza_evidence_policy(policy, &j, &checks);
        aza_judgement_free(&j);
        const struct aza_check *row = aza_checks_get(&checks, AZA_CHECK_P8);
        if (row->outcome != outcome)
                fail_msg("%s: %d %s", group, (int)row->outcome, row->reason);
        assert_int_equal(aza_checks_verdict(&checks), outcome == AZA_ACCEPT ? AZA_VERDICT_ACCEPT
                                                      : outcome == AZA_REJECT
                                                              ? AZA_VERDICT_REJECT
                                                              : AZA_VERDICT_INCOMPLETE);
}

/* Real TD quotes: every claim of MAA that is a field of the quote, and no other. */
static void trust_domains(void **state)
{
        static const char *const sets[] = {"azure-tdx/tdx-coco",
                                           "azure-tdx/tdx-flashbots-2025-12-ak-ca03"};
        static const struct {
                const char *claim;
                size_t at, len; /* in the quote's body */
        } all[] = {{"mrtd", 136, 48},           {"rtmr0", 328, 48},
                   {"rtmr1", 376, 48},          {"rtmr2", 424, 48},
                   {"rtmr3", 472, 48},          {"mrconfigid", 184, 48},
                   {"mrowner", 232, 48},        {"mrownerconfig", 280, 48},
                   {"mrseam", 16, 48},          {"mrsignerseam", 64, 48},
                   {"seam_attributes", 112, 8}, {"tee_tcb_svn", 0, 16},
                   {"report_data", 520, 64},    {"xfam", 128, 8},
                   {"td_attributes", 120, 8}};
        char claim[128], hex[129], text[160];

        (void)state;
        for (size_t s = 0; s < 2; s++) {
                struct aza_evidence_file f = real_file(sets[s], AZA_VM_TDX, NULL);
                for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                        (void)snprintf(claim, sizeof claim, TEE "tdx_%s", all[i].claim);
                        (void)aza_hex(aza_span_of(f.td_quote.data + 48 + all[i].at, all[i].len),
                                      hex);
                        (void)snprintf(text, sizeof text, "'%s'", hex);
                        expect_td(&f, claim, text, AZA_ACCEPT);
                        hex[0] = hex[0] == '0' ? '1' : '0';
                        (void)snprintf(text, sizeof text, "'%s'", hex);
                        expect_td(&f, claim, text, AZA_REJECT);
                }
                expect_td(&f, TEE "x-ms-attestation-type", "'tdxvm'", AZA_ACCEPT);
                expect_td(&f, TEE "tdx_td_attributes_debug", "false", AZA_ACCEPT);
                expect_td(&f, TEE "tdx_td_attributes_debug", "true", AZA_REJECT);
                /* The one real TD has SEPT_VE_DISABLE set, the other has not. */
                expect_td(&f, TEE "tdx_td_attributes_septve_disable", s == 1 ? "true" : "false",
                          AZA_ACCEPT);
                expect_td(&f, TEE "tdx_td_attributes_perfmon", "false", AZA_ACCEPT);
                expect_td(&f, TEE "tdx_td_attributes_key_locker", "false", AZA_ACCEPT);
                expect_td(&f, TEE "tdx_td_attributes_protection_keys", "false", AZA_ACCEPT);
                expect_td(&f, TEE "attester_tcb_status", "'UpToDate'", AZA_NO_INPUT);
                if (s == 1) { /* Intel's judgement, with its documents */
                        f.td_collateral = real_collateral(AZURE);
                        expect_td(&f, TEE "attester_tcb_status", "'UpToDate'", AZA_ACCEPT);
                        expect_td(&f, TEE "attester_tcb_status", "'OutOfDate'", AZA_REJECT);
                }
                /* The two lowest bytes of TEE_TCB_SVN, as one number. */
                (void)snprintf(text, sizeof text, "%d",
                               f.td_quote.data[48] + 256 * f.td_quote.data[49]);
                expect_td(&f, TEE "tdx_seamsvn", text, AZA_ACCEPT);
                expect_td(&f, TEE "tdx_seamsvn", "2", AZA_REJECT);
                expect_td(&f, SNP "vmpl", "0", AZA_REJECT);
                /* Of a quote that is not about this TD nothing is claimed. */
                f.td_quote.data[48 + 136] ^= 1;
                AZA_CHECKS struct aza_checks checks = {0};
                const struct aza_judge_options o = {.require = AZA_REQUIRE_TDX, .time = NOW};
                struct aza_judgement j = {0};
                (void)aza_evidence_judge(libctx, &f, &o, &checks, &j);
                AZA_OWN(json_object_put) json_object *claims = aza_evidence_as_claims(&j, &checks);
                json_object *tee = NULL;
                assert_true(json_object_object_get_ex(claims, "x-ms-isolation-tee", &tee));
                assert_int_equal(json_object_object_length(tee), 0);
                aza_judgement_free(&j);
                aza_evidence_file_free(&f);
        }
}

/* P5: a policy of ours is named as one that the vault does not take. */
static void extensions(void **state)
{
        struct own_vm vm = own_vm();

        (void)state;
        expect(&vm, "{'claim':'" SNP "vmpl','in':[0]}", AZA_ACCEPT,
               "; it uses in: not usable as a Key Vault release policy");
        expect(&vm, "{'claim':'" SNP "vmpl','in':[1]}", AZA_REJECT,
               "found 0; it uses in: not usable as a Key Vault release policy");
        own_vm_free(&vm);
}

/* Claims of a TD that Intel has advice for: a list, not a text to be taken apart. */
static void advisories(void **state)
{
        struct aza_judgement j = {.vm = AZA_VM_TDX, .td_signed = true};
        const char *const wanted[] = {"INTEL-SA-00001", "INTEL-SA-00002"};
        json_object *list = NULL;

        (void)state;
        (void)snprintf(j.td_tcb.advisories, sizeof j.td_tcb.advisories, "%s, %s", wanted[0],
                       wanted[1]);
        AZA_OWN(json_object_put) json_object *claims = aza_evidence_claims(&j);
        assert_true(json_object_object_get_ex(claims, "tcb-advisories", &list));
        assert_int_equal(json_object_array_length(list), 2);
        for (size_t i = 0; i < 2; i++)
                assert_string_equal(json_object_get_string(json_object_array_get_idx(list, i)),
                                    wanted[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(answered),         cmocka_unit_test(fields),
                cmocka_unit_test(unanswered),       cmocka_unit_test(allowed),
                cmocka_unit_test(windows_settings), cmocka_unit_test(unproven),
                cmocka_unit_test(other_kinds),      cmocka_unit_test(extensions),
                cmocka_unit_test(trust_domains),    cmocka_unit_test(advisories),
        };
        return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
