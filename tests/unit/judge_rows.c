/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that mostly tell: what their rows say, and when they are not made (H14, H15, A9, E4,
 * E8, E9); and a report that is judged alone. */
#include "unit/evidence_support.h"
#include "unit/judge_support.h"

/* The row of `id` when `vm` is judged by `o`: its outcome, its reason copied to `text`. */
static enum aza_outcome row_of(const struct own_vm *vm, const struct aza_judge_options *o,
                               enum aza_check_id id, char text[300])
{
        AZA_CHECKS struct aza_checks checks = {0};
        (void)aza_evidence_judge(libctx, &vm->f, o, &checks, NULL);
        const struct aza_check *row = aza_checks_get(&checks, id);
        assert_non_null(row);
        (void)snprintf(text, 300, "%s", row->reason != NULL ? row->reason : "");
        return row->outcome;
}

/* The VM with another runtime JSON, bound to its report. */
static struct own_vm vm_with_runtime(const char *from, const char *to)
{
        struct own_vm vm = own_vm();
        AZA_BYTES struct aza_bytes json = {0};
        uint8_t report[AZA_SNP_REPORT_LEN];
        const char *old = (const char *)vm.f.runtime_data.data;
        const char *at = memmem(old, vm.f.runtime_data.len, from, strlen(from));
        assert_non_null(at);
        put(&json, old, (size_t)(at - old));
        put(&json, to, strlen(to));
        at += strlen(from);
        put(&json, at, vm.f.runtime_data.len - (size_t)(at - old));
        memcpy(report, vm.f.snp_report.data, sizeof(report));
        assert_int_equal(aza_sha256(libctx, aza_bytes_span(&json), report + 0x50), 0);
        sign_report(report);
        aza_bytes_free(&vm.f.hcl_report);
        vm.f.hcl_report = own_frame(report, &json);
        memcpy(vm.f.snp_report.data, report, sizeof(report));
        aza_bytes_free(&vm.f.runtime_data);
        vm.f.runtime_data = aza_bytes_take(&json);
        return vm;
}

/* H14: members nobody knows are allowed, and the hash covers them; H15: what the host says is
 * told as that. */
static void runtime_rows(void **state)
{
        struct own_vm vm =
                vm_with_runtime("\"secure-boot\":true", "\"secure-boot\":false,\"new\":[1],"
                                                        "\"tpm-persisted\":true,"
                                                        "\"vmgs-provisioner\":{}");
        struct aza_judge_options o = own_options(&vm);
        char text[300];
        (void)state;
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_H14, text), AZA_ACCEPT);
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_H9, text), AZA_ACCEPT);
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_H15, text), AZA_ACCEPT);
        assert_string_equal(text,
                            "host says: VM " VMID ", secure boot off, vTPM persisted yes, state "
                            "provisioned by others; no identity");
        /* The unknown member changed alone: it is covered. */
        uint8_t *hit = memmem(vm.f.hcl_report.data, vm.f.hcl_report.len, "\"new\":[1]", 9);
        assert_non_null(hit);
        hit[7] = '2';
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_H9, text), AZA_REJECT);
        own_vm_free(&vm);
        /* Without an AK entry nothing is told. */
        vm = vm_with_runtime("HCLAkPub", "OtherPub");
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_H13, text), AZA_REJECT);
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_H14, text), AZA_NO_INPUT);
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_H15, text), AZA_NO_INPUT);
        assert_string_equal(text, "as H13");
        own_vm_free(&vm);
}

/* A9 follows the floor of the paravisor's version (S32), and never says more than that. */
static void trust_fall(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        char text[300];
        (void)state;
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_A9, text), AZA_ACCEPT);
        assert_non_null(strstr(text, "the fixed value is not published"));
        o.snp.profile = aza_profile_find("none");
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_A9, text), AZA_UNAVAILABLE);
        assert_string_equal(text, "no floor for the paravisor's version was applied");
        own_vm_free(&vm);
        /* A version below the floor. */
        vm = vm_with_runtime("{", "{");
        o = own_options(&vm);
        uint8_t report[AZA_SNP_REPORT_LEN];
        memcpy(report, vm.f.snp_report.data, sizeof(report));
        report[4] = 9;
        sign_report(report);
        memcpy(vm.f.snp_report.data, report, sizeof(report));
        memcpy(vm.f.hcl_report.data + 0x20, report, sizeof(report));
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_S32, text), AZA_REJECT);
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_A9, text), AZA_NO_INPUT);
        assert_string_equal(text, "as S32");
        own_vm_free(&vm);
        /* Trusted Launch: weaker, says so. */
        vm = (struct own_vm){.f = {.vm = AZA_VM_TRUSTEDLAUNCH}, .chain = good_chain()};
        o = (struct aza_judge_options){.require = AZA_REQUIRE_TRUSTEDLAUNCH, .time = TEST_TIME};
        assert_int_equal(row_of(&vm, &o, AZA_CHECK_A9, text), AZA_ACCEPT);
        assert_non_null(strstr(text, "WEAKER"));
        own_vm_free(&vm);
}

static enum aza_outcome log_row(struct log_maker *m, struct aza_event_options o,
                                enum aza_check_id id, char text[300])
{
        AZA_CHECKS struct aza_checks checks = {0};
        (void)aza_event_log_verify(libctx, aza_bytes_span(&m->log), &o, &checks, NULL);
        const struct aza_check *row = aza_checks_get(&checks, id);
        assert_non_null(row);
        (void)snprintf(text, 300, "%s", row->reason != NULL ? row->reason : "");
        return row->outcome;
}

/* E4: an event without action is counted and never extended; a PCR that was extended with it is not
 * the one the log leads to. */
static void no_action(void **state)
{
        static const char marker[] = "no action here";
        struct log_maker m = good_log();
        uint8_t both[64];
        char text[300];
        size_t n = 0;
        (void)state;
        log_event(&m, 4, AZA_EV_NO_ACTION, marker, sizeof(marker));
        struct aza_event_options o = log_options(&m);
        assert_int_equal(log_row(&m, o, AZA_CHECK_E4, text), AZA_ACCEPT);
        assert_string_equal(text, "1 without action, not extended");
        assert_int_equal(log_row(&m, o, AZA_CHECK_E6, text), AZA_ACCEPT);
        memcpy(both, m.pcrs.value[4], 32);
        assert_int_equal(
                EVP_Q_digest(libctx, "SHA2-256", NULL, marker, sizeof(marker), both + 32, &n), 1);
        assert_int_equal(EVP_Q_digest(libctx, "SHA2-256", NULL, both, 64, m.pcrs.value[4], &n), 1);
        o = log_options(&m);
        assert_int_equal(log_row(&m, o, AZA_CHECK_E6, text), AZA_REJECT);
        assert_non_null(strstr(text, "events of PCR 4 do not lead to the value that was quoted"));
        /* Events that cannot be read are not counted either. */
        m.log.len -= 1;
        assert_int_equal(log_row(&m, o, AZA_CHECK_E3, text), AZA_REJECT);
        assert_int_equal(log_row(&m, o, AZA_CHECK_E4, text), AZA_NO_INPUT);
        log_free(&m);
}

/* E8: PCR 0-7, and others that the log has events for. What the log or the quote leaves out is
 * said, and scope without a quote over it is no input. */
static void scope(void **state)
{
        struct log_maker m = good_log();
        char text[300];
        (void)state;
        struct aza_event_options o = log_options(&m);
        assert_int_equal(log_row(&m, o, AZA_CHECK_E8, text), AZA_ACCEPT);
        assert_string_equal(text, "PCR 0-7; the log has events of no other");
        m.pcrs.value[10][0] ^= 1; /* extended by IMA: not in this log */
        o = log_options(&m);
        assert_int_equal(log_row(&m, o, AZA_CHECK_E8, text), AZA_NO_INPUT);
        assert_non_null(strstr(text, "does not explain the values of PCR 10"));
        o.scope = 0x4FF;
        assert_int_equal(log_row(&m, o, AZA_CHECK_E7, text), AZA_REJECT);
        assert_non_null(strstr(text, "PCR 10"));
        assert_int_equal(log_row(&m, o, AZA_CHECK_E8, text), AZA_NO_INPUT);
        assert_string_equal(text, "as E6, E7");
        o.scope = 0xFF;
        o.mask = 0x0F;
        o.values.len = 4 * 32;
        assert_int_equal(log_row(&m, o, AZA_CHECK_E6, text), AZA_NO_INPUT);
        assert_non_null(strstr(text, "no verified quote covers PCR 0-7"));
        assert_int_equal(log_row(&m, o, AZA_CHECK_E8, text), AZA_NO_INPUT);
        /* A quote without PCR 7 proves nothing of secure boot and the debugger, whatever the log
         * says. */
        o.scope = 0x0F;
        assert_int_equal(log_row(&m, o, AZA_CHECK_E8, text), AZA_ACCEPT);
        assert_string_equal(text, "PCR 0-3; PCR 4-7 is not quoted: the log's events there prove "
                                  "nothing");
        assert_int_equal(log_row(&m, o, AZA_CHECK_E11, text), AZA_UNAVAILABLE);
        assert_int_equal(log_row(&m, o, AZA_CHECK_E13, text), AZA_UNAVAILABLE);
        assert_int_equal(log_row(&m, o, AZA_CHECK_E14, text), AZA_UNAVAILABLE);
        assert_string_equal(text, "PCR 7 is out of scope");
        o.need_secure_boot = true;
        assert_int_equal(log_row(&m, o, AZA_CHECK_E13, text), AZA_REJECT);
        log_free(&m);
}

/* E9: only data that hashes to its digest counts; other text is told as unverified, and decides
 * nothing. */
static void authentic(void **state)
{
        struct log_maker m = good_log();
        struct aza_event_options o = log_options(&m);
        struct aza_boot_facts facts = {0};
        AZA_CHECKS struct aza_checks checks = {0};
        char before[300], after[300];
        const struct aza_replayed nonsense = {
                .log = aza_span_of("nonsense", 8), .bank = 0x000B, .scope = 0xFF};
        unsigned int all = 0, good = 0, still = 0;
        (void)state;
        assert_int_equal(log_row(&m, o, AZA_CHECK_E9, before), AZA_ACCEPT);
        assert_int_equal(sscanf(before, "%u of %u events", &good, &all), 2);
        assert_true(good > 0 && good <= all);
        uint8_t *hit = memmem(m.log.data, m.log.len, "Exit Boot Services Returned", 27);
        assert_non_null(hit);
        *hit ^= 0x20;
        assert_int_equal(log_row(&m, o, AZA_CHECK_E9, after), AZA_ACCEPT);
        assert_int_equal(sscanf(after, "%u of %u events", &still, &all), 2);
        assert_int_equal(still, good - 1);
        assert_non_null(strstr(after, "the others' text is unverified"));
        log_free(&m);
        assert_false(aza_event_facts(libctx, &nonsense, false, &checks, &facts));
        assert_outcome(&checks, AZA_CHECK_E9, AZA_REJECT);
}

/* ---- a report alone ---- */

static void report_alone(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = {.require = AZA_REQUIRE_SEVSNP,
                                      .time = TEST_TIME,
                                      .snp.roots = vm.chain.roots,
                                      .report_only = true,
                                      .snp.profile = aza_profile_find("none"),
                                      .foreign = true,
                                      .vmid = VMID};
        struct aza_evidence_file f = {
                .vm = AZA_VM_SEVSNP, .hcl_report = vm.f.hcl_report, .vcek_chain = vm.f.vcek_chain};
        AZA_CHECKS struct aza_checks hcl = {0}, snp = {0}, named = {0}, any = {0}, all = {0};
        (void)state;
        assert_int_equal(aza_evidence_judge(libctx, &f, &o, &hcl, NULL), 0);
        assert_outcome(&hcl, AZA_CHECK_G4, AZA_ACCEPT);
        assert_outcome(&hcl, AZA_CHECK_A1, AZA_NO_INPUT);
        assert_outcome(&hcl, AZA_CHECK_Q2, AZA_NO_INPUT);
        /* Of Milan alone it is not enough for azure-baseline (D46). */
        AZA_CHECKS struct aza_checks baseline = {0};
        o.snp.profile = NULL;
        assert_int_equal(aza_evidence_judge(libctx, &f, &o, &baseline, NULL), AZATTEST_E_EVIDENCE);
        assert_int_equal(aza_checks_verdict(&baseline), AZA_VERDICT_INCOMPLETE);
        assert_true(aza_checks_get(&baseline, AZA_CHECK_A3)->required);
        assert_non_null(
                strstr(aza_checks_get(&baseline, AZA_CHECK_A3)->reason, "judge whole evidence"));
        o.snp.profile = aza_profile_find("none");
        f.hcl_report = (struct aza_bytes){0};
        f.snp_report = vm.f.snp_report;
        assert_int_equal(aza_evidence_judge(libctx, &f, &o, &snp, NULL),
                         AZATTEST_E_IDENTITY_NEEDED);
        assert_int_equal(aza_checks_verdict(&snp), AZA_VERDICT_INCOMPLETE);
        assert_outcome(&snp, AZA_CHECK_G4, AZA_NO_INPUT);
        /* A VM that is named is demanded, whatever else is set. */
        o.any_vm = true;
        assert_int_equal(aza_evidence_judge(libctx, &f, &o, &named, NULL),
                         AZATTEST_E_IDENTITY_NEEDED);
        assert_outcome(&named, AZA_CHECK_G4, AZA_NO_INPUT);
        o.vmid = NULL;
        assert_int_equal(aza_evidence_judge(libctx, &f, &o, &any, NULL), 0);
        /* What is demanded is missed, each by its own check. */
        o.nonce = aza_span_of("nonce", 5);
        o.need_key = o.need_event_log = o.need_secure_boot = true;
        o.need_ak_certificate = true;
        assert_int_not_equal(aza_evidence_judge(libctx, &f, &o, &all, NULL), 0);
        const enum aza_check_id missed[] = {AZA_CHECK_A2, AZA_CHECK_H16, AZA_CHECK_Q11,
                                            AZA_CHECK_E1, AZA_CHECK_E13};
        for (size_t i = 0; i < sizeof(missed) / sizeof(missed[0]); i++) {
                assert_true(aza_checks_get(&all, missed[i])->required);
                assert_false(aza_checks_get(&any, missed[i])->required);
        }
        own_vm_free(&vm);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(runtime_rows), cmocka_unit_test(trust_fall),
                cmocka_unit_test(no_action),    cmocka_unit_test(scope),
                cmocka_unit_test(authentic),    cmocka_unit_test(report_alone),
        };
        return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
