/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/judge: every real set gets its verdict, a whole VM of our own is accepted, and evidence
 * put together from several VMs or offered as another kind is refused. */
#include "unit/judge_support.h"
#include "unit/tdx_real_support.h"

#define MILAN   "azure-snp/milan-v3-coco-evidence-v2"
#define GENOA   "azure-snp/genoa-v3-coco"
#define TDX     "azure-tdx/tdx-flashbots-2025-12-ak-ca03"
#define TRUSTED "azure-trustedlaunch/ca03-2026-07-27-mismatched-ak"

static struct aza_judge_options real_options(const char *profile)
{
        return (struct aza_judge_options){.require = AZA_REQUIRE_CVM,
                                          .time = NOW,
                                          .pcr_mask = 0xFFFFFF,
                                          .snp.profile = aza_profile_find(profile),
                                          .foreign = true,
                                          .any_vm = true};
}

static enum aza_verdict judge_to(const struct aza_evidence_file *f,
                                 const struct aza_judge_options *o, struct aza_checks *checks,
                                 struct aza_judgement *j)
{
        int code = aza_evidence_judge(libctx, f, o, checks, j);
        enum aza_verdict verdict = aza_checks_verdict(checks);
        assert_true((code == 0) == (verdict == AZA_VERDICT_ACCEPT));
        /* One row for each check of evidence, in order. */
        for (int id = AZA_CHECK_S1; id <= AZA_CHECK_E16; id++) {
                size_t rows = 0;
                for (size_t i = 0; i < checks->count; i++)
                        rows += checks->items[i].id == (enum aza_check_id)id;
                if (rows != 1)
                        fail_msg("%s has %zu rows", aza_check_id_text((enum aza_check_id)id), rows);
        }
        for (size_t i = 1; i < checks->count; i++)
                assert_true(checks->items[i - 1].id <= checks->items[i].id);
        return verdict;
}

/* D46: incomplete for want of nothing but the AK certificate's chain, and it says so. */
static void assert_wants_second_root(struct aza_checks *checks)
{
        const struct aza_check *row = aza_checks_get(checks, AZA_CHECK_A3);
        assert_no_reject(checks);
        assert_int_equal(aza_checks_verdict(checks), AZA_VERDICT_INCOMPLETE);
        assert_true(row->required);
        assert_true(row->outcome == AZA_UNAVAILABLE || row->outcome == AZA_NO_INPUT);
        assert_non_null(strstr(row->reason, "AMD-SB-3045"));
        aza_checks_allow_unchecked(checks, AZA_CHECK_A3);
        assert_int_equal(aza_checks_verdict(checks), AZA_VERDICT_ACCEPT);
}

static void real_snp(void **state)
{
        static const struct {
                const char *set, *product, *profile;
                enum aza_check_id reject;
        } all[] = {{"azure-snp/milan-v2-2023-coco", "milan", "none", AZA_CHECK_COUNT},
                   {MILAN, "milan", "none", AZA_CHECK_COUNT},
                   {"azure-snp/milan-v2-2023-coco", "milan", "azure-baseline", AZA_CHECK_S26},
                   {MILAN, "milan", "azure-baseline", AZA_CHECK_A3},
                   {GENOA, "genoa", "azure-baseline", AZA_CHECK_COUNT}};
        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_judgement j = {0};
                struct aza_evidence_file f = real_file(all[i].set, AZA_VM_SEVSNP, all[i].product);
                struct aza_judge_options o = real_options(all[i].profile);
                enum aza_verdict v = judge_to(&f, &o, &checks, &j);
                if (all[i].reject == AZA_CHECK_A3) {
                        assert_wants_second_root(&checks);
                } else if (all[i].reject == AZA_CHECK_COUNT) {
                        assert_no_reject(&checks);
                        if (v != AZA_VERDICT_ACCEPT)
                                print_checks(&checks);
                        assert_int_equal(v, AZA_VERDICT_ACCEPT);
                } else {
                        assert_int_equal(v, AZA_VERDICT_REJECT);
                        assert_outcome(&checks, all[i].reject, AZA_REJECT);
                }
                assert_outcome(&checks, AZA_CHECK_A1, AZA_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_A2, AZA_NO_INPUT);
                assert_outcome(&checks, AZA_CHECK_Q11, AZA_NOT_APPLICABLE);
                assert_outcome(&checks, AZA_CHECK_E6, AZA_NO_INPUT);
                assert_true(j.has_quote && j.has_snp);
                assert_int_equal(j.pcrs.mask, 0xFFFFFF);
                assert_int_equal(strlen(j.vmid), 36);
                aza_judgement_free(&j);
                aza_evidence_file_free(&f);
        }
}

/* The qualifying data of the base set is its user data: both freshness checks have input there. */
static void real_freshness(void **state)
{
        AZA_BYTES struct aza_bytes nonce = set_file(MILAN, "nonce.bin");
        uint8_t user_data[64] = {0};
        struct aza_evidence_file f = real_file(MILAN, AZA_VM_SEVSNP, "milan");
        (void)state;
        memcpy(user_data, nonce.data, 48);
        for (int wrong = 0; wrong < 3; wrong++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_judge_options o = real_options("none");
                o.qualifying = aza_bytes_span(&nonce);
                o.user_data = aza_span_of(user_data, 64);
                nonce.data[0] ^= wrong == 1;
                user_data[63] ^= wrong == 2;
                enum aza_verdict v = judge_to(&f, &o, &checks, NULL);
                nonce.data[0] ^= wrong == 1;
                assert_int_equal(v, wrong == 0 ? AZA_VERDICT_ACCEPT : AZA_VERDICT_REJECT);
                if (wrong != 0)
                        assert_rejects(&checks, wrong == 1 ? AZA_CHECK_Q5 : AZA_CHECK_H16);
        }
        aza_evidence_file_free(&f);
}

/* A report alone answers a nonce by its user data: the real one carries 48 bytes and zeros. */
static void report_alone_answers_nonce(void **state)
{
        AZA_BYTES struct aza_bytes nonce = set_file(MILAN, "nonce.bin");
        uint8_t longer[65] = {0};
        memcpy(longer, nonce.data, 48);
        const struct {
                const char *set;
                struct aza_span nonce;
                enum aza_outcome outcome;
                const char *reason;
        } all[] = {
                {MILAN, {nonce.data, 48}, AZA_ACCEPT, "carries the nonce"},
                {MILAN, {0}, AZA_SWITCHED_OFF, "no user data was asked for"},
                {MILAN, {nonce.data, 47}, AZA_REJECT, "not bound"},
                {MILAN, {longer, 65}, AZA_REJECT, "not bound"},
                {MILAN, {(const uint8_t *)"other", 5}, AZA_REJECT, "not bound"},
                {MILAN, {longer, 0}, AZA_REJECT, "not bound"},
                /* Nobody wrote user data there: neither an empty nonce nor zeros are answered. */
                {GENOA, {longer, 0}, AZA_REJECT, "not bound"},
                {GENOA, {longer + 48, 16}, AZA_REJECT, "not bound"},
                {GENOA, {nonce.data, 48}, AZA_REJECT, "not bound"},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                bool milan = strcmp(all[i].set, MILAN) == 0;
                struct aza_evidence_file f =
                        real_file(all[i].set, AZA_VM_SEVSNP, milan ? "milan" : "genoa");
                struct aza_judge_options o = real_options("none");
                o.report_only = true;
                o.nonce = all[i].nonce;
                enum aza_verdict v = judge_to(&f, &o, &checks, NULL);
                assert_outcome(&checks, AZA_CHECK_H16, all[i].outcome);
                assert_non_null(
                        strstr(aza_checks_get(&checks, AZA_CHECK_H16)->reason, all[i].reason));
                if (all[i].outcome == AZA_REJECT)
                        assert_rejects(&checks, AZA_CHECK_H16);
                else
                        assert_int_equal(v, AZA_VERDICT_ACCEPT);
                aza_evidence_file_free(&f);
        }
        /* User data that is asked for as well is no substitute. */
        for (int wrong = 0; wrong < 3; wrong++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_evidence_file f = real_file(MILAN, AZA_VM_SEVSNP, "milan");
                struct aza_judge_options o = real_options(NULL);
                o.report_only = true;
                longer[63] = wrong == 1;
                o.user_data = aza_span_of(longer, 64);
                o.nonce = aza_span_of(nonce.data, wrong == 2 ? 47 : 48);
                (void)judge_to(&f, &o, &checks, NULL);
                assert_outcome(&checks, AZA_CHECK_H16, wrong == 0 ? AZA_ACCEPT : AZA_REJECT);
                aza_evidence_file_free(&f);
        }
        /* TDX carries user data in the same place. */
        AZA_CHECKS struct aza_checks old = {0};
        struct aza_evidence_file f = real_file("azure-tdx/tdx-coco", AZA_VM_TDX, NULL);
        struct aza_judge_options o = real_options("none");
        o.report_only = true;
        o.nonce = aza_bytes_span(&nonce);
        (void)judge_to(&f, &o, &old, NULL);
        assert_rejects(&old, AZA_CHECK_H16);
        aza_evidence_file_free(&f);
}

/* With Intel's collateral (in the file or beside it), without, and where nobody asks for it. */
static void real_tdx(void **state)
{
        (void)state;
        for (int how = 0; how < 6; how++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_evidence_file f = real_file(TDX, AZA_VM_TDX, NULL);
                struct aza_judge_options o = real_options(how == 1 ? "none" : NULL);
                struct aza_td_collateral other = {0};
                struct aza_judgement j = {0};
                f.ak_certificate = set_file(TDX, "ak-cert.nv-padded-4096.bin");
                add_pem_file(&f.ak_chain, "azure-vtpm-pki/global-virtual-tpm-ca-03.pem");
                add_pem_file(
                        &f.ak_chain,
                        "azure-vtpm-pki/azure-virtual-tpm-root-certificate-authority-2023.pem");
                o.need_ak_certificate = true;
                o.time = AZURE_TIME;
                if (how == 2 || how == 4)
                        f.td_collateral = real_collateral(AZURE);
                if (how == 3)
                        other = real_collateral(AZURE);
                else if (how == 4) /* counts before the file's */
                        other = real_collateral(GCP_DOCS);
                if (how == 3 || how == 4)
                        o.td.collateral = &other;
                o.snp.profile = aza_profile_find(how == 1 ? "none" : how == 5 ? "strict" : NULL);
                if (how == 5) {
                        f.td_collateral = real_collateral(AZURE);
                        o.td.evaluation = 19; /* theirs is 18, as strict demands */
                }
                const enum aza_verdict v = judge_to(&f, &o, &checks, &j);
                for (int id = AZA_CHECK_H1; id <= AZA_CHECK_H11; id++)
                        assert_outcome(&checks, (enum aza_check_id)id, AZA_ACCEPT);
                for (int id = AZA_CHECK_I1; id <= AZA_CHECK_I7; id++)
                        assert_outcome(&checks, (enum aza_check_id)id, AZA_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_H12, how == 0 ? AZA_NO_INPUT : AZA_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_I14, AZA_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_I15, AZA_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_H17, AZA_ACCEPT);
                assert_outcome(&checks, AZA_CHECK_Q7, AZA_ACCEPT);
                assert_int_equal(j.td_signed, how != 0);
                assert_int_equal(j.td_tcb.status, how == 2 || how == 3 || how == 5
                                                          ? AZA_TCB_UP_TO_DATE
                                                          : AZA_TCB_UNKNOWN);
                assert_int_equal(v, how == 0   ? AZA_VERDICT_INCOMPLETE
                                    : how >= 4 ? AZA_VERDICT_REJECT
                                               : AZA_VERDICT_ACCEPT);
                if (how == 0)
                        assert_outcome(&checks, AZA_CHECK_I8, AZA_UNAVAILABLE);
                if (how == 4)
                        assert_outcome(&checks, AZA_CHECK_I10, AZA_REJECT);
                if (how == 5)
                        assert_rejects(&checks, AZA_CHECK_I13);
                aza_judgement_free(&j);
                aza_td_collateral_free(&other);
                aza_evidence_file_free(&f);
        }
}

/* Both sets agree with themselves, whoever accepts their TD: HCL report, TD quote and its own
 * chain, AK, quote of 24 PCRs over the qualifying data that is named there. The older one's TDX
 * module is out of date, and SEPT_VE_DISABLE is not set. */
static void real_tdx_sets(void **state)
{
        static const uint8_t zeros[32];
        const struct {
                const char *set;
                struct aza_span qualifying;
        } all[] = {{"azure-tdx/tdx-coco", aza_span_of("challenge", 9)},
                   {TDX, aza_span_of(zeros, sizeof(zeros))}};
        static const enum aza_check_id more[] = {
                AZA_CHECK_A1, AZA_CHECK_Q1, AZA_CHECK_Q2, AZA_CHECK_Q3,  AZA_CHECK_Q4,
                AZA_CHECK_Q5, AZA_CHECK_Q7, AZA_CHECK_Q8, AZA_CHECK_H17, AZA_CHECK_I15};

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_evidence_file f = real_file(all[i].set, AZA_VM_TDX, NULL);
                struct aza_judge_options o = real_options("none");
                struct aza_judgement j = {0};
                o.time = AZURE_TIME;
                o.qualifying = all[i].qualifying;
                assert_int_equal(judge_to(&f, &o, &checks, &j), AZA_VERDICT_ACCEPT);
                for (int id = AZA_CHECK_H1; id <= AZA_CHECK_H13; id++)
                        assert_outcome(&checks, (enum aza_check_id)id, AZA_ACCEPT);
                for (int id = AZA_CHECK_I1; id <= AZA_CHECK_I7; id++)
                        assert_outcome(&checks, (enum aza_check_id)id, AZA_ACCEPT);
                for (size_t n = 0; n < sizeof(more) / sizeof(more[0]); n++)
                        assert_outcome(&checks, more[n], AZA_ACCEPT);
                assert_int_equal(j.pcrs.mask, 0xFFFFFF);
                aza_judgement_free(&j);
                aza_evidence_file_free(&f);
        }
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_evidence_file f = real_file(all[0].set, AZA_VM_TDX, NULL);
        struct aza_judge_options o = real_options(NULL);
        o.time = GCP_TIME;
        f.td_collateral = real_collateral(GCP_DOCS);
        assert_int_equal(judge_to(&f, &o, &checks, NULL), AZA_VERDICT_REJECT);
        assert_outcome(&checks, AZA_CHECK_H12, AZA_ACCEPT);
        assert_outcome(&checks, AZA_CHECK_I11, AZA_REJECT);
        assert_outcome(&checks, AZA_CHECK_I14, AZA_REJECT);
        aza_evidence_file_free(&f);
}

/* A TD quote by itself: what it says is proven, which VM it is of is not said. */
static void td_quote_alone(void **state)
{
        static const struct {
                const char *quote;
                bool collateral, altered;
                enum aza_verdict verdict;
        } all[] = {{GCP, true, false, AZA_VERDICT_ACCEPT},
                   {GCP, false, false, AZA_VERDICT_INCOMPLETE},
                   {GCP, true, true, AZA_VERDICT_REJECT},
                   {DEBUG_TD, false, false, AZA_VERDICT_REJECT}};

        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_evidence_file f = {.vm = AZA_VM_TDX, .td_quote = vector(all[i].quote)};
                struct aza_judge_options o = real_options(NULL);
                struct aza_judgement j = {0};
                o.time = GCP_TIME;
                o.report_only = true;
                o.foreign = false;
                if (all[i].collateral)
                        f.td_collateral = real_collateral(GCP_DOCS);
                f.td_quote.data[48 + 136] ^= all[i].altered ? 1 : 0; /* MRTD */
                assert_int_equal(judge_to(&f, &o, &checks, &j), all[i].verdict);
                assert_int_equal(j.has_td, all[i].verdict == AZA_VERDICT_ACCEPT);
                if (all[i].altered)
                        assert_outcome(&checks, AZA_CHECK_I7, AZA_REJECT);
                if (strcmp(all[i].quote, DEBUG_TD) == 0)
                        assert_outcome(&checks, AZA_CHECK_H17, AZA_REJECT);
                aza_judgement_free(&j);
                aza_evidence_file_free(&f);
        }
}

/* What only a TD has is demanded of another VM. */
static void td_demanded(void **state)
{
        static const uint8_t mrtd[48] = {1};
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_evidence_file f = real_file(GENOA, AZA_VM_SEVSNP, "genoa");
        struct aza_judge_options o = real_options("none");

        (void)state;
        o.td.mrtd = aza_span_of(mrtd, sizeof(mrtd));
        o.td_demanded = true;
        assert_int_equal(judge_to(&f, &o, &checks, NULL), AZA_VERDICT_INCOMPLETE);
        assert_outcome(&checks, AZA_CHECK_I14, AZA_NO_INPUT);
        aza_evidence_file_free(&f);
}

static void real_trusted_launch(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes pem = set_file(TRUSTED, "ak.pub");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = pem_key(aza_bytes_span(&pem));
        AZA_BYTES struct aza_bytes values = set_file(TRUSTED, "pcrs.bin");
        struct aza_evidence_file f = {.vm = AZA_VM_TRUSTEDLAUNCH, .pcrs = {.mask = 0xFF}};
        struct aza_judge_options o = real_options(NULL);
        (void)state;
        f.quote.message = set_file(TRUSTED, "quote.msg");
        f.quote.signature = set_file(TRUSTED, "quote.sig");
        f.ak_public = ak_public_of(ak);
        f.ak_certificate = set_file(TRUSTED, "akcert_0x01C101D0.der");
        add_pem_file(&f.ak_chain, "azure-vtpm-pki/global-virtual-tpm-ca-03.pem");
        add_pem_file(&f.ak_chain, "azure-vtpm-pki/azure-virtual-tpm-root-"
                                  "certificate-authority-2023.pem");
        for (size_t i = 0; i < 8; i++)
                memcpy(f.pcrs.value[i], values.data + 140 + 66 * i + 2, 32);
        o.require = AZA_REQUIRE_TRUSTEDLAUNCH;
        o.time = 1785542400;
        o.pcr_mask = 0xFF;
        assert_int_equal(judge_to(&f, &o, &checks, NULL), AZA_VERDICT_REJECT);
        assert_rejects(&checks, AZA_CHECK_A1);
        /* Without the certificate nothing vouches for the AK. */
        AZA_CHECKS struct aza_checks bare = {0};
        aza_bytes_free(&f.ak_certificate);
        assert_int_equal(judge_to(&f, &o, &bare, NULL), AZA_VERDICT_REJECT);
        assert_rejects(&bare, AZA_CHECK_A1);
        aza_evidence_file_free(&f);
}

/* ---- a whole VM of our own ---- */

static void whole_vm(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        struct aza_judgement j = {0};
        (void)state;
        enum aza_verdict v = judge_to(&vm.f, &o, &checks, &j);
        assert_no_reject(&checks);
        assert_int_equal(v, AZA_VERDICT_ACCEPT);
        assert_string_equal(j.vmid, VMID);
        assert_non_null(j.key);
        assert_int_equal(EVP_PKEY_eq(j.ak, own_ak), 1);
        assert_int_equal(j.boot.secure_boot, AZA_SECURE_BOOT_ON);
        assert_true(j.has_boot && j.has_quote && j.has_snp);
        assert_int_equal(j.product, AZA_SNP_MILAN);
        assert_outcome(&checks, AZA_CHECK_A3, AZA_ACCEPT);
        aza_judgement_free(&j);
        /* The same without its frame. */
        AZA_CHECKS struct aza_checks bare = {0};
        aza_bytes_free(&vm.f.hcl_report);
        v = judge_to(&vm.f, &o, &bare, NULL);
        assert_no_reject(&bare);
        assert_int_equal(v, AZA_VERDICT_ACCEPT);
        assert_outcome(&bare, AZA_CHECK_H9, AZA_ACCEPT);
        own_vm_free(&vm);
}

/* One deviation from the whole VM, and the check that must see it. */
static void deviation(int what, enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        struct own q = own_quote(0xFF);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *stranger = NULL;
        switch (what) {
        case 0: /* another kind than required */
                o.require = AZA_REQUIRE_TDX;
                break;
        case 1: /* a confidential VM passed off as Trusted Launch, though any kind is allowed */
                vm.f.vm = AZA_VM_TRUSTEDLAUNCH;
                o.require = AZA_REQUIRE_ANY;
                break;
        case 2:
                vm.f.snp_report.data[0x90] ^= 1;
                break;
        case 3:
                vm.f.runtime_data.data[10] ^= 1;
                break;
        case 4: /* the vTPM's AK is another than the report's */
                stranger = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
                aza_bytes_free(&vm.f.ak_public);
                vm.f.ak_public = ak_public_of(stranger);
                break;
        case 5:
                o.pcr_mask = 0x0F;
                break;
        case 6:
                vm.f.pcrs.value[7][0] ^= 1;
                break;
        case 7:
                o.policy_mask = 1u << 16;
                break;
        case 8:
                vm.f.key_public.data[vm.f.key_public.len - 2] ^= 1;
                break;
        case 9: /* an old certification with a fresh quote */
                q.attest.type = TPM2_ST_ATTEST_CERTIFY;
                memset(&q.attest.attested, 0, sizeof(q.attest.attested));
                q.attest.attested.certify.name.size = 34;
                q.attest.attested.certify.name.name[1] = 0x0B;
                assert_int_equal(
                        aza_sha256(libctx,
                                   aza_span_of(vm.f.key_public.data + 2, vm.f.key_public.len - 2),
                                   q.attest.attested.certify.name.name + 2),
                        0);
                finish(&q);
                aza_attestation_free(&vm.f.certify);
                assert_int_equal(
                        aza_bytes_set(&vm.f.certify.message, q.message.data, q.message.len), 0);
                assert_int_equal(
                        aza_bytes_set(&vm.f.certify.signature, q.signature.data, q.signature.len),
                        0);
                break;
        case 10:
                o.vmid = "00000000-2222-3333-4444-555555555555";
                break;
        case 11:
                o.vmid = NULL;
                break;
        case 12:
                aza_bytes_free(&vm.f.event_log);
                break;
        case 13: /* a certificate as AK certificate that is none */
                put(&vm.f.ak_certificate, "0", 1);
                break;
        case 14: /* a damaged certificate: judge_to counts the rows that follow from it */
                vm.f.vcek_chain.data[40] = '!';
                break;
        default:
                break;
        }
        assert_int_equal(judge_to(&vm.f, &o, &checks, NULL), AZA_VERDICT_REJECT);
        if (what == 6) {
                assert_rejects(&checks, AZA_CHECK_Q7);
                assert_outcome(&checks, AZA_CHECK_E6, AZA_NO_INPUT);
        } else {
                assert_rejects(&checks, id);
        }
        own_free(&q);
        own_vm_free(&vm);
}

static void deviations(void **state)
{
        static const enum aza_check_id ids[] = {
                AZA_CHECK_H5, AZA_CHECK_H5, AZA_CHECK_H5, AZA_CHECK_H9,  AZA_CHECK_A1,
                AZA_CHECK_Q6, AZA_CHECK_Q7, AZA_CHECK_Q9, AZA_CHECK_Q12, AZA_CHECK_Q13,
                AZA_CHECK_G4, AZA_CHECK_G4, AZA_CHECK_E1, AZA_CHECK_A2,  AZA_CHECK_S10};
        (void)state;
        for (int i = 0; i < (int)(sizeof(ids) / sizeof(ids[0])); i++)
                deviation(i, ids[i]);
}

/* Milan's own key is not enough in azure-baseline: the AK certificate must lead to Azure's root
 * too. What is wrong there is refused in each profile. */
static void second_root(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        struct aza_bytes chain = aza_bytes_take(&vm.f.ak_chain);
        (void)state;
        AZA_CHECKS struct aza_checks baseline = {0}, none = {0}, strict = {0}, whole = {0};
        (void)judge_to(&vm.f, &o, &baseline, NULL);
        const char *reason = aza_checks_get(&baseline, AZA_CHECK_A3)->reason;
        assert_non_null(strstr(reason, "issuer \"CA\" was given, and nothing says where"));
        assert_non_null(strstr(reason, "--certs"));
        assert_non_null(strstr(reason, "profile azure-baseline"));
        assert_wants_second_root(&baseline);
        o.snp.profile = aza_profile_find("none");
        assert_int_equal(judge_to(&vm.f, &o, &none, NULL), AZA_VERDICT_ACCEPT);
        assert_false(aza_checks_get(&none, AZA_CHECK_A3)->required);
        o.snp.profile = aza_profile_find("strict");
        assert_int_equal(judge_to(&vm.f, &o, &strict, NULL), AZA_VERDICT_REJECT);
        assert_outcome(&strict, AZA_CHECK_S36, AZA_REJECT);
        /* A report that was left out, or does not say whose it is, is no way around it. */
        o.snp.profile = NULL;
        struct aza_bytes vcek = aza_bytes_take(&vm.f.vcek_chain);
        AZA_CHECKS struct aza_checks unknown = {0};
        assert_int_equal(judge_to(&vm.f, &o, &unknown, NULL), AZA_VERDICT_INCOMPLETE);
        assert_true(aza_checks_get(&unknown, AZA_CHECK_A3)->required);
        vm.f.vcek_chain = vcek;
        /* Under another root; then the right one again. */
        vm.f.ak_chain = chain;
        AZA_CHECKS struct aza_checks foreign = {0};
        o.vtpm_roots = NULL;
        assert_int_equal(judge_to(&vm.f, &o, &foreign, NULL), AZA_VERDICT_REJECT);
        assert_outcome(&foreign, AZA_CHECK_A3, AZA_REJECT);
        o.vtpm_roots = vm.vtpm_roots;
        assert_int_equal(judge_to(&vm.f, &o, &whole, NULL), AZA_VERDICT_ACCEPT);
        /* Signed by somebody else, too old, or of another AK: refused, whatever the profile. */
        for (int fault = 0; fault < 3; fault++)
                for (int base = 0; base < 2; base++) {
                        AZA_CHECKS struct aza_checks bad = {0};
                        struct ak_plan p = ak_leaf_plan();
                        p.from = TEST_TIME - 2 * 86400;
                        p.until = fault == 1 ? TEST_TIME - 86400 : TEST_TIME + 86400;
                        p.key = fault == 2 ? ak_ca_key : own_ak;
                        AZA_OWN(X509_free) X509 *leaf = ak_make(&p);
                        aza_bytes_free(&vm.f.ak_certificate);
                        put_cert(&vm.f.ak_certificate, leaf);
                        if (fault == 0)
                                vm.f.ak_certificate.data[vm.f.ak_certificate.len - 1] ^= 1;
                        o.snp.profile = aza_profile_find(base == 0 ? NULL : "none");
                        assert_int_equal(judge_to(&vm.f, &o, &bad, NULL), AZA_VERDICT_REJECT);
                        assert_outcome(&bad, fault == 2 ? AZA_CHECK_A1 : AZA_CHECK_A3, AZA_REJECT);
                }
        own_vm_free(&vm);
}

/* Report taken out, called Trusted Launch: refused where a confidential VM is required, and never
 * accepted where anything goes. */
static void downgrade(void **state)
{
        AZA_CHECKS struct aza_checks strict = {0}, lax = {0};
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        (void)state;
        aza_bytes_free(&vm.f.hcl_report);
        aza_bytes_free(&vm.f.snp_report);
        aza_bytes_free(&vm.f.runtime_data);
        aza_bytes_free(&vm.f.vcek_chain);
        vm.f.vm = AZA_VM_TRUSTEDLAUNCH;
        AZA_CHECKS struct aza_checks certified = {0};
        o.require = AZA_REQUIRE_ANY;
        assert_int_equal(judge_to(&vm.f, &o, &certified, NULL), AZA_VERDICT_REJECT);
        assert_outcome(&certified, AZA_CHECK_A5, AZA_REJECT);
        aza_bytes_free(&vm.f.ak_certificate);
        aza_bytes_free(&vm.f.ak_chain);
        o.require = AZA_REQUIRE_SEVSNP;
        assert_int_equal(judge_to(&vm.f, &o, &strict, NULL), AZA_VERDICT_REJECT);
        assert_outcome(&strict, AZA_CHECK_H5, AZA_REJECT);
        assert_int_equal(aza_last_error()->code, AZATTEST_E_REQUIREMENT);
        o.require = AZA_REQUIRE_ANY;
        assert_int_equal(judge_to(&vm.f, &o, &lax, NULL), AZA_VERDICT_REJECT);
        assert_outcome(&lax, AZA_CHECK_A1, AZA_REJECT);
        own_vm_free(&vm);
}

/* An empty file is no good evidence of anything. */
static void nothing(void **state)
{
        (void)state;
        for (int vm = AZA_VM_SEVSNP; vm <= AZA_VM_TRUSTEDLAUNCH; vm++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_evidence_file f = {.vm = (enum aza_vm)vm};
                struct aza_judge_options o = {.require = AZA_REQUIRE_ANY, .time = NOW};
                assert_int_equal(judge_to(&f, &o, &checks, NULL), AZA_VERDICT_INCOMPLETE);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(real_snp),
                cmocka_unit_test(real_freshness),
                cmocka_unit_test(report_alone_answers_nonce),
                cmocka_unit_test(real_tdx),
                cmocka_unit_test(real_tdx_sets),
                cmocka_unit_test(td_quote_alone),
                cmocka_unit_test(td_demanded),
                cmocka_unit_test(real_trusted_launch),
                cmocka_unit_test(whole_vm),
                cmocka_unit_test(deviations),
                cmocka_unit_test(downgrade),
                cmocka_unit_test(second_root),
                cmocka_unit_test(nothing),
        };
        return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
