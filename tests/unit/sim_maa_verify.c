/* SPDX-License-Identifier: Apache-2.0 */
/* Each check of the simulated MAA (PROTOCOL.md 11.3) refuses what it is there for, and says
 * which it is. One thing is wrong at a time; whatever covers it is signed again. */
#include "sim_maa_dialect.h"

static bool judge_as(const struct evidence *e, bool lenient, struct sim_refusal *refusal)
{
        AZA_BYTES struct aza_bytes body = {0};
        SIM_MAA_REQUEST struct sim_maa_request r = {0};
        SIM_MAA_FACTS struct sim_maa_facts facts = {0};

        request_of(e, REFERENCE, "n", &body);
        return sim_maa_decode(aza_bytes_span(&body), lenient, &r, refusal) &&
               sim_maa_verify(&world.pki, &r, &facts, refusal);
}

static bool judge(const struct evidence *e, struct sim_refusal *refusal)
{
        return judge_as(e, false, refusal);
}

static void lenient_takes(const struct evidence *e)
{
        struct sim_refusal refusal = {0};

        if (!judge_as(e, true, &refusal))
                fail_msg("lenient, too, refuses: %s", refusal.message);
}

static void expect(const struct evidence *e, const char *message)
{
        struct sim_refusal refusal = {0};

        assert_false(judge(e, &refusal));
        if (strstr(refusal.message, message) != refusal.message)
                fail_msg("expected \"%s\", got \"%s\"", message, refusal.message);
}

static void flip(struct aza_bytes *b, size_t at)
{
        assert_true(at < b->len);
        b->data[at] ^= 1;
}

static void aik_public(void **state)
{
        static const uint32_t bad[] = {AK_ATTRIBUTES | 0x20000,   AK_ATTRIBUTES & ~0x10000u,
                                       AK_ATTRIBUTES & ~0x40000u, AK_ATTRIBUTES & ~0x2u,
                                       AK_ATTRIBUTES & ~0x10u,    AK_ATTRIBUTES & ~0x20u};
        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                EVIDENCE struct evidence e = {0};
                evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
                e.ak_attributes = bad[i];
                aza_bytes_free(&e.ak_certificate);
                make_ak(&world, &e);
                expect(&e, "AikPub: attributes");
        }
        EVIDENCE struct evidence e = {0};
        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        assert_int_equal(aza_bytes_resize(&e.ak_public, e.ak_public.len + 72), 0);
        expect(&e, "AikPub: not a TPM2B_PUBLIC of its size: 72 bytes follow");
        lenient_takes(&e); /* the names of a whole ReadPublic answer */
        e.ak_public.len -= 72;
        /* within the TPM2B, behind the structure */
        assert_int_equal(aza_bytes_resize(&e.ak_public, e.ak_public.len + 1), 0);
        e.ak_public.data[1]++;
        expect(&e, "AikPub: not a TPMT_PUBLIC");
        e.ak_public.data[1]--;
        e.ak_public.len -= 2;
        expect(&e, "AikPub: not a TPM2B_PUBLIC");
        e.ak_public.len += 1;
        e.ak_public.data[2 + 1] = 0x23; /* type ECC */
        expect(&e, "AikPub: ");
}

static void aik_certificate(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        AZA_BYTES struct aza_bytes n = {0};
        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        e.ak_certificate.data[4095] = 1;
        expect(&e, "AikCert: not a DER certificate");
        e.ak_certificate.data[4095] = 0;
        const unsigned char *der = e.ak_certificate.data;
        AZA_OWN(X509_free) X509 *x = d2i_X509(NULL, &der, 4096);
        AZA_OWN(free) char *pem = sim_certificate_pem(x);
        AZA_BYTES struct aza_bytes as_der = aza_bytes_take(&e.ak_certificate);
        assert_int_equal(aza_bytes_append_text(&e.ak_certificate, pem), 0);
        expect(&e, "AikCert: not a DER certificate");
        assert_int_equal(aza_bytes_set(&e.ak_certificate, as_der.data, as_der.len), 0);
        flip(&e.ak_certificate, 600);
        expect(&e, "AikCert: ");
        assert_int_equal(aza_rsa_modulus(world.other, &n), 0);
        assert_int_equal(
                sim_ak_certificate(&world.pki, n.data, false, TEST_VM_ID, &e.ak_certificate), 0);
        expect(&e, "AikCert: for another key than AikPub");
        assert_int_equal(sim_ak_placeholder(&world.pki, &e.ak_certificate), 0);
        expect(&e, "AikCert: no chain to the vTPM root");
}

static void quote(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        flip(&e.quote, 40);
        expect(&e, "PcrSignature: ");
        flip(&e.quote, 40);
        flip(&e.quote_signature, 0);
        expect(&e, "PcrSignature: ");
        flip(&e.quote_signature, 0);
        e.pcrs[3][0] ^= 1;
        expect(&e, "PCRs: not the quoted values");
        e.pcrs[3][0] ^= 1;
        /* another structure of the same TPM, well signed */
        assert_int_equal(aza_bytes_set(&e.quote, e.certify.data, e.certify.len), 0);
        sign_rsa(world.ak, &e.quote, &e.quote_signature);
        expect(&e, "PcrQuote: magic or type");
        make_quote(&world, &e);
        e.quote.data[0] = 0;
        sign_rsa(world.ak, &e.quote, &e.quote_signature);
        expect(&e, "PcrQuote: ");
        make_quote(&world, &e);
        assert_int_equal(aza_bytes_resize(&e.quote, e.quote.len + 1), 0);
        sign_rsa(world.ak, &e.quote, &e.quote_signature);
        expect(&e, "PcrQuote: not a TPMS_ATTEST");
}

static void selection(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        struct sim_refusal refusal = {0};
        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        e.quoted = 0x7F;
        make_quote(&world, &e);
        e.quoted = TEST_PCRS;
        expect(&e, "PcrSet: not the quoted selection");
        make_quote(&world, &e);
        e.quote.data[73 + 5] = 0x04; /* the bank */
        sign_rsa(world.ak, &e.quote, &e.quote_signature);
        expect(&e, "PcrSet: not the quoted selection");
        /* all 24 are as good as 8 */
        e.quoted = 0xFFFFFF;
        make_quote(&world, &e);
        make_key_public(&world, &e, world.key);
        assert_true(judge(&e, &refusal));
}

static void key(void **state)
{
        static const uint32_t bad[] = {EK_ATTRIBUTES | 0x40,    EK_ATTRIBUTES | 0x40000,
                                       EK_ATTRIBUTES | 0x10000, EK_ATTRIBUTES & ~0x20000u,
                                       EK_ATTRIBUTES & ~0x2u,   EK_ATTRIBUTES & ~0x10u,
                                       EK_ATTRIBUTES & ~0x20u};
        (void)state;
        EVIDENCE struct evidence e = {0};
        AZA_BYTES struct aza_bytes public = {0};
        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        flip(&e.certify_signature, 9);
        expect(&e, "EncKeyCertifyInfoSignature: ");
        assert_int_equal(aza_bytes_set(&public, e.key_public.data, e.key_public.len), 0);
        make_key_public(&world, &e, world.other);
        assert_int_equal(aza_bytes_set(&e.key_public, public.data, public.len), 0);
        expect(&e, "EncKeyCertifyInfo: certifies another key");
        make_key_public(&world, &e, world.key);
        assert_int_equal(aza_bytes_resize(&e.key_public, e.key_public.len + 1), 0);
        expect(&e, "EncKeyPub: not a TPM2B_PUBLIC");
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                e.key_attributes = bad[i];
                make_key_public(&world, &e, world.key);
                expect(&e, "EncKeyPub: attributes");
        }
        e.key_attributes = EK_ATTRIBUTES & ~0x400u; /* noDA is the template's */
        make_key_public(&world, &e, world.key);
        expect(&e, "EncKeyPub: attributes 0x00020032");
        lenient_takes(&e);
        e.key_attributes = EK_ATTRIBUTES;
        e.pcrs[2][0] ^= 1; /* a key for another PCR state */
        make_key_public(&world, &e, world.key);
        e.pcrs[2][0] ^= 1;
        expect(&e, "EncKeyPub: authPolicy");
}

/* MAA encrypts with RSAES: a key that can only do OAEP never opens the answer. */
static void key_template(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        struct sim_refusal refusal = {0};
        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        e.key_scheme = 0x0017;
        make_key_public(&world, &e, world.key);
        expect(&e, "EncKeyPub: fixed to scheme 0x0017");
        assert_false(judge_as(&e, true, &refusal));
        e.key_scheme = 0x0010;
        e.key_exponent = 65537;
        make_key_public(&world, &e, world.key);
        expect(&e, "EncKeyPub: exponent written as 65537");
        lenient_takes(&e);
        e.key_exponent = 0;
        make_key_public(&world, &e, world.key);
        assert_true(judge(&e, &refusal));
        /* and its certificate is one structure */
        assert_int_equal(aza_bytes_resize(&e.certify, e.certify.len + 1), 0);
        sign_rsa(world.ak, &e.certify, &e.certify_signature);
        expect(&e, "EncKeyCertifyInfo: not a TPMS_ATTEST");
}

static void snp_report(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        evidence_make(&world, SIM_ISOLATION_SEVSNP, &e);
        flip(&e.hardware, SNP_MEASUREMENT);
        expect(&e, "SnpReport: not signed by the VCEK");
        flip(&e.hardware, SNP_MEASUREMENT);
        e.hardware.data[SNP_VMPL] = 1;
        sign_report(&world, &e);
        expect(&e, "SnpReport: VMPL");
        e.hardware.data[SNP_VMPL] = 0;
        e.hardware.data[SNP_POLICY + 2] |= SNP_POLICY_2_DEBUG;
        sign_report(&world, &e);
        expect(&e, "SnpReport: the guest may be debugged");
        e.hardware.data[SNP_POLICY + 2] ^= SNP_POLICY_2_DEBUG;
        e.hardware.len--;
        expect(&e, "SnpReport: 1183 bytes");
        e.hardware.len++;
        flip(&e.hardware, SNP_REPORTED_TCB + 7);
        sign_report(&world, &e);
        expect(&e, "VcekCertChain: VCEK of another TCB");
        flip(&e.hardware, SNP_REPORTED_TCB + 7);
        flip(&e.hardware, SNP_CHIP_ID);
        sign_report(&world, &e);
        expect(&e, "VcekCertChain: VCEK of another chip");
}

static void snp_chain(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        AZA_OWN(free) char *ask = sim_certificate_pem(world.pki.ask);
        AZA_OWN(free) char *ark = sim_certificate_pem(world.pki.ark);
        AZA_OWN(free) char *root = sim_certificate_pem(world.pki.vtpm_root);
        struct sim_refusal refusal = {0};
        evidence_make(&world, SIM_ISOLATION_SEVSNP, &e);
        assert_int_equal(aza_bytes_set(&e.chain, "x", 1), 0);
        expect(&e, "VcekCertChain: not the three certificates");
        assert_int_equal(aza_bytes_set(&e.chain, ask, strlen(ask)), 0);
        assert_int_equal(aza_bytes_append_text(&e.chain, ask), 0);
        assert_int_equal(aza_bytes_append_text(&e.chain, root), 0);
        expect(&e, "VcekCertChain: the last is not this MAA's ARK");
        /* text behind it; a trusted certificate, whose label OpenSSL takes as well */
        aza_bytes_free(&e.chain);
        make_hardware(&world, &e);
        assert_true(judge(&e, &refusal));
        assert_int_equal(aza_bytes_append_text(&e.chain, "x\n"), 0);
        expect(&e, "VcekCertChain: not the three certificates");
        assert_int_equal(aza_bytes_set(&e.chain, "-----BEGIN TRUSTED CERTIFICATE-----", 35), 0);
        assert_int_equal(aza_bytes_append_text(&e.chain, world.chip.vcek_pem + 27), 0);
        char *end = strstr((char *)e.chain.data, "-----END CERTIFICATE-----");
        e.chain.len = (size_t)(end - (char *)e.chain.data);
        assert_int_equal(aza_bytes_append_text(&e.chain, "-----END TRUSTED CERTIFICATE-----\n"), 0);
        assert_int_equal(aza_bytes_append_text(&e.chain, ask), 0);
        assert_int_equal(aza_bytes_append_text(&e.chain, ark), 0);
        expect(&e, "VcekCertChain: not the three certificates");
        assert_int_equal(aza_bytes_set(&e.chain, world.chip.vcek_pem, strlen(world.chip.vcek_pem)),
                         0);
        assert_int_equal(aza_bytes_append_text(&e.chain, root), 0);
        assert_int_equal(aza_bytes_append_text(&e.chain, ark), 0);
        expect(&e, "VcekCertChain: no chain to the ARK");
}

static void runtime(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        evidence_make(&world, SIM_ISOLATION_SEVSNP, &e);
        flip(&e.runtime, e.runtime.len - 3);
        expect(&e, "RunTimeData: REPORT_DATA");
        flip(&e.runtime, e.runtime.len - 3);
        e.hardware.data[SNP_REPORT_DATA + 63] = 1;
        sign_report(&world, &e);
        expect(&e, "RunTimeData: REPORT_DATA");
        aza_bytes_free(&e.runtime);
        make_runtime(&world, &e, world.other);
        aza_bytes_free(&e.chain);
        make_hardware(&world, &e);
        expect(&e, "RunTimeData: HCLAkPub is not AikPub");
        assert_int_equal(aza_bytes_set(&e.runtime, "{}", 2), 0);
        aza_bytes_free(&e.chain);
        make_hardware(&world, &e);
        expect(&e, "RunTimeData: HCLAkPub is not AikPub");
}

static void td_quote(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        const size_t signed_len = TDQ_HEADER_LEN + TDQ_BODY_LEN;
        evidence_make(&world, SIM_ISOLATION_TDX, &e);
        flip(&e.hardware, TDQ_HEADER_LEN + TDQ_MRTD);
        expect(&e, "TdQuote: not signed by the key it brings");
        flip(&e.hardware, TDQ_HEADER_LEN + TDQ_MRTD);
        /* Behind the key: type and size, then the QE report, its signature and the size of its
         * data. */
        const size_t qe = signed_len + 4 + 128 + 6;
        flip(&e.hardware, qe);
        expect(&e, "TdQuote: the platform did not sign the QE report");
        flip(&e.hardware, qe);
        flip(&e.hardware, qe + 384 + 64 + 2);
        expect(&e, "TdQuote: the QE report is about another key");
        flip(&e.hardware, qe + 384 + 64 + 2);
        e.hardware.data[TDQ_HEADER_LEN + TDQ_TD_ATTRIBUTES] |= 1;
        sign_ec(world.td.attestation_key, "SHA256", e.hardware.data, signed_len, false, 32,
                e.hardware.data + signed_len + 4, e.hardware.data + signed_len + 36);
        expect(&e, "TdQuote: the TD may be debugged");
        e.hardware.data[0] = 5;
        expect(&e, "TdQuote: not a TD quote of version 4");
        e.hardware.len = signed_len;
        expect(&e, "TdQuote: not a TD quote of version 4");
}

static void other_hardware(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        EVIDENCE struct evidence tdx = {0};
        evidence_make(&world, SIM_ISOLATION_SEVSNP, &e);
        evidence_make(&world, SIM_ISOLATION_TDX, &tdx);
        assert_int_equal(aza_bytes_set(&tdx.hardware, e.hardware.data, e.hardware.len), 0);
        expect(&tdx, "TdQuote: not a TD quote");
}

static void event_log(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};
        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        e.log.len--;
        expect(&e, "TcgLogs: event ");
        e.log.len = 20;
        expect(&e, "TcgLogs: does not begin with Spec ID Event03");
        assert_int_equal(aza_bytes_set(&e.log, world.log.file.data, world.log.file.len), 0);
        assert_int_equal(aza_bytes_append(&e.log, "xyz", 3), 0);
        expect(&e, "TcgLogs: event ");
        /* a PCR that went on without the log */
        assert_int_equal(aza_bytes_set(&e.log, world.log.file.data, world.log.file.len), 0);
        e.pcrs[4][0] ^= 1;
        make_quote(&world, &e);
        make_key_public(&world, &e, world.key);
        expect(&e, "TcgLogs: does not replay to PCR 4");
}

/* A turned bit anywhere in the log is a digest that does not replay, or data that no digest covers:
 * then at least no claim is made of it. */
static void secure_boot_is_believed_only_when_measured(void **state)
{
        (void)state;
        static const uint8_t name[] = {'S', 0, 'e', 0, 'c', 0, 'u', 0, 'r', 0,
                                       'e', 0, 'B', 0, 'o', 0, 'o', 0, 't', 0};
        EVIDENCE struct evidence e = {0};
        struct sim_log_facts facts = {0};
        struct sim_refusal refusal = {0};
        evidence_make(&world, SIM_ISOLATION_TRUSTED_LAUNCH, &e);
        assert_true(sim_log_replay(aza_bytes_span(&e.log), TEST_PCRS, e.pcrs, &facts, &refusal));
        assert_true(facts.secure_boot && facts.pk && facts.kek && facts.db);
        uint8_t *found = memmem(e.log.data, e.log.len, name, sizeof(name));
        assert_non_null(found);
        assert_true(facts.debuggers_disabled);
        /* A quote without PCR 7 proves nothing of it, whatever the log says. */
        assert_true(sim_log_replay(aza_bytes_span(&e.log), 0x7F, e.pcrs, &facts, &refusal));
        assert_false(facts.secure_boot || facts.db || facts.debuggers_disabled);
        /* Nor does a log with one event of other data than was measured, whichever it is. */
        static const uint8_t dbx[] = {'d', 0, 'b', 0, 'x', 0};
        uint8_t *other = memmem(e.log.data, e.log.len, dbx, sizeof(dbx));
        assert_non_null(other);
        other[0] ^= 1;
        assert_true(sim_log_replay(aza_bytes_span(&e.log), TEST_PCRS, e.pcrs, &facts, &refusal));
        assert_false(facts.secure_boot || facts.debuggers_disabled);
        other[0] ^= 1;
        found[sizeof(name)] ^= 1; /* its value */
        assert_true(sim_log_replay(aza_bytes_span(&e.log), TEST_PCRS, e.pcrs, &facts, &refusal));
        assert_false(facts.secure_boot || facts.debuggers_disabled);
        assert_true(facts.db);
        /* And none says nothing at all. */
        assert_true(sim_log_replay(aza_span_of("", 0), TEST_PCRS, e.pcrs, &facts, &refusal));
        assert_false(facts.secure_boot || facts.db || facts.debuggers_disabled);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(aik_public),
                cmocka_unit_test(aik_certificate),
                cmocka_unit_test(quote),
                cmocka_unit_test(selection),
                cmocka_unit_test(key),
                cmocka_unit_test(key_template),
                cmocka_unit_test(snp_report),
                cmocka_unit_test(snp_chain),
                cmocka_unit_test(runtime),
                cmocka_unit_test(td_quote),
                cmocka_unit_test(other_hardware),
                cmocka_unit_test(event_log),
                cmocka_unit_test(secure_boot_is_believed_only_when_measured),
        };
        return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
