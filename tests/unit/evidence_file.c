/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/evidence_file: what is written is read back alike; what does not belong is refused. */
#include "unit/evidence_support.h"

#include "evidence/file.h"

static void set(struct aza_bytes *b, const char *text)
{
        assert_int_equal(aza_bytes_set(b, text, strlen(text)), 0);
}

static struct aza_evidence_file full(void)
{
        struct aza_evidence_file f = {
                .time = 1795514400, .vm = AZA_VM_SEVSNP, .pcrs = {.mask = 0x800081}};
        set(&f.hcl_report, "hcl");
        set(&f.runtime_data, "{}");
        set(&f.snp_report, "snp");
        set(&f.td_quote, "td");
        set(&f.td_collateral.tcb_info, "{\"tcbInfo\":{}, \n\"signature\":\"\\u0030\"}");
        set(&f.td_collateral.qe_identity_chain, "pem");
        set(&f.td_collateral.root_crl, "der");
        set(&f.vcek_chain, "-----BEGIN CERTIFICATE-----\n");
        set(&f.ak_public, "akp");
        set(&f.ak_certificate, "akc");
        set(&f.ak_chain, "pem\n");
        set(&f.quote.message, "qm");
        set(&f.quote.signature, "qs");
        set(&f.event_log, "log");
        set(&f.key_public, "kp");
        set(&f.certify.message, "cm");
        set(&f.certify.signature, "cs");
        set(&f.nonce, "a nonce");
        memset(f.pcrs.value[0], 0xA0, 32);
        memset(f.pcrs.value[7], 0xA7, 32);
        memset(f.pcrs.value[23], 0xB7, 32);
        return f;
}

static void same(const struct aza_bytes *a, const struct aza_bytes *b)
{
        assert_true(aza_span_equal(aza_bytes_span(a), aza_bytes_span(b)));
}

static void round_trip(void **state)
{
        struct aza_evidence_file f = full(), g = {0};
        AZA_BYTES struct aza_bytes text = {0}, again = {0};
        (void)state;
        assert_int_equal(aza_evidence_file_encode(&f, &text), 0);
        assert_non_null(strstr((char *)text.data, "\"azattest-evidence\": 1"));
        assert_non_null(strstr((char *)text.data, "2026-11-24T10:00:00Z"));
        assert_int_equal(aza_evidence_file_decode(aza_bytes_span(&text), &g), 0);
        assert_true(g.time == f.time);
        assert_int_equal(g.vm, f.vm);
        same(&f.hcl_report, &g.hcl_report);
        same(&f.runtime_data, &g.runtime_data);
        same(&f.snp_report, &g.snp_report);
        same(&f.td_collateral.tcb_info, &g.td_collateral.tcb_info); /* byte for byte */
        same(&f.td_collateral.qe_identity_chain, &g.td_collateral.qe_identity_chain);
        same(&f.td_collateral.root_crl, &g.td_collateral.root_crl);
        same(&f.td_quote, &g.td_quote);
        same(&f.vcek_chain, &g.vcek_chain);
        same(&f.ak_public, &g.ak_public);
        same(&f.ak_certificate, &g.ak_certificate);
        same(&f.ak_chain, &g.ak_chain);
        same(&f.quote.message, &g.quote.message);
        same(&f.quote.signature, &g.quote.signature);
        same(&f.event_log, &g.event_log);
        same(&f.key_public, &g.key_public);
        same(&f.certify.message, &g.certify.message);
        same(&f.certify.signature, &g.certify.signature);
        same(&f.nonce, &g.nonce);
        assert_int_equal(g.pcrs.mask, f.pcrs.mask);
        assert_memory_equal(g.pcrs.value, f.pcrs.value, sizeof(f.pcrs.value));
        assert_int_equal(aza_evidence_file_encode(&g, &again), 0);
        same(&text, &again);
        aza_evidence_file_free(&f);
        aza_evidence_file_free(&g);
}

static void missing_members(void **state)
{
        static const char *const text = "{\"azattest-evidence\":1,\"vm\":\"tdx\"}";
        struct aza_evidence_file f = {0};
        AZA_BYTES struct aza_bytes out = {0};
        (void)state;
        assert_int_equal(aza_evidence_file_decode(aza_span_of(text, strlen(text)), &f), 0);
        assert_int_equal(f.vm, AZA_VM_TDX);
        assert_int_equal(f.hcl_report.len, 0);
        assert_int_equal(f.pcrs.mask, 0);
        assert_int_equal(aza_evidence_file_encode(&f, &out), 0);
        assert_null(strstr((char *)out.data, "hcl-report"));
        assert_null(strstr((char *)out.data, "pcrs"));
        aza_evidence_file_free(&f);
}

static void refuses(const char *members, const char *why)
{
        char text[1024];
        struct aza_evidence_file f = {.time = 77};
        (void)snprintf(text, sizeof(text), "{\"azattest-evidence\":1,\"vm\":\"sevsnp\",%s}",
                       members);
        assert_int_equal(aza_evidence_file_decode(aza_span_of(text, strlen(text)), &f),
                         AZATTEST_E_INPUT);
        if (strstr(aza_last_error()->message, why) == NULL)
                fail_msg("%s: '%s' instead of '%s'", members, aza_last_error()->message, why);
        assert_true(f.time == 77); /* outputs only on success */
}

static void refused(void **state)
{
        static const char *const whole[] = {"",
                                            "[]",
                                            "null",
                                            "{}",
                                            "{\"azattest-evidence\":2,\"vm\":\"tdx\"}",
                                            "{\"azattest-evidence\":\"1\",\"vm\":\"tdx\"}",
                                            "{\"azattest-evidence\":1}",
                                            "{\"azattest-evidence\":1,\"vm\":\"sgx\"}",
                                            "{\"azattest-evidence\":1,\"vm\":1}",
                                            "{\"azattest-evidence\":1,\"vm\":\"tdx\"} x"};
        (void)state;
        for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
                struct aza_evidence_file f = {0};
                assert_int_equal(
                        aza_evidence_file_decode(aza_span_of(whole[i], strlen(whole[i])), &f),
                        AZATTEST_E_INPUT);
        }
        refuses("\"hcl-reprot\":\"AA==\"", "\"hcl-reprot\" is unknown");
        refuses("\"hcl-report\":7", "\"hcl-report\" is not a string");
        refuses("\"hcl-report\":\"\"", "is empty");
        refuses("\"hcl-report\":\"A\"", "is not base64");
        refuses("\"hcl-report\":\"AA==\\n\"", "is not base64");
        refuses("\"hcl-report\":\"AA==\",\"hcl-report\":\"AA==\"", "evidence file");
        refuses("\"message\":\"AA==\"", "unknown");
        refuses("\"quote\":\"AA==\"", "\"quote\" is not an object");
        refuses("\"quote\":{\"certify\":\"AA==\"}", "\"quote.certify\" is unknown");
        refuses("\"key\":{\"message\":\"AA==\"}", "\"key.message\" is unknown");
        refuses("\"time\":5", "RFC 3339");
        refuses("\"time\":\"5\"", "RFC 3339");
        refuses("\"pcrs\":{}", "sha256");
        refuses("\"pcrs\":{\"sha256\":{},\"sha1\":{}}", "sha256");
        refuses("\"pcrs\":{\"sha256\":{\"24\":\"00\"}}", "is no PCR number");
        refuses("\"pcrs\":{\"sha256\":{\"07\":\"00\"}}", "is no PCR number");
        refuses("\"pcrs\":{\"sha256\":{\"-1\":\"00\"}}", "is no PCR number");
        refuses("\"pcrs\":{\"sha256\":{\"\":\"00\"}}", "is no PCR number");
        refuses("\"pcrs\":{\"sha256\":{\"7\":\"00\"}}", "64 hex digits");
        refuses("\"pcrs\":{\"sha256\":{\"7\":7}}", "64 hex digits");
}

/* Whatever a byte is changed to: an error or another evidence file, never a crash or a leak. */
static void every_byte_flipped(void **state)
{
        struct aza_evidence_file f = full();
        AZA_BYTES struct aza_bytes text = {0};
        (void)state;
        assert_int_equal(aza_evidence_file_encode(&f, &text), 0);
        size_t read = 0, refusals = 0;
        for (size_t i = 0; i < text.len; i++) {
                for (unsigned int bit = 1; bit <= 0x80; bit <<= 1) {
                        struct aza_evidence_file g = {0};
                        text.data[i] ^= (uint8_t)bit;
                        int code = aza_evidence_file_decode(aza_bytes_span(&text), &g);
                        text.data[i] ^= (uint8_t)bit;
                        assert_true(code == 0 || code == AZATTEST_E_INPUT);
                        code == 0 ? read++ : refusals++;
                        aza_evidence_file_free(&g);
                }
        }
        assert_true(read > 0 && refusals > read);
        aza_evidence_file_free(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(round_trip),
                cmocka_unit_test(missing_members),
                cmocka_unit_test(refused),
                cmocka_unit_test(every_byte_flipped),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
