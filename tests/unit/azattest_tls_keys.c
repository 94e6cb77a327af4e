/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handshakes while the issuer does not answer (D45): peers that are known pass at once, one with a
 * made-up kid waits 5 seconds at most and alone, and one that is refused anyway makes nobody ask.
 */
#include "unit/key_set_support.h"
#include "unit/tls_support.h"

#define GOOD_PEERS 4

static azattest_context *ctx;
static azattest_ssl_verifier *verifier;
static EVP_PKEY *own_key;

/* A certificate of `key` with a token, for `vmid`, that attests `names`. */
static X509 *certificate(EVP_PKEY *key, EVP_PKEY *names, const char *vmid, bool forged)
{
        const int64_t now = (int64_t)time(NULL);
        EVP_PKEY *const before = attested;

        attested = names;
        AZA_OWN(json_object_put) json_object *claims = signing_claims();
        attested = before;

        json_object_object_add(claims, "iss", text_value(issuer));
        json_object_object_add(claims, "x-ms-azurevm-vmid", text_value(vmid));
        json_object_object_add(claims, "iat", json_object_new_int64(now));
        json_object_object_add(claims, "nbf", json_object_new_int64(now));
        json_object_object_add(claims, "exp", json_object_new_int64(now + 3600));
        AZA_OWN(free)
        char *jwt = sign_text(forged ? own_key : signer,
                              forged ? "{\"alg\":\"RS256\",\"kid\":\"made-up\"}"
                                     : "{\"alg\":\"RS256\",\"kid\":\"k1\"}",
                              json_object_to_json_string(claims));
        X509 *made = certificate_of(key, jwt);
        assert_non_null(X509_gmtime_adj(X509_getm_notBefore(made), -3600));
        assert_non_null(X509_gmtime_adj(X509_getm_notAfter(made), 3600));
        assert_true(X509_sign(made, key, EVP_sha256()) > 0);
        return made;
}

/* True when a server that shows it is proven; *took in milliseconds. */
static bool shake(X509 *shown, EVP_PKEY *key, int64_t *took)
{
        SSL_CTX *client = tls_context(TLS_client_method(), NULL, NULL);
        SSL_CTX *other = tls_context(TLS_server_method(), shown, key);
        const int64_t start = aza_monotonic_ms();

        assert_int_equal(azattest_ssl_require(client, verifier), 0);
        struct pair pair = make_pair(client, other);
        bool good = shake_hands(&pair) && azattest_ssl_result(pair.client, NULL) == 0;
        *took = aza_monotonic_ms() - start;
        free_pair(&pair);
        SSL_CTX_free(client);
        SSL_CTX_free(other);
        return good;
}

static void begin_all(void)
{
        const struct azattest_verify_options options = {.size = sizeof(options), .vmid = VMID};

        say(0, OK, set_k1);
        begin(true, 1);
        own_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        assert_int_equal(azattest_context_new("/dev/null", &ctx), 0);
        assert_int_equal(azattest_context_set(ctx, "maa-url", issuer), 0);
        assert_int_equal(azattest_context_set(ctx, "ca-file", ca), 0);
        assert_int_equal(azattest_context_set(ctx, "runtime-dir", dir), 0);
        assert_int_equal(azattest_context_set(ctx, "timeout", "60"), 0);
        assert_int_equal(azattest_ssl_verifier_new(ctx, &options, &verifier), 0);
}

static void end_all(void)
{
        azattest_ssl_verifier_free(verifier);
        azattest_context_free(ctx);
        EVP_PKEY_free(own_key);
        end();
}

struct peer {
        X509 *shown;
        EVP_PKEY *key;
        pthread_t thread;
        int64_t longest;
        bool good;
};

/* Again and again for three seconds. */
static void *good_peer(void *arg)
{
        struct peer *peer = arg;
        const int64_t until = aza_monotonic_ms() + 3000;

        peer->good = true;
        while (aza_monotonic_ms() < until) {
                int64_t took = 0;

                peer->good = shake(peer->shown, peer->key, &took) && peer->good;
                peer->longest = took > peer->longest ? took : peer->longest;
                usleep(100000);
        }
        return NULL;
}

static void *bad_peer(void *arg)
{
        struct peer *peer = arg;

        peer->good = shake(peer->shown, peer->key, &peer->longest);
        return NULL;
}

/* The issuer stops answering after it gave its key set, a minute ago. */
static void fill_and_hang(X509 *good)
{
        int64_t took = 0;

        assert_true(shake(good, attested, &took));
        assert_int_equal(server.requests, 1);
        server.pause_ms = 8000;
        age(61);
        /* A new verifier holds nothing yet, as that old one would not for an unknown kid. */
        azattest_ssl_verifier_free(verifier);
        const struct azattest_verify_options options = {.size = sizeof(options), .vmid = VMID};
        assert_int_equal(azattest_ssl_verifier_new(ctx, &options, &verifier), 0);
}

static void invented_kid(void **state)
{
        struct peer peers[GOOD_PEERS + 2] = {0};
        int64_t took = 0;

        (void)state;
        begin_all();
        X509 *good = certificate(attested, attested, VMID, false);
        X509 *bad = certificate(own_key, own_key, VMID, true);
        fill_and_hang(good);
        for (size_t i = 0; i < GOOD_PEERS + 2; i++) {
                bool is_good = i >= 2;
                peers[i].shown = is_good ? good : bad;
                peers[i].key = is_good ? attested : own_key;
                assert_int_equal(pthread_create(&peers[i].thread, NULL,
                                                is_good ? good_peer : bad_peer, &peers[i]),
                                 0);
                /* The bad ones first: once a good one has brought the key set in, it counts as
                 * new. */
                for (int n = 0; i == 1 && n < 400 && server.requests < 2; n++)
                        usleep(10000);
        }
        for (size_t i = 0; i < GOOD_PEERS + 2; i++) {
                assert_int_equal(pthread_join(peers[i].thread, NULL), 0);
                assert_true(peers[i].good == (i >= 2));
                assert_int_in_range(peers[i].longest, 0, i >= 2 ? 4000 : 7900);
        }
        assert_true(peers[0].longest > 4000 || peers[1].longest > 4000);
        /* Not again for a minute, whatever it is called. */
        assert_false(shake(bad, own_key, &took));
        assert_int_in_range(took, 0, 4000);
        assert_true(shake(good, attested, &took));
        usleep(4000000);
        assert_int_equal(server.requests, 2);
        X509_free(good);
        X509_free(bad);
        end_all();
}

/* Refused by what needs no network: the issuer hears nothing. */
static void refused_anyway(void **state)
{
        int64_t took = 0;

        (void)state;
        begin_all();
        X509 *const all[] = {
                certificate(own_key, attested, VMID, true), /* C4: another's key */
                certificate(own_key, own_key, "00000000-0000-0000-0000-000000000000",
                            true), /* G4 */
                certificate_of(own_key, NULL),
        };

        server.pause_ms = 8000;
        for (size_t i = 0; i < COUNT(all); i++) {
                assert_false(shake(all[i], own_key, &took));
                assert_int_in_range(took, 0, 4000);
                X509_free(all[i]);
        }
        assert_int_equal(server.requests, 0);
        end_all();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(invented_kid),
                cmocka_unit_test(refused_anyway),
        };
        return run_key_set_tests("azattest_tls_keys", tests, COUNT(tests));
}
