/* SPDX-License-Identifier: Apache-2.0 */
/* Reports and certificates, from the simulator's own makers. */
#include "boot/event_log.h"
#include "certificate/cmw.h"
#include "seeds.h"
#include "sim/ak_cert.h"
#include "sim/cert.h"
#include "sim/eventlog.h"
#include "sim/hcl.h"
#include "sim/snp.h"
#include "sim/tdx.h"
#include "sim/tree.h"
#include "tdx/quote.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

static void runtime(struct aza_bytes *ret)
{
        static const uint8_t user_data[64];
        AZA_BYTES struct aza_bytes modulus = {0};
        FUZZ_CHECK(aza_rsa_modulus(seed_ak(), &modulus) == 0);
        const struct sim_runtime values = {
                .ak = {modulus.data, modulus.len},
                .ek = {modulus.data, modulus.len},
                .vm_id = "3D7B1B5E-6C2A-4F6E-9B51-0C2D9E8F7A10",
                .user_data = {user_data, sizeof user_data},
        };
        FUZZ_CHECK(sim_runtime_json(&values, ret) == 0);
        seed("runtime", aza_bytes_span(ret));
        seed("json", aza_bytes_span(ret));
}

static void seed_der(X509 *certificate)
{
        unsigned char *der = NULL;
        int len = i2d_X509(certificate, &der);
        FUZZ_CHECK(len > 0);
        seed("certificate", aza_span_of(der, (size_t)len));
        OPENSSL_free(der);
}

/* A certificate that carries a token (CMW), self-signed by the simulator's MAA key. */
static void attested_certificate(const struct sim_pki *pki)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        seed_jwt("{\"alg\":\"RS256\"}", "{\"iss\":\"x\"}", &jwt);
        X509 *copy = X509_dup(pki->maa_certificate);
        X509_EXTENSION *extension = aza_cmw_extension(AZA_CMW_OID, (const char *)jwt.data);
        FUZZ_CHECK(copy != NULL && extension != NULL);
        FUZZ_CHECK(X509_add_ext(copy, extension, -1) == 1);
        FUZZ_CHECK(X509_sign(copy, pki->maa_key, EVP_sha256()) > 0);
        seed_der(copy);
        X509_EXTENSION_free(extension);
        X509_free(copy);
}

/* A leaf and, behind it, who vouches for it (C7); and the leaf's key and a request with it. */
static void leaf_chain(void)
{
        static const char *const issuer_name[] = {"CN", "issuer", NULL},
                                 *const name[] = {"CN", "leaf", NULL},
                                 *const ca[] = {"basicConstraints", "critical,CA:TRUE,pathlen:0",
                                                "keyUsage", "critical,keyCertSign", NULL},
                                 *const end[] = {"basicConstraints", "critical,CA:FALSE",
                                                 "keyUsage", "critical,digitalSignature", NULL};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *issuer_key = sim_rsa_key(2048);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = sim_ec_key("P-256");
        AZA_BYTES struct aza_bytes jwt = {0};
        struct sim_certificate plan = {.subject = issuer_name,
                                       .key = issuer_key,
                                       .serial = 1,
                                       .not_before = "20260101000000Z",
                                       .not_after = "20300101000000Z",
                                       .digest = "SHA256",
                                       .extensions = ca};
        AZA_OWN(X509_free) X509 *issuer = sim_certificate_make(&plan);

        seed_jwt("{\"alg\":\"RS256\"}", "{\"iss\":\"x\"}", &jwt);
        X509_EXTENSION *extension = aza_cmw_extension(AZA_CMW_OID, (const char *)jwt.data);
        FUZZ_CHECK(issuer != NULL && extension != NULL &&
                   X509_add_ext(issuer, extension, -1) == 1 &&
                   X509_sign(issuer, issuer_key, EVP_sha256()) > 0);
        X509_EXTENSION_free(extension);
        plan.subject = name;
        plan.key = key;
        plan.issuer = issuer;
        plan.issuer_key = issuer_key;
        plan.pss = true;
        plan.extensions = end;
        AZA_OWN(X509_free) X509 *leaf = sim_certificate_make(&plan);
        X509_REQ *csr = X509_REQ_new();
        BIO *pem = BIO_new(BIO_s_mem()), *private = BIO_new(BIO_s_mem()),
            *asked = BIO_new(BIO_s_mem());
        char *text = NULL;
        FUZZ_CHECK(leaf != NULL && PEM_write_bio_X509(pem, leaf) == 1 &&
                   PEM_write_bio_X509(pem, issuer) == 1);
        long len = BIO_get_mem_data(pem, &text);
        seed("chain", aza_span_of(text, (size_t)len));
        seed("show", aza_span_of(text, (size_t)len));
        FUZZ_CHECK(PEM_write_bio_PKCS8PrivateKey(private, key, NULL, NULL, 0, NULL, NULL) == 1);
        len = BIO_get_mem_data(private, &text);
        seed("chain", aza_span_of(text, (size_t)len));
        FUZZ_CHECK(X509_REQ_set_version(csr, X509_REQ_VERSION_1) == 1 &&
                   X509_REQ_set_pubkey(csr, key) == 1 &&
                   X509_REQ_sign(csr, key, EVP_sha256()) > 0 &&
                   PEM_write_bio_X509_REQ(asked, csr) == 1);
        len = BIO_get_mem_data(asked, &text);
        seed("chain", aza_span_of(text, (size_t)len));
        X509_REQ_free(csr);
        BIO_free(pem);
        BIO_free(private);
        BIO_free(asked);
}

static void revocation(const struct sim_pki *pki)
{
        unsigned char *der = NULL;
        X509_CRL *crl = X509_CRL_new();
        X509_REVOKED *revoked = X509_REVOKED_new();
        ASN1_TIME *time = ASN1_TIME_set(NULL, 1790000000);
        FUZZ_CHECK(crl != NULL && revoked != NULL && time != NULL);
        X509_CRL_set_version(crl, X509_CRL_VERSION_2);
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(pki->ark));
        X509_CRL_set1_lastUpdate(crl, time);
        FUZZ_CHECK(ASN1_TIME_set(time, 1810000000) != NULL);
        X509_CRL_set1_nextUpdate(crl, time);
        X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(pki->ask));
        X509_REVOKED_set_revocationDate(revoked, time);
        FUZZ_CHECK(X509_CRL_add0_revoked(crl, revoked) == 1);
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        EVP_PKEY_CTX *pss = NULL;
        FUZZ_CHECK(EVP_DigestSignInit(ctx, &pss, EVP_sha384(), NULL, pki->ark_key) == 1 &&
                   EVP_PKEY_CTX_set_rsa_padding(pss, RSA_PKCS1_PSS_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(pss, 48) == 1 &&
                   X509_CRL_sign_ctx(crl, ctx) > 0);
        EVP_MD_CTX_free(ctx);
        AZA_BYTES struct aza_bytes in = {0};
        int len = i2d_X509(pki->ark, &der);
        FUZZ_CHECK(len > 0 && aza_bytes_append_be16(&in, (uint16_t)len) == 0 &&
                   aza_bytes_append(&in, der, (size_t)len) == 0);
        OPENSSL_free(der);
        der = NULL;
        len = i2d_X509_CRL(crl, &der);
        FUZZ_CHECK(len > 0 && aza_bytes_append(&in, der, (size_t)len) == 0);
        seed("crl", aza_bytes_span(&in));
        OPENSSL_free(der);
        ASN1_TIME_free(time);
        X509_CRL_free(crl);
}

static void certificates(const struct sim_pki *pki, const struct sim_chip *chip)
{
        AZA_BYTES struct aza_bytes ak = {0};
        uint8_t modulus[256];
        memset(modulus, 0xB7, sizeof modulus);
        FUZZ_CHECK(sim_ak_certificate(pki, modulus, true, "A", &ak) == 0);
        seed("certificate", aza_bytes_span(&ak));
        FUZZ_CHECK(aza_bytes_resize(&ak, ak.len + 64) == 0);
        seed("certificate", aza_bytes_span(&ak));
        FUZZ_CHECK(sim_ak_placeholder(pki, &ak) == 0);
        seed("certificate", aza_bytes_span(&ak));
        seed_der(pki->ark);
        seed_der(pki->ask);

        BIO *pem = BIO_new(BIO_s_mem());
        char *text = NULL;
        FUZZ_CHECK(BIO_puts(pem, chip->vcek_pem) > 0 && PEM_write_bio_X509(pem, pki->ask) == 1 &&
                   PEM_write_bio_X509(pem, pki->ark) == 1);
        long len = BIO_get_mem_data(pem, &text);
        seed("certificate", aza_span_of(text, (size_t)len));
        BIO_free(pem);

        pem = BIO_new_mem_buf(chip->vcek_pem, -1);
        X509 *vcek = PEM_read_bio_X509(pem, NULL, NULL, NULL);
        FUZZ_CHECK(vcek != NULL);
        seed_der(vcek);
        X509_free(vcek);
        BIO_free(pem);
        attested_certificate(pki);
        revocation(pki);
        leaf_chain();
}

static void tdx(const struct sim_pki *pki, struct aza_span json, uint8_t report_data[64])
{
        AZA_BYTES struct aza_bytes blob = {0};
        struct sim_td td = {0};
        uint8_t report[SIM_TDREPORT_LEN];
        FUZZ_CHECK(sim_td_make(pki, &td) == 0 && sim_td_report(&td, report_data, report) == 0);
        FUZZ_CHECK(sim_hcl_report(SIM_HCL_TDX, aza_span_of(report, sizeof report), json, &blob) ==
                   0);
        seed("hcl_report", aza_bytes_span(&blob));
        for (td.quote_version = 4; td.quote_version <= 5; td.quote_version++) {
                AZA_BYTES struct aza_bytes quote = {0};
                struct aza_td_quote parsed;
                FUZZ_CHECK(sim_td_quote(&td, aza_span_of(report, sizeof report), &quote) == 0);
                FUZZ_CHECK(aza_td_quote_parse(aza_bytes_span(&quote), &parsed) == NULL);
                FUZZ_CHECK(aza_bytes_append(&quote, report, sizeof report) == 0);
                seed("td_quote", aza_bytes_span(&quote));
        }
        sim_td_free(&td);
        seeds_collateral(pki);
}

static void append_le32(struct aza_bytes *out, uint32_t v)
{
        const uint8_t le[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
                               (uint8_t)(v >> 24)};
        FUZZ_CHECK(aza_bytes_append(out, le, 4) == 0);
}

/* The events of `agile` in the form that knows only SHA-1, with its header ("02") and without
 * one. */
static void sha1_logs(struct aza_span agile)
{
        AZA_BYTES struct aza_bytes log = {0};
        struct aza_events events;
        struct aza_event event;
        static const uint8_t zeros[20] = {0};
        append_le32(&log, 0);
        append_le32(&log, AZA_EV_NO_ACTION);
        FUZZ_CHECK(aza_bytes_append(&log, zeros, sizeof zeros) == 0);
        append_le32(&log, 25);
        FUZZ_CHECK(aza_bytes_append(&log, "Spec ID Event02\0\0\0\0\0\2\1\0\2", 25) == 0);
        size_t header = log.len;
        FUZZ_CHECK(aza_events_begin(agile, TPM2_ALG_SHA1, &events) == NULL);
        while (aza_events_next(&events, &event)) {
                append_le32(&log, event.pcr);
                append_le32(&log, event.type);
                FUZZ_CHECK(aza_bytes_append(&log, event.digest.data, event.digest.len) == 0);
                append_le32(&log, (uint32_t)event.data.len);
                FUZZ_CHECK(aza_bytes_append(&log, event.data.data, event.data.len) == 0);
        }
        seed("event_log", aza_bytes_span(&log));
        seed("event_log", aza_span_of(log.data + header, log.len - header));
}

void seeds_reports(void)
{
        AZA_BYTES struct aza_bytes json = {0};
        AZA_BYTES struct aza_bytes blob = {0};
        struct sim_pki pki = {0};
        struct sim_chip chip = {0};
        struct sim_event_log log = {0};
        struct sim_boot_plan plan = {.db_certificate = aza_span_of("db", 2), .secure_boot = true};
        uint8_t report_data[64] = {0};
        uint8_t report[SIM_SNP_REPORT_LEN];
        char dir[] = "/tmp/azattest-seeds-XXXXXX";

        runtime(&json);
        FUZZ_CHECK(aza_sha256(fuzz_libctx(), aza_bytes_span(&json), report_data) == 0);
        FUZZ_CHECK(mkdtemp(dir) != NULL && sim_pki_open(dir, &pki) == 0);
        FUZZ_CHECK(sim_chip_make(&pki, &chip) == 0);
        FUZZ_CHECK(sim_snp_report(&chip, sim_snp_azure_id_key, report_data, report) == 0);
        seed("snp_report", aza_span_of(report, sizeof report));
        FUZZ_CHECK(sim_hcl_report(SIM_HCL_SNP, aza_span_of(report, sizeof report),
                                  aza_bytes_span(&json), &blob) == 0);
        seed("hcl_report", aza_bytes_span(&blob));
        tdx(&pki, aza_bytes_span(&json), report_data);
        certificates(&pki, &chip);
        plan.windows = true;
        FUZZ_CHECK(sim_event_log_make(&plan, &log) == 0);
        seed("event_log", aza_bytes_span(&log.file));
        sim_event_log_free(&log);
        plan.windows = false;
        FUZZ_CHECK(sim_event_log_make(&plan, &log) == 0);
        seed("event_log", aza_bytes_span(&log.file));
        sha1_logs(aza_bytes_span(&log.file));
        seed_evidence(&pki, aza_bytes_span(&blob), chip.vcek_pem, aza_bytes_span(&log.file));
        sim_event_log_free(&log);
        sim_chip_free(&chip);
        sim_pki_close(&pki);
        sim_tree_remove(dir);
}
