/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated MAA's verifier on real evidence: it reads what Azure and Google machines made,
 * so that it is no mere mirror of the simulated VM. */
#include "os/file.h"
#include "sim_maa_fixture.h"

#include <openssl/pem.h>

static const char *vectors(void)
{
        const char *dir = secure_getenv("AZATTEST_VECTORS");
        return dir != NULL ? dir : AZATTEST_SOURCE_DIR "/../shared/vectors";
}

static void load(const char *set, const char *name, struct aza_bytes *ret)
{
        char path[4096];
        (void)snprintf(path, sizeof(path), "%s/%s/%s", vectors(), set, name);
        if (aza_file_read(path, 1 << 20, ret) != 0)
                fail_msg("cannot read %s", path);
}

static bool have_vectors(void)
{
        if (access(vectors(), R_OK) == 0)
                return true;
        print_message("skipped: no vectors\n");
        return false;
}

static EVP_PKEY *load_key(const char *set)
{
        AZA_BYTES struct aza_bytes pem = {0};
        load(set, "hcl-ak.spki.pem", &pem);
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
        EVP_PKEY *key = PEM_read_bio_PUBKEY_ex(bio, NULL, NULL, NULL, sim_libctx(), NULL);
        assert_non_null(key);
        return key;
}

static void load_quote(const char *set, struct sim_maa_request *r)
{
        AZA_BYTES struct aza_bytes pcrs = {0};
        load(set, "quote.msg", &r->quote);
        load(set, "quote.sig", &r->quote_signature);
        load(set, "pcrs-sha256.bin", &pcrs);
        assert_int_equal(pcrs.len, sizeof(r->pcrs));
        memcpy(r->pcrs, pcrs.data, sizeof(r->pcrs));
        r->pcr_mask = 0xFFFFFF;
}

static void append_der(struct aza_bytes *chain, const struct aza_bytes *der)
{
        const unsigned char *p = der->data;
        AZA_OWN(X509_free) X509 *x = d2i_X509(NULL, &p, (long)der->len);
        AZA_OWN(free) char *pem = sim_certificate_pem(x);
        assert_non_null(pem);
        assert_int_equal(aza_bytes_append_text(chain, pem), 0);
}

static const struct {
        const char *set, *product;
} snp_sets[] = {
        {"azure-snp/milan-v3-coco-evidence-v2", "milan"},
        {"azure-snp/genoa-v3-coco", "genoa"},
        {"azure-snp/milan-v2-2023-coco", "milan"},
};

static void real_snp(void **state)
{
        (void)state;
        if (!have_vectors())
                skip();
        for (size_t i = 0; i < sizeof(snp_sets) / sizeof(snp_sets[0]); i++) {
                const char *set = snp_sets[i].set;
                SIM_MAA_REQUEST struct sim_maa_request r = {.isolation = SIM_ISOLATION_SEVSNP};
                AZA_BYTES struct aza_bytes vcek = {0};
                AZA_BYTES struct aza_bytes ask = {0};
                AZA_BYTES struct aza_bytes ark = {0};
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = load_key(set);
                struct sim_refusal refusal = {0};
                struct aza_span report_data = {0};
                struct sim_pki pki = {0};
                uint8_t digest[32];
                char name[32];

                load_quote(set, &r);
                load(set, "snp-report.bin", &r.hardware_report);
                load(set, "runtime-claims.json", &r.runtime);
                load(set, "vcek.der", &vcek);
                (void)snprintf(name, sizeof(name), "%s_ask.pem", snp_sets[i].product);
                load("amd", name, &ask);
                (void)snprintf(name, sizeof(name), "%s_ark.pem", snp_sets[i].product);
                load("amd", name, &ark);
                append_der(&r.vcek_chain, &vcek);
                assert_int_equal(aza_bytes_append(&r.vcek_chain, ask.data, ask.len), 0);
                assert_int_equal(aza_bytes_append(&r.vcek_chain, "\n", 1), 0);
                assert_int_equal(aza_bytes_append(&r.vcek_chain, ark.data, ark.len), 0);
                AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(ark.data, (int)ark.len);
                AZA_OWN(X509_free) X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL);
                pki.ark = root;
                if (!sim_maa_verify_snp(&pki, &r, &report_data, &refusal) ||
                    !sim_maa_verify_quote(&r, ak, &refusal))
                        fail_msg("%s: %s", set, refusal.message);
                assert_int_equal(aza_sha256(sim_libctx(), aza_bytes_span(&r.runtime), digest), 0);
                assert_memory_equal(report_data.data, digest, sizeof(digest));
                r.hardware_report.data[SNP_MEASUREMENT] ^= 1;
                assert_false(sim_maa_verify_snp(&pki, &r, &report_data, &refusal));
        }
}

/* The last of the certificates in a quote. */
static X509 *intel_root(const struct aza_bytes *quote)
{
        const char *at = NULL;

        for (size_t i = 0; i + 27 < quote->len; i++)
                if (memcmp(quote->data + i, "-----BEGIN CERTIFICATE-----", 27) == 0)
                        at = (const char *)quote->data + i;
        assert_non_null(at);
        AZA_OWN(BIO_free_all)
        BIO *bio = BIO_new_mem_buf(at,
                                   (int)(quote->len - (size_t)((const uint8_t *)at - quote->data)));
        X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        assert_non_null(root);
        return root;
}

static void real_tdx(void **state)
{
        static const char *const sets[] = {"azure-tdx/tdx-coco",
                                           "azure-tdx/tdx-flashbots-2025-12-ak-ca03"};
        (void)state;
        if (!have_vectors())
                skip();
        for (size_t i = 0; i < 2; i++) {
                SIM_MAA_REQUEST struct sim_maa_request r = {.isolation = SIM_ISOLATION_TDX};
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *ak = load_key(sets[i]);
                struct sim_refusal refusal = {0};
                struct aza_span report_data = {0};
                uint8_t digest[32];

                load_quote(sets[i], &r);
                load(sets[i], "td-quote.bin", &r.hardware_report);
                load(sets[i], "runtime-claims.json", &r.runtime);
                AZA_OWN(X509_free) X509 *root = intel_root(&r.hardware_report);
                const struct sim_pki pki = {.intel_root = root, .qe_signer = 0xDC};
                if (!sim_maa_verify_tdx(&pki, &r, &report_data, &refusal) ||
                    !sim_maa_verify_quote(&r, ak, &refusal))
                        fail_msg("%s: %s", sets[i], refusal.message);
                assert_int_equal(aza_sha256(sim_libctx(), aza_bytes_span(&r.runtime), digest), 0);
                assert_memory_equal(report_data.data, digest, sizeof(digest));
        }
}

static void real_log(void **state)
{
        static const char set[] = "gce-tpm/gce-cos-85-no-nonce";
        AZA_BYTES struct aza_bytes log = {0};
        AZA_BYTES struct aza_bytes pcrs = {0};
        struct sim_log_facts facts = {0};
        struct sim_refusal refusal = {0};
        uint8_t values[SIM_PCRS][SIM_PCR_LEN];
        (void)state;
        if (!have_vectors())
                skip();
        load(set, "eventlog.bin", &log);
        load(set, "pcrs-sha256.bin", &pcrs);
        assert_int_equal(pcrs.len, sizeof(values));
        memcpy(values, pcrs.data, sizeof(values));
        if (!sim_log_replay(aza_bytes_span(&log), 0xFF, values, &facts, &refusal))
                fail_msg("%s", refusal.message);
        assert_true(facts.secure_boot && facts.db);
        values[7][0] ^= 1;
        assert_false(sim_log_replay(aza_bytes_span(&log), 0xFF, values, &facts, &refusal));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(real_snp),
                cmocka_unit_test(real_tdx),
                cmocka_unit_test(real_log),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
