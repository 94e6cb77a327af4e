/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgeries that a real TPM signs: the evidence of a simulated VM, good as a whole, in which quote,
 * AK or AK certificate is exchanged for what root in the guest could have made with the same vTPM.
 * Each is encoded, read back and judged as `azattest verify` does it, and the check that must see
 * it is the only one that rejects.
 */
#include "unit/both_support.h"

#include "sim/ak_cert.h"

#include <tss2/tss2_mu.h>

/* AZA_CHECK_COUNT: accepted. Frees `f`. */
static void judge(struct aza_evidence_file *f, const struct aza_judge_options *o,
                  enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_evidence_file as_read = copy(f);
        struct aza_judgement j = {0};
        int code = aza_evidence_judge(libctx, &as_read, o, &checks, &j);

        if (id == AZA_CHECK_COUNT) {
                if (code != 0)
                        print_checks(&checks);
                assert_int_equal(code, 0);
        } else {
                assert_int_not_equal(code, 0);
                assert_rejects(&checks, id);
                /* Nothing of a refused quote is shown as proven. */
                if (id != AZA_CHECK_Q9)
                        assert_outcome(&checks, AZA_CHECK_E6, AZA_NO_INPUT);
                assert_false(j.has_quote);
                assert_int_equal(j.pcrs.mask, 0);
        }
        aza_judgement_free(&j);
        aza_evidence_file_free(&as_read);
        aza_evidence_file_free(f);
}

/* ---- what root in the guest does with the vTPM ---- */

static TPMS_PCR_SELECTION select_in(TPMI_ALG_HASH bank, uint32_t mask)
{
        return (TPMS_PCR_SELECTION){
                .hash = bank,
                .sizeofSelect = 3,
                .pcrSelect = {(uint8_t)mask, (uint8_t)(mask >> 8), (uint8_t)(mask >> 16)}};
}

static TPMS_PCR_SELECTION select_pcrs(uint32_t mask)
{
        return select_in(TPM2_ALG_SHA256, mask);
}

static void quote_with(struct tpm *t, TPM2_HANDLE key, struct aza_span data,
                       const TPML_PCR_SELECTION *pcrs, struct aza_attestation *ret)
{
        TPM2B_DATA extra = {.size = (UINT16)data.len};
        TPMT_SIG_SCHEME scheme = {0};
        TPM2B_ATTEST message = {0};
        TPMT_SIGNATURE signature = {0};

        scheme.scheme = TPM2_ALG_NULL;
        if (data.len > 0)
                memcpy(extra.buffer, data.data, data.len);
        assert_int_equal(Tss2_Sys_Quote(t->sys, key, &password, &extra, &scheme, pcrs, &message,
                                        &signature, NULL),
                         0);
        assert_ok(aza_bytes_set(&ret->message, message.attestationData, message.size));
        assert_ok(aza_bytes_set(&ret->signature, signature.signature.rsassa.sig.buffer,
                                signature.signature.rsassa.sig.size));
}

/* The honest evidence with another quote by the VM's AK. */
static struct aza_evidence_file with_quote(size_t count, const TPMS_PCR_SELECTION *selections)
{
        struct aza_evidence_file f = copy(&good);
        struct tpm t = tpm_open(&vm);
        TPML_PCR_SELECTION pcrs = {.count = (UINT32)count};

        memcpy(pcrs.pcrSelections, selections, count * sizeof(*selections));
        quote_with(&t, AZA_AK_HANDLE, aza_span_of(qualifying, sizeof(qualifying)), &pcrs, &f.quote);
        tpm_close(&t);
        return f;
}

static void pcr_16_becomes(struct tpm *t, const uint8_t digest[32])
{
        TPML_DIGEST_VALUES values = {.count = 1, .digests = {{.hashAlg = TPM2_ALG_SHA256}}};

        memcpy(values.digests[0].digest.sha256, digest, 32);
        assert_int_equal(Tss2_Sys_PCR_Reset(t->sys, 16, &password, NULL), 0);
        assert_int_equal(Tss2_Sys_PCR_Extend(t->sys, 16, &password, &values, NULL), 0);
}

static void value_of(struct tpm *t, unsigned int pcr, uint8_t out[32])
{
        TPM2B_DIGEST value = {0};

        assert_int_equal(pcr_read(t, TPM2_ALG_SHA256, pcr, &value), 0);
        memcpy(out, value.buffer, 32);
}

/* A restricted signing key beside the AK: everything is like the AK's but the unique field. */
static TPM2_HANDLE second_ak(struct tpm *t, TPM2B_PUBLIC *ret)
{
        TPM2B_SENSITIVE_CREATE sensitive = {0};
        TPM2B_PUBLIC in = {.publicArea = {
                                   .type = TPM2_ALG_RSA,
                                   .nameAlg = TPM2_ALG_SHA256,
                                   .objectAttributes = 0x00050472,
                                   .parameters.rsaDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
                                                            .scheme = {.scheme = TPM2_ALG_RSASSA,
                                                                       .details.rsassa.hashAlg =
                                                                               TPM2_ALG_SHA256},
                                                            .keyBits = 2048},
                                   .unique.rsa = {.size = 1, .buffer = {0xA1}},
                           }};
        TPM2B_DATA outside = {0};
        TPML_PCR_SELECTION pcrs = {0};
        TPM2B_CREATION_DATA creation = {0};
        TPM2B_DIGEST hash = {0};
        TPMT_TK_CREATION ticket = {0};
        TPM2B_NAME name = {0};
        TPM2_HANDLE handle = 0;

        assert_int_equal(Tss2_Sys_CreatePrimary(t->sys, TPM2_RH_ENDORSEMENT, &password, &sensitive,
                                                &in, &outside, &pcrs, &handle, ret, &creation,
                                                &hash, &ticket, &name, NULL),
                         0);
        assert_int_equal(ret->publicArea.unique.rsa.size, 256);
        return handle;
}

static void set_public(const TPM2B_PUBLIC *public, struct aza_bytes *out)
{
        uint8_t buffer[sizeof(TPM2B_PUBLIC)];
        TPM2B_PUBLIC copied = *public;
        size_t len = 0;

        copied.size = 0;
        assert_int_equal(Tss2_MU_TPM2B_PUBLIC_Marshal(&copied, buffer, sizeof(buffer), &len), 0);
        assert_ok(aza_bytes_set(out, buffer, len));
}

/* ---- tests ---- */

static void honest(void **state)
{
        const TPMS_PCR_SELECTION whole = select_pcrs(FIRMWARE);
        struct aza_judge_options o = options();
        struct aza_evidence_file f = copy(&good);

        (void)state;
        judge(&f, &o, AZA_CHECK_COUNT);
        /* with_quote changes nothing else. */
        f = with_quote(1, &whole);
        judge(&f, &o, AZA_CHECK_COUNT);
}

static void other_pcrs(void **state)
{
        const TPMS_PCR_SELECTION debug = select_pcrs(1u << 16), most = select_pcrs(0x7F),
                                 more = select_pcrs(FIRMWARE | 1u << 16), none = select_pcrs(0),
                                 old = select_in(TPM2_ALG_SHA1, FIRMWARE);
        const TPMS_PCR_SELECTION all[] = {debug, most, more, none, old};
        struct aza_judge_options o = options();
        struct tpm t = tpm_open(&vm);

        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                struct aza_evidence_file f = with_quote(1, &all[i]);
                judge(&f, &o, AZA_CHECK_Q6);
        }
        /* The file says what the quote does, the verifier does not. */
        struct aza_evidence_file f = with_quote(1, &debug);
        f.pcrs.mask |= 1u << 16;
        value_of(&t, 16, f.pcrs.value[16]);
        judge(&f, &o, AZA_CHECK_Q6);
        /* A verifier that asks for PCR 16 relies on what the guest can reset. */
        f = with_quote(1, &debug);
        f.pcrs.mask = 1u << 16;
        value_of(&t, 16, f.pcrs.value[16]);
        o.pcr_mask = o.policy_mask = 1u << 16;
        o.need_event_log = o.need_secure_boot = false;
        judge(&f, &o, AZA_CHECK_Q9);
        tpm_close(&t);
}

/* The TPM signs a list that repeats a bank: PCR 16, set to anything, stands where PCR 4 should. */
static void two_selections(void **state)
{
        const TPMS_PCR_SELECTION twice[] = {select_pcrs(FIRMWARE), select_pcrs(FIRMWARE)};
        const TPMS_PCR_SELECTION trick[] = {select_pcrs(0x0F), select_pcrs(1u << 16),
                                            select_pcrs(0xE0)};
        const TPMS_PCR_SELECTION banks[] = {select_pcrs(FIRMWARE),
                                            select_in(TPM2_ALG_SHA1, FIRMWARE)};
        const uint8_t wanted[32] = {0x60, 0x0D};
        struct aza_judge_options o = options();
        struct tpm t = tpm_open(&vm);
        TPMS_ATTEST attest = {0};
        uint8_t digest[32];

        (void)state;
        struct aza_evidence_file f = with_quote(2, twice);
        judge(&f, &o, AZA_CHECK_Q6);
        f = with_quote(2, banks);
        judge(&f, &o, AZA_CHECK_Q6);

        pcr_16_becomes(&t, wanted);
        f = with_quote(3, trick);
        value_of(&t, 16, f.pcrs.value[4]);
        /* The digest fits: the selection alone gives it away. */
        assert_null(aza_attest_parse(aza_bytes_span(&f.quote.message), TPM2_ST_ATTEST_QUOTE,
                                     &attest, NULL));
        assert_ok(aza_pcr_digest(libctx, &f.pcrs, digest));
        assert_int_equal(attest.attested.quote.pcrDigest.size, 32);
        assert_memory_equal(attest.attested.quote.pcrDigest.buffer, digest, 32);
        judge(&f, &o, AZA_CHECK_Q6);
        tpm_close(&t);
}

static void another_ak(void **state)
{
        const TPML_PCR_SELECTION pcrs = {.count = 1, .pcrSelections = {select_pcrs(FIRMWARE)}};
        struct aza_judge_options o = options();
        struct tpm t = tpm_open(&vm);
        TPM2B_PUBLIC public = {0};
        TPM2_HANDLE key = second_ak(&t, &public);

        (void)state;
        /* Signed by another key of the same TPM, said to be the AK's. */
        struct aza_evidence_file f = copy(&good);
        quote_with(&t, key, o.qualifying, &pcrs, &f.quote);
        judge(&f, &o, AZA_CHECK_Q2);
        /* The file names the key that signed: it is not HCLAkPub. */
        f = copy(&good);
        quote_with(&t, key, o.qualifying, &pcrs, &f.quote);
        set_public(&public, &f.ak_public);
        judge(&f, &o, AZA_CHECK_A1);
        /* Neither does it help to leave the certificate out where none is needed. */
        f = copy(&good);
        quote_with(&t, key, o.qualifying, &pcrs, &f.quote);
        set_public(&public, &f.ak_public);
        aza_bytes_free(&f.ak_certificate);
        o.need_ak_certificate = false;
        judge(&f, &o, AZA_CHECK_A1);
        /* A genuine certificate, of that other key. */
        o = options();
        f = copy(&good);
        aza_bytes_free(&f.ak_certificate);
        assert_int_equal(sim_ak_certificate(&vm.pki, public.publicArea.unique.rsa.buffer, true,
                                            sim_vm_id(vm.vm), &f.ak_certificate),
                         0);
        judge(&f, &o, AZA_CHECK_A1);
        assert_int_equal(Tss2_Sys_FlushContext(t.sys, key), 0);
        tpm_close(&t);
}

static void old_quote(void **state)
{
        const TPML_PCR_SELECTION pcrs = {.count = 1, .pcrSelections = {select_pcrs(FIRMWARE)}};
        struct aza_judge_options o = options();
        struct tpm t = tpm_open(&vm);

        (void)state;
        struct aza_evidence_file f = copy(&good);
        quote_with(&t, AZA_AK_HANDLE, aza_span_of("an older nonce", 14), &pcrs, &f.quote);
        judge(&f, &o, AZA_CHECK_Q5);
        f = copy(&good);
        quote_with(&t, AZA_AK_HANDLE, (struct aza_span){0}, &pcrs, &f.quote);
        judge(&f, &o, AZA_CHECK_Q5);
        /* A PCR was extended since; the values in the file are the earlier ones. */
        char reply[64];
        assert_int_equal(sim_vm_event(vm.vm, "pcr-extend 7", reply, sizeof(reply)), 0);
        f = copy(&good);
        quote_with(&t, AZA_AK_HANDLE, o.qualifying, &pcrs, &f.quote);
        judge(&f, &o, AZA_CHECK_Q7);
        tpm_close(&t);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(honest),         cmocka_unit_test(other_pcrs),
                cmocka_unit_test(two_selections), cmocka_unit_test(another_ak),
                cmocka_unit_test(old_quote),
        };
        return cmocka_run_group_tests(tests, set_up_vm, tear_down_vm);
}
