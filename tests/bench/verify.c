/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What verification adds to the bare signature check of the same bytes: an MAA token beside one
 * RSA-2048 verify, an SNP report with its chain already verified beside one P-384 verify. Token,
 * key set, report and chain are those of the (simulated) VM the bench runs in. Rows "of it" say
 * which part of a token's verification costs what, beside the same bare verify.
 */
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "bench/bench.h"
#include "bench/keys.h"
#include "bench/peers.h"
#include "evidence/evidence.h"
#include "online/attest.h"
#include "online/collect.h"
#include "online/maa.h"
#include "snp/policy.h"
#include "token/inner_hash.h"
#include "token/policy.h"
#include "token/rsa_quality.h"
#include "token/token.h"
#include "verdict/token.h"

#include <openssl/ecdsa.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define NEW_KEYS 80

struct world {
        OSSL_LIB_CTX *libctx;
        struct aza_config config;
        struct aza_tpm *tpm;
        struct aza_deadline deadline;
        /* token */
        struct aza_keyref *key;
        struct aza_token *token;
        struct aza_jwks *jwks;
        struct aza_policy *policy;
        EVP_PKEY *maa_key;
        int64_t now;
        /* SNP report */
        struct aza_evidence evidence;
        struct aza_snp_chain chain;
        EVP_PKEY *vcek;
        struct aza_bytes signature; /* DER ECDSA-Sig-Value */
        struct aza_span report;
        /* moduli */
        uint8_t new_keys[NEW_KEYS][AZA_RSA_BYTES];
        size_t next_key;
};

static const uint8_t exponent[] = {1, 0, 1};

static int fail(const char *what)
{
        (void)fprintf(stderr, "bench: %s: %s\n", what, aza_last_error()->message);
        return -1;
}

/* ---- token ---- */

static int verify_token(void *arg)
{
        struct world *w = arg;
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        struct aza_token_expect expect = {
                .config = &w->config,
                .jwks = w->jwks,
                .policy = w->policy,
                .time = w->now,
                .own_modulus = w->key->modulus,
                .purpose = AZA_PURPOSE_DECRYPT,
        };
        const char *jwt = w->key->token;

        if (aza_token_parse(jwt, strlen(jwt), &checks, &token) != 0 ||
            aza_token_verify(w->libctx, token, &expect, &checks) != 0)
                return fail("token");
        return 0;
}

static int verify_bare_rsa(void *arg)
{
        struct world *w = arg;

        return aza_rsa_verify_sha256(w->libctx, w->maa_key, w->token->signing_input,
                                     aza_bytes_span(&w->token->signature))
                       ? 0
                       : fail("bare RSA verify");
}

/* ---- its parts ---- */

static int parse_token(void *arg)
{
        const struct world *w = arg;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;

        return aza_token_parse(w->key->token, strlen(w->key->token), NULL, &token);
}

static int judge_policy(void *arg)
{
        const struct world *w = arg;

        return aza_policy_satisfied(w->policy, w->token->claims, w->token->issuer, NULL)
                       ? 0
                       : fail("policy");
}

static int judge_key(void *arg)
{
        const struct world *w = arg;
        AZA_BYTES struct aza_bytes modulus = {0};

        return aza_token_modulus(w->token, &modulus);
}

/* Numbers that pass for the modulus of a vTPM's key: random ones without a small factor. */
static int prepare_moduli(struct world *w)
{
        for (size_t i = 0; i < NEW_KEYS;) {
                uint8_t *n = w->new_keys[i];

                if (RAND_bytes(n, AZA_RSA_BYTES) != 1)
                        return -1;
                n[0] |= 0x80;
                n[AZA_RSA_BYTES - 1] |= 1;
                i += aza_rsa_attested_weakness(aza_span_of(n, AZA_RSA_BYTES),
                                               aza_span_of(exponent, sizeof(exponent))) == NULL;
        }
        return 0;
}

/* More of them than are remembered, so that each is as new. */
static int judge_new_key(void *arg)
{
        struct world *w = arg;
        const uint8_t *n = w->new_keys[w->next_key++ % NEW_KEYS];

        return aza_rsa_attested_weakness(aza_span_of(n, AZA_RSA_BYTES),
                                         aza_span_of(exponent, sizeof(exponent))) == NULL
                       ? 0
                       : -1;
}

static int judge_inner_hash(void *arg)
{
        const struct world *w = arg;

        return aza_inner_hash_check(w->libctx,
                                    aza_json_object(w->token->claims, "x-ms-isolation-tee")) ==
                               AZA_INNER_UNAVAILABLE
                       ? -1
                       : 0;
}

static int measure_parts(struct world *w)
{
        static const struct {
                const char *name;
                bench_fn *fn;
        } parts[] = {
                {"  of it: base64 and JSON", parse_token},
                {"  of it: policy (T13)", judge_policy},
                {"  of it: attested key (T14)", judge_key},
                {"  of it: report data (T17)", judge_inner_hash},
                {"  an attested key never seen", judge_new_key},
        };
        int r = prepare_moduli(w);

        for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
                r = bench_run(&(struct bench_pair){
                        .name = parts[i].name,
                        .yardstick = "bare RSA-2048 verify",
                        .ours = parts[i].fn,
                        .theirs = verify_bare_rsa,
                        .ours_arg = w,
                        .theirs_arg = w,
                        .rounds = 200,
                        .batch = 10,
                });
        return r;
}

static int prepare_token(struct world *w)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_uri uri;
        struct aza_attest_request request = {.uri = &uri};
        const struct aza_attester vm = {w->libctx, &w->config, w->tpm, &w->deadline};

        if (aza_uri_parse("azattest://key", &w->config, &uri) != 0 ||
            aza_attest(&vm, &request, &w->key) != 0 ||
            aza_token_parse(w->key->token, strlen(w->key->token), &checks, &w->token) != 0 ||
            aza_maa_jwks(w->libctx, &w->config, &w->deadline, w->token, &w->jwks) != 0 ||
            aza_policy_load(&w->config, &w->policy) != 0 || aza_now(&w->now) != 0)
                return fail("token");
        w->maa_key = aza_jwks_find(w->jwks, w->token->kid, w->now).key;
        return w->maa_key != NULL ? 0 : fail("key set");
}

/* ---- SNP report ---- */

static int verify_report(void *arg)
{
        struct world *w = arg;
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_snp_chain chain = w->chain; /* leaf facts are filled in anew; nothing is owned */
        struct aza_snp_report report;
        struct aza_snp_options options = {.time = w->now, .roots = w->config.amd_root};
        struct aza_snp_chain_options leaf = {.time = w->now, .roots = w->config.amd_root};

        bool good = aza_snp_report_parse(w->report, AZA_SNP_VCEK, &checks, &report) &&
                    aza_snp_leaf_verify(&chain, &report, &leaf, &checks) &&
                    aza_snp_report_signature(w->libctx, &report, w->vcek, &checks) &&
                    aza_snp_policy_check(&report, chain.product, &options, &checks);
        if (good)
                return 0;
        (void)aza_checks_result(&checks, "report");
        return fail("SNP report");
}

static int verify_bare_ecdsa(void *arg)
{
        struct world *w = arg;
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        bool good =
                md != NULL &&
                EVP_DigestVerifyInit_ex(md, NULL, "SHA384", w->libctx, NULL, w->vcek, NULL) == 1 &&
                EVP_DigestVerify(md, w->signature.data, w->signature.len, w->report.data, 0x2a0) ==
                        1;

        EVP_MD_CTX_free(md);
        return good ? 0 : fail("bare P-384 verify");
}

static BIGNUM *little_endian(const uint8_t *in)
{
        return BN_lebin2bn(in, 72, NULL);
}

static int make_der_signature(struct world *w)
{
        ECDSA_SIG *sig = ECDSA_SIG_new();
        unsigned char *der = NULL;
        BIGNUM *r = little_endian(w->report.data + 0x2a0);
        BIGNUM *s = little_endian(w->report.data + 0x2e8);

        if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
                BN_free(r);
                BN_free(s);
                ECDSA_SIG_free(sig);
                return -1;
        }
        int len = i2d_ECDSA_SIG(sig, &der);
        ECDSA_SIG_free(sig);
        int result = len > 0 ? aza_bytes_set(&w->signature, der, (size_t)len) : -1;
        OPENSSL_free(der);
        return result;
}

static int prepare_report(struct world *w)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        struct aza_key_spec spec = {
                .name = "", .hierarchy = w->config.hierarchy, .pcr_mask = w->config.pcr_mask};
        struct aza_snp_chain_options options = {.time = w->now, .roots = w->config.amd_root};
        const struct aza_attester vm = {w->libctx, &w->config, w->tpm, &w->deadline};
        struct aza_snp_report report;

        if (pile == NULL ||
            aza_evidence_collect(&vm, &spec, (struct aza_span){0}, &w->evidence) != 0 ||
            aza_certs_add(w->libctx, aza_bytes_span(&w->evidence.vcek_chain), pile) != 0)
                return fail("evidence");
        w->report = w->evidence.hcl.hardware;
        aza_snp_chain_find(w->libctx, pile, w->config.amd_root, &w->chain);
        if (!aza_snp_report_parse(w->report, AZA_SNP_VCEK, &checks, &report) ||
            !aza_snp_chain_verify(w->libctx, &w->chain, &report, &options, &checks))
                return fail("chain");
        w->vcek = X509_get0_pubkey(w->chain.leaf);
        return make_der_signature(w);
}

/* ---- both ---- */

static int measure(struct world *w)
{
        if (prepare_token(w) != 0 || prepare_report(w) != 0)
                return -1;
        int r = bench_run(&(struct bench_pair){
                .name = "verify an MAA token",
                .yardstick = "bare RSA-2048 verify",
                .ours = verify_token,
                .theirs = verify_bare_rsa,
                .ours_arg = w,
                .theirs_arg = w,
                .rounds = 200,
                .batch = 10,
                .aim = 3.50,
        });
        r = r != 0 ? r : measure_parts(w);
        const struct bench_token token = {
                .jwt = w->key->token, .key = w->maa_key, .ours = verify_token, .ours_arg = w};
        r = r != 0 ? r : bench_token_peers(&token);
        return r != 0 ? r
                      : bench_run(&(struct bench_pair){
                                .name = "verify an SNP report",
                                .yardstick = "bare P-384 verify",
                                .ours = verify_report,
                                .theirs = verify_bare_ecdsa,
                                .ours_arg = w,
                                .theirs_arg = w,
                                .rounds = 20,
                                .batch = 50,
                                .aim = 1.30,
                        });
}

int bench_verify(void)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        struct world w = {.deadline = aza_deadline_in(60, NULL)};
        int r = -1;

        w.libctx = aza_libctx_new("default");
        if (w.libctx != NULL && aza_config_read(&source, NULL) == 0 &&
            aza_config_resolve(&source, &w.config) == 0 &&
            aza_tpm_new(w.libctx, w.config.tcti, w.config.runtime_dir, &w.tpm) == 0)
                r = measure(&w);
        aza_snp_chain_free(&w.chain);
        aza_evidence_free(&w.evidence);
        aza_bytes_free(&w.signature);
        aza_policy_free(w.policy);
        aza_jwks_free(w.jwks);
        aza_token_free(w.token);
        aza_keyref_free(w.key);
        aza_tpm_free(w.tpm);
        OSSL_LIB_CTX_free(w.libctx);
        return r;
}
