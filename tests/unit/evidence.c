/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/evidence: the cross-checks that the collecting side makes before anything is sent. */
#include "unit/evidence_support.h"

#include "evidence/evidence.h"
#include "evidence/file.h"

#include <tss2/tss2_mu.h>

#define TDX "azure-tdx/tdx-flashbots-2025-12-ak-ca03"

/* The one real set that has an AK certificate and agrees with itself. */
static struct aza_evidence real_evidence(void)
{
        struct aza_evidence e = {.vm = AZA_VM_TDX};
        AZA_BYTES struct aza_bytes pem = set_file(TDX, "hcl-ak.spki.pem"), n = {0};
        AZA_BYTES struct aza_bytes values = set_file(TDX, "pcrs-sha256.bin");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = pem_key(aza_bytes_span(&pem));
        TPM2B_PUBLIC p = {.publicArea = {.type = TPM2_ALG_RSA,
                                         .nameAlg = TPM2_ALG_SHA256,
                                         .objectAttributes = 0x00050472}};
        size_t offset = 0;
        p.publicArea.parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
        p.publicArea.parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSASSA;
        p.publicArea.parameters.rsaDetail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
        p.publicArea.parameters.rsaDetail.keyBits = 2048;
        p.publicArea.unique.rsa.size = 256;
        assert_int_equal(aza_rsa_modulus(ak, &n), 0);
        memcpy(p.publicArea.unique.rsa.buffer, n.data, 256);
        assert_int_equal(aza_bytes_resize(&e.ak_public, 512), 0);
        assert_int_equal(Tss2_MU_TPM2B_PUBLIC_Marshal(&p, e.ak_public.data, 512, &offset), 0);
        assert_int_equal(offset, 282); /* PROTOCOL.md 2.4 */
        assert_int_equal(aza_bytes_resize(&e.ak_public, offset), 0);
        e.hcl_report = set_file(TDX, "hcl-report.bin");
        e.ak_certificate = set_file(TDX, "ak-cert.nv-padded-4096.bin");
        e.quote.message = set_file(TDX, "quote.msg");
        e.quote.signature = set_file(TDX, "quote.sig");
        set_pcrs(aza_bytes_span(&values), 0xFFFFFF, &e.pcrs);
        return e;
}

static void agrees(void **state)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_evidence e = real_evidence();
        static const enum aza_check_id accepted[] = {
                AZA_CHECK_H1,  AZA_CHECK_H2, AZA_CHECK_H3, AZA_CHECK_H4, AZA_CHECK_H5,
                AZA_CHECK_H6,  AZA_CHECK_H7, AZA_CHECK_H8, AZA_CHECK_H9, AZA_CHECK_H10,
                AZA_CHECK_H13, AZA_CHECK_A1, AZA_CHECK_A2, AZA_CHECK_Q1, AZA_CHECK_Q2,
                AZA_CHECK_Q3,  AZA_CHECK_Q4, AZA_CHECK_Q6, AZA_CHECK_Q7, AZA_CHECK_Q8};
        (void)state;
        assert_int_equal(aza_evidence_cross_check(libctx, &e, &checks), 0);
        for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
                assert_outcome(&checks, accepted[i], AZA_ACCEPT);
        assert_outcome(&checks, AZA_CHECK_Q11, AZA_NOT_APPLICABLE);
        aza_evidence_free(&e);
}

static void contradicts(void **state)
{
        static const enum aza_check_id ids[] = {AZA_CHECK_H9, AZA_CHECK_A1, AZA_CHECK_A2,
                                                AZA_CHECK_Q2, AZA_CHECK_Q7, AZA_CHECK_H1};
        (void)state;
        for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_evidence e = real_evidence();
                uint8_t *const bytes[] = {e.hcl_report.data + 0x500, e.ak_public.data + 100,
                                          e.ak_certificate.data + 4000, e.quote.signature.data + 9,
                                          &e.pcrs.value[3][3]};
                if (i < 5)
                        *bytes[i] ^= 4;
                else
                        assert_int_equal(aza_bytes_resize(&e.hcl_report, 700), 0);
                int code = aza_evidence_cross_check(libctx, &e, &checks);
                assert_outcome(&checks, ids[i], AZA_REJECT);
                assert_int_equal(code, ids[i] == AZA_CHECK_A2   ? AZATTEST_E_AK_CERT_PARSING
                                       : ids[i] == AZA_CHECK_H1 ? AZATTEST_E_HCL_REPORT_PARSING
                                                                : AZATTEST_E_EVIDENCE);
                /* The message names the check. */
                assert_non_null(strstr(aza_last_error()->message, aza_check_id_text(ids[i])));
                aza_evidence_free(&e);
        }
}

/* The file of what was collected holds all of it. */
static void to_file(void **state)
{
        struct aza_evidence e = real_evidence();
        struct aza_evidence_file f = {0};
        AZA_CHECKS struct aza_checks checks = {0};
        (void)state;
        assert_true(aza_hcl_report_parse(libctx, aza_bytes_span(&e.hcl_report), &checks, &e.hcl));
        assert_int_equal(aza_evidence_file_of(libctx, &e, aza_span_of("nonce", 5), 7, &f), 0);
        assert_int_equal(f.vm, AZA_VM_TDX);
        assert_true(aza_span_equal(aza_bytes_span(&f.hcl_report), aza_bytes_span(&e.hcl_report)));
        assert_true(aza_span_equal(aza_bytes_span(&f.runtime_data), e.hcl.runtime));
        assert_int_equal(f.snp_report.len, 0);
        assert_true(aza_span_equal(aza_bytes_span(&f.nonce), aza_span_of("nonce", 5)));
        assert_memory_equal(&f.pcrs, &e.pcrs, sizeof(f.pcrs));
        aza_evidence_file_free(&f);
        aza_evidence_free(&e);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(agrees),
                cmocka_unit_test(contradicts),
                cmocka_unit_test(to_file),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
