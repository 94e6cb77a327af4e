/* SPDX-License-Identifier: Apache-2.0 */
/* The public API without VM and network: order of argument errors (PROTOCOL.md 10.4),
 * configuration, messages per thread, real tokens, memory handed out. */
#include "unit/this_system.h"
#include "unit/vectors.h"

#include <azattest.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#define ISSUER       "https://sharedeus2.eus2.attest.azure.net"
#define ITS_DAY      1765828800 /* 2025-12-15T20:00:00Z, while the real token was valid */
#define OTHER_ISSUER "https://sharedweu.weu.attest.azure.net"

static azattest_context *new_context(void)
{
        azattest_context *ctx = NULL;

        assert_int_equal(azattest_context_new(NO_FILE, &ctx), 0);
        assert_int_equal(azattest_context_set(ctx, "runtime-dir", "/dev/null/none"), 0);
        assert_int_equal(azattest_context_set(ctx, "tcti", "device:/nonexistent"), 0);
        return ctx;
}

static void assert_says(azattest_context *ctx, const char *text)
{
        if (strstr(azattest_error_message(ctx), text) == NULL)
                fail_msg("'%s' does not say '%s'", azattest_error_message(ctx), text);
}

static void arguments_of_attest(void **state)
{
        azattest_context *ctx = new_context();
        struct azattest_client_parameters params = {AZATTEST_CLIENT_PARAMS_VERSION, NULL, NULL};
        char *jwt = NULL;

        (void)state;
        assert_int_equal(azattest_attest(NULL, &params, &jwt), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_attest(ctx, NULL, &jwt), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_attest(ctx, &params, NULL), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_attest(ctx, &params, &jwt), AZATTEST_E_CONFIGURATION);
        assert_says(ctx, "sharedeus2");
        params.version = 2;
        assert_int_equal(azattest_attest(ctx, &params, &jwt), AZATTEST_E_INVALID_PARAMETER);
        params.version = AZATTEST_CLIENT_PARAMS_VERSION;
        /* URL before payload before TPM */
        params.payload = "{\"a\":[]}";
        params.url = "http://maa.example";
        assert_int_equal(azattest_attest(ctx, &params, &jwt), AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "must begin with https://");
        params.url = "https://";
        assert_int_equal(azattest_attest(ctx, &params, &jwt), AZATTEST_E_DNS_INFO);
        params.url = "https://maa.example/";
        assert_int_equal(azattest_attest(ctx, &params, &jwt), AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "client payload");
        params.payload = NULL;
        assert_int_equal(azattest_attest(ctx, &params, &jwt), AZATTEST_E_TPM_OPERATION);
        assert_says(ctx, "/nonexistent");
        assert_null(jwt);
        azattest_context_free(ctx);
}

/* What a program sets is not for its environment to change. */
static void the_program_wins(void **state)
{
        struct azattest_client_parameters params = {AZATTEST_CLIENT_PARAMS_VERSION,
                                                    "https://maa.example", NULL};
        azattest_context *ctx = new_context();
        char *jwt = NULL;

        (void)state;
        assert_int_equal(setenv("AZATTEST_TCTI", "device:/of-the-environment", 1), 0);
        assert_int_equal(azattest_attest(ctx, &params, &jwt), AZATTEST_E_TPM_OPERATION);
        assert_says(ctx, "/nonexistent");
        azattest_context_free(ctx);
        assert_int_equal(azattest_context_new(NO_FILE, &ctx), 0);
        assert_int_equal(azattest_attest(ctx, &params, &jwt), AZATTEST_E_TPM_OPERATION);
        assert_says(ctx, "/of-the-environment");
        azattest_context_free(ctx);
        assert_int_equal(unsetenv("AZATTEST_TCTI"), 0);
}

static void arguments_of_keys(void **state)
{
        azattest_context *ctx = new_context();
        uint8_t *der = NULL;
        char *jwt = NULL;
        size_t len = 0;

        (void)state;
        assert_int_equal(azattest_attest_key(ctx, NULL, NULL, &jwt), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_attest_key(ctx, "azattest:key", NULL, &jwt),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_attest_key(ctx, "azattest://ak", NULL, &jwt),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "azattest://sign");
        assert_int_equal(azattest_key_reference(ctx, "azattest://key?x=1", NULL, &der, &len),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(
                azattest_key_reference(ctx, "azattest://key?attest=never", NULL, &der, &len),
                AZATTEST_E_TPM_OPERATION);
        assert_null(der);
        azattest_context_free(ctx);
}

static void arguments_of_decrypt(void **state)
{
        static const uint8_t data[256] = {1};
        azattest_context *ctx = new_context();
        uint8_t *out = NULL;
        size_t len = 0;

        (void)state;
        assert_int_equal(azattest_decrypt(ctx, (enum azattest_encryption_type)1, data, 256,
                                          AZATTEST_RSA_OAEP, AZATTEST_RSA_SHA256, &out, &len),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_decrypt(ctx, AZATTEST_ENCRYPTION_NONE, data, 0, AZATTEST_RSA_OAEP,
                                          AZATTEST_RSA_SHA256, &out, &len),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_decrypt(ctx, AZATTEST_ENCRYPTION_NONE, data, 256,
                                          (enum azattest_rsa_scheme)0x16, AZATTEST_RSA_SHA256, &out,
                                          &len),
                         AZATTEST_E_ENCRYPT_INIT);
        assert_int_equal(azattest_decrypt(ctx, AZATTEST_ENCRYPTION_NONE, data, 256,
                                          AZATTEST_RSA_OAEP, (enum azattest_rsa_hash)5, &out, &len),
                         AZATTEST_E_ENCRYPT_INIT);
        assert_int_equal(azattest_decrypt_key(ctx, "azattest://sign", data, 256, AZATTEST_RSA_OAEP,
                                              AZATTEST_RSA_SHA256, &out, &len),
                         AZATTEST_E_WRONG_PURPOSE);
        assert_int_equal(azattest_decrypt(ctx, AZATTEST_ENCRYPTION_NONE, data, 256,
                                          AZATTEST_RSA_OAEP, AZATTEST_RSA_SHA256, &out, &len),
                         AZATTEST_E_TPM_OPERATION);
        assert_null(out);
        azattest_context_free(ctx);
}

static void configuration(void **state)
{
        azattest_context *ctx = new_context();
        const struct azattest_client_parameters params = {AZATTEST_CLIENT_PARAMS_VERSION, NULL,
                                                          NULL};
        char *jwt = NULL;

        (void)state;
        assert_int_equal(azattest_context_set(ctx, "mma-url", "x"), AZATTEST_E_CONFIGURATION);
        assert_says(ctx, "maa-url");
        /* Values are judged at once, and the old ones stay. */
        assert_int_equal(azattest_context_set(ctx, "timeout", "soon"), AZATTEST_E_CONFIGURATION);
        assert_says(ctx, "timeout");
        assert_int_equal(azattest_context_set(ctx, "maa-url", "http://maa.example"),
                         AZATTEST_E_CONFIGURATION);
        assert_int_equal(azattest_context_set(ctx, "amd-root", "00"), AZATTEST_E_CONFIGURATION);
        assert_int_equal(azattest_context_set(ctx, "pcrs", "24"), AZATTEST_E_CONFIGURATION);
        assert_int_equal(azattest_context_set(ctx, "timeout", "5"), 0);
        assert_int_equal(azattest_context_set(ctx, "maa-url", "https://maa.example"), 0);
        assert_int_equal(azattest_attest(ctx, &params, &jwt), AZATTEST_E_TPM_OPERATION);
        assert_int_equal(azattest_context_set(ctx, "tcti", "device:/other"),
                         AZATTEST_E_CONFIGURATION);
        assert_says(ctx, "'tcti' is in use");
        azattest_context_free(ctx);
        assert_int_equal(azattest_context_new("/nonexistent/openssl.cnf", &ctx),
                         AZATTEST_E_CONFIGURATION);
        assert_int_equal(azattest_context_new(NULL, NULL), AZATTEST_E_INVALID_PARAMETER);
}

static void assert_setting(azattest_context *ctx, const char *key, const char *wanted)
{
        char *value = NULL;

        assert_int_equal(azattest_context_get(ctx, key, &value), 0);
        assert_string_equal(value, wanted);
        azattest_free(value);
}

/* A program's default stands below everything that was said, and above what is built in. */
static void configuration_default(void **state)
{
        static const char text[] = "openssl_conf = a\n[a]\nproviders = b\n[b]\nazattest = c\n"
                                   "[c]\nrequire = cvm\n";
        char path[] = "/tmp/azattest-api-XXXXXX";
        int fd = mkstemp(path);
        azattest_context *ctx = NULL;

        (void)state;
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
        (void)close(fd);
        assert_int_equal(azattest_context_new(path, &ctx), 0);
        (void)unlink(path);
        assert_int_equal(azattest_context_set_default(ctx, "require", "any"), 0);
        assert_setting(ctx, "require", "cvm");
        assert_setting(ctx, "hierarchy", "null");
        assert_int_equal(azattest_context_set_default(ctx, "hierarchy", "owner"), 0);
        assert_setting(ctx, "hierarchy", "owner");
        assert_int_equal(setenv("AZATTEST_TIMEOUT", "7", 1), 0);
        assert_int_equal(azattest_context_set_default(ctx, "timeout", "8"), 0);
        assert_setting(ctx, "timeout", "7");
        assert_int_equal(unsetenv("AZATTEST_TIMEOUT"), 0);
        assert_setting(ctx, "timeout", "8");
        assert_int_equal(azattest_context_set(ctx, "timeout", "9"), 0);
        assert_setting(ctx, "timeout", "9");
        assert_int_equal(azattest_context_set_default(ctx, "timeout", "soon"),
                         AZATTEST_E_CONFIGURATION);
        assert_int_equal(azattest_context_set_default(ctx, "tiemout", "1"),
                         AZATTEST_E_CONFIGURATION);
        assert_int_equal(azattest_context_set_default(NULL, "timeout", "1"),
                         AZATTEST_E_INVALID_PARAMETER);
        azattest_context_free(ctx);
}

/* Options of programs that were built with a header before or after this library's. */
static void options_of_other_versions(void **state)
{
        struct {
                struct azattest_verify_options known;
                const char *later;
        } newer = {.known = {.size = sizeof(newer)}};
        struct azattest_verify_options options = AZATTEST_VERIFY_OPTIONS_INIT;
        const struct azattest_evidence_options none = {.need_key = true};
        azattest_context *ctx = new_context();

        (void)state;
        assert_int_equal(azattest_token_verify(ctx, "a.b", &options, NULL), AZATTEST_E_TOKEN_FORM);
        /* A later member that is not used changes nothing; one that is used is a demand. */
        assert_int_equal(azattest_token_verify(ctx, "a.b", &newer.known, NULL),
                         AZATTEST_E_TOKEN_FORM);
        newer.later = "something";
        assert_int_equal(azattest_token_verify(ctx, "a.b", &newer.known, NULL),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, azattest_version());
        /* Nothing behind the size of an earlier header is read. */
        options.size = offsetof(struct azattest_verify_options, policy);
        options.policy = (const char *)1;
        options.evidence = (const struct azattest_evidence_options *)1;
        assert_int_equal(azattest_token_verify(ctx, "a.b", &options, NULL), AZATTEST_E_TOKEN_FORM);
        options.size = 0;
        assert_int_equal(azattest_token_verify(ctx, "a.b", &options, NULL),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "AZATTEST_VERIFY_OPTIONS_INIT");
        options.size = SIZE_MAX;
        assert_int_equal(azattest_token_verify(ctx, "a.b", &options, NULL),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_evidence_verify(ctx, "{}", &none, NULL),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "AZATTEST_EVIDENCE_OPTIONS_INIT");
        options = (struct azattest_verify_options){.size = sizeof(options), .evidence = &none};
        assert_int_equal(azattest_token_evidence_verify(ctx, "a.b", "{}", &options, NULL),
                         AZATTEST_E_INVALID_PARAMETER);
        azattest_context_free(ctx);
}

/* A pointer of which a part is taken points nowhere. */
static void options_that_end_within_a_member(void **state)
{
        azattest_context *ctx = new_context();
        uint8_t *out = NULL;
        char *pem = NULL;
        size_t len = 0;

        (void)state;
        for (size_t n = 1; n < 256; n++) {
                struct azattest_verify_options verify = {.size = n, .nonce = "n", .vmid = "v"};
                struct azattest_evidence_options evidence = {.size = n, .nonce = "n", .vmid = "v"};
                struct azattest_encryption encryption = {
                        .size = n, .jwt = "a.b.c", .options = &verify};
                struct azattest_certificate_options certificate = {.size = n, .uri = "azattest://"};
                if (n % sizeof(char *) == 0)
                        continue;
                assert_int_equal(azattest_token_verify(ctx, "a.b", &verify, NULL),
                                 AZATTEST_E_INVALID_PARAMETER);
                assert_says(ctx, "begin with AZATTEST_VERIFY_OPTIONS_INIT");
                assert_int_equal(azattest_evidence_verify(ctx, "{}", &evidence, NULL),
                                 AZATTEST_E_INVALID_PARAMETER);
                assert_says(ctx, "begin with AZATTEST_EVIDENCE_OPTIONS_INIT");
                assert_int_equal(azattest_encrypt_with(ctx, &encryption, &out, &len),
                                 AZATTEST_E_INVALID_PARAMETER);
                assert_says(ctx, "begin with AZATTEST_ENCRYPTION_INIT");
                assert_int_equal(azattest_certificate_make(ctx, &certificate, &pem, &pem),
                                 AZATTEST_E_INVALID_PARAMETER);
                assert_says(ctx, "begin with AZATTEST_CERTIFICATE_INIT");
        }
        azattest_context_free(ctx);
}

/* One of two pieces of evidence would not be judged. */
static void evidence_twice(void **state)
{
        const struct azattest_verify_options options = {.size = sizeof(options),
                                                        .evidence_json = "{}"};
        azattest_context *ctx = new_context();

        (void)state;
        assert_int_equal(azattest_token_evidence_verify(ctx, "a.b", "{}", &options, NULL),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "evidence_json");
        azattest_context_free(ctx);
}

static void *fail_elsewhere(void *arg)
{
        char *jwt = NULL;

        (void)azattest_attest_key(arg, "azattest://nothing", NULL, &jwt);
        return NULL;
}

static void messages_belong_to_threads(void **state)
{
        azattest_context *ctx = new_context();
        char before[1024];
        pthread_t thread;

        (void)state;
        assert_int_equal(azattest_context_set(ctx, "nonsense", "x"), AZATTEST_E_CONFIGURATION);
        (void)snprintf(before, sizeof(before), "%s", azattest_error_message(ctx));
        assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, ctx), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_string_equal(azattest_error_message(ctx), before);
        azattest_context_free(ctx);
}

static void names_and_null(void **state)
{
        (void)state;
        assert_string_equal(azattest_result_name(-115), "AZATTEST_E_IDENTITY_NEEDED");
        assert_string_equal(azattest_result_name(-119), "AZATTEST_E_KEY_RELEASE");
        assert_string_equal(azattest_result_name(-120), "AZATTEST_E_OTHER_VM");
        assert_string_equal(azattest_result_name(-121), "AZATTEST_E_EVENT_LOG");
        assert_string_equal(azattest_result_name(0), "AZATTEST_OK");
        assert_non_null(azattest_result_name(-99));
        azattest_free(NULL);
        azattest_context_free(NULL);
        azattest_cancel(NULL);
}

/* ---- real tokens ---- */

static const char *vector(const char *name)
{
        static char path[4][1200];
        static unsigned int turn;
        char *out = path[turn++ % 4];

        (void)snprintf(out, 1200, "%s/tokens/%s", vectors(), name);
        return out;
}

static void read_token(const char *name, char *out, size_t size)
{
        FILE *file = fopen(vector(name), "r");

        assert_non_null(file);
        out[fread(out, 1, size - 1, file)] = '\0';
        out[strcspn(out, "\r\n")] = '\0';
        assert_int_equal(fclose(file), 0);
}

/* A variable that was never set is no demand for nothing: it is refused before anything is
 * judged. */
static void empty_is_no_demand(void **state)
{
        azattest_context *ctx = new_context();
        const struct azattest_verify_options tokens[] = {{.size = sizeof(tokens[0]), .nonce = ""},
                                                         {.size = sizeof(tokens[0]), .vmid = ""},
                                                         {.size = sizeof(tokens[0]), .policy = ""}};
        const struct azattest_evidence_options evidence[] = {
                {.size = sizeof(evidence[0]), .nonce = ""},
                {.size = sizeof(evidence[0]), .vmid = ""},
                {.size = sizeof(evidence[0]), .profile = ""}};
        char *pem = NULL;

        (void)state;
        for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
                assert_int_equal(azattest_token_verify(ctx, "x.y.z", &tokens[i], NULL),
                                 AZATTEST_E_INVALID_PARAMETER);
                assert_int_equal(azattest_token_public_key(ctx, "x.y.z", &tokens[i], &pem, NULL),
                                 AZATTEST_E_INVALID_PARAMETER);
                assert_int_equal(
                        azattest_token_evidence_verify(ctx, "x.y.z", "{}", &tokens[i], NULL),
                        AZATTEST_E_INVALID_PARAMETER);
                assert_int_equal(azattest_evidence_verify(ctx, "{}", &evidence[i], NULL),
                                 AZATTEST_E_INVALID_PARAMETER);
        }
        assert_null(pem);
        azattest_context_free(ctx);
}

static void verifies_a_real_token(void **state)
{
        (void)state;
        (void)vectors();
        azattest_context *ctx = new_context();
        struct azattest_verify_options options = {.size = sizeof(options), .time = ITS_DAY};
        char jwt[16384];
        char *json = NULL;

        options.jwks_file = vector("jwks-sharedeus2.json");
        read_token("azurevm-snp-linux-2025-12-sharedeus2.jwt", jwt, sizeof(jwt));
        assert_int_equal(azattest_context_set(ctx, "maa-url", ISSUER "/"), 0);
        /* Nobody said which VM it should be (D12). */
        assert_int_equal(azattest_token_verify(ctx, jwt, &options, &json),
                         AZATTEST_E_IDENTITY_NEEDED);
        assert_non_null(strstr(json, "\"verdict\":\"reject\""));
        azattest_free(json);
        json = NULL;
        char *none = NULL;
        assert_int_equal(azattest_token_public_key(ctx, jwt, &options, &none, &json),
                         AZATTEST_E_IDENTITY_NEEDED);
        assert_null(none);
        assert_non_null(strstr(json, "\"verdict\":\"reject\""));
        azattest_free(json);
        json = NULL;
        assert_int_equal(azattest_context_set(ctx, "any-vm", "yes"), 0);
        assert_int_equal(azattest_token_verify(ctx, jwt, &options, &json), 0);
        assert_non_null(strstr(json, "\"verdict\":\"accept\""));
        assert_non_null(strstr(json, "any-vm"));
        assert_non_null(strstr(json, "\"x-ms-azurevm-vmid\""));
        azattest_free(json);
        assert_int_equal(azattest_token_verify(ctx, jwt, &options, NULL), 0);
        char *pem = NULL;
        assert_int_equal(azattest_token_public_key(ctx, jwt, &options, &pem, &json), 0);
        assert_memory_equal(pem, "-----BEGIN PUBLIC KEY-----\n", 27);
        assert_non_null(strstr(json, "\"verdict\":\"accept\""));
        azattest_free(json);
        azattest_free(pem);
        pem = NULL;
        options.nonce = "another";
        assert_int_equal(azattest_token_verify(ctx, jwt, &options, NULL), AZATTEST_E_TOKEN_NONCE);
        assert_int_equal(azattest_token_public_key(ctx, jwt, &options, &pem, NULL),
                         AZATTEST_E_TOKEN_NONCE);
        assert_null(pem);
        options.nonce = NULL;
        options.time = 0;
        assert_int_equal(azattest_token_verify(ctx, jwt, &options, NULL), AZATTEST_E_TOKEN_TIME);
        options.time = ITS_DAY;
        assert_int_equal(azattest_context_set(ctx, "maa-url", OTHER_ISSUER), 0);
        assert_int_equal(azattest_token_verify(ctx, jwt, &options, NULL), AZATTEST_E_TOKEN_ISSUER);
        assert_int_equal(azattest_context_set(ctx, "issuers", OTHER_ISSUER "x " ISSUER), 0);
        assert_int_equal(azattest_token_verify(ctx, jwt, &options, NULL), 0);
        options.policy = "/nonexistent/policy.json";
        assert_int_equal(azattest_token_verify(ctx, jwt, &options, NULL), AZATTEST_E_INPUT);
        assert_says(ctx, "policy /nonexistent/policy.json");
        azattest_context_free(ctx);
}

static void encrypt_judges_in_order(void **state)
{
        (void)state;
        (void)vectors();
        static const uint8_t data[] = "secret";
        azattest_context *ctx = new_context();
        char jwt[16384];
        uint8_t *out = NULL;
        size_t len = 0;

        read_token("azurevm-snp-linux-2025-12-sharedeus2.jwt", jwt, sizeof(jwt));
        assert_int_equal(azattest_context_set(ctx, "maa-url", ISSUER), 0);
        assert_int_equal(azattest_encrypt(ctx, AZATTEST_ENCRYPTION_NONE, NULL, data, 6,
                                          AZATTEST_RSA_OAEP, AZATTEST_RSA_SHA256, &out, &len),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_encrypt(ctx, AZATTEST_ENCRYPTION_NONE, "a.b", data, 6,
                                          AZATTEST_RSA_OAEP, AZATTEST_RSA_SHA256, &out, &len),
                         AZATTEST_E_JWK_EXTRACTION);
        assert_int_equal(azattest_encrypt(ctx, AZATTEST_ENCRYPTION_NONE, jwt, data, 6,
                                          (enum azattest_rsa_scheme)1, AZATTEST_RSA_SHA256, &out,
                                          &len),
                         AZATTEST_E_ENCRYPT_INIT);
        /* Another issuer: refused without asking anybody for keys. */
        assert_int_equal(azattest_context_set(ctx, "maa-url", OTHER_ISSUER), 0);
        assert_int_equal(azattest_encrypt(ctx, AZATTEST_ENCRYPTION_NONE, jwt, data, 6,
                                          AZATTEST_RSA_OAEP, AZATTEST_RSA_SHA256, &out, &len),
                         AZATTEST_E_TOKEN_ISSUER);
        assert_null(out);
        azattest_context_free(ctx);
}

static void arguments_of_status(void **state)
{
        azattest_context *ctx = new_context();
        struct azattest_status_options options = AZATTEST_STATUS_INIT;
        char *json = NULL;

        (void)state;
        assert_int_equal(azattest_status(ctx, &options, NULL), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_status(NULL, &options, &json), AZATTEST_E_INVALID_PARAMETER);
        options.count = 1;
        assert_int_equal(azattest_status(ctx, &options, &json), AZATTEST_E_INVALID_PARAMETER);
        options.count = 0;
        options.within = -1;
        assert_int_equal(azattest_status(ctx, &options, &json), AZATTEST_E_INVALID_PARAMETER);
        options.size = 1;
        assert_int_equal(azattest_status(ctx, &options, &json), AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "AZATTEST_STATUS_INIT");
        assert_null(json);
        /* Without a TPM there is an answer, too. */
        assert_int_equal(azattest_status(ctx, NULL, &json), 0);
        assert_non_null(strstr(json, "\"verdict\":\"unknown\""));
        assert_non_null(strstr(json, "\"name\":\"azattest://sign\""));
        azattest_free(json);
        azattest_context_free(ctx);
}

static void arguments_of_certificate_make(void **state)
{
        azattest_context *ctx = new_context();
        struct azattest_certificate_options options = AZATTEST_CERTIFICATE_INIT;
        char *pem = NULL, *key = NULL, *json = NULL;

        (void)state;
        assert_int_equal(azattest_context_set(ctx, "maa-url", "https://maa.example"), 0);
        assert_int_equal(azattest_certificate_make(ctx, NULL, &pem, &key),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_certificate_make(ctx, &options, NULL, &key),
                         AZATTEST_E_INVALID_PARAMETER);
        options.san_count = 1;
        assert_int_equal(azattest_certificate_make(ctx, &options, &pem, &key),
                         AZATTEST_E_INVALID_PARAMETER);
        options.san_count = 0;
        options.uri = "azattest://ak";
        assert_int_equal(azattest_certificate_make(ctx, &options, &pem, &key),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "gets no certificate");
        options.uri = NULL;
        assert_int_equal(azattest_certificate_make(ctx, &options, &pem, &key),
                         AZATTEST_E_TPM_OPERATION);
        options.size = 0;
        assert_int_equal(azattest_certificate_make(ctx, &options, &pem, &key),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "AZATTEST_CERTIFICATE_INIT");
        assert_int_equal(azattest_certificate_renew(ctx, NULL, &pem, &key, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        options.size = offsetof(struct azattest_certificate_options, present_key); /* before it */
        assert_int_equal(azattest_certificate_renew(ctx, &options, &pem, &key, &json),
                         AZATTEST_E_TPM_OPERATION);
        options.renew_before = -1;
        assert_int_equal(azattest_certificate_renew(ctx, &options, &pem, &key, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_null(pem);
        assert_null(key);
        assert_null(json);
        azattest_context_free(ctx);
}

/* The options' demands are the token's; what cannot be demanded of one is no silent accept. */
static void arguments_of_encrypt_with(void **state)
{
        static const uint8_t data[] = {1};
        static const struct azattest_evidence_options demands = AZATTEST_EVIDENCE_OPTIONS_INIT;
        const struct azattest_verify_options wrong[] = {
                {.size = sizeof(wrong[0]), .purpose = "decrypt"},
                {.size = sizeof(wrong[0]), .ca_file = NO_FILE},
                {.size = sizeof(wrong[0]), .evidence_json = "{}"},
                {.size = sizeof(wrong[0]), .evidence = &demands},
                {.size = 1},
        };
        azattest_context *ctx = new_context();
        struct azattest_encryption e = AZATTEST_ENCRYPTION_INIT;
        uint8_t *out = NULL;
        size_t len = 0;

        (void)state;
        assert_int_equal(azattest_context_set(ctx, "maa-url", "https://maa.example"), 0);
        assert_int_equal(azattest_encrypt_with(ctx, NULL, &out, &len),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_encrypt_with(ctx, &e, &out, &len), AZATTEST_E_INVALID_PARAMETER);
        e.jwt = "a.b.c";
        e.data_len = 1;
        assert_int_equal(azattest_encrypt_with(ctx, &e, &out, &len), AZATTEST_E_INVALID_PARAMETER);
        e.data = data;
        e.data_len = sizeof(data);
        assert_int_equal(azattest_encrypt_with(NULL, &e, &out, &len), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_encrypt_with(ctx, &e, NULL, &len), AZATTEST_E_INVALID_PARAMETER);
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                e.options = &wrong[i];
                assert_int_equal(azattest_encrypt_with(ctx, &e, &out, &len),
                                 AZATTEST_E_INVALID_PARAMETER);
        }
        e.options = NULL;
        assert_int_equal(azattest_encrypt_with(ctx, &e, &out, &len), AZATTEST_E_TOKEN_FORM);
        e.hash = (enum azattest_rsa_hash)5;
        assert_int_equal(azattest_encrypt_with(ctx, &e, &out, &len), AZATTEST_E_ENCRYPT_INIT);
        e.size = 0;
        assert_int_equal(azattest_encrypt_with(ctx, &e, &out, &len), AZATTEST_E_INVALID_PARAMETER);
        assert_null(out);
        azattest_context_free(ctx);
}

static void settings(void **state)
{
        azattest_context *ctx = new_context();
        const char *environment = NULL, *meaning = NULL;
        char *value = NULL;
        size_t n = 0;

        (void)state;
        assert_int_equal(azattest_context_set(ctx, "require", "tdx"), 0);
        assert_int_equal(azattest_context_get(ctx, "require", &value), 0);
        assert_string_equal(value, "tdx");
        azattest_free(value);
        assert_int_equal(azattest_context_get(ctx, "timeout", &value), 0);
        assert_string_equal(value, "60");
        azattest_free(value);
        value = NULL;
        assert_int_equal(azattest_context_get(ctx, "requires", &value), AZATTEST_E_CONFIGURATION);
        assert_says(ctx, "did you mean 'require'");
        assert_int_equal(azattest_context_get(ctx, NULL, &value), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_context_get(NULL, "require", &value),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_null(value);
        while (azattest_setting(n, &environment, &meaning) != NULL) {
                assert_true(meaning[0] != '\0');
                n++;
        }
        assert_true(n > 20);
        assert_non_null(azattest_setting(0, NULL, NULL));
        assert_true(azattest_result_undecided(AZATTEST_E_DEADLINE));
        assert_true(azattest_result_undecided(AZATTEST_E_AK_CERT_PROVISIONING));
        assert_false(azattest_result_undecided(AZATTEST_E_POLICY));
        assert_false(azattest_result_undecided(0));
        azattest_context_free(ctx);
}

/* D13: settings, options and demands, each named. */
static void what_weakens(void **state)
{
        azattest_context *ctx = new_context();
        static const char *const unchecked[] = {"A3", NULL};
        struct azattest_evidence_options demands = AZATTEST_EVIDENCE_OPTIONS_INIT;
        struct azattest_verify_options options = AZATTEST_VERIFY_OPTIONS_INIT;
        char *json = NULL;

        (void)state;
        assert_int_equal(azattest_weakened(ctx, NULL, &json), 0);
        assert_string_equal(json, "[]");
        azattest_free(json);
        assert_int_equal(azattest_context_set(ctx, "any-vm", "yes"), 0);
        options.purpose = "any";
        options.time = ITS_DAY;
        options.evidence = &demands;
        demands.allow_unchecked = unchecked;
        demands.demands = "{\"ignore-crl\": true}";
        assert_int_equal(azattest_weakened(ctx, &options, &json), 0);
        assert_non_null(strstr(json, "any-vm = yes: "));
        assert_non_null(strstr(json, "purpose = any: "));
        assert_non_null(strstr(json, "time = 2025-12-15T20:00:00Z: "));
        assert_non_null(strstr(json, "allow-unchecked = A3: "));
        assert_non_null(strstr(json, "ignore-crl = "));
        azattest_free(json);
        json = NULL;
        demands.profile = "no/such.json";
        assert_int_equal(azattest_weakened(ctx, &options, &json), AZATTEST_E_INPUT);
        demands.profile = "strikt";
        assert_int_equal(azattest_weakened(ctx, &options, &json), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_weakened(ctx, NULL, NULL), AZATTEST_E_INVALID_PARAMETER);
        assert_null(json);
        azattest_context_free(ctx);
}

/* Without a TPM: what is wrong with the call comes first, then there is a result all the same. */
static void attest_with_and_check(void **state)
{
        azattest_context *ctx = new_context();
        struct azattest_evidence_options demands = AZATTEST_EVIDENCE_OPTIONS_INIT;
        struct azattest_attest_options options = AZATTEST_ATTEST_INIT;
        char *jwt = NULL, *json = NULL;

        (void)state;
        assert_int_equal(azattest_context_set(ctx, "maa-url", "https://maa.example"), 0);
        assert_int_equal(azattest_context_set(ctx, "ak-issuers", "none"), 0);
        options.evidence = &demands;
        assert_int_equal(azattest_attest_with(ctx, &options, &jwt, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        demands.nonce = "n";
        assert_int_equal(azattest_check(ctx, &options, &json), AZATTEST_E_INVALID_PARAMETER);
        demands.nonce = NULL;
        demands.crl = "/nonexistent/crl";
        assert_int_equal(azattest_check(ctx, &options, &json), AZATTEST_E_INPUT);
        options.evidence = NULL;
        options.uri = "azattest://ak";
        assert_int_equal(azattest_check(ctx, &options, &json), AZATTEST_E_INVALID_PARAMETER);
        options.uri = NULL;
        options.nonce = "";
        assert_int_equal(azattest_check(ctx, &options, &json), AZATTEST_E_INVALID_PARAMETER);
        options.size = 3;
        assert_int_equal(azattest_check(ctx, &options, &json), AZATTEST_E_INVALID_PARAMETER);
        assert_null(json);
        assert_int_equal(azattest_attest_with(ctx, NULL, &jwt, &json), AZATTEST_E_TPM_OPERATION);
        assert_null(jwt);
        assert_non_null(strstr(json, "\"result-name\":\"AZATTEST_E_TPM_OPERATION\""));
        azattest_free(json);
        assert_int_equal(azattest_check(ctx, NULL, &json), AZATTEST_E_TPM_OPERATION);
        assert_non_null(strstr(json, "\"findings\":[{\"name\":\"hardware\""));
        azattest_free(json);
        azattest_context_free(ctx);
}

static void doctor_without_tpm(void **state)
{
        azattest_context *ctx = new_context();
        char *json = NULL;

        (void)state;
        assert_int_equal(azattest_context_set(ctx, "imds-url", "http://127.0.0.1:1"), 0);
        assert_int_equal(azattest_doctor(ctx, NULL), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_doctor(ctx, &json), 0);
        assert_non_null(strstr(json, "\"verdict\":\"no\""));
        assert_non_null(strstr(json, "\"name\":\"TPM\",\"state\":\"no\""));
        azattest_free(json);
        azattest_context_free(ctx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(arguments_of_attest),
                cmocka_unit_test(the_program_wins),
                cmocka_unit_test(arguments_of_keys),
                cmocka_unit_test(arguments_of_decrypt),
                cmocka_unit_test(arguments_of_encrypt_with),
                cmocka_unit_test(arguments_of_certificate_make),
                cmocka_unit_test(arguments_of_status),
                cmocka_unit_test(configuration),
                cmocka_unit_test(configuration_default),
                cmocka_unit_test(options_of_other_versions),
                cmocka_unit_test(options_that_end_within_a_member),
                cmocka_unit_test(evidence_twice),
                cmocka_unit_test(messages_belong_to_threads),
                cmocka_unit_test(names_and_null),
                cmocka_unit_test(settings),
                cmocka_unit_test(what_weakens),
                cmocka_unit_test(attest_with_and_check),
                cmocka_unit_test(doctor_without_tpm),
                cmocka_unit_test(empty_is_no_demand),
                cmocka_unit_test(verifies_a_real_token),
                cmocka_unit_test(encrypt_judges_in_order),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
