/* SPDX-License-Identifier: Apache-2.0 */
/* azattest_certificate_verify and its neighbours without VM and network: arguments, and what is
 * no certificate or request, or none with a token. */
#include "unit/this_system.h"
#include <azattest.h>

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

static azattest_context *ctx;
static uint8_t plain_certificate[4096], plain_request[4096];
static size_t certificate_len, request_len;

static void says(const char *json, const char *text)
{
        assert_non_null(json);
        if (strstr(json, text) == NULL)
                fail_msg("'%s' does not say '%s'", json, text);
}

static void arguments(void **state)
{
        static const struct azattest_evidence_options demands = {.size = sizeof(demands),
                                                                 .need_key = true};
        struct azattest_verify_options options = {.size = sizeof(options), .purpose = "sign"};
        const uint8_t *der = plain_certificate, *csr = plain_request;
        char *out = NULL;

        (void)state;
        assert_int_equal(azattest_certificate_verify(NULL, der, certificate_len, NULL, &out),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_certificate_verify(ctx, NULL, 1, NULL, &out),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_certificate_verify(ctx, der, 0, NULL, &out),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_certificate_verify(ctx, der, certificate_len, &options, &out),
                         AZATTEST_E_INVALID_PARAMETER);
        says(azattest_error_message(ctx), "its keyUsage says");
        options = (struct azattest_verify_options){.size = sizeof(options), .evidence = &demands};
        assert_int_equal(azattest_certificate_verify(ctx, der, certificate_len, &options, &out),
                         AZATTEST_E_INVALID_PARAMETER);
        options = (struct azattest_verify_options){.size = sizeof(options), .ca_file = NO_FILE};
        assert_int_equal(azattest_certificate_verify(ctx, csr, request_len, &options, &out),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_token_verify(ctx, "a.b.c", &options, &out),
                         AZATTEST_E_INVALID_PARAMETER);
        options = (struct azattest_verify_options){.size = sizeof(options), .purpose = "signing"};
        assert_int_equal(azattest_token_verify(ctx, "a.b.c", &options, &out),
                         AZATTEST_E_INVALID_PARAMETER);
        says(azattest_error_message(ctx), "signing");
        assert_int_equal(
                azattest_certificate_public_key(ctx, der, certificate_len, NULL, NULL, NULL),
                AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_certificate_canonical(ctx, der, certificate_len, NULL),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_certificate_canonical(ctx, NULL, 1, &out),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_null(out);
}

/* A connection's peer has neither CA nor evidence text, and is for signing. */
static void not_within_a_connection(void **state)
{
        const struct azattest_verify_options wrong[] = {
                {.size = sizeof(wrong[0]), .vmid = "x", .ca_file = NO_FILE},
                {.size = sizeof(wrong[0]), .vmid = "x", .evidence_json = "{}"},
                {.size = sizeof(wrong[0]), .vmid = "x", .purpose = "sign"},
        };
        azattest_ssl_verifier *verifier = NULL;

        (void)state;
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
                assert_int_equal(azattest_ssl_verifier_new(ctx, &wrong[i], &verifier),
                                 AZATTEST_E_INVALID_PARAMETER);
        assert_null(verifier);
}

static void result_is(const uint8_t *data, size_t len, const char *subject, const char *reason)
{
        char expected[64], *json = NULL, *none = NULL;

        assert_int_equal(azattest_certificate_verify(ctx, data, len, NULL, &json),
                         AZATTEST_E_CERTIFICATE);
        says(json, "\"verdict\":\"reject\"");
        says(json, "\"result\":-116");
        says(json, "\"claims\":{}");
        (void)snprintf(expected, sizeof(expected), "\"subject\":\"%s\"", subject);
        says(json, expected);
        says(json, reason);
        assert_int_equal(azattest_certificate_public_key(ctx, data, len, NULL, &none, NULL),
                         AZATTEST_E_CERTIFICATE);
        assert_null(none);
        azattest_free(json);
}

static void what_is_none(void **state)
{
        uint8_t longer[4097];

        (void)state;
        result_is((const uint8_t *)"hello", 5, "certificate", "not exactly one certificate");
        result_is((const uint8_t *)"-----BEGIN CERTIFICATE REQUEST-----\n", 36, "request",
                  "not exactly one certificate request");
        result_is(plain_certificate, certificate_len, "certificate", "carries no attestation");
        result_is(plain_request, request_len, "request", "it asks for no extensions");
        memcpy(longer, plain_request, request_len);
        longer[request_len] = 0;
        result_is(longer, request_len + 1, "request", "bytes behind it");
        result_is(plain_request, request_len - 1, "request", "no DER of one");
}

static void canonical(void **state)
{
        char *pem = NULL, *again = NULL;

        (void)state;
        assert_int_equal(azattest_certificate_canonical(ctx, plain_request, request_len, &pem), 0);
        says(pem, "-----BEGIN CERTIFICATE REQUEST-----\n");
        assert_int_equal(
                azattest_certificate_canonical(ctx, (const uint8_t *)pem, strlen(pem), &again), 0);
        assert_string_equal(pem, again);
        azattest_free(pem);
        azattest_free(again);
        pem = NULL;
        assert_int_equal(
                azattest_certificate_canonical(ctx, plain_certificate, certificate_len - 1, &pem),
                AZATTEST_E_CERTIFICATE);
        assert_null(pem);
}

static int setup(void **state)
{
        EVP_PKEY *key = EVP_RSA_gen(2048);
        X509 *certificate = X509_new();
        X509_REQ *csr = X509_REQ_new();
        uint8_t *at = plain_certificate;

        (void)state;
        if (key == NULL || certificate == NULL || csr == NULL ||
            azattest_context_new(NO_FILE, &ctx) != 0 ||
            azattest_context_set(ctx, "maa-url", "https://maa.example") != 0 ||
            azattest_context_set(ctx, "any-vm", "yes") != 0)
                return -1;
        if (X509_set_pubkey(certificate, key) != 1 ||
            X509_gmtime_adj(X509_getm_notBefore(certificate), 0) == NULL ||
            X509_gmtime_adj(X509_getm_notAfter(certificate), 60) == NULL ||
            X509_sign(certificate, key, EVP_sha256()) <= 0 || X509_REQ_set_pubkey(csr, key) != 1 ||
            X509_REQ_sign(csr, key, EVP_sha256()) <= 0)
                return -1;
        certificate_len = (size_t)i2d_X509(certificate, &at);
        at = plain_request;
        request_len = (size_t)i2d_X509_REQ(csr, &at);
        X509_REQ_free(csr);
        X509_free(certificate);
        EVP_PKEY_free(key);
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        azattest_context_free(ctx);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(arguments),
                cmocka_unit_test(not_within_a_connection),
                cmocka_unit_test(what_is_none),
                cmocka_unit_test(canonical),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
