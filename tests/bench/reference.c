/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attest, Encrypt and Decrypt of libazattest beside what Microsoft's client does for them: its TPM
 * commands, and for Attest the same two exchanges with instance metadata and the service as ours.
 * Its JSON, base64 and new TPM connections cost nothing here, ours are counted.
 */
#include "bench/bench.h"
#include "bench/keys.h"

#include "base/error.h"
#include "maa/request.h"
#include "online/collect.h"
#include "online/imds.h"
#include "online/maa.h"
#include "tpm/nv.h"

#include <azattest.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

struct call {
        azattest_context *ctx; /* NULL: a new one each time, without a saved key */
        OSSL_LIB_CTX *plain;
        EVP_PKEY *key;
        struct bare_tpm *bare;
        struct aza_config config;
        struct aza_bytes request; /* to the service, as it is sent each time */
        char *jwt;
        uint8_t block[AZA_RSA_BYTES];
};

static const uint8_t secret[32] = "0123456789abcdef0123456789abcde";

static int checked(azattest_context *ctx, int r)
{
        if (r != 0)
                (void)fprintf(stderr, "bench: %s\n", azattest_error_message(ctx));
        return r;
}

static int attest(azattest_context *ctx, char **ret)
{
        const struct azattest_client_parameters params = {AZATTEST_CLIENT_PARAMS_VERSION, NULL,
                                                          "{\"nonce\":\"n\"}"};

        return checked(ctx, azattest_attest(ctx, &params, ret));
}

static int attest_warm(void *arg)
{
        struct call *c = arg;
        char *jwt = NULL;
        int r = attest(c->ctx, &jwt);

        azattest_free(jwt);
        return r;
}

/* As in a process of its own on a machine where nothing is stored. */
static int attest_cold(void *arg)
{
        struct call c = {0};
        int r = checked(NULL, azattest_context_new(NULL, &c.ctx));

        (void)arg;
        if (r == 0)
                r = checked(c.ctx, azattest_context_set(c.ctx, "runtime-dir", "/dev/null/none"));
        if (r == 0)
                r = attest_warm(&c);
        azattest_context_free(c.ctx);
        return r;
}

static int decrypt_once(void *arg)
{
        struct call *c = arg;
        uint8_t *out = NULL;
        size_t len = 0;
        int r = checked(c->ctx, azattest_decrypt(c->ctx, AZATTEST_ENCRYPTION_NONE, c->block,
                                                 sizeof(c->block), AZATTEST_RSA_OAEP,
                                                 AZATTEST_RSA_SHA256, &out, &len));

        if (r == 0 && (len != sizeof(secret) || memcmp(out, secret, len) != 0))
                r = -1;
        azattest_free(out);
        return r;
}

static int encrypt_once(void *arg)
{
        struct call *c = arg;
        uint8_t *out = NULL;
        size_t len = 0;
        int r = checked(c->ctx, azattest_encrypt(c->ctx, AZATTEST_ENCRYPTION_NONE, c->jwt, secret,
                                                 sizeof(secret), AZATTEST_RSA_OAEP,
                                                 AZATTEST_RSA_SHA256, &out, &len));

        if (r == 0 && len == sizeof(c->block))
                memcpy(c->block, out, len);
        azattest_free(out);
        return r;
}

static int build_request(struct call *c)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        AZA_OWN(json_object_put) json_object *payload = NULL;
        AZA_BYTES struct aza_bytes nonce = {0};
        const struct aza_deadline deadline = aza_deadline_in(60, NULL);
        const struct aza_payload given = {.nonce = "n", .purpose = AZA_PURPOSE_DECRYPT};
        struct aza_key_spec spec = {.purpose = AZA_PURPOSE_DECRYPT, .name = ""};
        struct aza_evidence e = {0};
        struct aza_os_info os;
        struct aza_tpm *tpm = NULL;
        int r = aza_config_read(&source, NULL);

        r = r == 0 ? aza_config_resolve(&source, &c->config) : r;
        spec.hierarchy = c->config.hierarchy;
        spec.pcr_mask = c->config.pcr_mask;
        r = r == 0 ? aza_tpm_new(c->plain, c->config.tcti, "", &tpm) : r;
        r = r == 0 ? aza_os_info_read(&os) : r;
        r = r == 0 ? aza_payload_build(c->plain, &given, &payload, &nonce) : r;
        const struct aza_attester vm = {c->plain, &c->config, tpm, &deadline};
        r = r == 0 ? aza_evidence_collect(&vm, &spec, (struct aza_span){0}, &e) : r;
        r = r == 0 ? aza_request_build(c->plain, &e, &os, payload, &c->request) : r;
        if (r != 0)
                (void)fprintf(stderr, "bench: %s\n", aza_last_error()->message);
        aza_evidence_free(&e);
        aza_tpm_free(tpm);
        return r;
}

static int exchanges(struct call *c)
{
        AZA_BYTES struct aza_bytes pem = {0};
        AZA_BYTES struct aza_bytes body = {0};
        const struct aza_deadline deadline = aza_deadline_in(60, NULL);
        const int r = aza_imds_vcek(&c->config, &deadline, &pem);

        return r == 0 ? aza_maa_attest(&c->config, &deadline, aza_bytes_span(&c->request), &body)
                      : r;
}

static int attest_anew(void *arg)
{
        struct call *c = arg;
        const int r = bare_tpm_attest_anew(c->bare, c->block);

        return r == 0 ? exchanges(c) : r;
}

/* Without reading anything that is sent, and without verifying what comes. */
static int attest_least(void *arg)
{
        struct call *c = arg;
        const int r = bare_tpm_attest_least(c->bare, c->block);

        return r == 0 ? exchanges(c) : r;
}

static int create_once(void *arg)
{
        struct call *c = arg;
        return bare_tpm_create_once(c->bare);
}

static int exchanges_once(void *arg)
{
        return exchanges(arg);
}

/* All that the TPM does for attest_cold, as the library sends it. */
static int tpm_part(void *arg)
{
        struct call *c = arg;
        const struct aza_key_spec spec = {.purpose = AZA_PURPOSE_DECRYPT,
                                          .name = "",
                                          .hierarchy = c->config.hierarchy,
                                          .pcr_mask = c->config.pcr_mask};
        const struct aza_span none = {0};
        struct aza_evidence e = {0};
        enum aza_nv_state state = AZA_NV_ABSENT;
        uint8_t plain[AZA_RSA_BYTES];
        struct aza_tpm *tpm = NULL;
        int r = aza_tpm_new(c->plain, c->config.tcti, "", &tpm);

        r = r == 0 ? aza_nv_read(tpm, AZA_NV_HCL_REPORT, &state, &e.hcl_report) : r;
        r = r == 0 ? aza_nv_read_ak_cert(tpm, &e.ak_certificate) : r;
        r = r == 0 ? aza_ak_read(tpm, &e.ak_public) : r;
        r = r == 0 ? aza_key_derive(tpm, &spec, &e.pcrs, &e.key) : r;
        r = r == 0 ? aza_quote(tpm, spec.pcr_mask, none, &e.quote) : r;
        r = r == 0 ? aza_key_certify(tpm, e.key, none, &e.certify) : r;
        r = r == 0 ? aza_key_rsadp(tpm, e.key, c->block, plain) : r;
        if (r != 0)
                (void)fprintf(stderr, "bench: %s\n", aza_last_error()->message);
        aza_evidence_free(&e);
        aza_tpm_free(tpm);
        return r;
}

static int tpm_part_anew(void *arg)
{
        struct call *c = arg;
        return bare_tpm_attest_anew(c->bare, c->block);
}

static int decrypt_anew(void *arg)
{
        struct call *c = arg;
        return bare_tpm_decrypt_anew(c->bare, c->block);
}

/* To the key of an unverified token, which is made of its numbers each time. */
static int encrypt_unverified(void *arg)
{
        struct call *c = arg;
        uint8_t out[AZA_RSA_BYTES];
        size_t len = sizeof(out);
        EVP_PKEY *key = bench_native_public(c->plain, c->key);
        EVP_PKEY_CTX *ctx = key != NULL ? EVP_PKEY_CTX_new_from_pkey(c->plain, key, NULL) : NULL;
        bool good = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
                    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
                    EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA256", NULL) == 1 &&
                    EVP_PKEY_encrypt(ctx, out, &len, secret, sizeof(secret)) == 1;

        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(key);
        return good ? 0 : -1;
}

static int run(struct call *c)
{
        const struct bench_pair pairs[] = {
                {"Attest, nothing stored", "reference: TPM, network", attest_cold, attest_anew, c,
                 c, 15, 1, 0.50},
                {"  its TPM commands alone", "reference: TPM", tpm_part, tpm_part_anew, c, c, 15, 1,
                 0.50},
                {"  one CreatePrimary", "reference: TPM, network", create_once, attest_anew, c, c,
                 15, 1, 0},
                {"  its two exchanges", "reference: TPM, network", exchanges_once, attest_anew, c,
                 c, 15, 1, 0},
                {"  what no client can leave out", "reference: TPM, network", attest_least,
                 attest_anew, c, c, 15, 1, 0},
                {"Attest, again", "reference: TPM, network", attest_warm, attest_anew, c, c, 7, 2,
                 0},
                {"Decrypt (OAEP SHA-256)", "reference: TPM", decrypt_once, decrypt_anew, c, c, 10,
                 2, 0.20},
                {"Encrypt, token verified", "reference: no verification", encrypt_once,
                 encrypt_unverified, c, c, 20, 20, 0},
        };

        for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
                if (bench_run(&pairs[i]) != 0)
                        return -1;
        return 0;
}

int bench_reference(void)
{
        struct call c = {.plain = OSSL_LIB_CTX_new()};
        OSSL_LIB_CTX *libctx = bench_libctx();
        int r = -1;

        if (c.plain != NULL && libctx != NULL && azattest_context_new(NULL, &c.ctx) == 0 &&
            (c.bare = bench_bare(c.plain, AZA_PURPOSE_DECRYPT)) != NULL &&
            (c.key = bench_load_key(libctx, "azattest://key")) != NULL && build_request(&c) == 0 &&
            attest(c.ctx, &c.jwt) == 0 && encrypt_once(&c) == 0)
                r = run(&c);
        azattest_free(c.jwt);
        aza_bytes_free(&c.request);
        bare_tpm_close(c.bare);
        EVP_PKEY_free(c.key);
        azattest_context_free(c.ctx);
        OSSL_LIB_CTX_free(libctx);
        OSSL_LIB_CTX_free(c.plain);
        return r;
}
