/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/demands: every member of a profile file makes the check it names fail on a VM that
 * does not meet it, nothing lowers the base, nothing unknown is passed over. */
#include "unit/judge_support.h"

#include "base/error.h"
#include "base/json.h"
#include "verdict/demands.h"
#include "verdict/evidence.h"

#define HEAD  "{'azattest-profile':1,'name':'test','date':'2025-11-24'"
#define ONES  "ffffffffffffffffffffffffffffffffffffffffffffffff"
#define HEX96 ONES ONES
#define ZEROS96                                            \
        "000000000000000000000000000000000000000000000000" \
        "000000000000000000000000000000000000000000000000"
#define HEX64 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static int parse(const char *quoted, struct aza_demands **ret)
{
        char text[2048];

        (void)snprintf(text, sizeof text, "%s", quoted);
        for (char *p = text; *p != '\0'; p++)
                *p = *p == '\'' ? '"' : *p;
        return aza_demands_parse(aza_span_of(text, strlen(text)), ret);
}

static struct aza_demands *demands(const char *members)
{
        struct aza_demands *d = NULL;
        char text[2048];

        (void)snprintf(text, sizeof text, HEAD "%s%s}", *members != '\0' ? "," : "", members);
        if (parse(text, &d) != 0)
                fail_msg("%s: %s", text, aza_last_error()->message);
        return d;
}

/* Without the checks `allowed`. */
static enum aza_verdict judge_without(const struct own_vm *vm, const struct aza_demands *d,
                                      const enum aza_check_id *allowed, size_t count,
                                      struct aza_checks *checks)
{
        struct aza_config config = {.require = AZA_REQUIRE_CVM, .pcr_mask = 0xFF};
        const struct aza_verifier verifier = {.libctx = libctx, .config = &config};
        struct aza_evidence_request request = {
                .judge = d->judge, .allow_unchecked = allowed, .allow_unchecked_count = count};
        struct aza_judgement j = {0};

        request.judge.vmid = VMID;
        request.judge.foreign = true;
        request.judge.time = TEST_TIME;
        (void)snprintf(config.amd_root, sizeof config.amd_root, "%s", vm->chain.roots);
        (void)snprintf(config.vtpm_root, sizeof config.vtpm_root, "%s", vm->vtpm_roots);
        (void)aza_evidence_verify(&verifier, &request, &vm->f, checks, &j);
        aza_judgement_free(&j);
        return aza_checks_verdict(checks);
}

static enum aza_verdict judge_with(const struct own_vm *vm, const struct aza_demands *d,
                                   struct aza_checks *checks)
{
        return judge_without(vm, d, NULL, 0, checks);
}

static void expect(const struct own_vm *vm, const char *members, enum aza_verdict wanted,
                   enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_demands_free) struct aza_demands *d = demands(members);
        enum aza_verdict found = judge_with(vm, d, &checks);
        const struct aza_check *row = aza_checks_get(&checks, id);

        if (found != wanted) {
                print_checks(&checks);
                fail_msg("%s: %s", members, aza_verdict_text(found));
        }
        if (wanted == AZA_VERDICT_REJECT)
                assert_rejects(&checks, id);
        else if (wanted == AZA_VERDICT_INCOMPLETE)
                assert_true(row->required && row->outcome != AZA_ACCEPT &&
                            row->outcome != AZA_REJECT);
        else if (id != AZA_CHECK_COUNT && row->outcome != AZA_ACCEPT)
                fail_msg("%s: %s is not accepted", members, aza_check_id_text(id));
}

/* The VM of own_vm(): Milan, TCB 4, 0, 0x18, 0xDB, firmware 1.55.29, policy 0x3001F, platform
 * 0x25. */
static void met_and_unmet(void **state)
{
        static const struct {
                const char *met, *unmet;
                enum aza_check_id id;
        } all[] = {
                {"", "'host-data':'" HEX64 "','report-id':'" HEX64 "'", AZA_CHECK_S33},
                {"", "'measurement':['" HEX96 "']", AZA_CHECK_S33},
                {"",
                 "'report-id-ma':'0"
                 "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff'",
                 AZA_CHECK_S33},
                {"",
                 "'family-id':'ff"
                 "000000000000000000000000000000'",
                 AZA_CHECK_S33},
                {"",
                 "'image-id':'ff"
                 "000000000000000000000000000000'",
                 AZA_CHECK_S33},
                {"",
                 "'id-key':'ff"
                 "0000000000000000000000000000000000000000000000" ONES "'",
                 AZA_CHECK_S34},
                {"", "'author-key':'" HEX96 "'", AZA_CHECK_S34},
                {"", "'chip':'" HEX64 HEX64 "'", AZA_CHECK_S36},
                {"'product':['Milan','Genoa']", "'product':'Genoa'", AZA_CHECK_S36},
                {"'exclude-product':'Turin'", "'exclude-product':['Milan','Turin']", AZA_CHECK_S36},
                {"'guest-svn':10", "'guest-svn':99", AZA_CHECK_S32},
                {"'tcb':[{'line':'Milan','microcode':219}]",
                 "'tcb':[{'line':'Milan','microcode':220}]", AZA_CHECK_S26},
                {"'launch-tcb':{'bootloader':4}", "'launch-tcb':{'bootloader':5}", AZA_CHECK_S27},
                {"'firmware':'1.55.29'", "'firmware':'1.55.30'", AZA_CHECK_S28},
                {"", "'mitigation':[0,3]", AZA_CHECK_S35},
                {"'abi':'0.31'", "'abi':'1.31'", AZA_CHECK_S29},
                {"", "'require-policy':'ciphertext-hiding'", AZA_CHECK_S29},
                {"", "'forbid-policy':'smt'", AZA_CHECK_S29},
                {"'require-platform':['ecc','alias-check']", "'require-platform':'rapl-disabled'",
                 AZA_CHECK_S30},
                {"'forbid-platform':'tsme'", "'forbid-platform':'smt'", AZA_CHECK_S30},
                {"", "'user-data':'" HEX64 HEX64 "'", AZA_CHECK_H16},
                {"'require-secure-boot':true", NULL, AZA_CHECK_E13},
                {"'require-event-log':true", NULL, AZA_CHECK_E6},
                {"'require-attested-key':true", NULL, AZA_CHECK_Q14},
        };
        struct own_vm vm = own_vm();

        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                bool names = all[i].met[0] != '\0';
                expect(&vm, all[i].met, AZA_VERDICT_ACCEPT, names ? all[i].id : AZA_CHECK_COUNT);
                if (all[i].unmet != NULL)
                        expect(&vm, all[i].unmet, AZA_VERDICT_REJECT, all[i].id);
        }
        own_vm_free(&vm);
}

/* The right value of each field is accepted, alone and in a list. */
static void right_values(void **state)
{
        static const struct {
                const char *member;
                size_t at, len;
                enum aza_check_id id;
        } all[] = {{"measurement", 0x90, 48, AZA_CHECK_S33}, {"host-data", 0xC0, 32, AZA_CHECK_S33},
                   {"report-id", 0x140, 32, AZA_CHECK_S33},  {"family-id", 0x10, 16, AZA_CHECK_S33},
                   {"image-id", 0x20, 16, AZA_CHECK_S33},    {"id-key", 0xE0, 48, AZA_CHECK_S34},
                   {"chip", 0x1A0, 64, AZA_CHECK_S36}};
        struct own_vm vm = own_vm();

        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                char hex[129], text[512];
                (void)aza_hex(aza_span_of(vm.f.snp_report.data + all[i].at, all[i].len), hex);
                (void)snprintf(text, sizeof text, "'%s':'%s'", all[i].member, hex);
                expect(&vm, text, AZA_VERDICT_ACCEPT, all[i].id);
        }
        own_vm_free(&vm);
}

static void pcr_row(const struct own_vm *vm, const char *members, enum aza_outcome outcome,
                    const char *reason, const char *expected, const char *found)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_demands_free) struct aza_demands *d = demands(members);
        enum aza_verdict verdict = judge_with(vm, d, &checks);
        const struct aza_check *row = aza_checks_get(&checks, AZA_CHECK_Q9);

        assert_int_equal(verdict, outcome == AZA_ACCEPT ? AZA_VERDICT_ACCEPT : AZA_VERDICT_REJECT);
        assert_int_equal(row->outcome, outcome);
        if (strstr(row->reason, reason) == NULL)
                fail_msg("%s: %s", members, row->reason);
        if (expected == NULL)
                return;
        assert_string_equal(row->expected, expected);
        assert_string_equal(row->found, found);
        assert_int_equal(aza_checks_result(&checks, "evidence"), AZATTEST_E_POLICY);
        /* The values are proven all the same, so that the log can say where the difference is
         * from. */
        assert_int_equal(aza_checks_get(&checks, AZA_CHECK_E6)->outcome, AZA_ACCEPT);
        assert_int_equal(aza_checks_get(&checks, AZA_CHECK_Q15)->outcome, AZA_ACCEPT);
}

/* Q9: sets of values per PCR; what differs is told; a PCR that was not quoted is refused. */
static void pcr_values(void **state)
{
        struct own_vm vm = own_vm();
        char four[65], seven[65], text[1024], found[256];

        (void)state;
        (void)aza_hex(aza_span_of(vm.f.pcrs.value[4], 32), four);
        (void)aza_hex(aza_span_of(vm.f.pcrs.value[7], 32), seven);
        (void)snprintf(text, sizeof text, "'pcr':'sha256:7=%s'", seven);
        pcr_row(&vm, text, AZA_ACCEPT, "PCR 7 as expected", NULL, NULL);
        (void)snprintf(text, sizeof text,
                       "'pcr':['sha256:7=" HEX64 "','sha256:04=%s','sha256:7=%s']", four, seven);
        pcr_row(&vm, text, AZA_ACCEPT, "PCR 4,7 as expected", NULL, NULL);
        (void)snprintf(text, sizeof text,
                       "'pcr':['sha256:7=" HEX64 "','sha256:7=%s',"
                       "'sha256:4=%s']",
                       four, four);
        char wanted[256];
        (void)snprintf(wanted, sizeof wanted, "sha256:7=" HEX64 " or sha256:7=%s", four);
        (void)snprintf(found, sizeof found, "sha256:7=%s", seven);
        pcr_row(&vm, text, AZA_REJECT, "PCR 7: not the expected value", wanted, found);
        (void)snprintf(text, sizeof text, "'pcr':['sha256:10=" HEX64 "','sha256:7=%s']", seven);
        pcr_row(&vm, text, AZA_REJECT, "PCR 10 is not in the quote", "sha256:10=" HEX64,
                "sha256:10=(not quoted)");
        pcr_row(&vm, "'pcr':'sha256:16=" HEX64 "'", AZA_REJECT, "can be reset", NULL, NULL);
        pcr_row(&vm, "'pcr':'sha256:16=" HEX64 "','allow-resettable-pcrs':true", AZA_REJECT,
                "PCR 16 is not in the quote", "sha256:16=" HEX64, "sha256:16=(not quoted)");

        /* Values that are not those quoted prove nothing, whatever they are. */
        vm.f.pcrs.value[7][0] ^= 1;
        (void)aza_hex(aza_span_of(vm.f.pcrs.value[7], 32), seven);
        (void)snprintf(text, sizeof text, "'pcr':'sha256:7=%s'", seven);
        expect(&vm, text, AZA_VERDICT_REJECT, AZA_CHECK_Q7);
        aza_bytes_free(&vm.f.quote.message);
        expect(&vm, text, AZA_VERDICT_INCOMPLETE, AZA_CHECK_Q9);
        own_vm_free(&vm);
}

static void without_parts(void **state)
{
        struct own_vm vm = own_vm();

        (void)state;
        expect(&vm, "'require-ak-certificate':true", AZA_VERDICT_ACCEPT, AZA_CHECK_A3);
        expect(&vm, "'require-crl':true", AZA_VERDICT_INCOMPLETE, AZA_CHECK_S21);
        aza_bytes_free(&vm.f.event_log);
        expect(&vm, "", AZA_VERDICT_INCOMPLETE,
               AZA_CHECK_E1); /* evidence of a key, and its log is gone */
        expect(&vm, "'require-event-log':true", AZA_VERDICT_REJECT, AZA_CHECK_E1);
        expect(&vm, "'require-secure-boot':true", AZA_VERDICT_REJECT, AZA_CHECK_E1);
        aza_bytes_free(&vm.f.key_public);
        aza_bytes_free(&vm.f.certify.message);
        expect(&vm, "", AZA_VERDICT_ACCEPT, AZA_CHECK_COUNT);
        expect(&vm, "'require-attested-key':true", AZA_VERDICT_INCOMPLETE, AZA_CHECK_Q11);
        aza_bytes_free(&vm.f.ak_certificate);
        expect(&vm, "'base':'none','require-ak-certificate':true", AZA_VERDICT_INCOMPLETE,
               AZA_CHECK_A2);
        /* D46: a Milan report; a profile of one's own has it from its base. */
        expect(&vm, "", AZA_VERDICT_INCOMPLETE, AZA_CHECK_A3);
        expect(&vm, "'base':'none'", AZA_VERDICT_ACCEPT, AZA_CHECK_COUNT);
        own_vm_free(&vm);
}

/* A demand that only an SNP report can meet is open on other hardware, never passed over. */
static void other_hardware(void **state)
{
        static const struct {
                const char *members;
                enum aza_check_id id;
                bool required;
        } all[] = {{"", AZA_CHECK_S33, false},
                   {"'measurement':'" HEX96 "'", AZA_CHECK_S33, true},
                   {"'exclude-product':'Milan'", AZA_CHECK_S36, true},
                   {"", AZA_CHECK_I14, false},
                   {"'mrtd':'" HEX96 "'", AZA_CHECK_I14, true},
                   {"'user-data':'" HEX64 HEX64 "'", AZA_CHECK_H16, true}};
        struct aza_evidence_file f = {.vm = AZA_VM_TRUSTEDLAUNCH};
        struct aza_config config = {.require = AZA_REQUIRE_ANY, .pcr_mask = 0xFF};
        const struct aza_verifier verifier = {.libctx = libctx, .config = &config};

        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_OWN(aza_demands_free) struct aza_demands *d = demands(all[i].members);
                struct aza_evidence_request request = {.judge = d->judge};
                struct aza_judgement j = {0};
                request.judge.time = TEST_TIME;
                (void)aza_evidence_verify(&verifier, &request, &f, &checks, &j);
                aza_judgement_free(&j);
                assert_int_equal(aza_checks_get(&checks, all[i].id)->required, all[i].required);
        }
}

/* Rows of refused evidence that read what nothing vouches for; and those that something does. */
static void not_vouched_for(void **state)
{
        static const enum aza_check_id report[] = {AZA_CHECK_S26, AZA_CHECK_S29, AZA_CHECK_S32,
                                                   AZA_CHECK_H13, AZA_CHECK_H15, AZA_CHECK_A9,
                                                   AZA_CHECK_G4};
        static const enum aza_check_id others[] = {AZA_CHECK_A1, AZA_CHECK_Q2, AZA_CHECK_Q7,
                                                   AZA_CHECK_E6, AZA_CHECK_E13};
        AZA_OWN(aza_demands_free) struct aza_demands *d = demands("");
        struct own_vm vm = own_vm();

        (void)state;
        for (int round = 0; round < 3; round++) {
                AZA_CHECKS struct aza_checks checks = {0};
                if (round == 1) {
                        vm.f.hcl_report.data[0x20 + 0x2a0 + 4] ^= 1; /* S22 */
                        aza_bytes_free(&vm.f.snp_report);
                }
                if (round == 2)
                        aza_bytes_free(&vm.f.ak_chain); /* nor Azure's certificate of the AK */
                const enum aza_verdict verdict = judge_with(&vm, d, &checks);
                assert_int_equal(verdict, round == 0 ? AZA_VERDICT_ACCEPT : AZA_VERDICT_REJECT);
                for (size_t i = 0; i < sizeof report / sizeof report[0]; i++)
                        if ((aza_checks_get(&checks, report[i])->outcome == AZA_ACCEPT) !=
                            (round == 0))
                                fail_msg("%s in round %d", aza_check_id_text(report[i]), round);
                for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
                        if ((aza_checks_get(&checks, others[i])->outcome == AZA_ACCEPT) !=
                            (round < 2))
                                fail_msg("%s in round %d", aza_check_id_text(others[i]), round);
                if (round > 0) {
                        const struct aza_check *row = aza_checks_get(&checks, AZA_CHECK_G4);
                        assert_true(row->follows && row->required);
                        assert_non_null(strstr(row->reason, "no proven hardware report"));
                        assert_int_equal(aza_checks_get(&checks, AZA_CHECK_S22)->outcome,
                                         AZA_REJECT);
                }
        }
        own_vm_free(&vm);
}

/* The same of evidence from which what would vouch for it was left out: it is incomplete, and names
 * that first. Where the verifier does without all of it, it is accepted as it was. */
static void left_out(void **state)
{
        static const enum aza_check_id report[] = {AZA_CHECK_H13, AZA_CHECK_H14, AZA_CHECK_H15,
                                                   AZA_CHECK_G4};
        static const enum aza_check_id others[] = {AZA_CHECK_A1,  AZA_CHECK_Q2, AZA_CHECK_Q7,
                                                   AZA_CHECK_Q14, AZA_CHECK_E6, AZA_CHECK_E13};
        AZA_OWN(aza_demands_free) struct aza_demands *d = demands("");
        enum aza_check_id named[40] = {AZA_CHECK_A3, AZA_CHECK_H15};
        struct own_vm vm = own_vm();
        size_t count = 2;

        (void)state;
        aza_bytes_free(&vm.f.vcek_chain);
        for (int id = AZA_CHECK_S9; id <= AZA_CHECK_S36; id++)
                named[count++] = (enum aza_check_id)id;
        for (int round = 0; round < 4; round++) {
                AZA_CHECKS struct aza_checks checks = {0};
                char why[600];
                const size_t allowed = (size_t[]){0, 0, 2, count}[round];
                if (round == 1)
                        aza_bytes_free(&vm.f.ak_chain);
                const enum aza_verdict verdict = judge_without(&vm, d, named, allowed, &checks);
                assert_int_equal(verdict, round < 3 ? AZA_VERDICT_INCOMPLETE : AZA_VERDICT_ACCEPT);
                for (size_t i = 0; i < sizeof report / sizeof report[0]; i++)
                        if ((aza_checks_get(&checks, report[i])->outcome == AZA_ACCEPT) !=
                            (round == 3))
                                fail_msg("%s in round %d", aza_check_id_text(report[i]), round);
                for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
                        if ((aza_checks_get(&checks, others[i])->outcome == AZA_ACCEPT) !=
                            (round == 0 || round == 3))
                                fail_msg("%s in round %d", aza_check_id_text(others[i]), round);
                (void)aza_checks_reason(&checks, why, sizeof why);
                if (round < 3)
                        assert_non_null(strstr(why, "check S10 (chain): no VCEK"));
                assert_int_equal(aza_checks_get(&checks, AZA_CHECK_H15)->required, round != 2);
        }
        own_vm_free(&vm);
}

/* Refused, and the message names the member. */
static void refused(void **state)
{
        static const struct {
                const char *text, *named;
        } all[] = {
                {"{}", "azattest-profile"},
                {"{'azattest-profile':2,'name':'x','date':'2025-11-24'}", "azattest-profile"},
                {"{'azattest-profile':1,'date':'2025-11-24'}", "name"},
                {"{'azattest-profile':1,'name':'strict','date':'2025-11-24'}", "name"},
                {"{'azattest-profile':1,'name':'x'}", "date"},
                {"{'azattest-profile':1,'name':'x','date':'2025-13-24'}", "date"},
                {"{'azattest-profile':1,'name':'x','date':'2025-11-24','base':'weak'}", "base"},
                {"{'azattest-profile':1,'name':'x','date':'2025-11-24','base':1}", "base"},
                {HEAD ",'mesurement':'" HEX96 "'}", "mesurement"},
                {HEAD ",'measurement':'00'}", "measurement"},
                {HEAD ",'measurement':[]}", "measurement"},
                {HEAD ",'measurement':null}", "measurement"},
                {HEAD ",'host-data':['" HEX64 "']}", "host-data"},
                {HEAD ",'require-secure-boot':false}", "require-secure-boot"},
                {HEAD ",'require-secure-boot':'true'}", "require-secure-boot"},
                {HEAD ",'guest-svn':9}", "guest-svn"},
                {HEAD ",'guest-svn':'10'}", "guest-svn"},
                {HEAD ",'tcb':[{'line':'Milan','microcode':1}]}", "tcb"},
                {HEAD ",'tcb':[{'line':'Rome','microcode':255}]}", "tcb"},
                {HEAD ",'tcb':[{'line':'Milan','ucode':255}]}", "tcb"},
                {HEAD ",'tcb':[]}", "tcb"},
                {HEAD ",'accept-tcb':'Revoked'}", "accept-tcb"},
                {HEAD ",'accept-tcb':['OutOfDate','Fine']}", "accept-tcb"},
                {HEAD ",'accept-tcb':[]}", "accept-tcb"},
                {HEAD ",'mrtd':'00'}", "mrtd"},
                {HEAD ",'tcb-evaluation':0}", "tcb-evaluation"},
                {HEAD ",'base':'strict','tcb-evaluation':17}", "tcb-evaluation"},
                {HEAD ",'base':'strict','product':'Milan'}", "product"},
                {HEAD ",'product':'Rome'}", "product"},
                {HEAD ",'exclude-product':['Milan','Genoa','Turin']}", "exclude-product"},
                {HEAD ",'allow-policy':'smt'}", "allow-policy"},
                {HEAD ",'require-policy':'debug'}", "require-policy"},
                {HEAD ",'forbid-policy':'debug'}", "forbid-policy"},
                {HEAD ",'allow-vmpl':0}", "allow-vmpl"},
                {HEAD ",'mitigation':64}", "mitigation"},
                {HEAD ",'firmware':'1.55'}", "firmware"},
                {HEAD ",'firmware':'1.55.256'}", "firmware"},
                {HEAD ",'abi':'1.31.0'}", "abi"},
                {HEAD ",'launch-tcb':{}}", "launch-tcb"},
                {HEAD ",'csp-id':''}", "csp-id"},
                {HEAD ",'user-data':'" HEX64 "'}", "user-data"},
                {HEAD ",'pcr':'sha256:24=" HEX64 "'}", "pcr"},
                {HEAD ",'pcr':'sha256:007=" HEX64 "'}", "pcr"},
                {HEAD ",'pcr':'sha256:=" HEX64 "'}", "pcr"},
                {HEAD ",'pcr':'sha256:7=" ONES "'}", "pcr"},
                {HEAD ",'pcr':'sha256:7:" HEX64 "'}", "pcr"},
                {HEAD ",'pcr':'sha1:7=" HEX64 "'}", "pcr"},
                {HEAD ",'pcr':'7=" HEX64 "'}", "pcr"},
                {HEAD ",'pcr':['sha256:7=" HEX64 "',7]}", "pcr"},
                {HEAD ",'pcr':{'sha256':{'7':'" HEX64 "'}}}", "pcr"},
                {HEAD ",'pcr':[]}", "pcr"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                struct aza_demands *d = NULL;
                assert_int_equal(parse(all[i].text, &d), AZATTEST_E_INPUT);
                if (strstr(aza_last_error()->message, all[i].named) == NULL)
                        fail_msg("%s: %s", all[i].text, aza_last_error()->message);
                assert_null(d);
        }
        AZA_OWN(aza_demands_free) struct aza_demands *twice = demands("'guest-svn':11");
        AZA_OWN(json_object_put) json_object *svn = json_object_new_int(12);
        assert_int_equal(aza_demands_set(twice, "guest-svn", svn), AZATTEST_E_INPUT);
        assert_non_null(strstr(aza_last_error()->message, "twice"));
}

/* What weakens says so, each by its name; nothing else does. */
static void weakened(void **state)
{
        static const struct {
                const char *members, *text;
        } all[] = {{"'measurement':'" HEX96 "','product':'Genoa'", NULL},
                   {"'base':'strict'", NULL},
                   {"'base':'none'", "profile = test: "},
                   {"'allow-policy':'debug'", "allow-policy = debug: "},
                   {"'allow-policy':'migrate-ma'", "allow-policy = migrate-ma: "},
                   {"'allow-policy':'cxl'", "allow-policy = cxl: "},
                   {"'allow-vmpl':1", "allow-vmpl = yes: "},
                   {"'allow-unknown-platform':true", "allow-unknown-platform = yes: "},
                   {"'allow-masked-chip':true", "allow-masked-chip = yes: "},
                   {"'allow-resettable-pcrs':true", "allow-resettable-pcrs = yes: "},
                   {"'ignore-crl':true", "ignore-crl = yes: "},
                   {"'mrtd':'" HEX96 "','tcb-evaluation':19", NULL},
                   {"'accept-tcb':['OutOfDate','SWHardeningNeeded']",
                    "accept-tcb = SWHardeningNeeded, OutOfDate: "},
                   {"'id-key':'" HEX96 "'", NULL},
                   {"'id-key':['" HEX96 "','" ZEROS96 "']", "id-key = 0: "}};

        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                AZA_OWN(aza_demands_free) struct aza_demands *d = demands(all[i].members);
                AZA_OWN(json_object_put) json_object *list = json_object_new_array();
                assert_true(aza_demands_weakened(d, list));
                assert_int_equal(json_object_array_length(list), all[i].text != NULL);
                if (all[i].text == NULL)
                        continue;
                const char *found = json_object_get_string(json_object_array_get_idx(list, 0));
                if (strncmp(found, all[i].text, strlen(all[i].text)) != 0)
                        fail_msg("%s", found);
        }
}

/* The result names the file's profile and its date. */
/* What is demanded of a TD reaches the judge. */
static void trust_domains(void **state)
{
        AZA_OWN(aza_demands_free)
        struct aza_demands *d = demands("'base':'strict','mrtd':'" HEX96 "','mrseam':'" ZEROS96
                                        "','accept-tcb':'ConfigurationNeeded',"
                                        "'tcb-evaluation':18");

        (void)state;
        assert_true(d->judge.td_demanded);
        assert_int_equal(d->judge.td.mrtd.len, 48);
        assert_true(aza_span_is_zero(d->judge.td.mrseam) && d->judge.td.mrseam.len == 48);
        assert_null(d->judge.td.mrservicetd.data);
        assert_int_equal(d->judge.td.accept, 1u << AZA_TCB_CONFIGURATION);
        assert_int_equal(d->judge.td.evaluation, 18);
}

static void named(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_demands_free) struct aza_demands *d = demands("'guest-svn':10");
        struct own_vm vm = own_vm();

        (void)state;
        assert_int_equal(judge_with(&vm, d, &checks), AZA_VERDICT_ACCEPT);
        const struct aza_check *row = aza_checks_get(&checks, AZA_CHECK_S26);
        assert_non_null(strstr(row->reason, "profile test of 2025-11-24"));
        own_vm_free(&vm);
}

/* Floors of a profile file (S26) where the base has none, and of silicon that it does not know;
 * a row of the caller's lowers nothing, and silicon without a row is not checked. */
static void floors(void **state)
{
        static const struct {
                const char *members;
                enum aza_verdict verdict;
        } all[] = {
                {"'base':'none'", AZA_VERDICT_ACCEPT},
                {"'base':'none','tcb':[{'line':'Milan','snp':24,'microcode':219}]",
                 AZA_VERDICT_ACCEPT},
                {"'base':'none','tcb':[{'line':'Milan','snp':25}]", AZA_VERDICT_REJECT},
                {"'base':'none','tcb':[{'line':'Milan','microcode':220}]", AZA_VERDICT_REJECT},
                {"'base':'none','tcb':[{'line':'Turin','snp':4}]", AZA_VERDICT_INCOMPLETE},
                {"'base':'none','tcb':[{'line':'19/01/1','snp':24}]", AZA_VERDICT_ACCEPT},
                {"'base':'none','tcb':[{'line':'19/0-f/*','snp':25}]", AZA_VERDICT_REJECT},
                {"'tcb':[{'line':'19/01/1','snp':1}]", AZA_VERDICT_ACCEPT},
                {"'tcb':[{'line':'19/01/1','snp':25}]", AZA_VERDICT_REJECT},
                {"'tcb':[{'line':'19/A0-AF/1','snp':255},{'line':'1A/11/*','snp':255}]",
                 AZA_VERDICT_ACCEPT},
        };
        struct own_vm vm = own_vm();
        (void)state;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
                expect(&vm, all[i].members, all[i].verdict,
                       i == 0 || i == 9 ? AZA_CHECK_COUNT : AZA_CHECK_S26);
        own_vm_free(&vm);
        static const char *const wrong[] = {"Zen4c",   "19/A0",     "19/A0/",   "19/AF-A0/1",
                                            "18/01/1", "19/0-1F/1", "19/01/12", "19//1",
                                            "19/01/-", ""};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                AZA_OWN(aza_demands_free) struct aza_demands *d = NULL;
                char text[256];
                (void)snprintf(text, sizeof text, HEAD ",'tcb':[{'line':'%s','snp':1}]}", wrong[i]);
                if (parse(text, &d) != AZATTEST_E_INPUT)
                        fail_msg("%s", wrong[i]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(met_and_unmet), cmocka_unit_test(right_values),
                cmocka_unit_test(without_parts), cmocka_unit_test(not_vouched_for),
                cmocka_unit_test(left_out),      cmocka_unit_test(other_hardware),
                cmocka_unit_test(refused),       cmocka_unit_test(weakened),
                cmocka_unit_test(trust_domains), cmocka_unit_test(named),
                cmocka_unit_test(pcr_values),    cmocka_unit_test(floors),
        };
        return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
