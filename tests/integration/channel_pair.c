/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The channel form between two ends in one process, both with the same attested certificate: what
 * is replayed, reflected, relayed or sent over an unfit connection is refused. usage: channel_pair
 * CERTIFICATE KEY OTHER-CERTIFICATE OTHER-KEY VMID Prints a line for each case; exit status 0 when
 * all came out as they must.
 */
#include <azattest.h>

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair {
        SSL *client, *server;
};

static azattest_context *ctx;
static const char *vmid;
static int failures;
static const uint8_t nonce[32] = {1, 2, 3};

static void expect(const char *what, int found, int wanted, const char *fragment)
{
        const char *message = azattest_error_message(ctx);
        bool good = found == wanted && (found == 0 || strstr(message, fragment) != NULL);

        printf("%s: %s\n", what, azattest_result_name(found));
        if (good)
                return;
        printf("  wanted %s with '%s', got: %s\n", azattest_result_name(wanted), fragment, message);
        failures++;
}

static int accept_any(X509_STORE_CTX *store, void *arg)
{
        (void)store;
        (void)arg;
        return 1;
}

static SSL_CTX *make_ctx(const SSL_METHOD *method, const char *certificate, const char *key)
{
        SSL_CTX *ssl_ctx = SSL_CTX_new(method);

        if (ssl_ctx == NULL || SSL_CTX_use_certificate_file(ssl_ctx, certificate, 1) != 1 ||
            SSL_CTX_use_PrivateKey_file(ssl_ctx, key, 1) != 1) {
                printf("cannot use %s and %s\n", certificate, key);
                exit(2);
        }
        SSL_CTX_set_cert_verify_callback(ssl_ctx, accept_any, NULL);
        return ssl_ctx;
}

/* Runs both ends until their handshakes are over and the server's tickets have arrived. */
static bool shake_hands(struct pair *pair)
{
        char byte;
        size_t n;

        for (int i = 0; i < 20; i++) {
                (void)SSL_do_handshake(pair->client);
                (void)SSL_do_handshake(pair->server);
        }
        (void)SSL_read_ex(pair->client, &byte, 1, &n);
        return SSL_is_init_finished(pair->client) && SSL_is_init_finished(pair->server);
}

static void connect_pair(SSL_CTX *client, SSL_CTX *server, SSL_SESSION *session, struct pair *ret)
{
        BIO *a = NULL, *b = NULL;

        *ret = (struct pair){SSL_new(client), SSL_new(server)};
        if (ret->client == NULL || ret->server == NULL ||
            BIO_new_bio_pair(&a, 65536, &b, 65536) != 1 ||
            (session != NULL && SSL_set_session(ret->client, session) != 1))
                exit(2);
        SSL_set_bio(ret->client, a, a);
        SSL_set_bio(ret->server, b, b);
        SSL_set_connect_state(ret->client);
        SSL_set_accept_state(ret->server);
        if (!shake_hands(ret)) {
                printf("no handshake\n");
                exit(2);
        }
}

static void close_pair(struct pair *pair)
{
        SSL_free(pair->client);
        SSL_free(pair->server);
}

static char *prove(SSL *ssl)
{
        char *json = NULL;
        int r = azattest_channel_evidence(ctx, ssl, NULL, nonce, sizeof(nonce), &json);

        if (r != 0) {
                printf("no evidence: %s\n", azattest_error_message(ctx));
                exit(2);
        }
        return json;
}

static int judge(SSL *ssl, const char *json)
{
        const struct azattest_verify_options options = {.size = sizeof(options), .vmid = vmid};

        return azattest_channel_verify(ctx, ssl, nonce, sizeof(nonce), json, &options, NULL);
}

/* Both directions of one connection, and each side's evidence sent back to it. */
static void test_directions(SSL_CTX *client, SSL_CTX *server)
{
        struct pair pair;

        connect_pair(client, server, NULL, &pair);
        char *from_server = prove(pair.server), *from_client = prove(pair.client);
        expect("mutual: server's evidence", judge(pair.client, from_server), 0, "");
        expect("mutual: client's evidence", judge(pair.server, from_client), 0, "");
        expect("mutual: reflected to the server", judge(pair.server, from_server),
               AZATTEST_E_EVIDENCE, "check Q5 ");
        expect("mutual: reflected to the client", judge(pair.client, from_client),
               AZATTEST_E_EVIDENCE, "check Q5 ");
        azattest_free(from_server);
        azattest_free(from_client);
        close_pair(&pair);
}

static void write_profile(const char *members)
{
        FILE *file = fopen("profile.json", "w");

        if (file == NULL ||
            fprintf(file, "{\"azattest-profile\":1,\"name\":\"test\",\"date\":\"2026-11-24\",%s}",
                    members) < 0 ||
            fclose(file) != 0)
                exit(2);
}

/* What is demanded beyond the built-in profile, met and unmet, each by its check. */
static void test_demands(SSL_CTX *client, SSL_CTX *server)
{
        static const struct {
                const char *members;
                int code;
                const char *fragment;
        } all[] = {
                {"\"product\":\"Milan\",\"require-event-log\":true", 0, ""},
                {"\"exclude-product\":\"Milan\"", AZATTEST_E_POLICY, "check S36 "},
                {"\"require-ak-certificate\":true", 0, ""},
                {"\"pcr\":\"sha256:8="
                 "0000000000000000000000000000000000000000000000000000000000000000\"",
                 AZATTEST_E_POLICY, "check Q9 "},
                {"\"require-crl\":true", AZATTEST_E_EVIDENCE, "check S21 "},
        };
        static const char *const absent[] = {"S21", NULL};
        struct azattest_evidence_options demanded = {
                .size = sizeof(demanded), .profile = "./profile.json", .need_secure_boot = true};
        const struct azattest_verify_options options = {
                .size = sizeof(options), .vmid = vmid, .evidence = &demanded};
        struct pair pair;
        char *result = NULL;
        int r = 0;

        connect_pair(client, server, NULL, &pair);
        char *json = prove(pair.server);
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                write_profile(all[i].members);
                r = azattest_channel_verify(ctx, pair.client, nonce, sizeof(nonce), json, &options,
                                            NULL);
                expect(all[i].members, r, all[i].code, all[i].fragment);
        }
        demanded.allow_unchecked = absent;
        r = azattest_channel_verify(ctx, pair.client, nonce, sizeof(nonce), json, &options,
                                    &result);
        expect("allowed to be unchecked", r, 0, "");
        if (result == NULL || strstr(result, "allow-unchecked = S21") == NULL) {
                printf("  what weakens is not named\n");
                failures++;
        }
        demanded = (struct azattest_evidence_options){
                .size = sizeof(struct azattest_evidence_options), .profile = "strict"};
        r = azattest_channel_verify(ctx, pair.client, nonce, sizeof(nonce), json, &options, NULL);
        expect("strict", r, AZATTEST_E_POLICY, "check S26 ");
        azattest_free(result);
        azattest_free(json);
        close_pair(&pair);
}

/* Evidence of another connection: replayed, or relayed by somebody in the middle. */
static void test_relay(SSL_CTX *client, SSL_CTX *server)
{
        static const uint8_t other[32] = {9};
        const struct azattest_verify_options options = {.size = sizeof(options), .vmid = vmid};
        struct pair one, two;
        char *result = NULL;

        connect_pair(client, server, NULL, &one);
        connect_pair(client, server, NULL, &two);
        char *json = prove(one.server);
        expect("evidence of another connection", judge(two.client, json), AZATTEST_E_EVIDENCE,
               "check Q5 ");
        expect("evidence for another nonce",
               azattest_channel_verify(ctx, one.client, other, sizeof(other), json, &options,
                                       &result),
               AZATTEST_E_EVIDENCE, "check Q5 ");
        if (result == NULL || strstr(result, "\"verdict\":\"reject\"") == NULL) {
                printf("  no result list\n");
                failures++;
        }
        azattest_free(result);
        azattest_free(json);
        close_pair(&one);
        close_pair(&two);
}

/* A server whose certificate is another key's: it cannot collect, and others' evidence is not
 * its. */
static void test_other_key(SSL_CTX *client, SSL_CTX *other)
{
        struct pair pair;
        char *json = NULL;

        connect_pair(client, other, NULL, &pair);
        expect("certificate of another key",
               azattest_channel_evidence(ctx, pair.server, NULL, nonce, sizeof(nonce), &json),
               AZATTEST_E_CERTIFICATE, "check C4: ");
        expect("a decryption key",
               azattest_channel_evidence(ctx, pair.server, "azattest://key", nonce, sizeof(nonce),
                                         &json),
               AZATTEST_E_WRONG_PURPOSE, "no TLS key");
        expect("the key of that name",
               azattest_channel_evidence(ctx, pair.server, "azattest://sign?name=other", nonce,
                                         sizeof(nonce), &json),
               0, "");
        if (json != NULL)
                expect("its evidence", judge(pair.client, json), 0, "");
        azattest_free(json);
        close_pair(&pair);
}

static void test_unfit(SSL_CTX *client, SSL_CTX *server, char *json)
{
        struct pair pair, resumed;
        char *none = NULL;

        connect_pair(client, server, NULL, &pair);
        SSL_SESSION *session = SSL_get1_session(pair.client);
        connect_pair(client, server, session, &resumed);
        if (!SSL_session_reused(resumed.client)) {
                printf("the session was not resumed\n");
                failures++;
        }
        expect("resumed: evidence",
               azattest_channel_evidence(ctx, resumed.server, NULL, nonce, sizeof(nonce), &none),
               AZATTEST_E_EVIDENCE, "was resumed");
        expect("resumed: verification", judge(resumed.client, json), AZATTEST_E_EVIDENCE,
               "was resumed");
        SSL_SESSION_free(session);
        close_pair(&resumed);
        close_pair(&pair);
        (void)SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
        connect_pair(client, server, NULL, &pair);
        expect("TLS 1.2: evidence",
               azattest_channel_evidence(ctx, pair.server, NULL, nonce, sizeof(nonce), &none),
               AZATTEST_E_EVIDENCE, "is not TLS 1.3");
        expect("TLS 1.2: verification", judge(pair.client, json), AZATTEST_E_EVIDENCE,
               "is not TLS 1.3");
        close_pair(&pair);
}

int main(int argc, char **argv)
{
        if (argc != 6 || azattest_context_new(NULL, &ctx) != 0)
                return 2;
        vmid = argv[5];
        SSL_CTX *client = make_ctx(TLS_client_method(), argv[1], argv[2]);
        SSL_CTX *server = make_ctx(TLS_server_method(), argv[1], argv[2]);
        SSL_CTX *other = make_ctx(TLS_server_method(), argv[3], argv[4]);
        SSL_CTX *mutual = make_ctx(TLS_server_method(), argv[1], argv[2]);
        struct pair pair;
        char *json;

        SSL_CTX_set_verify(mutual, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        test_directions(client, mutual);
        connect_pair(client, server, NULL, &pair);
        json = prove(pair.server);
        expect("client's certificate not asked for", judge(pair.client, json), 0, "");
        expect("client shows none",
               azattest_channel_evidence(ctx, pair.client, NULL, nonce, sizeof(nonce),
                                         &(char *){NULL}),
               AZATTEST_E_EVIDENCE, "shown no certificate");
        expect("server saw none", judge(pair.server, json), AZATTEST_E_EVIDENCE, "check C1 ");
        close_pair(&pair);
        test_demands(client, server);
        test_relay(client, server);
        test_other_key(client, other);
        test_unfit(client, server, json);
        azattest_free(json);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
        SSL_CTX_free(mutual);
        SSL_CTX_free(other);
        azattest_context_free(ctx);
        return failures == 0 ? 0 : 1;
}
