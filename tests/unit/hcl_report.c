/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/hcl_report and runtime: real reports, mutations of them, and what must be refused
 * why. */
#include "unit/evidence_support.h"

#include "evidence/hcl_report.h"

static const char *const sets[] = {
        "azure-snp/milan-v2-2023-coco",
        "azure-snp/milan-v3-coco-evidence-v2",
        "azure-snp/genoa-v3-coco",
        "azure-tdx/tdx-coco",
        "azure-tdx/tdx-flashbots-2025-12-ak-ca03",
};
#define BASE "azure-snp/milan-v3-coco-evidence-v2"

static void real_reports(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes blob = set_file(sets[i], "hcl-report.bin");
                AZA_BYTES struct aza_bytes claims = set_file(sets[i], "runtime-claims.json");
                AZA_BYTES struct aza_bytes pem = set_file(sets[i], "hcl-ak.spki.pem");
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = pem_key(aza_bytes_span(&pem));
                struct aza_hcl_report report = {0};
                struct aza_runtime runtime = {0};
                bool tdx = strncmp(sets[i], "azure-tdx", 9) == 0;

                assert_true(aza_hcl_report_parse(libctx, aza_bytes_span(&blob), &checks, &report) ||
                            (print_checks(&checks), false));
                assert_true(aza_runtime_parse(libctx, report.runtime, &checks, &runtime));
                assert_no_reject(&checks);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
                assert_int_equal(report.type, tdx ? AZA_HCL_TDX : AZA_HCL_SNP);
                assert_int_equal(report.hardware.len, tdx ? 1024 : 1184);
                assert_true(aza_span_equal(report.runtime, aza_bytes_span(&claims)));
                assert_int_equal(EVP_PKEY_eq(runtime.ak, ak), 1);
                assert_non_null(runtime.vmid);
                assert_int_equal(strlen(runtime.vmid), 36);
                assert_true(runtime.has_user_data);
                aza_runtime_free(&runtime);
        }
}

static void refuse(struct aza_span blob, enum aza_check_id id)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_hcl_report report = {0};
        assert_false(aza_hcl_report_parse(libctx, blob, &checks, &report));
        assert_rejects(&checks, id);
        for (int row = AZA_CHECK_H1; row <= AZA_CHECK_H10; row++)
                assert_non_null(aza_checks_get(&checks, (enum aza_check_id)row));
        int code = id < AZA_CHECK_H9 ? AZATTEST_E_HCL_REPORT_PARSING : AZATTEST_E_EVIDENCE;
        assert_int_equal(aza_checks_result(&checks, "report"), code);
        assert_non_null(strstr(aza_last_error()->message, aza_check_id_text(id)));
}

static void negatives(void **state)
{
        static const struct {
                const char *file;
                enum aza_check_id id;
        } all[] = {{"negative/hcl-truncated-0x4d3.bin", AZA_CHECK_H1},
                   {"negative/hcl-varsize-ffffffff.bin", AZA_CHECK_H1},
                   {"negative/hcl-bad-magic.bin", AZA_CHECK_H2},
                   {"negative/hcl-runtime-bitflip.bin", AZA_CHECK_H9}};
        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_BYTES struct aza_bytes blob = vector(all[i].file);
                refuse(aza_bytes_span(&blob), all[i].id);
        }
}

/* One byte changed at a place decides which check refuses. */
static void changed_bytes(void **state)
{
        static const struct {
                size_t offset;
                uint8_t value;
                enum aza_check_id id;
        } all[] = {
                {0x004, 3, AZA_CHECK_H2},           {0x00C, 1, AZA_CHECK_H2},
                {0x010, 1, AZA_CHECK_H2},           {0x008, 0, AZA_CHECK_H3},
                {0x4C0, 0, AZA_CHECK_H4},           {0x4C4, 3, AZA_CHECK_H4},
                {0x4D4, '[', AZA_CHECK_H4},         {0x4C8, AZA_HCL_TDX, AZA_CHECK_H5},
                {0x4C8, AZA_HCL_VBS, AZA_CHECK_H5}, {0x4C8, AZA_HCL_TVM, AZA_CHECK_H5},
                {0x4C8, 0, AZA_CHECK_H5},           {0x4C8, 6, AZA_CHECK_H5},
                {0x4CC, 7, AZA_CHECK_H6},           {0x4CC, 0, AZA_CHECK_H6},
                {0x4CC, 2, AZA_CHECK_H9},           {2599, 1, AZA_CHECK_H7},
                {0x070, 0, AZA_CHECK_H9},           {0x070 + 63, 1, AZA_CHECK_H10},
        };
        AZA_BYTES struct aza_bytes blob = set_file(BASE, "hcl-report.bin");
        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                uint8_t before = blob.data[all[i].offset];
                blob.data[all[i].offset] = all[i].value;
                assert_int_not_equal(before, all[i].value);
                if (all[i].value == 2 && all[i].offset == 0x4CC) {
                        /* SHA-384 also reaches into the zero half. */
                        AZA_CHECKS struct aza_checks checks = {0};
                        struct aza_hcl_report report = {0};
                        assert_false(aza_hcl_report_parse(libctx, aza_bytes_span(&blob), &checks,
                                                          &report));
                        assert_outcome(&checks, AZA_CHECK_H9, AZA_REJECT);
                } else {
                        refuse(aza_bytes_span(&blob), all[i].id);
                }
                blob.data[all[i].offset] = before;
        }
}

static void tdx_labels(void **state)
{
        AZA_BYTES struct aza_bytes blob = set_file("azure-tdx/tdx-coco", "hcl-report.bin");
        (void)state;
        blob.data[0x4C8] = AZA_HCL_SNP;
        refuse(aza_bytes_span(&blob), AZA_CHECK_H5);
        blob.data[0x4C8] = AZA_HCL_TDX;
        blob.data[0x20 + 1024] = 1;
        refuse(aza_bytes_span(&blob), AZA_CHECK_H8);
}

/* A version-2 request has a capability bitmap before the JSON. */
static void request_version_two(void **state)
{
        AZA_BYTES struct aza_bytes old = set_file(BASE, "hcl-report.bin"), blob = {0};
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_hcl_report a = {0}, b = {0};
        (void)state;
        assert_true(aza_hcl_report_parse(libctx, aza_bytes_span(&old), &checks, &a));
        assert_int_equal(aza_bytes_set(&blob, old.data, 0x4D4), 0);
        assert_int_equal(aza_bytes_append_be32(&blob, 0x01000000), 0);
        assert_int_equal(aza_bytes_append(&blob, a.runtime.data, a.runtime.len), 0);
        blob.data[0x4C4] = 2;
        blob.data[0x4C0] = (uint8_t)(blob.data[0x4C0] + 4);
        blob.data[0x008] = (uint8_t)(blob.data[0x008] + 4);
        assert_true(aza_hcl_report_parse(libctx, aza_bytes_span(&blob), &checks, &b));
        assert_true(aza_span_equal(a.runtime, b.runtime));
}

/* Bytes whose change no check of the HCL report sees. */
static bool unprotected(size_t offset)
{
        /* 0x014-0x01F: reserved words of the header. The SNP report outside REPORT_DATA is
         * judged by S1-S36, whose own mutation test stands in snp_report.c. */
        return (offset >= 0x14 && offset < 0x20) ||
               (offset >= 0x20 && offset < 0x4C0 && !(offset >= 0x70 && offset < 0xB0));
}

static void every_byte_flipped(void **state)
{
        AZA_BYTES struct aza_bytes blob = set_file(BASE, "hcl-report.bin");
        (void)state;
        for (size_t i = 0; i < blob.len; i++) {
                for (unsigned int mask = 1; mask <= 0x80; mask <<= 1) {
                        AZA_CHECKS struct aza_checks checks = {0};
                        struct aza_hcl_report report = {0};
                        blob.data[i] ^= (uint8_t)mask;
                        bool ok = aza_hcl_report_parse(libctx, aza_bytes_span(&blob), &checks,
                                                       &report);
                        blob.data[i] ^= (uint8_t)mask;
                        /* The slot's first byte tells TDX from SNP (H5). */
                        if (i == 0x20)
                                continue;
                        if (ok != unprotected(i))
                                fail_msg("byte 0x%zx, bit mask 0x%x: %s", i, mask,
                                         ok ? "accepted" : "refused");
                }
        }
}

static void every_length(void **state)
{
        AZA_BYTES struct aza_bytes blob = set_file(BASE, "hcl-report.bin");
        (void)state;
        for (size_t len = 0; len < 0x4D4 + 1110; len++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes cut = {0};
                struct aza_hcl_report report = {0};
                /* A copy of that size, so that an over-read is seen by the sanitizers. */
                assert_int_equal(aza_bytes_set(&cut, blob.data, len), 0);
                assert_false(aza_hcl_report_parse(libctx, aza_bytes_span(&cut), &checks, &report));
                assert_outcome(&checks, AZA_CHECK_H1, AZA_REJECT);
        }
}

static void runtime_refuses(const char *json, const char *why)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_runtime runtime = {0};
        assert_false(aza_runtime_parse(libctx, aza_span_of(json, strlen(json)), &checks, &runtime));
        assert_rejects(&checks, AZA_CHECK_H13);
        assert_null(runtime.ak);
        if (strstr(aza_checks_get(&checks, AZA_CHECK_H13)->reason, why) == NULL)
                fail_msg("'%s' instead of '%s'", aza_checks_get(&checks, AZA_CHECK_H13)->reason,
                         why);
}

static void runtime_faults(void **state)
{
        (void)state;
        runtime_refuses("", "runtime JSON");
        runtime_refuses("[]", "keys");
        runtime_refuses("{\"keys\":{}}", "keys");
        runtime_refuses("{\"keys\":[],\"keys\":[]}", "runtime JSON");
        runtime_refuses("{\"keys\":[]}", "no key is called HCLAkPub");
        runtime_refuses("{\"keys\":[{\"kid\":\"HCLEkPub\"}]}", "no key is called HCLAkPub");
        runtime_refuses("{\"keys\":[{\"kid\":\"HCLAkPub\"},{\"kid\":\"HCLAkPub\"}]}", "two keys");
        runtime_refuses("{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"EC\"}]}", "not an RSA key");
        runtime_refuses("{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"n\":\"AA==\","
                        "\"e\":\"AQAB\"}]}",
                        "base64url");
        runtime_refuses("{\"keys\":[{\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"n\":\"AQAB\","
                        "\"e\":\"AQAB\"}]}",
                        "2048");
}

static void runtime_exponent(void **state)
{
        AZA_BYTES struct aza_bytes claims = set_file(BASE, "runtime-claims.json");
        char *e = strstr((char *)claims.data, "AQAB");
        (void)state;
        assert_non_null(e);
        e[3] = 'D';
        runtime_refuses((char *)claims.data, "exponent");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(real_reports),        cmocka_unit_test(negatives),
                cmocka_unit_test(changed_bytes),       cmocka_unit_test(tdx_labels),
                cmocka_unit_test(request_version_two), cmocka_unit_test(every_byte_flipped),
                cmocka_unit_test(every_length),        cmocka_unit_test(runtime_faults),
                cmocka_unit_test(runtime_exponent),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
