/* SPDX-License-Identifier: Apache-2.0 */
/* An evidence file with signatures that hold, so that the checks behind them are reached. */
#include "evidence/file.h"
#include "seeds.h"
#include "sim/ak_cert.h"

#include <tss2/tss2_mu.h>

static EVP_PKEY *ak;

EVP_PKEY *seed_ak(void)
{
        if (ak == NULL)
                ak = EVP_PKEY_Q_keygen(fuzz_libctx(), NULL, "RSA", (size_t)2048);
        FUZZ_CHECK(ak != NULL);
        return ak;
}

static void sign(const TPMS_ATTEST *structure, struct aza_attestation *ret)
{
        uint8_t message[sizeof *structure];
        uint8_t signature[256];
        size_t len = 0;
        size_t signature_len = sizeof signature;
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        FUZZ_CHECK(Tss2_MU_TPMS_ATTEST_Marshal(structure, message, sizeof message, &len) == 0);
        FUZZ_CHECK(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", fuzz_libctx(), NULL, seed_ak(),
                                         NULL) == 1);
        FUZZ_CHECK(EVP_DigestSign(ctx, signature, &signature_len, message, len) == 1);
        EVP_MD_CTX_free(ctx);
        FUZZ_CHECK(aza_bytes_set(&ret->message, message, len) == 0 &&
                   aza_bytes_set(&ret->signature, signature, signature_len) == 0);
}

static void attestations(struct aza_evidence_file *f)
{
        struct aza_keyref ref = {.hierarchy = TPM2_RH_NULL, .pcr_mask = 0xFF};
        TPMS_ATTEST quote = {
                .magic = TPM2_GENERATED_VALUE,
                .type = TPM2_ST_ATTEST_QUOTE,
                .attested.quote = {.pcrSelect = {.count = 1,
                                                 .pcrSelections = {{.hash = TPM2_ALG_SHA256,
                                                                    .sizeofSelect = 3,
                                                                    .pcrSelect = {0xFF}}}},
                                   .pcrDigest = {.size = 32}},
        };
        TPMS_ATTEST certify = {
                .magic = TPM2_GENERATED_VALUE,
                .type = TPM2_ST_ATTEST_CERTIFY,
                .attested.certify = {.name = {.size = 34}, .qualifiedName = {.size = 34}},
        };
        memset(ref.modulus, 0xB7, sizeof ref.modulus);
        f->pcrs.mask = 0xFF;
        FUZZ_CHECK(aza_pcr_digest(fuzz_libctx(), &f->pcrs, quote.attested.quote.pcrDigest.buffer) ==
                   0);
        FUZZ_CHECK(aza_pcr_policy(fuzz_libctx(), &f->pcrs, ref.policy) == 0);
        FUZZ_CHECK(aza_keyref_public(fuzz_libctx(), &ref, &f->key_public) == 0);
        FUZZ_CHECK(aza_keyref_tpm_name(fuzz_libctx(), &ref, certify.attested.certify.name.name) ==
                   0);
        sign(&quote, &f->quote);
        sign(&certify, &f->certify);
}

void seed_evidence(const struct sim_pki *pki, struct aza_span hcl, const char *pem,
                   struct aza_span log)
{
        struct aza_evidence_file f = {.vm = AZA_VM_SEVSNP, .time = 1800000000};
        AZA_BYTES struct aza_bytes modulus = {0};
        AZA_BYTES struct aza_bytes text = {0};
        FUZZ_CHECK(aza_bytes_set(&f.hcl_report, hcl.data, hcl.len) == 0 &&
                   aza_bytes_append_text(&f.vcek_chain, pem) == 0 &&
                   aza_bytes_set(&f.event_log, log.data, log.len) == 0);
        FUZZ_CHECK(aza_rsa_modulus(seed_ak(), &modulus) == 0);
        FUZZ_CHECK(sim_ak_certificate(pki, modulus.data, true, "A", &f.ak_certificate) == 0);
        attestations(&f);
        FUZZ_CHECK(aza_evidence_file_encode(&f, &text) == 0);
        seed("evidence", aza_bytes_span(&text));
        f.vm = AZA_VM_TRUSTEDLAUNCH;
        aza_bytes_free(&f.hcl_report);
        aza_bytes_free(&f.vcek_chain);
        aza_bytes_free(&text);
        FUZZ_CHECK(aza_evidence_file_encode(&f, &text) == 0);
        seed("evidence", aza_bytes_span(&text));
        aza_evidence_file_free(&f);
}
