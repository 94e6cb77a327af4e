/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the simulated MAA: evidence of a VM whose AK lives in software, byte by byte as
 * PROTOCOL.md describes it, and the request each client makes of it. Tests change one thing and
 * expect the check that minds.
 */
#ifndef SIM_MAA_FIXTURE_H
#define SIM_MAA_FIXTURE_H

#include "base/base64.h"
#include "base/crypto.h"
#include "sim/ak_cert.h"
#include "sim/cert.h"
#include "sim/eventlog.h"
#include "sim/hcl.h"
#include "sim/maa_verify.h"
#include "sim/snp.h"
#include "sim/snp_layout.h"
#include "sim/tdx.h"
#include "sim/writer.h"

#include <ftw.h>
#include <openssl/ecdsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TEST_PCRS     0xFFu
#define TEST_VM_ID    "0F5B6B67-1C3E-4B0A-9F0D-0123456789AB"
#define AK_ATTRIBUTES 0x00050472u
#define EK_ATTRIBUTES 0x00020432u /* of EncKeyPub */

AZA_OWN_DEFINE(ECDSA_SIG, ECDSA_SIG_free);

/* Made once: RSA keys are slow. */
struct world {
        char dir[64];
        struct sim_pki pki;
        EVP_PKEY *ak, *key, *other;
        struct sim_chip chip;
        struct sim_td td;
        struct sim_event_log log;
};

struct evidence {
        enum sim_isolation isolation;
        struct aza_bytes ak_certificate, ak_public, quote, quote_signature, key_public, certify,
                certify_signature, log, hardware, chain, runtime;
        uint8_t pcrs[SIM_PCRS][SIM_PCR_LEN];
        uint32_t ak_attributes, key_attributes;
        uint32_t key_scheme, key_exponent; /* 0x0010 and 0 are the template's */
        uint32_t quoted;                   /* PCR mask */
};

static inline void evidence_free(struct evidence *e)
{
        struct aza_bytes *all[] = {&e->ak_certificate,
                                   &e->ak_public,
                                   &e->quote,
                                   &e->quote_signature,
                                   &e->key_public,
                                   &e->certify,
                                   &e->certify_signature,
                                   &e->log,
                                   &e->hardware,
                                   &e->chain,
                                   &e->runtime};
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                aza_bytes_free(all[i]);
}
#define EVIDENCE __attribute__((cleanup(evidence_free)))

static inline int world_make(struct world *w)
{
        memset(w, 0, sizeof(*w));
        (void)snprintf(w->dir, sizeof(w->dir), "/tmp/sim_maa.XXXXXX");
        if (mkdtemp(w->dir) == NULL || sim_pki_open(w->dir, &w->pki) != 0)
                return -1;
        w->ak = sim_rsa_key(2048);
        w->key = sim_rsa_key(2048);
        w->other = sim_rsa_key(2048);
        w->td.quote_version = 4;
        static const char db[] = "db";
        const struct sim_boot_plan plan = {.db_certificate = aza_span_of(db, sizeof(db)),
                                           .secure_boot = true};
        return w->ak == NULL || w->key == NULL || w->other == NULL ||
                               sim_chip_make(&w->pki, &w->chip) != 0 ||
                               sim_td_make(&w->pki, &w->td) != 0 ||
                               sim_event_log_make(&plan, &w->log) != 0
                       ? -1
                       : 0;
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
        (void)st;
        (void)kind;
        (void)at;
        return remove(path);
}

static inline void world_free(struct world *w)
{
        EVP_PKEY_free(w->ak);
        EVP_PKEY_free(w->key);
        EVP_PKEY_free(w->other);
        sim_chip_free(&w->chip);
        sim_td_free(&w->td);
        sim_event_log_free(&w->log);
        sim_pki_close(&w->pki);
        (void)nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- signatures --- */

static inline void sign_rsa(EVP_PKEY *key, const struct aza_bytes *message, struct aza_bytes *ret)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        size_t len = 256;

        assert_int_equal(aza_bytes_resize(ret, len), 0);
        assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", sim_libctx(), NULL, key, NULL),
                         1);
        assert_int_equal(EVP_DigestSign(ctx, ret->data, &len, message->data, message->len), 1);
}

/* r and s, `half` bytes each, as AMD (little-endian) or Intel (big-endian) want them. */
static inline void sign_ec(EVP_PKEY *key, const char *digest, const void *message, size_t len,
                           bool little, int half, uint8_t *r, uint8_t *s)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        uint8_t der[160];
        const uint8_t *p = der;
        size_t der_len = sizeof(der);

        assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, digest, sim_libctx(), NULL, key, NULL),
                         1);
        assert_int_equal(EVP_DigestSign(ctx, der, &der_len, message, len), 1);
        AZA_OWN(ECDSA_SIG_free) ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der_len);
        assert_non_null(sig);
        if (little) {
                assert_int_equal(BN_bn2lebinpad(ECDSA_SIG_get0_r(sig), r, half), half);
                assert_int_equal(BN_bn2lebinpad(ECDSA_SIG_get0_s(sig), s, half), half);
        } else {
                assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), r, half), half);
                assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), s, half), half);
        }
}

static inline void sign_report(const struct world *w, struct evidence *e)
{
        sign_ec(w->chip.vcek_key, "SHA384", e->hardware.data, SNP_SIGNED_LEN, true, SNP_RS_LEN,
                e->hardware.data + SNP_R, e->hardware.data + SNP_S);
}

/* --- TPM structures --- */

static inline void put_public(struct sim_writer *w, EVP_PKEY *key, uint32_t attributes,
                              struct aza_span policy, uint16_t scheme)
{
        AZA_BYTES struct aza_bytes n = {0};

        assert_int_equal(aza_rsa_modulus(key, &n), 0);
        sim_put_be16(w, 0x0001);
        sim_put_be16(w, 0x000B);
        sim_put_be32(w, attributes);
        sim_put_be16(w, (uint16_t)policy.len);
        sim_put_span(w, policy);
        sim_put_be16(w, 0x0010);
        sim_put_be16(w, scheme);
        if (scheme != 0x0010)
                sim_put_be16(w, 0x000B);
        sim_put_be16(w, 2048);
        sim_put_be32(w, 0);
        sim_put_be16(w, (uint16_t)n.len);
        sim_put_span(w, aza_bytes_span(&n));
}

static inline void take_2b(struct sim_writer *area, struct aza_bytes *ret)
{
        SIM_WRITER struct sim_writer w = {0};
        sim_put_be16(&w, (uint16_t)area->bytes.len);
        sim_put_span(&w, aza_bytes_span(&area->bytes));
        assert_int_equal(sim_writer_take(&w, ret), 0);
}

static inline void put_attest(struct sim_writer *w, uint16_t type)
{
        sim_put_be32(w, 0xFF544347);
        sim_put_be16(w, type);
        sim_put_be16(w, 0x0022);
        sim_put_be16(w, 0x000B);
        sim_put_zeros(w, 32);
        sim_put_be16(w, 0); /* extraData */
        sim_put_zeros(w, 17 + 8);
}

static inline void put_selection(struct sim_writer *w, uint32_t mask)
{
        sim_put_be32(w, 1);
        sim_put_be16(w, 0x000B);
        sim_put_u8(w, 3);
        sim_put_u8(w, (uint8_t)mask);
        sim_put_u8(w, (uint8_t)(mask >> 8));
        sim_put_u8(w, (uint8_t)(mask >> 16));
}

static inline void digest_pcrs(const struct evidence *e, uint8_t out[32])
{
        SIM_WRITER struct sim_writer w = {0};
        for (unsigned int i = 0; i < SIM_PCRS; i++)
                if ((e->quoted & 1U << i) != 0)
                        sim_put(&w, e->pcrs[i], SIM_PCR_LEN);
        assert_int_equal(aza_sha256(sim_libctx(), aza_bytes_span(&w.bytes), out), 0);
}

static inline void make_key_public(const struct world *w, struct evidence *e, EVP_PKEY *key)
{
        SIM_WRITER struct sim_writer policy = {0};
        SIM_WRITER struct sim_writer area = {0};
        SIM_WRITER struct sim_writer attest = {0};
        uint8_t digest[32];

        (void)w;
        digest_pcrs(e, digest);
        sim_put_zeros(&policy, 32);
        sim_put_be32(&policy, 0x0000017F);
        put_selection(&policy, e->quoted);
        sim_put(&policy, digest, sizeof(digest));
        assert_int_equal(aza_sha256(sim_libctx(), aza_bytes_span(&policy.bytes), digest), 0);
        put_public(&area, key, e->key_attributes, aza_span_of(digest, sizeof(digest)),
                   (uint16_t)e->key_scheme);
        /* in front of TPM2B unique */
        memcpy(area.bytes.data + area.bytes.len - 256 - 2 - 4,
               (uint8_t[]){0, (uint8_t)(e->key_exponent >> 16), 0, (uint8_t)e->key_exponent}, 4);
        take_2b(&area, &e->key_public);
        assert_int_equal(aza_sha256(sim_libctx(), aza_bytes_span(&area.bytes), digest), 0);
        put_attest(&attest, 0x8017);
        sim_put_be16(&attest, 0x0022);
        sim_put_be16(&attest, 0x000B);
        sim_put(&attest, digest, sizeof(digest));
        sim_put_be16(&attest, 0x0022);
        sim_put_be16(&attest, 0x000B);
        sim_put_zeros(&attest, 32);
        assert_int_equal(sim_writer_take(&attest, &e->certify), 0);
        sign_rsa(w->ak, &e->certify, &e->certify_signature);
}

static inline void make_quote(const struct world *w, struct evidence *e)
{
        SIM_WRITER struct sim_writer attest = {0};
        uint8_t digest[32];

        digest_pcrs(e, digest);
        put_attest(&attest, 0x8018);
        put_selection(&attest, e->quoted);
        sim_put_be16(&attest, 32);
        sim_put(&attest, digest, sizeof(digest));
        assert_int_equal(sim_writer_take(&attest, &e->quote), 0);
        sign_rsa(w->ak, &e->quote, &e->quote_signature);
}

static inline void make_ak(const struct world *w, struct evidence *e)
{
        SIM_WRITER struct sim_writer area = {0};
        AZA_BYTES struct aza_bytes n = {0};

        put_public(&area, w->ak, e->ak_attributes, aza_span_of(NULL, 0), 0x0014);
        take_2b(&area, &e->ak_public);
        assert_int_equal(aza_rsa_modulus(w->ak, &n), 0);
        assert_int_equal(sim_ak_certificate(&w->pki, n.data,
                                            e->isolation != SIM_ISOLATION_TRUSTED_LAUNCH,
                                            TEST_VM_ID, &e->ak_certificate),
                         0);
        /* as it stands in its NV index */
        assert_int_equal(aza_bytes_resize(&e->ak_certificate, 4096), 0);
}

/* --- PCRs and log --- */

static inline void replay(const struct world *w, struct evidence *e)
{
        size_t bank = 0;
        while (strcmp(sim_banks[bank].name, "SHA256") != 0)
                bank++;
        for (size_t i = 0; i < w->log.count; i++) {
                const struct sim_extend *x = &w->log.extends[i];
                uint8_t both[64];
                memcpy(both, e->pcrs[x->pcr], 32);
                memcpy(both + 32, x->digests[bank], 32);
                assert_int_equal(aza_sha256(sim_libctx(), aza_span_of(both, 64), e->pcrs[x->pcr]),
                                 0);
        }
        assert_int_equal(aza_bytes_set(&e->log, w->log.file.data, w->log.file.len), 0);
}

/* --- hardware --- */

static inline void make_runtime(const struct world *w, struct evidence *e, EVP_PKEY *ak)
{
        static const uint8_t user_data[64];
        AZA_BYTES struct aza_bytes n = {0};
        AZA_BYTES struct aza_bytes ek = {0};

        assert_int_equal(aza_rsa_modulus(ak, &n), 0);
        assert_int_equal(aza_rsa_modulus(w->other, &ek), 0);
        const struct sim_runtime runtime = {.ak = aza_bytes_span(&n),
                                            .ek = aza_bytes_span(&ek),
                                            .vm_id = TEST_VM_ID,
                                            .user_data = aza_span_of(user_data, 64)};
        assert_int_equal(sim_runtime_json(&runtime, &e->runtime), 0);
}

static inline void make_hardware(const struct world *w, struct evidence *e)
{
        uint8_t data[64] = {0};
        uint8_t report[SIM_SNP_REPORT_LEN];

        assert_int_equal(aza_sha256(sim_libctx(), aza_bytes_span(&e->runtime), data), 0);
        if (e->isolation == SIM_ISOLATION_TDX) {
                assert_int_equal(sim_td_report(&w->td, data, report), 0);
                assert_int_equal(
                        sim_td_quote(&w->td, aza_span_of(report, SIM_TDREPORT_LEN), &e->hardware),
                        0);
                return;
        }
        assert_int_equal(sim_snp_report(&w->chip, sim_snp_azure_id_key, data, report), 0);
        assert_int_equal(aza_bytes_set(&e->hardware, report, sizeof(report)), 0);
        AZA_OWN(free) char *ask = sim_certificate_pem(w->pki.ask);
        AZA_OWN(free) char *ark = sim_certificate_pem(w->pki.ark);
        assert_int_equal(aza_bytes_append_text(&e->chain, w->chip.vcek_pem), 0);
        assert_int_equal(aza_bytes_append_text(&e->chain, ask), 0);
        assert_int_equal(aza_bytes_append_text(&e->chain, ark), 0);
}

static inline void evidence_make(const struct world *w, enum sim_isolation isolation,
                                 struct evidence *e)
{
        *e = (struct evidence){.isolation = isolation,
                               .ak_attributes = AK_ATTRIBUTES,
                               .key_attributes = EK_ATTRIBUTES,
                               .key_scheme = 0x0010,
                               .quoted = TEST_PCRS};
        replay(w, e);
        make_ak(w, e);
        make_quote(w, e);
        make_key_public(w, e, w->key);
        if (isolation == SIM_ISOLATION_TRUSTED_LAUNCH)
                return;
        make_runtime(w, e, w->ak);
        make_hardware(w, e);
}

#endif
