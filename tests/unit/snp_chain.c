/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/snp_chain, snp_leaf, snp_crl: chains of an AMD-shaped authority of our own that are
 * wrong in one thing each. */
#include "unit/snp_support.h"

static void certificates(void **state)
{
        uint8_t r[AZA_SNP_REPORT_LEN];
        (void)state;
        good_report(r);
        sign_report(r);
        for (int what = 0; what < 21; what++) {
                struct cert_plan ark = ark_plan(), ask = ask_plan(), vcek = vcek_plan();
                struct leaf_plan l = milan_leaf();
                enum aza_check_id id = AZA_CHECK_COUNT;
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *other = NULL;
                switch (what) {
                case 1:
                        ask.salt = 32;
                        id = AZA_CHECK_S12;
                        break;
                case 2:
                        vcek.mgf = "SHA256";
                        id = AZA_CHECK_S12;
                        break;
                case 3:
                        ark.pkcs1 = true;
                        id = AZA_CHECK_S12;
                        break;
                case 4: /* signed by somebody else */
                        other = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
                        vcek.signer = other;
                        id = AZA_CHECK_S12;
                        break;
                case 5:
                        other = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
                        ask.key = vcek.signer = other;
                        id = AZA_CHECK_S13;
                        break;
                case 6:
                        ark.organization = "Advanced Micro Device";
                        ask.issuer = ark.issuer;
                        id = AZA_CHECK_S10; /* then nobody is the ASK's issuer */
                        break;
                case 7:
                        vcek.organization = "AMD";
                        id = AZA_CHECK_S14;
                        break;
                case 8:
                        ask.pathlen = 1;
                        id = AZA_CHECK_S15;
                        break;
                case 9:
                        ask.ca = false;
                        id = AZA_CHECK_S15;
                        break;
                case 10:
                        l.ca = true;
                        id = AZA_CHECK_S15;
                        break;
                case 11:
                        vcek.to = TEST_TIME - 1;
                        id = AZA_CHECK_S16;
                        break;
                case 12:
                        ark.from = TEST_TIME + 1;
                        id = AZA_CHECK_S16;
                        break;
                case 13:
                        l.leave_out = "3.8";
                        id = AZA_CHECK_S17;
                        break;
                case 14:
                        l.twice = "3.3";
                        id = AZA_CHECK_S17;
                        break;
                case 15:
                        l.leave_out = "4";
                        id = AZA_CHECK_S17;
                        break;
                case 16:
                        l.product = "Genoa";
                        id = AZA_CHECK_S9;
                        break;
                case 17:
                        l.struct_version = 1;
                        id = AZA_CHECK_S18;
                        break;
                case 18:
                        l.spl[5] = 1;
                        id = AZA_CHECK_S19;
                        break;
                case 19:
                        l.hwid_len = 63;
                        id = AZA_CHECK_S17;
                        break;
                case 20:
                        l.product = "Milanese";
                        id = AZA_CHECK_S9;
                        break;
                default:
                        break;
                }
                struct test_chain chain = make_chain(&ark, &ask, &vcek, &l);
                if (id == AZA_CHECK_S10) {
                        AZA_CHECKS struct aza_checks checks = {0};
                        struct aza_snp_options o = {
                                .certs = chain.pile, .roots = chain.roots, .time = TEST_TIME};
                        assert_false(aza_snp_verify(libctx, aza_span_of(r, sizeof(r)), &o, &checks,
                                                    NULL));
                        assert_outcome(&checks, AZA_CHECK_S10, AZA_UNAVAILABLE);
                } else {
                        judge(r, &chain, NULL, id);
                }
                chain_free(&chain);
        }
}

/* Not pinned, and a self-made ARK with the right name beside a pinned one. */
static void anchors(void **state)
{
        (void)state;
        (void)vectors();
        struct test_chain chain = good_chain();
        AZA_CHECKS struct aza_checks checks = {0};
        uint8_t r[AZA_SNP_REPORT_LEN];
        good_report(r);
        sign_report(r);
        judge(r, &chain, NULL, AZA_CHECK_COUNT);
        chain.roots[0] = chain.roots[0] == '0' ? '1' : '0';
        judge(r, &chain, NULL, AZA_CHECK_S11);
        chain.roots[0] = '\0';
        judge(r, &chain, NULL, AZA_CHECK_S11);
        /* A genuine ARK in the pile does not vouch for our ASK. */
        add_file(chain.pile, "amd/milan_ark.pem");
        struct aza_snp_options o = {.certs = chain.pile, .roots = "", .time = TEST_TIME};
        assert_false(aza_snp_verify(libctx, aza_span_of(r, sizeof(r)), &o, &checks, NULL));
        assert_rejects(&checks, AZA_CHECK_S12);
        chain_free(&chain);
}

static void chips(void **state)
{
        struct cert_plan ark = ark_plan(), ask = ask_plan(), vcek = vcek_plan();
        struct leaf_plan l = milan_leaf();
        uint8_t r[AZA_SNP_REPORT_LEN], der[66] = {4, 64};
        struct aza_snp_options masked = {.allow_masked_chip = true};
        (void)state;
        memcpy(der + 2, chip_id, 64);
        l.hwid = der;
        l.hwid_len = 66;
        struct test_chain chain = make_chain(&ark, &ask, &vcek, &l);
        good_report(r);
        sign_report(r);
        judge(r, &chain, NULL, AZA_CHECK_COUNT);
        memset(r + 0x1A0, 0, 64);
        sign_report(r);
        judge(r, &chain, NULL, AZA_CHECK_S20);
        judge(r, &chain, &masked, AZA_CHECK_COUNT);
        /* A provider that is demanded: a chip's certificate names none. */
        struct aza_snp_options provider = {.csp_id = "Azure"};
        good_report(r);
        sign_report(r);
        judge(r, &chain, &provider, AZA_CHECK_S17);
        chain_free(&chain);
}

/* ---- revocation ---- */

static ISSUING_DIST_POINT *scope; /* of the lists that are made; NULL: all */

static X509_CRL *make_crl(const char *issuer, long revoked, int64_t from, int64_t to, EVP_PKEY *key,
                          int salt)
{
        X509_CRL *crl = X509_CRL_new_ex(libctx, NULL);
        X509_NAME *name = amd_style_name(issuer, NULL);
        ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)from);
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *md = EVP_MD_CTX_new();
        assert_int_equal(X509_CRL_set_version(crl, 1), 1);
        assert_int_equal(X509_CRL_set_issuer_name(crl, name), 1);
        assert_int_equal(X509_CRL_set1_lastUpdate(crl, t), 1);
        if (to != 0) {
                ASN1_TIME_set(t, (time_t)to);
                assert_int_equal(X509_CRL_set1_nextUpdate(crl, t), 1);
        }
        X509_REVOKED *entry = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        ASN1_INTEGER_set(serial, revoked);
        ASN1_TIME_set(t, (time_t)from);
        assert_int_equal(X509_REVOKED_set_serialNumber(entry, serial), 1);
        assert_int_equal(X509_REVOKED_set_revocationDate(entry, t), 1);
        assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
        if (scope != NULL)
                assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_issuing_distribution_point, scope,
                                                       1, X509V3_ADD_DEFAULT),
                                 1);
        pss_context(md, key, salt, NULL, false);
        assert_true(X509_CRL_sign_ctx(crl, md) > 0);
        ASN1_INTEGER_free(serial);
        ASN1_TIME_free(t);
        X509_NAME_free(name);
        unsigned char *der = NULL;
        int len = i2d_X509_CRL(crl, &der);
        X509_CRL_free(crl);
        crl = aza_crl_parse(libctx, aza_span_of(der, (size_t)len));
        assert_non_null(crl);
        OPENSSL_free(der);
        return crl;
}

static void judge_crl(const uint8_t *r, struct test_chain *chain, X509_CRL *crl,
                      enum aza_check_id id)
{
        struct aza_snp_options o = {.crl = crl, .crl_mode = AZA_CRL_REQUIRE};
        judge(r, chain, &o, id);
        X509_CRL_free(crl);
}

static void revocation(void **state)
{
        const int64_t day = 86400, t = TEST_TIME;
        struct test_chain chain = good_chain();
        uint8_t r[AZA_SNP_REPORT_LEN];
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *other = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        (void)state;
        good_report(r);
        sign_report(r);
        /* Serial 0 is every VCEK's: revoking it must not matter, revoking the ASK's must. */
        judge_crl(r, &chain, make_crl("ARK-Milan", 0, t - day, t + day, amd_key, 0),
                  AZA_CHECK_COUNT);
        judge_crl(r, &chain, make_crl("ARK-Milan", 0x10001, t - day, t + day, amd_key, 0),
                  AZA_CHECK_S21);
        judge_crl(r, &chain, make_crl("ARK-Genoa", 0, t - day, t + day, amd_key, 0), AZA_CHECK_S21);
        judge_crl(r, &chain, make_crl("ARK-Milan", 0, t - 2 * day, t - day, amd_key, 0),
                  AZA_CHECK_S21);
        judge_crl(r, &chain, make_crl("ARK-Milan", 0, t + day, t + 2 * day, amd_key, 0),
                  AZA_CHECK_S21);
        judge_crl(r, &chain, make_crl("ARK-Milan", 0, t - day, 0, amd_key, 0), AZA_CHECK_S21);
        judge_crl(r, &chain, make_crl("ARK-Milan", 0, t - day, t + day, other, 0), AZA_CHECK_S21);
        judge_crl(r, &chain, make_crl("ARK-Milan", 0, t - day, t + day, amd_key, 32),
                  AZA_CHECK_S21);
        /* One that leaves CAs out. */
        scope = ISSUING_DIST_POINT_new();
        assert_non_null(scope);
        scope->onlyuser = 0xFF;
        judge_crl(r, &chain, make_crl("ARK-Milan", 0, t - day, t + day, amd_key, 0), AZA_CHECK_S21);
        scope->onlyuser = 0;
        scope->onlyCA = 0xFF;
        judge_crl(r, &chain, make_crl("ARK-Milan", 0, t - day, t + day, amd_key, 0),
                  AZA_CHECK_COUNT);
        ISSUING_DIST_POINT_free(scope);
        scope = NULL;
        chain_free(&chain);

        struct cert_plan ark = ark_plan(), ask = ask_plan(), vcek = vcek_plan();
        struct leaf_plan l = milan_leaf();
        ask.crl_url = "URI:https://kdsintf.amd.com/vcek/v1/Milan/crl";
        chain = make_chain(&ark, &ask, &vcek, &l);
        judge_crl(r, &chain, make_crl("ARK-Milan", 0, t - day, t + day, amd_key, 0),
                  AZA_CHECK_COUNT);
        chain_free(&chain);
        ask.crl_url = "URI:https://kdsintf.amd.example/vcek/v1/Milan/crl";
        chain = make_chain(&ark, &ask, &vcek, &l);
        judge_crl(r, &chain, make_crl("ARK-Milan", 0, t - day, t + day, amd_key, 0), AZA_CHECK_S21);

        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_snp_options o = {.certs = chain.pile,
                                    .crl_mode = AZA_CRL_REQUIRE,
                                    .roots = chain.roots,
                                    .time = TEST_TIME};
        assert_false(aza_snp_verify(libctx, aza_span_of(r, sizeof(r)), &o, &checks, NULL));
        assert_no_reject(&checks);
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_INCOMPLETE);
        chain_free(&chain);
}

/* ---- VLEK ---- */

static void vlek(void **state)
{
        struct cert_plan ark = ark_plan(), asvk = ask_plan(), leaf = vcek_plan();
        uint8_t r[AZA_SNP_REPORT_LEN];
        struct test_chain chain = {.pile = sk_X509_new_null()};
        struct leaf_plan l = milan_leaf();
        (void)state;
        asvk.subject = "SEV-VLEK-Milan";
        leaf.subject = "SEV-VLEK";
        leaf.issuer = "SEV-VLEK-Milan";
        l.product = "Milan";
        l.leave_out = "4";
        X509 *cert = unsigned_cert(&leaf);
        add_leaf_exts(cert, &l);
        add_raw_ext(cert, "1.3.6.1.4.1.3704.1.5",
                    "\x16\x05"
                    "Azure",
                    7);
        sign_cert(cert, &leaf);
        assert_true(sk_X509_push(chain.pile, cert) > 0);
        push_cert(&chain, &asvk, NULL);
        push_cert(&chain, &ark, NULL);
        good_report(r);
        r[0x48] = 1 << 2;
        memset(r + 0x1A0, 0, 64);
        sign_report(r);
        judge(r, &chain, NULL, AZA_CHECK_COUNT);
        struct aza_snp_options o = {.csp_id = "Azure"};
        judge(r, &chain, &o, AZA_CHECK_COUNT);
        o = (struct aza_snp_options){.csp_id = "Other"};
        AZA_CHECKS struct aza_checks checks = {0};
        o.certs = chain.pile;
        o.roots = chain.roots;
        o.time = TEST_TIME;
        assert_false(aza_snp_verify(libctx, aza_span_of(r, sizeof(r)), &o, &checks, NULL));
        assert_rejects(&checks, AZA_CHECK_S17);
        /* A report that says VCEK is none of a VLEK. */
        r[0x48] = 0;
        sign_report(r);
        judge(r, &chain, NULL, AZA_CHECK_S4);
        chain_free(&chain);
}

/* Turin: other names, TCB layout, struct version, extensions, and a chip id of eight bytes. */
static void turin(void **state)
{
        static const uint8_t tcb[8] = {1, 2, 0, 4, 0, 0, 0, 0x50};
        struct cert_plan ark = ark_plan(), ask = ask_plan(), vcek = vcek_plan();
        struct leaf_plan l = {.struct_version = 1,
                              .spl = {0, 2, 0, 4, 0, 0, 0, 0, 0x50},
                              .product = "Turin",
                              .hwid = chip_id,
                              .hwid_len = 8,
                              .leave_out = "3.4",
                              .turin = true,
                              .fmc = 1};
        uint8_t r[AZA_SNP_REPORT_LEN];
        (void)state;
        ark.subject = ark.issuer = ask.issuer = "ARK-Turin";
        ask.subject = vcek.issuer = "SEV-Turin";
        struct test_chain chain = make_chain(&ark, &ask, &vcek, &l);
        good_report(r);
        r[0x188] = 0x1A;
        r[0x189] = 2;
        r[0x40] = 0x65;
        for (size_t i = 0; i < 4; i++) {
                static const size_t at[] = {0x38, 0x180, 0x1E0, 0x1F0};
                memcpy(r + at[i], tcb, 8);
        }
        memset(r + 0x1A0 + 8, 0x77, 56); /* only the first eight bytes count */
        sign_report(r);
        judge(r, &chain, NULL, AZA_CHECK_COUNT);
        r[0x1A0 + 7] ^= 1;
        sign_report(r);
        judge(r, &chain, NULL, AZA_CHECK_S20);
        r[0x1A0 + 7] ^= 1;
        r[0x180] = 2; /* FMC */
        sign_report(r);
        judge(r, &chain, NULL, AZA_CHECK_S23);
        r[0x180] = 1;
        r[0x184] = 1; /* reserved in this layout */
        sign_report(r);
        judge(r, &chain, NULL, AZA_CHECK_S5);
        chain_free(&chain);
        /* Without FMC, and with Milan's struct version. */
        r[0x184] = 0;
        sign_report(r);
        l.turin = false;
        chain = make_chain(&ark, &ask, &vcek, &l);
        judge(r, &chain, NULL, AZA_CHECK_S17);
        chain_free(&chain);
        l.turin = true;
        l.struct_version = 0;
        chain = make_chain(&ark, &ask, &vcek, &l);
        judge(r, &chain, NULL, AZA_CHECK_S18);
        chain_free(&chain);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(certificates), cmocka_unit_test(anchors), cmocka_unit_test(chips),
                cmocka_unit_test(revocation),   cmocka_unit_test(vlek),    cmocka_unit_test(turin),
        };
        return cmocka_run_group_tests(tests, set_up_keys, tear_down_keys);
}
