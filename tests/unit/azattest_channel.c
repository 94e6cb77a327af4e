/* SPDX-License-Identifier: Apache-2.0 */
/* Attested TLS without a VM: what is refused before any evidence or certificate is looked at. */
#include "azattest.h"
#include "unit/this_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/ssl.h>
#include <string.h>

static const char evidence[] = "{\"azattest-evidence\":1,\"vm\":\"sevsnp\"}";

struct fixture {
        azattest_context *ctx;
        SSL_CTX *tls;
        SSL *ssl; /* a client that has not connected */
};

static int make(void **state)
{
        static struct fixture f;

        assert_int_equal(azattest_context_new(NO_FILE, &f.ctx), 0);
        assert_int_equal(azattest_context_set(f.ctx, "maa-url", "https://maa.example"), 0);
        assert_int_equal(azattest_context_set(f.ctx, "tcti", "device:/dev/null/none"), 0);
        f.tls = SSL_CTX_new(TLS_client_method());
        assert_non_null(f.tls);
        f.ssl = SSL_new(f.tls);
        assert_non_null(f.ssl);
        *state = &f;
        return 0;
}

static int drop(void **state)
{
        struct fixture *f = *state;

        SSL_free(f->ssl);
        SSL_CTX_free(f->tls);
        azattest_context_free(f->ctx);
        return 0;
}

static void bad_nonce(void **state)
{
        static const size_t lengths[] = {0, 15, 513};
        struct fixture *f = *state;
        const uint8_t nonce[513] = {1};
        const struct azattest_verify_options options = {.size = sizeof(options), .nonce = "n1"};
        char *out = NULL;

        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
                assert_int_equal(
                        azattest_channel_evidence(f->ctx, f->ssl, NULL, nonce, lengths[i], &out),
                        AZATTEST_E_INVALID_PARAMETER);
                assert_int_equal(azattest_channel_verify(f->ctx, f->ssl, nonce, lengths[i],
                                                         evidence, NULL, &out),
                                 AZATTEST_E_INVALID_PARAMETER);
        }
        assert_int_equal(azattest_channel_verify(f->ctx, f->ssl, NULL, 32, evidence, NULL, &out),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(
                azattest_channel_verify(f->ctx, f->ssl, nonce, 32, evidence, &options, &out),
                AZATTEST_E_INVALID_PARAMETER);
        assert_null(out);
}

static void no_channel(void **state)
{
        struct fixture *f = *state;
        const uint8_t nonce[32] = {1};
        char *out = NULL;

        assert_int_equal(azattest_channel_verify(f->ctx, f->ssl, nonce, 32, "{}", NULL, &out),
                         AZATTEST_E_INPUT);
        assert_null(out);
        assert_int_equal(azattest_channel_verify(f->ctx, f->ssl, nonce, 32, evidence, NULL, &out),
                         AZATTEST_E_EVIDENCE);
        assert_non_null(strstr(azattest_error_message(f->ctx), "C1"));
        assert_non_null(strstr(out, "\"verdict\":\"reject\""));
        assert_non_null(strstr(out, "handshake is not finished"));
        azattest_free(out);
}

/* Demands on evidence: refused where they are wrong, and where nothing is judged by them. */
static void demands(void **state)
{
        static const char *const unknown[] = {"X1", NULL};
#define SIZE .size = sizeof(struct azattest_evidence_options)
        const struct {
                struct azattest_evidence_options o;
                int code;
                const char *says;
        } all[] = {
                {{SIZE, .nonce = "n1"}, AZATTEST_E_INVALID_PARAMETER, "the nonce is an argument"},
                {{SIZE, .vmid = "x"}, AZATTEST_E_INVALID_PARAMETER, "members of options"},
                {{SIZE, .time = 1}, AZATTEST_E_INVALID_PARAMETER, "members of options"},
                {{SIZE, .profile = "stricter"}, AZATTEST_E_INVALID_PARAMETER, "stricter"},
                {{SIZE, .profile = "/nonexistent.json"}, AZATTEST_E_INPUT, "/nonexistent.json"},
                {{SIZE, .profile = NO_FILE}, AZATTEST_E_INPUT, NO_FILE},
                {{SIZE, .certificates = "/nonexistent.pem"}, AZATTEST_E_INPUT, "/nonexistent.pem"},
                {{SIZE, .crl = "/nonexistent.crl"}, AZATTEST_E_INPUT, "/nonexistent.crl"},
                {{SIZE, .allow_unchecked = unknown}, AZATTEST_E_INVALID_PARAMETER, "X1"},
                {{SIZE, .need_secure_boot = true}, AZATTEST_E_EVIDENCE, "C1"},
        };
        struct fixture *f = *state;
        const uint8_t nonce[32] = {1};
        const struct azattest_evidence_options strict = {.size = sizeof(strict),
                                                         .profile = "strict"};
        const struct azattest_verify_options strictly = {
                .size = sizeof(strictly), .vmid = "x", .evidence = &strict};
        azattest_ssl_verifier *verifier = NULL;
        char *out = NULL;

        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                const struct azattest_verify_options options = {.size = sizeof(options),
                                                                .evidence = &all[i].o};

                assert_int_equal(azattest_channel_verify(f->ctx, f->ssl, nonce, 32, evidence,
                                                         &options, NULL),
                                 all[i].code);
                if (strstr(azattest_error_message(f->ctx), all[i].says) == NULL)
                        fail_msg("%s", azattest_error_message(f->ctx));
        }
        assert_int_equal(azattest_token_verify(f->ctx, "a.b.c", &strictly, &out),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_non_null(strstr(azattest_error_message(f->ctx), "do not apply to a token"));
        assert_int_equal(azattest_ssl_verifier_new(f->ctx, &strictly, &verifier),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_non_null(strstr(azattest_error_message(f->ctx), "azattest_channel_verify"));
        assert_null(verifier);
        assert_null(out);
}

static void whose_peer(void **state)
{
        struct fixture *f = *state;
        const struct azattest_verify_options nonce = {
                .size = sizeof(nonce), .nonce = "n1", .vmid = "x"};
        const struct azattest_verify_options named = {.size = sizeof(named), .vmid = "x"};
        azattest_ssl_verifier *verifier = NULL;
        char *out = NULL;

        assert_int_equal(azattest_ssl_verifier_new(f->ctx, NULL, &verifier),
                         AZATTEST_E_IDENTITY_NEEDED);
        assert_int_equal(azattest_ssl_verifier_new(f->ctx, &nonce, &verifier),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_null(verifier);
        assert_int_equal(azattest_ssl_verifier_new(f->ctx, &named, &verifier), 0);
        /* Twice is as good as once. */
        assert_int_equal(azattest_ssl_require(f->tls, verifier), 0);
        assert_int_equal(azattest_ssl_require(f->tls, verifier), 0);
        assert_int_equal(SSL_CTX_get_verify_mode(f->tls),
                         SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
        assert_int_equal(azattest_ssl_require(f->tls, NULL), AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(azattest_ssl_verify(NULL, verifier), 0);
        assert_int_equal(azattest_ssl_result(f->ssl, &out), AZATTEST_E_CERTIFICATE);
        assert_null(out);
        azattest_ssl_verifier_free(verifier);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(bad_nonce, make, drop),
                cmocka_unit_test_setup_teardown(no_channel, make, drop),
                cmocka_unit_test_setup_teardown(demands, make, drop),
                cmocka_unit_test_setup_teardown(whose_peer, make, drop),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
