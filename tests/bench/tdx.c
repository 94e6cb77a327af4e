/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What verification of TDX evidence adds to the signatures in it: a TD quote with collateral at
 * hand beside nine bare P-256 verifies (PCK, its CA, QE report, quote, two documents, who signed
 * them, two lists), and whole files: one of a TDX VM beside one of an SEV-SNP VM, the chains of
 * both in them. The files are AZATTEST_BENCH_TDX and AZATTEST_BENCH_SNP of the same simulated
 * authorities (tests/bench/run).
 */
#include "base/crypto.h"
#include "base/error.h"
#include "bench/bench.h"
#include "config/config.h"
#include "evidence/judge.h"
#include "os/file.h"
#include "tdx/p256.h"
#include "tdx/verify.h"

#include <openssl/ecdsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURES 9

struct tdx_world {
        OSSL_LIB_CTX *libctx;
        struct aza_config config;
        int64_t now;
        struct aza_evidence_file tdx, snp;
        struct aza_bytes tdx_text, snp_text;
        struct aza_td_quote quote;
        struct aza_span certificates; /* in it */
        EVP_PKEY *key;                /* the attestation key */
};

static int fail(const char *what)
{
        (void)fprintf(stderr, "bench: %s: %s\n", what, aza_last_error()->message);
        return -1;
}

/* ---- the quote ---- */

static int verify_quote(void *arg)
{
        struct tdx_world *w = arg;
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_td_tcb tcb;
        const struct aza_td_options o = {
                .collateral = &w->tdx.td_collateral, .roots = w->config.intel_root, .time = w->now};

        if (aza_td_signature_verify(w->libctx, aza_bytes_span(&w->tdx.td_quote), &o, &checks,
                                    &tcb) &&
            aza_checks_verdict(&checks) != AZA_VERDICT_REJECT)
                return 0;
        (void)aza_checks_result(&checks, "TD quote");
        return fail("TD quote");
}

static int verify_bare(void *arg)
{
        struct tdx_world *w = arg;

        for (int i = 0; i < SIGNATURES; i++)
                if (!aza_p256_verify(w->libctx, w->key, w->quote.text, w->quote.signature))
                        return fail("bare P-256 verify");
        return 0;
}

/* What OpenSSL needs to read the four certificates in it, whose keys the nine are verified with. */
static int read_certificates(void *arg)
{
        struct tdx_world *w = arg;
        struct aza_intel_chain pck = {0}, signer = {0};
        const bool good =
                aza_intel_chain_parse(w->libctx, w->certificates, 3, NULL, &pck) == NULL &&
                aza_intel_chain_parse(w->libctx,
                                      aza_bytes_span(&w->tdx.td_collateral.tcb_info_chain), 2, &pck,
                                      &signer) == NULL &&
                signer.certs[1] == pck.certs[2];

        aza_intel_chain_free(&pck);
        aza_intel_chain_free(&signer);
        return good ? 0 : fail("certificates of a TD quote");
}

/* ---- whole files ---- */

static int judge(const struct tdx_world *w, const struct aza_bytes *text)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_evidence_file file = {0};
        struct aza_judgement j = {0};
        const struct aza_judge_options o = {.time = w->now,
                                            .require = AZA_REQUIRE_CVM,
                                            .pcr_mask = w->config.pcr_mask,
                                            .any_vm = true,
                                            .foreign = true,
                                            .need_key = true,
                                            .td.roots = w->config.intel_root,
                                            .snp.roots = w->config.amd_root,
                                            .vtpm_roots = w->config.vtpm_root};

        if (aza_evidence_file_decode(aza_bytes_span(text), &file) != 0)
                return fail("evidence file");
        (void)aza_evidence_judge(w->libctx, &file, &o, &checks, &j);
        const bool good = aza_checks_verdict(&checks) == AZA_VERDICT_ACCEPT;
        if (!good)
                (void)aza_checks_result(&checks, "evidence");
        aza_judgement_free(&j);
        aza_evidence_file_free(&file);
        return good ? 0 : fail("evidence");
}

static int judge_tdx(void *arg)
{
        const struct tdx_world *w = arg;

        return judge(w, &w->tdx_text);
}

static int judge_snp(void *arg)
{
        const struct tdx_world *w = arg;

        return judge(w, &w->snp_text);
}

/* ---- both ---- */

static int load(const char *name, struct aza_bytes *text, struct aza_evidence_file *ret)
{
        const char *path = getenv(name);

        if (path == NULL) {
                (void)fprintf(stderr, "bench: %s is not set; start tests/bench/run\n", name);
                return -1;
        }
        return aza_file_read(path, AZA_EVIDENCE_FILE_MAX, text) == 0 &&
                               aza_evidence_file_decode(aza_bytes_span(text), ret) == 0
                       ? 0
                       : fail(path);
}

static int prepare(struct tdx_world *w)
{
        if (load("AZATTEST_BENCH_TDX", &w->tdx_text, &w->tdx) != 0 ||
            load("AZATTEST_BENCH_SNP", &w->snp_text, &w->snp) != 0 || aza_now(&w->now) != 0)
                return -1;
        struct aza_td_certification certification;
        if (aza_td_quote_parse(aza_bytes_span(&w->tdx.td_quote), &w->quote) != NULL ||
            aza_td_certification_parse(&w->quote, &certification) != NULL)
                return fail("TD quote");
        w->certificates = certification.certificates;
        w->key = aza_p256_key(w->libctx, w->quote.key);
        return w->key != NULL ? 0 : fail("attestation key");
}

static int measure(struct tdx_world *w)
{
        static const char nine[] = "9 bare P-256 verifies";
        const struct bench_pair pairs[] = {
                {.name = "verify a TD quote",
                 .yardstick = nine,
                 .ours = verify_quote,
                 .theirs = verify_bare,
                 .aim = 1.50},
                {.name = "read its 4 certificates",
                 .yardstick = nine,
                 .ours = read_certificates,
                 .theirs = verify_bare},
                {.name = "verify TDX evidence",
                 .yardstick = nine,
                 .ours = judge_tdx,
                 .theirs = verify_bare},
                {.name = "verify TDX evidence",
                 .yardstick = "SNP evidence",
                 .ours = judge_tdx,
                 .theirs = judge_snp},
        };
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof(pairs) / sizeof(pairs[0]); i++) {
                struct bench_pair pair = pairs[i];
                pair.ours_arg = pair.theirs_arg = w;
                pair.rounds = 50;
                pair.batch = 10;
                r = bench_run(&pair);
        }
        return r;
}

int bench_tdx(void)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        struct tdx_world w = {0};
        int r = -1;

        w.libctx = aza_libctx_new("default");
        if (w.libctx != NULL && aza_config_read(&source, NULL) == 0 &&
            aza_config_resolve(&source, &w.config) == 0 && prepare(&w) == 0)
                r = measure(&w);
        EVP_PKEY_free(w.key);
        aza_evidence_file_free(&w.tdx);
        aza_evidence_file_free(&w.snp);
        aza_bytes_free(&w.tdx_text);
        aza_bytes_free(&w.snp_text);
        OSSL_LIB_CTX_free(w.libctx);
        return r;
}
