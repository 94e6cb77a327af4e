/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulated VM proves about itself, judged with plain OpenSSL: HCL and SNP report,
 * VCEK, AK certificate, quote, event log, TDX quote; and the faults that spoil them. */
#include "unit/sim_fixture.h"

#include "base/crypto.h"
#include "os/file.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define REPORT   0x01400001U
#define AK_CERT  0x01C101D0U
#define HARDWARE 0x20U
#define JSON_AT  0x4D4U

static struct fixture snp;
static struct fixture launch;
static struct fixture td;

static uint32_t le32(const uint8_t *p)
{
        struct aza_reader r = aza_reader_of(aza_span_of(p, 4));
        return aza_read_le32(&r);
}

static struct aza_span json_of(const uint8_t *report)
{
        return aza_span_of(report + JSON_AT, le32(report + 0x4D0));
}

static bool hash_is(struct aza_span data, const uint8_t expected[32])
{
        uint8_t digest[32];
        assert_int_equal(aza_sha256(sim_libctx(), data, digest), 0);
        return memcmp(digest, expected, 32) == 0;
}

static bool ecdsa_le(EVP_PKEY *key, const char *digest, struct aza_span message, const uint8_t *r,
                     const uint8_t *s, int len, bool little)
{
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        ECDSA_SIG *sig = ECDSA_SIG_new();
        unsigned char *der = NULL;

        assert_int_equal(
                ECDSA_SIG_set0(sig, little ? BN_lebin2bn(r, len, NULL) : BN_bin2bn(r, len, NULL),
                               little ? BN_lebin2bn(s, len, NULL) : BN_bin2bn(s, len, NULL)),
                1);
        int der_len = i2d_ECDSA_SIG(sig, &der);
        bool good =
                EVP_DigestVerifyInit_ex(ctx, NULL, digest, sim_libctx(), NULL, key, NULL) == 1 &&
                EVP_DigestVerify(ctx, der, (size_t)der_len, message.data, message.len) == 1;
        OPENSSL_free(der);
        ECDSA_SIG_free(sig);
        EVP_MD_CTX_free(ctx);
        return good;
}

static X509 *parse_pem(const char *pem)
{
        BIO *bio = BIO_new_mem_buf(pem, -1);
        X509 *x = X509_new_ex(sim_libctx(), NULL);

        assert_non_null(PEM_read_bio_X509(bio, &x, NULL, NULL));
        BIO_free(bio);
        return x;
}

static void the_snp_report_holds(void **state)
{
        (void)state;
        uint8_t blob[2600];
        struct tpm t = tpm_open(&snp);
        X509 *vcek = parse_pem(sim_vm_vcek_pem(snp.vm));

        nv_read_all(&t, REPORT, blob, sizeof(blob));
        assert_memory_equal(blob, "HCLA\x01\x00\x00\x00", 8);
        const uint8_t *report = blob + HARDWARE;
        struct aza_span json = json_of(blob);
        assert_int_equal(le32(blob + 8), JSON_AT + json.len);
        assert_true(json.len < sizeof(blob) - JSON_AT);
        assert_true(hash_is(json, report + 0x50));
        assert_true(aza_span_is_zero(aza_span_of(report + 0x70, 32)));
        assert_true(aza_span_is_zero(
                aza_span_of(json.data + json.len, sizeof(blob) - JSON_AT - json.len)));
        assert_true(ecdsa_le(X509_get0_pubkey(vcek), "SHA384", aza_span_of(report, 0x2A0),
                             report + 0x2A0, report + 0x2E8, 72, true));
        assert_true(aza_span_is_zero(aza_span_of(report + 0x330, 0x4A0 - 0x330)));
        assert_int_equal(X509_verify(vcek, X509_get0_pubkey(snp.pki.ask)), 1);
        assert_int_equal(X509_get_signature_nid(vcek), NID_rsassaPss);
        ASN1_OBJECT *hwid = OBJ_txt2obj("1.3.6.1.4.1.3704.1.4", 1);
        int at = X509_get_ext_by_OBJ(vcek, hwid, -1);
        assert_true(at >= 0);
        const ASN1_OCTET_STRING *id = X509_EXTENSION_get_data(X509_get_ext(vcek, at));
        assert_int_equal(ASN1_STRING_length(id), 64);
        assert_memory_equal(ASN1_STRING_get0_data(id), report + 0x1A0, 64);
        ASN1_OBJECT_free(hwid);
        X509_free(vcek);
        tpm_close(&t);
}

static void nv_answers_like_the_platform(void **state)
{
        (void)state;
        struct tpm t = tpm_open(&snp);
        TPM2B_NV_PUBLIC public = {0};
        TPM2B_NAME name = {.size = sizeof(name.name)};
        TPM2B_MAX_NV_BUFFER data = {0};
        TPM2B_AUTH no_auth = {0};

        assert_int_equal(Tss2_Sys_NV_ReadPublic(t.sys, REPORT, NULL, &public, &name, NULL), 0);
        assert_int_equal(public.nvPublic.dataSize, 2600);
        assert_int_equal(public.nvPublic.attributes, 0x62060004);
        assert_int_equal(name.size, 34);
        public.size = 0;
        assert_int_equal(Tss2_Sys_NV_ReadPublic(t.sys, AK_CERT, NULL, &public, &name, NULL), 0);
        assert_int_equal(public.nvPublic.dataSize, 4096);
        assert_int_equal(nv_read(&t, TPM2_RH_OWNER, REPORT, 1025, 0, &data), 0x1C4);
        assert_int_equal(nv_read(&t, TPM2_RH_OWNER, REPORT, 1024, 1577, &data), 0x146);
        assert_int_equal(nv_read(&t, TPM2_RH_OWNER, REPORT, 1024, 1576, &data), 0);
        assert_int_equal(nv_read(&t, REPORT, REPORT, 16, 0, &data), 0);
        assert_memory_equal(data.buffer, "HCLA", 4);
        assert_int_equal(nv_read(&t, TPM2_RH_PLATFORM, REPORT, 16, 0, &data), 0x149);
        data.size = 4;
        assert_int_equal(Tss2_Sys_NV_Write(t.sys, TPM2_RH_OWNER, REPORT, &password, &data, 0, NULL),
                         0x149);
        assert_int_equal(Tss2_Sys_NV_UndefineSpace(t.sys, TPM2_RH_OWNER, AK_CERT, &password, NULL),
                         0x149);
        assert_int_equal(
                Tss2_Sys_NV_DefineSpace(t.sys, TPM2_RH_OWNER, &password, &no_auth, &public, NULL),
                0x14C);
        tpm_close(&t);
        t = tpm_open(&launch);
        public.size = 0;
        assert_int_equal(Tss2_Sys_NV_ReadPublic(t.sys, REPORT, NULL, &public, &name, NULL), 0x18B);
        tpm_close(&t);
}

static const char *user_data_of(const uint8_t *blob)
{
        static char hex[129];
        struct aza_span json = json_of(blob);
        memcpy(hex, json.data + json.len - 130, 128);
        return hex;
}

static void user_data_gets_into_the_report(void **state)
{
        (void)state;
        uint8_t blob[2600];
        char expected[129];
        struct tpm t = tpm_open(&snp);
        TPM2B_AUTH no_auth = {0};
        TPM2B_NV_PUBLIC public = {.nvPublic = {.nvIndex = 0x01400002,
                                               .nameAlg = TPM2_ALG_SHA256,
                                               .attributes = 0x00060006,
                                               .dataSize = 64}};
        TPM2B_MAX_NV_BUFFER data = {.size = 64};

        memset(expected, '0', 128);
        expected[128] = '\0';
        nv_read_all(&t, REPORT, blob, sizeof(blob));
        assert_string_equal(user_data_of(blob), expected);
        assert_int_equal(
                Tss2_Sys_NV_DefineSpace(t.sys, TPM2_RH_OWNER, &password, &no_auth, &public, NULL),
                0);
        nv_read_all(&t, REPORT, blob, sizeof(blob));
        assert_string_equal(user_data_of(blob), expected);
        memset(data.buffer, 0xAB, 64);
        assert_int_equal(
                Tss2_Sys_NV_Write(t.sys, TPM2_RH_OWNER, 0x01400002, &password, &data, 0, NULL), 0);
        nv_read_all(&t, REPORT, blob, sizeof(blob));
        for (int i = 0; i < 128; i++)
                expected[i] = "AB"[i % 2];
        assert_string_equal(user_data_of(blob), expected);
        assert_true(hash_is(json_of(blob), blob + HARDWARE + 0x50));
        assert_int_equal(
                Tss2_Sys_NV_UndefineSpace(t.sys, TPM2_RH_OWNER, 0x01400002, &password, NULL), 0);
        tpm_close(&t);
}

/* The AK certificate of a VM, and the AK as the TPM shows it. */
static X509 *ak_certificate(struct fixture *f, uint8_t modulus[256])
{
        uint8_t nv[4096];
        const uint8_t *p = nv;
        struct tpm t = tpm_open(f);
        TPM2B_PUBLIC public = {0};
        TPM2B_NAME name = {.size = sizeof(name.name)};
        TPM2B_NAME qualified = {.size = sizeof(qualified.name)};
        X509 *x = X509_new_ex(sim_libctx(), NULL);

        nv_read_all(&t, AK_CERT, nv, sizeof(nv));
        assert_non_null(d2i_X509(&x, &p, sizeof(nv)));
        assert_true(aza_span_is_zero(aza_span_of(p, (size_t)(nv + sizeof(nv) - p))));
        assert_int_equal(
                Tss2_Sys_ReadPublic(t.sys, 0x81000003, NULL, &public, &name, &qualified, NULL), 0);
        memcpy(modulus, public.publicArea.unique.rsa.buffer, 256);
        tpm_close(&t);
        return x;
}

static void check_ak_certificate(struct fixture *f, const char *suffix)
{
        AZA_BYTES struct aza_bytes n = {0};
        uint8_t modulus[256];
        char cn[100];
        X509 *x = ak_certificate(f, modulus);
        X509_STORE *store = X509_STORE_new();
        X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(sim_libctx(), NULL);
        STACK_OF(X509) *chain = sk_X509_new_null();

        sk_X509_push(chain, f->pki.vtpm_ca);
        X509_STORE_add_cert(store, f->pki.vtpm_root);
        X509_STORE_CTX_init(ctx, store, x, chain);
        X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
        assert_int_equal(X509_verify_cert(ctx), 1);
        assert_int_equal(aza_rsa_modulus(X509_get0_pubkey(x), &n), 0);
        assert_int_equal(n.len, 256);
        assert_memory_equal(n.data, modulus, 256);
        assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, cn,
                                              sizeof(cn)) > 12);
        assert_string_equal(cn + 12, suffix);
        assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
        X509_STORE_CTX_free(ctx);
        X509_STORE_free(store);
        sk_X509_free(chain);
        X509_free(x);
}

static void ak_certificates_chain(void **state)
{
        (void)state;
        check_ak_certificate(&snp, ".ConfidentialVM.Azure.windows.net");
        check_ak_certificate(&launch, ".TrustedVM.Azure.windows.net");
}

/* Replays the log's bank of `algorithm` into `pcrs`. */
static void replay(struct aza_span log, uint16_t algorithm, const char *md, size_t len,
                   uint8_t pcrs[8][64])
{
        struct aza_reader r = aza_reader_of(log);

        (void)aza_read(&r, 28);
        (void)aza_read(&r, aza_read_le32(&r));
        while (!r.failed && r.rest.len > 0) {
                uint32_t pcr = aza_read_le32(&r);
                (void)aza_read_le32(&r);
                assert_int_equal(aza_read_le32(&r), 3);
                for (int i = 0; i < 3; i++) {
                        static const size_t lengths[] = {20, 32, 48};
                        uint8_t both[128];
                        uint16_t bank = aza_read_le16(&r);
                        struct aza_span digest = aza_read(&r, lengths[i]);
                        if (bank != algorithm)
                                continue;
                        assert_true(pcr < 8 && digest.len == len);
                        memcpy(both, pcrs[pcr], len);
                        memcpy(both + len, digest.data, len);
                        assert_int_equal(EVP_Q_digest(sim_libctx(), md, NULL, both, 2 * len,
                                                      pcrs[pcr], NULL),
                                         1);
                }
                (void)aza_read(&r, aza_read_le32(&r));
        }
        assert_false(r.failed);
}

static void the_event_log_replays(void **state)
{
        (void)state;
        static const struct {
                uint16_t algorithm;
                const char *md;
                size_t len;
        } banks[] = {{4, "SHA1", 20}, {0xB, "SHA256", 32}, {0xC, "SHA384", 48}};
        AZA_BYTES struct aza_bytes log = {0};
        struct tpm t = tpm_open(&snp);

        assert_int_equal(aza_file_read(sim_vm_event_log(snp.vm), 1 << 20, &log), 0);
        for (size_t i = 0; i < 3; i++) {
                uint8_t pcrs[8][64] = {{0}};
                replay(aza_bytes_span(&log), banks[i].algorithm, banks[i].md, banks[i].len, pcrs);
                for (unsigned int pcr = 0; pcr < 8; pcr++) {
                        TPM2B_DIGEST value = {0};
                        assert_int_equal(pcr_read(&t, banks[i].algorithm, pcr, &value), 0);
                        assert_int_equal(value.size, banks[i].len);
                        assert_memory_equal(value.buffer, pcrs[pcr], banks[i].len);
                        assert_false(aza_span_is_zero(aza_span_of(value.buffer, value.size)));
                }
        }
        tpm_close(&t);
}

static void the_ak_signs_quotes(void **state)
{
        (void)state;
        struct tpm t = tpm_open(&snp);
        uint8_t modulus[256];
        X509 *certificate = ak_certificate(&snp, modulus);
        TPM2B_DATA nonce = {.size = 4, .buffer = "abcd"};
        TPMT_SIG_SCHEME scheme = {0};
        TPML_PCR_SELECTION pcrs = {
                .count = 1,
                .pcrSelections = {
                        {.hash = TPM2_ALG_SHA256, .sizeofSelect = 3, .pcrSelect = {0xFF}}}};
        TPM2B_ATTEST quote = {.size = sizeof(quote.attestationData)};
        TPMT_SIGNATURE signature = {0};

        scheme.scheme = TPM2_ALG_NULL;
        assert_int_equal(Tss2_Sys_Quote(t.sys, 0x81000003, &password, &nonce, &scheme, &pcrs,
                                        &quote, &signature, NULL),
                         0);
        assert_memory_equal(quote.attestationData, "\xFFTCG\x80\x18", 6);
        assert_int_equal(signature.signature.rsassa.hash, TPM2_ALG_SHA256);
        assert_true(aza_rsa_verify_sha256(sim_libctx(), X509_get0_pubkey(certificate),
                                          aza_span_of(quote.attestationData, quote.size),
                                          aza_span_of(signature.signature.rsassa.sig.buffer, 256)));
        X509_free(certificate);
        tpm_close(&t);
}

static void faults_spoil_the_evidence(void **state)
{
        (void)state;
        uint8_t blob[2600];
        uint8_t good[2600];
        struct tpm t = tpm_open(&snp);
        TPM2B_MAX_NV_BUFFER data = {0};

        nv_read_all(&t, REPORT, good, sizeof(good));
        add_fault(&snp, "tpm-report-tamperedx1");
        nv_read_all(&t, REPORT, blob, sizeof(blob));
        assert_false(hash_is(json_of(blob), blob + HARDWARE + 0x50));
        nv_read_all(&t, REPORT, blob, sizeof(blob));
        assert_memory_equal(blob, good, sizeof(blob));
        add_fault(&snp, "tpm-foreign-akx1");
        nv_read_all(&t, REPORT, blob, sizeof(blob));
        assert_true(hash_is(json_of(blob), blob + HARDWARE + 0x50));
        assert_memory_not_equal(blob + JSON_AT, good + JSON_AT, 400);
        add_fault(&snp, "tpm-no-reportx1");
        assert_int_equal(nv_read(&t, TPM2_RH_OWNER, REPORT, 16, 0, &data), 0x14A);
        add_fault(&snp, "tpm-report-read-error=0x101x1");
        assert_int_equal(nv_read(&t, TPM2_RH_OWNER, REPORT, 16, 0, &data), 0x101);
        add_fault(&snp, "tpm-no-ak-certx1");
        assert_int_equal(nv_read(&t, TPM2_RH_OWNER, AK_CERT, 16, 0, &data), 0x14A);
        add_fault(&snp, "tpm-nv-zero-readx1");
        assert_int_equal(nv_read(&t, TPM2_RH_OWNER, AK_CERT, 16, 0, &data), 0);
        assert_int_equal(data.size, 0);
        add_fault(&snp, "tpm-ak-cert-garbagex1");
        assert_int_equal(nv_read(&t, TPM2_RH_OWNER, AK_CERT, 16, 0, &data), 0);
        assert_memory_equal(data.buffer, "this is", 7);
        add_fault(&snp, "tpm-placeholder-ak-certx1");
        assert_int_equal(nv_read(&t, TPM2_RH_OWNER, AK_CERT, 1024, 0, &data), 0);
        assert_non_null(memmem(data.buffer, 1024, "MICROSOFT AZURE TRUSTED VM RSA", 30));
        tpm_close(&t);
}

static void the_td_quote_holds(void **state)
{
        (void)state;
        AZA_BYTES struct aza_bytes quote = {0};
        uint8_t blob[2600];
        uint8_t point[65] = {4};
        struct tpm t = tpm_open(&td);
        const uint8_t *report = blob + HARDWARE;

        nv_read_all(&t, REPORT, blob, sizeof(blob));
        assert_int_equal(le32(blob + 0x4C8), 4);
        assert_true(hash_is(json_of(blob), report + 0x80));
        assert_true(aza_span_is_zero(aza_span_of(report + 1024, 160)));
        assert_int_equal(sim_vm_td_quote(td.vm, aza_span_of(report, 1024), &quote), 0);
        assert_int_equal(le32(quote.data), 0x00020004);
        assert_int_equal(le32(quote.data + 4), 0x81);
        assert_memory_equal(quote.data + 48 + 520, report + 0x80, 64);
        assert_memory_equal(quote.data + 48 + 136, report + 0x210, 48);
        assert_int_equal(632 + 4 + le32(quote.data + 632), quote.len);
        memcpy(point + 1, quote.data + 636 + 64, 64);
        EVP_PKEY *template = EVP_PKEY_Q_keygen(sim_libctx(), NULL, "EC", "P-256");
        assert_int_equal(EVP_PKEY_set1_encoded_public_key(template, point, sizeof(point)), 1);
        assert_true(ecdsa_le(template, "SHA256", aza_span_of(quote.data, 632), quote.data + 636,
                             quote.data + 636 + 32, 32, false));
        EVP_PKEY_free(template);
        blob[HARDWARE + 0x80] ^= 1;
        assert_int_equal(sim_vm_td_quote(td.vm, aza_span_of(report, 1024), &quote), -1);
        assert_int_equal(sim_vm_td_quote(snp.vm, aza_span_of(report, 1024), &quote), -1);
        tpm_close(&t);
}

static int set_up(void **state)
{
        (void)state;
        (void)setenv("TSS2_LOG", "all+none", 1);
        return start_vm(&snp, SIM_SEVSNP) != 0 || start_vm(&launch, SIM_TRUSTEDLAUNCH) != 0 ||
                               start_vm(&td, SIM_TDX) != 0
                       ? -1
                       : 0;
}

static int tear_down(void **state)
{
        (void)state;
        stop_vm(&snp);
        stop_vm(&launch);
        stop_vm(&td);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_snp_report_holds),
                cmocka_unit_test(nv_answers_like_the_platform),
                cmocka_unit_test(user_data_gets_into_the_report),
                cmocka_unit_test(ak_certificates_chain),
                cmocka_unit_test(the_event_log_replays),
                cmocka_unit_test(the_ak_signs_quotes),
                cmocka_unit_test(faults_spoil_the_evidence),
                cmocka_unit_test(the_td_quote_holds),
        };
        return cmocka_run_group_tests_name("sim_evidence", tests, set_up, tear_down);
}
