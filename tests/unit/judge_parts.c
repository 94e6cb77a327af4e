/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence that somebody took apart on its way: what is left out never turns a refusal into "not
 * checked" where what is left decides, and what is put in from another VM is refused by the
 * check it belongs to. */
#include "unit/judge_support.h"

/* The outcome of `id` when `vm` is judged by `o`. */
static enum aza_outcome outcome(const struct own_vm *vm, const struct aza_judge_options *o,
                                enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        (void)aza_evidence_judge(libctx, &vm->f, o, &checks, NULL);
        const struct aza_check *row = aza_checks_get(&checks, id);
        assert_non_null(row);
        return row->outcome;
}

static void replace(struct aza_bytes *b, const struct aza_bytes *by)
{
        assert_int_equal(aza_bytes_set(b, by->data, by->len), 0);
}

/* D50: a quote over other PCRs than demanded is refused by Q6, with values, without, and with
 * some; a key of another PCR state by Q15, also when only the quote says which state it is. */
static void without_values(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        AZA_CHECKS struct aza_checks bare = {0};
        const struct aza_pcrs whole = vm.f.pcrs;
        uint8_t name[34];
        (void)state;
        vm.f.pcrs.mask = 0;
        assert_int_not_equal(aza_evidence_judge(libctx, &vm.f, &o, &bare, NULL), 0);
        assert_int_equal(aza_checks_verdict(&bare), AZA_VERDICT_INCOMPLETE);
        assert_outcome(&bare, AZA_CHECK_Q6, AZA_ACCEPT);
        assert_outcome(&bare, AZA_CHECK_Q7, AZA_NO_INPUT);
        assert_outcome(&bare, AZA_CHECK_Q15, AZA_ACCEPT);
        static const uint32_t left[] = {0xFF, 0x7F, 0};
        for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
                vm.f.pcrs = whole;
                vm.f.pcrs.mask = left[i];
                o.pcr_mask = 0x1FF;
                assert_int_equal(outcome(&vm, &o, AZA_CHECK_Q6), AZA_REJECT);
                o.pcr_mask = 0xFF;
                assert_int_equal(outcome(&vm, &o, AZA_CHECK_Q6), AZA_ACCEPT);
        }
        /* A key of another state. */
        struct aza_pcrs other = whole;
        other.value[4][0] ^= 1;
        AZA_BYTES struct aza_bytes public = enc_public(&other, GOOD_ATTRIBUTES, name);
        struct own c = own_certify(name);
        sign_own(&vm, &c);
        replace(&vm.f.key_public, &public);
        replace(&vm.f.certify.message, &c.message);
        replace(&vm.f.certify.signature, &c.signature);
        for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
                vm.f.pcrs.mask = left[i];
                assert_int_equal(outcome(&vm, &o, AZA_CHECK_Q15), AZA_REJECT);
        }
        own_free(&c);
        own_vm_free(&vm);
}

/* Values of a PCR that the quote does not cover: not used, neither for the facts nor where they
 * are demanded. */
static void unquoted_values(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        AZA_CHECKS struct aza_checks checks = {0};
        (void)state;
        struct aza_judgement judgement = {0};
        vm.f.pcrs.mask |= 1u << 11;
        assert_int_equal(aza_evidence_judge(libctx, &vm.f, &o, &checks, &judgement), 0);
        assert_int_equal(judgement.pcrs.mask & 1u << 11, 0);
        aza_judgement_free(&judgement);
        const struct aza_check *row = aza_checks_get(&checks, AZA_CHECK_Q8);
        assert_string_equal(row->reason, "the values of PCR 11 are not quoted and not used");
        own_vm_free(&vm);
}

/* The AK is not proven without the runtime data; what contradicts the one that is claimed
 * rejects all the same, and nothing of it is accepted. */
static void without_runtime(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *stranger = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        (void)state;
        aza_bytes_free(&vm.f.hcl_report);
        aza_bytes_free(&vm.f.runtime_data);
        for (int id = AZA_CHECK_Q1; id <= AZA_CHECK_Q15; id++)
                assert_int_equal(outcome(&vm, &o, (enum aza_check_id)id), AZA_NO_INPUT);
        o.pcr_mask = 0x1FF;
        assert_int_equal(outcome(&vm, &o, AZA_CHECK_Q6), AZA_REJECT);
        o.pcr_mask = 0xFF;
        o.qualifying = aza_span_of("another nonce", 13);
        assert_int_equal(outcome(&vm, &o, AZA_CHECK_Q5), AZA_REJECT);
        assert_int_equal(outcome(&vm, &o, AZA_CHECK_Q13), AZA_REJECT);
        o = own_options(&vm);
        vm.f.quote.signature.data[9] ^= 1;
        assert_int_equal(outcome(&vm, &o, AZA_CHECK_Q2), AZA_REJECT);
        aza_bytes_free(&vm.f.ak_public);
        vm.f.ak_public = ak_public_of(stranger);
        assert_int_equal(outcome(&vm, &o, AZA_CHECK_Q11), AZA_REJECT);
        /* Nor is a PCR relied on that the guest can reset, without any quote. */
        o.policy_mask = 1u << 16;
        aza_bytes_free(&vm.f.quote.message);
        assert_int_equal(outcome(&vm, &o, AZA_CHECK_Q9), AZA_REJECT);
        own_vm_free(&vm);
}

/* A report that says itself that it is not good enough is refused without its certificates too. */
static void without_chain(void **state)
{
        struct own_vm vm = own_vm();
        struct aza_judge_options o = own_options(&vm);
        struct aza_snp_options demands = {.policy_require = AZA_SNP_POLICY_SINGLE_SOCKET};
        (void)state;
        aza_bytes_free(&vm.f.vcek_chain);
        for (int id = AZA_CHECK_S22; id <= AZA_CHECK_S34; id++)
                assert_true(outcome(&vm, &o, (enum aza_check_id)id) != AZA_REJECT &&
                            outcome(&vm, &o, (enum aza_check_id)id) != AZA_ACCEPT);
        o.snp = demands;
        assert_int_equal(outcome(&vm, &o, AZA_CHECK_S29), AZA_REJECT);
        demands = (struct aza_snp_options){0};
        vm.f.snp_report.data[0x0A] |= 1 << 3; /* debug */
        vm.f.hcl_report.data[0x20 + 0x0A] |= 1 << 3;
        assert_int_equal(outcome(&vm, &o, AZA_CHECK_S29), AZA_REJECT);
        vm.f.snp_report.data[4] = vm.f.hcl_report.data[0x24] = 1; /* guest SVN */
        assert_int_equal(outcome(&vm, &o, AZA_CHECK_S32), AZA_REJECT);
        own_vm_free(&vm);
}

/* Parts of several VMs. */
static void mixed(void **state)
{
        static const enum aza_check_id all[] = {AZA_CHECK_H5,  AZA_CHECK_H5, AZA_CHECK_H5,
                                                AZA_CHECK_H9,  AZA_CHECK_A1, AZA_CHECK_Q2,
                                                AZA_CHECK_Q11, AZA_CHECK_Q5};
        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct own_vm vm = own_vm();
                struct aza_judge_options o = own_options(&vm);
                AZA_OWN(EVP_PKEY_free)
                EVP_PKEY *stranger = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
                struct own q = own_quote(0xFF);
                switch (i) {
                case 0: /* a TD's quote beside an SNP report */
                        put(&vm.f.td_quote, "quote", 5);
                        break;
                case 1: /* likewise without its frame */
                        put(&vm.f.td_quote, "quote", 5);
                        aza_bytes_free(&vm.f.hcl_report);
                        break;
                case 2: /* another report beside the frame */
                        vm.f.snp_report.data[0x160] ^= 1;
                        break;
                case 3: /* another VM's runtime data beside the frame */
                        vm.f.runtime_data.data[vm.f.runtime_data.len - 4] ^= 1;
                        break;
                case 4: /* another vTPM's AK */
                        aza_bytes_free(&vm.f.ak_public);
                        vm.f.ak_public = ak_public_of(stranger);
                        break;
                case 5: /* a quote, and a certification, of another AK */
                        replace(&q.message, &vm.f.quote.message);
                        sign_with(stranger, &q);
                        replace(&vm.f.quote.signature, &q.signature);
                        break;
                case 6:
                        replace(&q.message, &vm.f.certify.message);
                        sign_with(stranger, &q);
                        replace(&vm.f.certify.signature, &q.signature);
                        break;
                default: /* a quote made for somebody else's nonce; the key's certification too */
                        o.qualifying = aza_span_of("another nonce", 13);
                        break;
                }
                assert_int_not_equal(aza_evidence_judge(libctx, &vm.f, &o, &checks, NULL), 0);
                assert_outcome(&checks, all[i], AZA_REJECT);
                if (i == 7)
                        assert_outcome(&checks, AZA_CHECK_Q13, AZA_REJECT);
                else
                        assert_rejects(&checks, all[i]);
                own_free(&q);
                own_vm_free(&vm);
        }
}

/* SNP parts beside a TD's, and a confidential VM's beside what is called Trusted Launch. */
static void mixed_kinds(void **state)
{
        (void)state;
        for (int vm = AZA_VM_TDX; vm <= AZA_VM_TRUSTEDLAUNCH; vm++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct own_vm parts = own_vm();
                struct aza_evidence_file f = {.vm = (enum aza_vm)vm,
                                              .vcek_chain = parts.f.vcek_chain};
                struct aza_judge_options o = {.require = AZA_REQUIRE_ANY, .time = TEST_TIME};
                assert_int_not_equal(aza_evidence_judge(libctx, &f, &o, &checks, NULL), 0);
                assert_outcome(&checks, AZA_CHECK_H5, AZA_REJECT);
                own_vm_free(&parts);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(without_values),  cmocka_unit_test(unquoted_values),
                cmocka_unit_test(without_runtime), cmocka_unit_test(without_chain),
                cmocka_unit_test(mixed),           cmocka_unit_test(mixed_kinds),
        };
        return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
