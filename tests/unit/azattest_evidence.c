/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence through the public API, without VM, TPM and network: a real confidential VM's, put
 * into an evidence file here, and what its caller can get wrong. */
#include "unit/this_system.h"
#include "unit/vectors.h"

#include <azattest.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#define SET  "azure-snp/milan-v3-coco-evidence-v2/"
#define THEN 1764633600 /* 2025-12-02 */

/* What a real Milan set lacks (D46). */
static const char *const without_chain[] = {"A3", NULL};

static const char nothing[] = "{\"azattest-evidence\":1,\"vm\":\"sevsnp\"}";

static azattest_context *new_context(void)
{
        azattest_context *ctx = NULL;

        assert_int_equal(azattest_context_new(NO_FILE, &ctx), 0);
        assert_int_equal(azattest_context_set(ctx, "tcti", "device:/nonexistent"), 0);
        assert_int_equal(azattest_context_set(ctx, "imds-url", "http://127.0.0.1:1"), 0);
        assert_int_equal(azattest_context_set(ctx, "pcrs", "0-23"), 0);
        return ctx;
}

static void assert_says(azattest_context *ctx, const char *text)
{
        if (strstr(azattest_error_message(ctx), text) == NULL)
                fail_msg("'%s' does not say '%s'", azattest_error_message(ctx), text);
}

static void assert_contains(const char *json, const char *text)
{
        if (json == NULL || strstr(json, text) == NULL)
                fail_msg("no %s in %s", text, json != NULL ? json : "nothing");
}

/* ---- a real set as an evidence file ---- */

static size_t read_vector(const char *name, uint8_t *out, size_t size)
{
        char path[1200];

        (void)snprintf(path, sizeof(path), "%s/%s", vectors(), name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        size_t n = fread(out, 1, size, file);
        assert_int_equal(fclose(file), 0);
        return n;
}

static void add_base64(FILE *out, const uint8_t *in, size_t len, const char *line_end)
{
        static const char digits[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

        for (size_t i = 0; i < len; i += 3) {
                uint32_t v = (uint32_t)in[i] << 16;
                v |= i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0;
                v |= i + 2 < len ? in[i + 2] : 0;
                (void)fputc(digits[v >> 18], out);
                (void)fputc(digits[v >> 12 & 63], out);
                (void)fputc(i + 1 < len ? digits[v >> 6 & 63] : '=', out);
                (void)fputc(i + 2 < len ? digits[v & 63] : '=', out);
                if (i % 48 == 45 || i + 3 >= len)
                        (void)fputs(line_end, out);
        }
}

static void add_binary(FILE *out, const char *name)
{
        uint8_t bytes[8192] = {0};
        size_t len = read_vector(name, bytes, sizeof(bytes));

        add_base64(out, bytes, len, "");
}

static void add_pem(FILE *out, const char *name)
{
        uint8_t bytes[8192] = {0};
        size_t len = read_vector(name, bytes, sizeof(bytes));

        if (bytes[0] == 0x30) {
                (void)fputs("-----BEGIN CERTIFICATE-----\\n", out);
                add_base64(out, bytes, len, "\\n");
                (void)fputs("-----END CERTIFICATE-----\\n", out);
                return;
        }
        for (size_t i = 0; i < len; i++) {
                if (bytes[i] == '\n')
                        (void)fputs("\\n", out);
                else if (bytes[i] != '\r')
                        (void)fputc(bytes[i], out);
        }
}

/* The caller frees. */
static char *real_evidence(void)
{
        uint8_t pcrs[768];
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        assert_non_null(out);
        assert_int_equal(read_vector(SET "pcrs-sha256.bin", pcrs, sizeof(pcrs)), 768);
        (void)fputs("{\"azattest-evidence\":1,\"vm\":\"sevsnp\",\"hcl-report\":\"", out);
        add_binary(out, SET "hcl-report.bin");
        (void)fputs("\",\"vcek-chain\":\"", out);
        add_pem(out, SET "vcek.der");
        add_pem(out, "amd/milan_ask.pem");
        add_pem(out, "amd/milan_ark.pem");
        (void)fputs("\",\"quote\":{\"message\":\"", out);
        add_binary(out, SET "quote.msg");
        (void)fputs("\",\"signature\":\"", out);
        add_binary(out, SET "quote.sig");
        (void)fputs("\"},\"pcrs\":{\"sha256\":{", out);
        for (int i = 0; i < 24; i++) {
                (void)fprintf(out, "%s\"%d\":\"", i > 0 ? "," : "", i);
                for (int j = 0; j < 32; j++)
                        (void)fprintf(out, "%02x", pcrs[32 * i + j]);
                (void)fputc('"', out);
        }
        (void)fputs("}}}", out);
        assert_int_equal(fclose(out), 0);
        return text;
}

/* ---- tests ---- */

static void judges_a_real_vm(void **state)
{
        (void)state;
        (void)vectors();
        azattest_context *ctx = new_context();
        struct azattest_evidence_options options = {.size = sizeof(options), .time = THEN};
        char *evidence = real_evidence();
        char *json = NULL;

        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, &json),
                         AZATTEST_E_IDENTITY_NEEDED);
        assert_contains(json, "\"verdict\":\"reject\"");
        assert_contains(json, "\"claims\":{}");
        azattest_free(json);
        json = NULL;
        assert_int_equal(azattest_context_set(ctx, "any-vm", "yes"), 0);
        /* Milan, and the set has no AK certificate (D46). */
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, &json),
                         AZATTEST_E_EVIDENCE);
        assert_says(ctx, "check A3");
        assert_says(ctx, "AMD-SB-3045");
        assert_contains(json, "\"verdict\":\"incomplete\"");
        azattest_free(json);
        json = NULL;
        options.allow_unchecked = without_chain;
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, &json), 0);
        assert_contains(json, "\"verdict\":\"accept\"");
        assert_contains(json, "\"any-vm = yes: ");
        assert_contains(json, "\"time = 2025-12-02T00:00:00Z: ");
        assert_contains(json, "\"product\":\"Milan\"");
        assert_contains(json, "\"15\":");
        /* Quoted, and no claim: the guest can reset it. */
        assert_null(strstr(json, "\"16\":"));
        assert_null(strstr(json, "attested-key"));
        azattest_free(json);
        json = NULL;

        options.profile = "strict";
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, NULL),
                         AZATTEST_E_POLICY);
        options.profile = "none";
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, &json), 0);
        assert_contains(json, "\"profile = none: ");
        azattest_free(json);
        options.profile = NULL;
        options.nonce = "n1";
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, NULL),
                         AZATTEST_E_EVIDENCE);
        assert_says(ctx, "check Q5");
        options.nonce = NULL;
        options.vmid = "00000000-0000-0000-0000-000000000000";
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, NULL),
                         AZATTEST_E_OTHER_VM);
        options.vmid = NULL;
        options.need_event_log = true;
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, NULL),
                         AZATTEST_E_EVIDENCE);
        assert_says(ctx, "check E1");
        options.need_event_log = false;
        options.need_key = true;
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, NULL),
                         AZATTEST_E_EVIDENCE);
        assert_says(ctx, "check Q11");
        options.need_key = false;
        /* PCR 16 asked for by name is relied on. */
        assert_int_equal(azattest_context_set(ctx, "pcrs", "0-7,16"), 0);
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, NULL),
                         AZATTEST_E_EVIDENCE);
        free(evidence);
        azattest_context_free(ctx);
}

/* Only what was not made can be let go. */
static void unchecked_is_not_refused(void **state)
{
        (void)state;
        (void)vectors();
        static const char *const absent[] = {"A3", "Q5", NULL};
        static const char *const several[] = {"A3", "Q11", "Q12", "Q13", "Q14", "Q15", NULL};
        azattest_context *ctx = new_context();
        struct azattest_evidence_options options = {
                .size = sizeof(options), .time = THEN, .nonce = "n1"};
        char *evidence = real_evidence();
        char *json = NULL;

        assert_int_equal(azattest_context_set(ctx, "any-vm", "yes"), 0);
        options.allow_unchecked = absent;
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, &json),
                         AZATTEST_E_EVIDENCE);
        assert_says(ctx, "check Q5");
        assert_contains(json, "\"allow-unchecked = Q5: ");
        azattest_free(json);
        json = NULL;
        options.nonce = NULL;
        options.need_key = true;
        options.allow_unchecked = several;
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, &json), 0);
        assert_contains(json, "\"allow-unchecked = Q11: ");
        assert_contains(json, "\"allow-unchecked = Q15: ");
        azattest_free(json);
        free(evidence);
        azattest_context_free(ctx);
}

/* A file with `text`, in `path`. */
static void temporary(const char *text, char path[32])
{
        (void)snprintf(path, 32, "/tmp/azattest-test.XXXXXX");
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, (unsigned int)strlen(text)), (int)strlen(text));
        (void)close(fd);
}

/* A profile file's demands and the configured policy decide here as they do for the command. */
static void demands_and_policy(void **state)
{
        (void)state;
        (void)vectors();
        azattest_context *ctx = new_context();
        char path[32];
        struct azattest_evidence_options options = {
                .size = sizeof(options), .time = THEN, .profile = path};
        char *evidence = real_evidence();
        char *json = NULL;

        assert_int_equal(azattest_context_set(ctx, "any-vm", "yes"), 0);
        temporary("{\"azattest-profile\":1,\"name\":\"ours\",\"date\":\"2025-11-24\","
                  "\"exclude-product\":\"Milan\",\"allow-policy\":\"debug\"}",
                  path);
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, &json),
                         AZATTEST_E_POLICY);
        assert_says(ctx, "check S36");
        assert_contains(json, "\"allow-policy = debug: ");
        azattest_free(json);
        (void)unlink(path);
        temporary("{\"azattest-profile\":1,\"surprise\":1}", path);
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, NULL), AZATTEST_E_INPUT);
        (void)unlink(path);

        options.profile = NULL;
        temporary(
                "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://maa.test\",\"allOf\":["
                "{\"claim\":\"x-ms-isolation-tee.x-ms-sevsnpvm-vmpl\",\"equals\":1}]}]}",
                path);
        assert_int_equal(azattest_context_set(ctx, "policy", path), 0);
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, NULL),
                         AZATTEST_E_POLICY);
        assert_says(ctx,
                    "check P8 (policy): x-ms-isolation-tee.x-ms-sevsnpvm-vmpl equals 1: found 0");
        (void)unlink(path);
        free(evidence);
        azattest_context_free(ctx);
}

/* Q9 on the real VM's quote over PCR 0-23: its values are accepted, another or an unquoted one
 * is not. */
static void pcr_values(void **state)
{
        (void)state;
        (void)vectors();
        azattest_context *ctx = new_context();
        char path[32], text[512], seven[65];
        struct azattest_evidence_options options = {.size = sizeof(options),
                                                    .time = THEN,
                                                    .allow_unchecked = without_chain,
                                                    .profile = path};
        char *evidence = real_evidence();
        uint8_t pcrs[768];
        char *json = NULL;

        assert_int_equal(read_vector(SET "pcrs-sha256.bin", pcrs, sizeof(pcrs)), 768);
        for (int i = 0; i < 32; i++)
                (void)snprintf(seven + 2 * i, 3, "%02x", pcrs[32 * 7 + i]);
        assert_int_equal(azattest_context_set(ctx, "any-vm", "yes"), 0);
        (void)snprintf(text, sizeof(text),
                       "{\"azattest-profile\":1,\"name\":\"ours\",\"date\":\"2025-11-24\","
                       "\"pcr\":[\"sha256:7=%s\"]}",
                       seven);
        temporary(text, path);
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, &json), 0);
        assert_contains(json, "PCR 7 as expected");
        azattest_free(json);
        json = NULL;
        (void)unlink(path);
        *strstr(text, "256:7=") = '3'; /* a bank nobody quotes */
        temporary(text, path);
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, NULL), AZATTEST_E_INPUT);
        (void)unlink(path);
        *strstr(text, "356:7=") = '2';
        *(strstr(text, ":7=") + 1) = '6'; /* another PCR has another value */
        temporary(text, path);
        assert_int_equal(azattest_evidence_verify(ctx, evidence, &options, &json),
                         AZATTEST_E_POLICY);
        assert_says(ctx, "check Q9 (PCRs relied on): PCR 6: not the expected value");
        assert_contains(json, "\"expected\":\"sha256:6=");
        assert_contains(json, "\"found\":\"sha256:6=");
        azattest_free(json);
        (void)unlink(path);
        free(evidence);
        azattest_context_free(ctx);
}

/* D54: what could not be judged has a result, too. */
static void no_verdict(azattest_context *ctx, const char *evidence,
                       const struct azattest_evidence_options *options, const char *verdict)
{
        char *json = NULL;

        assert_int_equal(azattest_evidence_verify(ctx, evidence, options, &json), AZATTEST_E_INPUT);
        assert_non_null(json);
        if (strstr(json, verdict) == NULL || strstr(json, "\"checks\":[]") == NULL ||
            strstr(json, "\"result\":-118") == NULL ||
            strstr(json, "\"subject\":\"evidence\"") == NULL)
                fail_msg("%s in %s", verdict, json);
        azattest_free(json);
}

static void bad_input(void **state)
{
        static const char *const none[] = {"/nonexistent.pem", NULL}, *const empty[] = {NO_FILE,
                                                                                        NULL};
        static const char incomplete[] = "\"verdict\":\"incomplete\"";
        azattest_context *ctx = new_context();
        struct azattest_evidence_options options;

        (void)state;
        no_verdict(ctx, "{}", NULL, "\"verdict\":\"reject\"");
        options = (struct azattest_evidence_options){.size = sizeof(options),
                                                     .certificates = "/nonexistent.pem"};
        no_verdict(ctx, nothing, &options, incomplete);
        assert_says(ctx, "/nonexistent.pem");
        options = (struct azattest_evidence_options){.size = sizeof(options),
                                                     .certificate_paths = none};
        no_verdict(ctx, nothing, &options, incomplete);
        assert_says(ctx, "/nonexistent.pem");
        /* A certificates file without a certificate is no certificates file. */
        options = (struct azattest_evidence_options){.size = sizeof(options),
                                                     .certificates = NO_FILE};
        no_verdict(ctx, nothing, &options, incomplete);
        assert_says(ctx, "there is no certificate in it");
        options = (struct azattest_evidence_options){.size = sizeof(options),
                                                     .certificate_paths = empty};
        no_verdict(ctx, nothing, &options, incomplete);
        assert_says(ctx, "there is no certificate in it");
        options = (struct azattest_evidence_options){.size = sizeof(options),
                                                     .crl = "/nonexistent.crl"};
        no_verdict(ctx, nothing, &options, incomplete);
        assert_says(ctx, "/nonexistent.crl");
        azattest_context_free(ctx);
}

static void reports(void **state)
{
        static const uint8_t zeros[1184] = {0};
        azattest_context *ctx = new_context();
        char *json = NULL;

        (void)state;
        assert_int_equal(azattest_report_verify(NULL, zeros, sizeof(zeros), NULL, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_report_verify(ctx, NULL, 0, NULL, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_null(json);
        assert_int_equal(azattest_report_verify(ctx, zeros, 1183, NULL, &json), AZATTEST_E_INPUT);
        assert_non_null(strstr(json, "\"verdict\":\"reject\""));
        assert_non_null(strstr(json, "\"subject\":\"report\""));
        azattest_free(json);
        json = NULL;
        assert_int_not_equal(azattest_report_verify(ctx, zeros, sizeof(zeros), NULL, &json), 0);
        assert_non_null(strstr(json, "\"verdict\":\"reject\""));
        assert_non_null(strstr(json, "\"claims\":{}"));
        azattest_free(json);
        azattest_context_free(ctx);
}

static void bad_arguments(void **state)
{
        static const char *const unknown[] = {"X1", NULL};
        azattest_context *ctx = new_context();
        struct azattest_evidence_options options = {.size = sizeof(options), .profile = "stricter"};
        char *json = NULL;

        (void)state;
        assert_int_equal(azattest_evidence_verify(NULL, nothing, NULL, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_evidence_verify(ctx, NULL, NULL, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_evidence_verify(ctx, nothing, &options, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "stricter");
        options = (struct azattest_evidence_options){.size = sizeof(options),
                                                     .allow_unchecked = unknown};
        assert_int_equal(azattest_evidence_verify(ctx, nothing, &options, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "X1");
        options = (struct azattest_evidence_options){.size = sizeof(options),
                                                     .demands = "{\"measurement\": \"00\"}"};
        assert_int_equal(azattest_evidence_verify(ctx, nothing, &options, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_says(ctx, "\"measurement\" is not 96");
        options = (struct azattest_evidence_options){.size = sizeof(options), .demands = "[]"};
        assert_int_equal(azattest_evidence_verify(ctx, nothing, &options, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        options = (struct azattest_evidence_options){.size = sizeof(options),
                                                     .demands = "{\"azattest-profile\": 1}"};
        assert_int_equal(azattest_evidence_verify(ctx, nothing, &options, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_null(json);

        assert_int_equal(azattest_evidence_collect(NULL, NULL, NULL, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_evidence_collect(ctx, NULL, NULL, NULL),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_evidence_collect(ctx, "azattest://ak", NULL, &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_evidence_collect(ctx, NULL, "", &json),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_evidence_collect(ctx, NULL, "n1", &json),
                         AZATTEST_E_TPM_OPERATION);
        assert_says(ctx, "/nonexistent");
        assert_null(json);
        azattest_context_free(ctx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(judges_a_real_vm), cmocka_unit_test(demands_and_policy),
                cmocka_unit_test(pcr_values),       cmocka_unit_test(unchecked_is_not_refused),
                cmocka_unit_test(bad_arguments),    cmocka_unit_test(bad_input),
                cmocka_unit_test(reports),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
