/* SPDX-License-Identifier: Apache-2.0 */
/*
 * azattest_ssl_require and azattest_ssl_result against peers that try to get in without an attested
 * certificate. Real handshakes; the issuer's key set comes from a file.
 */
#include "unit/chain_support.h"
#include "unit/this_system.h"
#include "unit/tls_support.h"

static azattest_context *ctx;
static azattest_ssl_verifier *verifier, *delegated_verifier;
static EVP_PKEY *own_key;              /* of who attests nothing */
static X509 *attested_crt, *plain_crt; /* of `attested`, of `own_key` */
static X509 *second_crt;               /* another good one of `attested` */
static char jwks[] = "/tmp/aza-tls-jwks-XXXXXX";
static const unsigned char secret[32] = {1, 2, 3};

static void write_jwks(void)
{
        AZA_OWN(json_object_put) json_object *document = quick_json("{'keys':[]}");
        int fd = mkstemp(jwks);

        assert_true(fd >= 0);
        close(fd);
        json_object_array_add(aza_json_array(document, "keys"), key_jwk(signer, "k1"));
        const char *text = json_object_to_json_string(document);
        assert_int_equal(aza_file_write(jwks, aza_span_of(text, strlen(text)), 0600), 0);
}

static int make_all(void **state)
{
        struct azattest_verify_options options = {
                .size = sizeof(options), .jwks_file = jwks, .vmid = VMID, .time = NOW};

        if (make_keys(state) != 0)
                return -1;
        AZA_OWN(json_object_put) json_object *claims = signing_claims();
        AZA_OWN(free) char *jwt = sign_claims(claims);
        write_jwks();
        own_key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        attested_crt = certificate_of(attested, jwt);
        json_object_object_add(claims, "x-ms-other", text_value("x"));
        AZA_OWN(free) char *second = sign_claims(claims);
        second_crt = certificate_of(attested, second);
        plain_crt = certificate_of(own_key, NULL);
        assert_int_equal(azattest_context_new(NO_FILE, &ctx), 0);
        assert_int_equal(azattest_context_set(ctx, "maa-url", ISSUER), 0);
        assert_int_equal(azattest_ssl_verifier_new(ctx, &options, &verifier), 0);
        options.delegated = true;
        assert_int_equal(azattest_ssl_verifier_new(ctx, &options, &delegated_verifier), 0);
        return 0;
}

static int free_all(void **state)
{
        azattest_ssl_verifier_free(verifier);
        azattest_ssl_verifier_free(delegated_verifier);
        azattest_context_free(ctx);
        X509_free(attested_crt);
        X509_free(second_crt);
        X509_free(plain_crt);
        EVP_PKEY_free(own_key);
        (void)unlink(jwks);
        return free_keys(state);
}

/* ---- who takes part ---- */

static SSL_CTX *attested_client(void)
{
        return tls_context(TLS_client_method(), attested_crt, attested);
}

static SSL_CTX *attested_server(void)
{
        return tls_context(TLS_server_method(), attested_crt, attested);
}

/* Which could resume sessions. */
static SSL_CTX *plain_server(void)
{
        SSL_CTX *tls = tls_context(TLS_server_method(), plain_crt, own_key);

        assert_int_equal(SSL_CTX_set_session_id_context(tls, secret, sizeof(secret)), 1);
        return tls;
}

static SSL_CTX *nameless_client(void)
{
        return tls_context(TLS_client_method(), NULL, NULL);
}

static void demand(SSL_CTX *tls)
{
        if (azattest_ssl_require(tls, verifier) != 0)
                fail_msg("%s", azattest_error_message(ctx));
}

static SSL_CTX *demanding_client(void)
{
        SSL_CTX *tls = nameless_client();

        demand(tls);
        return tls;
}

static SSL_CTX *demanding_server(void)
{
        SSL_CTX *tls = plain_server();

        demand(tls);
        return tls;
}

static void at_most_tls12(SSL_CTX *tls)
{
        assert_int_equal(SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION), 1);
}

/* ---- what is expected ---- */

static void assert_proven(const SSL *ssl)
{
        char *json = NULL;

        if (azattest_ssl_result(ssl, &json) != 0)
                fail_msg("%s", azattest_error_message(ctx));
        assert_non_null(strstr(json, "\"verdict\":\"accept\""));
        assert_int_equal(azattest_ssl_result(ssl, NULL), 0);
        azattest_free(json);
}

static void assert_unproven(const SSL *ssl, const char *says)
{
        char *json = NULL;
        int r = azattest_ssl_result(ssl, &json);

        assert_int_equal(r, AZATTEST_E_CERTIFICATE);
        if (strstr(azattest_error_message(ctx), says) == NULL)
                fail_msg("'%s' does not say '%s'", azattest_error_message(ctx), says);
        if (json != NULL)
                assert_null(strstr(json, "\"verdict\":\"accept\""));
        azattest_free(json);
}

/* A handshake of the two, which are freed; `demanding` is the side that wants a proof. */
enum side { CLIENT, SERVER };
static void expect(SSL_CTX *client, SSL_CTX *server, bool handshake, enum side demanding,
                   const char *unproven)
{
        struct pair pair = make_pair(client, server);
        const SSL *ssl = demanding == CLIENT ? pair.client : pair.server;

        assert_int_equal(shake_hands(&pair), handshake);
        if (unproven == NULL)
                assert_proven(ssl);
        else
                assert_unproven(ssl, unproven);
        free_pair(&pair);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
}

#define NOBODY "no peer was verified"

/* ---- the tests ---- */

static void good_peers(void **state)
{
        (void)state;
        for (int tls12 = 0; tls12 < 2; tls12++) {
                SSL_CTX *server = demanding_server();

                if (tls12)
                        at_most_tls12(server);
                expect(attested_client(), server, true, SERVER, NULL);
                server = attested_server();
                if (tls12)
                        at_most_tls12(server);
                expect(demanding_client(), server, true, CLIENT, NULL);
        }
}

static void without_attestation(void **state)
{
        (void)state;
        for (int tls12 = 0; tls12 < 2; tls12++) {
                SSL_CTX *server = demanding_server();

                if (tls12)
                        at_most_tls12(server);
                expect(nameless_client(), server, false, SERVER, NOBODY);
                server = demanding_server();
                if (tls12)
                        at_most_tls12(server);
                expect(tls_context(TLS_client_method(), plain_crt, own_key), server, false, SERVER,
                       "check C4");
                server = plain_server();
                if (tls12)
                        at_most_tls12(server);
                expect(demanding_client(), server, false, CLIENT, "check C4");
        }
}

/* The attested certificate, and its key is another's: it is in the chain but not the leaf. */
static void attested_above_leaf(void **state)
{
        SSL_CTX *client = tls_context(TLS_client_method(), plain_crt, own_key);
        SSL_CTX *server = plain_server();

        (void)state;
        assert_int_equal(SSL_CTX_add1_chain_cert(client, attested_crt), 1);
        assert_int_equal(SSL_CTX_add1_chain_cert(server, attested_crt), 1);
        expect(client, demanding_server(), false, SERVER, "check C7");
        expect(demanding_client(), server, false, CLIENT, "check C7");
}

/* ---- a key in memory, for which an attested one vouches (C7) ---- */

static SSL_CTX *demanding(const SSL_METHOD *method, azattest_ssl_verifier *by)
{
        SSL_CTX *made = tls_context(method, NULL, NULL);

        if (method == TLS_server_method()) {
                assert_int_equal(SSL_CTX_use_certificate(made, plain_crt), 1);
                assert_int_equal(SSL_CTX_use_PrivateKey(made, own_key), 1);
        }
        assert_int_equal(azattest_ssl_require(made, by), 0);
        return made;
}

/* Shows a leaf of `own_key` and, behind it, its issuer. */
static SSL_CTX *showing(const SSL_METHOD *method, const struct made *leaf, X509 *issuer)
{
        X509 *crt = make_certificate(leaf);
        SSL_CTX *made = tls_context(method, crt, own_key);

        assert_int_equal(SSL_CTX_add1_chain_cert(made, issuer), 1);
        X509_free(crt);
        return made;
}

static X509 *issuer_with(const char *purpose)
{
        AZA_OWN(json_object_put) json_object *claims = good_claims();

        set_claim(claims, "x-ms-runtime.client-payload.azattest-purpose", text_value(purpose));
        AZA_OWN(free) char *jwt = sign_claims(claims);
        const struct made m = good_issuer(jwt);
        return make_certificate(&m);
}

/* Both sides, and both versions of TLS. */
static void both_ways(const struct made *leaf, X509 *issuer, azattest_ssl_verifier *by,
                      const char *unproven)
{
        for (int tls12 = 0; tls12 < 2; tls12++) {
                SSL_CTX *server = demanding(TLS_server_method(), by);

                if (tls12)
                        at_most_tls12(server);
                expect(showing(TLS_client_method(), leaf, issuer), server, unproven == NULL, SERVER,
                       unproven);
                server = showing(TLS_server_method(), leaf, issuer);
                if (tls12)
                        at_most_tls12(server);
                expect(demanding(TLS_client_method(), by), server, unproven == NULL, CLIENT,
                       unproven);
        }
}

static void delegated(void **state)
{
        AZA_OWN(X509_free) X509 *issuer = issuer_with("aXNzdWU=");
        struct made leaf = good_leaf(own_key);

        (void)state;
        both_ways(&leaf, issuer, delegated_verifier, NULL);
        both_ways(&leaf, issuer, verifier, "delegated = yes (--delegated)");
        leaf.end++;
        both_ways(&leaf, issuer, delegated_verifier, "check C7");
        leaf = good_leaf(own_key);
        leaf.signer = own_key;
        both_ways(&leaf, issuer, delegated_verifier, "check C7");
        /* Who takes it takes attested keys as before. */
        expect(attested_client(), demanding(TLS_server_method(), delegated_verifier), true, SERVER,
               NULL);
}

/* A certificate more than the two. */
static void delegated_otherwise(void **state)
{
        AZA_OWN(X509_free) X509 *issuer = issuer_with("aXNzdWU=");
        const struct made leaf = good_leaf(own_key);
        SSL_CTX *client = showing(TLS_client_method(), &leaf, issuer);

        (void)state;
        assert_int_equal(SSL_CTX_add1_chain_cert(client, plain_crt), 1);
        expect(client, demanding(TLS_server_method(), delegated_verifier), false, SERVER,
               "more than one certificate");
}

/* ---- pre-shared keys ---- */

static unsigned int client_psk(SSL *ssl, const char *hint, char *identity,
                               unsigned int max_identity, unsigned char *psk, unsigned int max_psk)
{
        (void)ssl;
        (void)hint;
        (void)max_psk;
        (void)snprintf(identity, max_identity, "me");
        memcpy(psk, secret, sizeof(secret));
        return sizeof(secret);
}

static unsigned int server_psk(SSL *ssl, const char *identity, unsigned char *psk,
                               unsigned int max_psk)
{
        (void)ssl;
        (void)identity;
        (void)max_psk;
        memcpy(psk, secret, sizeof(secret));
        return sizeof(secret);
}

static SSL_SESSION *psk_session(SSL *ssl)
{
        static const unsigned char suite[] = {0x13, 0x01};
        SSL_SESSION *session = SSL_SESSION_new();

        assert_int_equal(SSL_SESSION_set1_master_key(session, secret, sizeof(secret)), 1);
        assert_int_equal(SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite)), 1);
        assert_int_equal(SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION), 1);
        return session;
}

static int use_psk(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_len,
                   SSL_SESSION **session)
{
        (void)md;
        *id = (const unsigned char *)"me";
        *id_len = 2;
        *session = psk_session(ssl);
        return 1;
}

static int find_psk(SSL *ssl, const unsigned char *id, size_t id_len, SSL_SESSION **session)
{
        (void)id;
        (void)id_len;
        *session = psk_session(ssl);
        return 1;
}

/* `suites`: for TLS 1.2; NULL: an external PSK of TLS 1.3. */
static void give_psk(SSL_CTX *tls, const char *suites)
{
        if (suites != NULL) {
                at_most_tls12(tls);
                assert_int_equal(SSL_CTX_set_cipher_list(tls, suites), 1);
                assert_int_equal(SSL_CTX_set_dh_auto(tls, 1), 1);
                SSL_CTX_set_psk_client_callback(tls, client_psk);
                SSL_CTX_set_psk_server_callback(tls, server_psk);
        } else {
                assert_int_equal(SSL_CTX_set_ciphersuites(tls, "TLS_AES_128_GCM_SHA256"), 1);
                SSL_CTX_set_psk_use_session_callback(tls, use_psk);
                SSL_CTX_set_psk_find_session_callback(tls, find_psk);
        }
}

static const char *const psk_suites[] = {
        NULL,
        "PSK-AES128-GCM-SHA256",
        "DHE-PSK-AES128-GCM-SHA256",
        "ECDHE-PSK-AES128-CBC-SHA256",
        "RSA-PSK-AES128-GCM-SHA256",
        "PSK-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
};

/* Which the program had set up before it demanded anything. */
static void psk_of_before(void **state)
{
        (void)state;
        for (size_t i = 0; i < 6; i++)
                for (int side = CLIENT; side <= SERVER; side++) {
                        SSL_CTX *client = nameless_client(), *server = plain_server();
                        SSL_CTX *demanding = side == CLIENT ? client : server;

                        give_psk(client, psk_suites[i]);
                        give_psk(server, psk_suites[i]);
                        if (i >= 1 && i <= 4) {
                                assert_int_equal(azattest_ssl_require(demanding, verifier),
                                                 AZATTEST_E_INVALID_PARAMETER);
                                assert_non_null(strstr(azattest_error_message(ctx),
                                                       "only suites without certificates"));
                        } else {
                                demand(demanding);
                        }
                        expect(client, server, false, (enum side)side,
                               side == CLIENT && (i == 0 || i == 5) ? "check C4" : NOBODY);
                }
}

/* Which nobody can see beforehand. With RSA-PSK certificates are shown
 * all the same. */
static void psk_of_later(void **state)
{
        (void)state;
        for (size_t i = 0; i < 6; i++)
                for (int side = CLIENT; side <= SERVER; side++) {
                        SSL_CTX *client = nameless_client(), *server = plain_server();
                        const bool shown = i == 4;

                        demand(side == CLIENT ? client : server);
                        give_psk(client, psk_suites[i]);
                        give_psk(server, psk_suites[i]);
                        expect(client, server, !shown, (enum side)side,
                               shown && side == CLIENT ? "check C4" : NOBODY);
                }
}

/* The rest keeps its order. */
static void other_suites_stay(void **state)
{
        SSL_CTX *tls = nameless_client();
        char left[200] = "";

        (void)state;
        assert_int_equal(SSL_CTX_set_cipher_list(
                                 tls,
                                 "ECDHE-RSA-AES256-GCM-SHA384:PSK-AES128-GCM-SHA256:AES128-SHA:"
                                 "ADH-AES128-SHA:RSA-PSK-AES128-GCM-SHA256:"
                                 "SRP-RSA-AES-128-CBC-SHA:ECDHE-ECDSA-AES128-GCM-SHA256"),
                         1);
        demand(tls);
        const STACK_OF(SSL_CIPHER) *suites = SSL_CTX_get_ciphers(tls);
        for (int i = 0; i < sk_SSL_CIPHER_num(suites); i++) {
                const SSL_CIPHER *suite = sk_SSL_CIPHER_value(suites, i);

                if (SSL_CIPHER_get_auth_nid(suite) != NID_auth_any)
                        (void)snprintf(left + strlen(left), sizeof(left) - strlen(left), "%s ",
                                       SSL_CIPHER_get_name(suite));
        }
        assert_string_equal(
                left, "ECDHE-RSA-AES256-GCM-SHA384 AES128-SHA ECDHE-ECDSA-AES128-GCM-SHA256 ");
        SSL_CTX_free(tls);
}

/* ---- anonymous suites ---- */

static void allow_anonymous(SSL_CTX *tls)
{
        at_most_tls12(tls);
        assert_int_equal(SSL_CTX_set_cipher_list(tls, "aNULL:RSA:@SECLEVEL=0"), 1);
        assert_int_equal(SSL_CTX_set_dh_auto(tls, 1), 1);
}

static void anonymous(void **state)
{
        (void)state;
        for (int side = CLIENT; side <= SERVER; side++)
                for (int later = 0; later < 2; later++) {
                        SSL_CTX *client = nameless_client();
                        SSL_CTX *server = tls_context(TLS_server_method(), NULL, NULL);
                        SSL_CTX *demanding = side == CLIENT ? client : server;

                        if (later)
                                demand(demanding);
                        allow_anonymous(client);
                        allow_anonymous(server);
                        if (!later)
                                demand(demanding);
                        /* A server that insists asks for a certificate, which such a client takes
                         * for an error. */
                        expect(client, server, later && side == CLIENT, (enum side)side, NOBODY);
                }
}

/* ---- contexts that are switched ---- */

static int switch_context(SSL *ssl, int *alert, void *arg)
{
        (void)alert;
        (void)SSL_set_SSL_CTX(ssl, arg);
        return SSL_TLSEXT_ERR_OK;
}

static void servername(void **state)
{
        (void)state;
        for (int tls12 = 0; tls12 < 2; tls12++)
                for (int to_demand = 0; to_demand < 2; to_demand++) {
                        SSL_CTX *first = demanding_server();
                        SSL_CTX *other = to_demand ? demanding_server() : plain_server();
                        SSL_CTX *client = tls_context(TLS_client_method(), plain_crt, own_key);

                        if (tls12)
                                at_most_tls12(client);
                        SSL_CTX_set_tlsext_servername_callback(first, switch_context);
                        SSL_CTX_set_tlsext_servername_arg(first, other);
                        expect(client, first, !to_demand, SERVER, to_demand ? "check C4" : NOBODY);
                        SSL_CTX_free(other);
                }
}

/* From one that demands nothing to one that does: the former's SSL asks for no certificate. */
static void servername_to_demand(void **state)
{
        SSL_CTX *first = plain_server(), *other = demanding_server();

        (void)state;
        SSL_CTX_set_tlsext_servername_callback(first, switch_context);
        SSL_CTX_set_tlsext_servername_arg(first, other);
        expect(nameless_client(), first, true, SERVER, NOBODY);
        SSL_CTX_free(other);
}

/* The program asks for no verification after all, or asks somebody else. */
static void demand_taken_back(void **state)
{
        SSL_CTX *client = demanding_client();

        (void)state;
        SSL_CTX_set_verify(client, SSL_VERIFY_NONE, NULL);
        expect(client, plain_server(), true, CLIENT, "check C4");
        client = demanding_client();
        SSL_CTX_set_cert_verify_callback(client, accept_any, NULL);
        expect(client, attested_server(), true, CLIENT, NOBODY);
        SSL_CTX *server = demanding_server();
        SSL_CTX_set_verify(server, SSL_VERIFY_NONE, NULL);
        expect(attested_client(), server, true, SERVER, NOBODY);
}

/* ---- sessions ---- */

/* Tickets of a context that demands nothing, with the same keys. */
static void ticket_of_elsewhere(void **state)
{
        unsigned char keys[80] = {1};

        (void)state;
        for (int tls12 = 0; tls12 < 2; tls12++) {
                SSL_CTX *client = nameless_client();
                SSL_CTX *open = plain_server(), *demanding = demanding_server();

                if (tls12)
                        at_most_tls12(client);
                assert_int_equal(SSL_CTX_set_tlsext_ticket_keys(open, keys, sizeof(keys)), 1);
                assert_int_equal(SSL_CTX_set_tlsext_ticket_keys(demanding, keys, sizeof(keys)), 1);
                struct pair pair = make_pair(client, open);
                assert_true(shake_hands(&pair));
                exchange(&pair);
                SSL_SESSION *session = SSL_get1_session(pair.client);
                assert_int_equal(SSL_SESSION_is_resumable(session), 1);
                SSL_shutdown(pair.client);
                free_pair(&pair);
                /* It would resume there. */
                pair = make_pair(client, open);
                assert_int_equal(SSL_set_session(pair.client, session), 1);
                assert_true(shake_hands(&pair));
                assert_int_equal(SSL_session_reused(pair.client), 1);
                SSL_shutdown(pair.client);
                free_pair(&pair);
                pair = make_pair(client, demanding);
                assert_int_equal(SSL_set_session(pair.client, session), 1);
                assert_false(shake_hands(&pair));
                assert_unproven(pair.server, NOBODY);
                free_pair(&pair);
                SSL_SESSION_free(session);
                SSL_CTX_free(client);
                SSL_CTX_free(open);
                SSL_CTX_free(demanding);
        }
}

/* A session of a client that demands nothing; and one that a demanding client made itself. */
static void session_of_elsewhere(void **state)
{
        (void)state;
        for (int tls12 = 0; tls12 < 2; tls12++) {
                SSL_CTX *client = nameless_client(), *server = plain_server();

                if (tls12)
                        at_most_tls12(server);
                struct pair pair = make_pair(client, server);
                assert_true(shake_hands(&pair));
                exchange(&pair);
                SSL_SESSION *session = SSL_get1_session(pair.client);
                SSL_shutdown(pair.client);
                free_pair(&pair);
                demand(client);
                pair = make_pair(client, server);
                assert_int_equal(SSL_set_session(pair.client, session), 1);
                assert_false(shake_hands(&pair));
                assert_unproven(pair.client, NOBODY);
                free_pair(&pair);
                SSL_SESSION_free(session);
                SSL_CTX_free(client);
                SSL_CTX_free(server);
        }
}

/* ---- one SSL, several handshakes ---- */

/* SSL_clear and a new connection: what was found in the old one does not count. */
static void used_again(void **state)
{
        SSL_CTX *client = demanding_client(), *server = attested_server();
        struct pair pair = make_pair(client, server);

        (void)state;
        assert_true(shake_hands(&pair));
        assert_proven(pair.client);
        (void)SSL_shutdown(pair.client);
        assert_int_equal(SSL_clear(pair.client), 1);
        SSL_free(pair.server);
        pair.server = SSL_new(server);
        SSL *copy = SSL_dup(pair.client);
        assert_non_null(copy);
        assert_unproven(copy, NOBODY);
        SSL_free(copy);
        join_pair(&pair);
        assert_unproven(pair.client, NOBODY);
        /* With the very same certificate, which nobody has looked at this time. */
        SSL_CTX_set_cert_verify_callback(client, accept_any, NULL);
        assert_true(shake_hands(&pair));
        assert_unproven(pair.client, NOBODY);
        /* And when it is looked at. */
        (void)SSL_shutdown(pair.client);
        demand(client);
        assert_int_equal(SSL_clear(pair.client), 1);
        SSL_free(pair.server);
        pair.server = SSL_new(server);
        join_pair(&pair);
        assert_true(shake_hands(&pair));
        assert_proven(pair.client);
        free_pair(&pair);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
}

static void unfinished(void **state)
{
        SSL_CTX *client = demanding_client(), *server = attested_server();
        struct pair pair = make_pair(client, server);

        (void)state;
        at_most_tls12(server);
        SSL_free(pair.server);
        pair.server = SSL_new(server);
        join_pair(&pair);
        (void)SSL_do_handshake(pair.client);
        (void)SSL_do_handshake(pair.server);
        (void)SSL_do_handshake(pair.client); /* has seen the certificate; no Finished yet */
        assert_unproven(pair.client, "not finished");
        free_pair(&pair);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
}

/* The attacker lets a genuine peer make the first handshake; whatever certificate is shown in a
 * second one, it proves nothing. */
static void renegotiate(enum side demanding, X509 *next, EVP_PKEY *key, bool allowed)
{
        SSL_CTX *client = demanding == CLIENT ? demanding_client() : attested_client();
        SSL_CTX *server = demanding == SERVER ? demanding_server() : attested_server();

        at_most_tls12(server);
        struct pair pair = make_pair(client, server);
        SSL *judge = demanding == CLIENT ? pair.client : pair.server;
        SSL *attacker = demanding == CLIENT ? pair.server : pair.client;
        if (allowed) {
                (void)SSL_clear_options(judge, SSL_OP_NO_RENEGOTIATION);
                (void)SSL_set_options(judge, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
        }
        assert_true(shake_hands(&pair));
        assert_proven(judge);
        assert_int_equal(SSL_use_certificate(attacker, next), 1);
        assert_int_equal(SSL_use_PrivateKey(attacker, key), 1);
        assert_int_equal(SSL_renegotiate(attacker), 1);
        (void)SSL_do_handshake(attacker);
        exchange(&pair);
        if (allowed)
                assert_unproven(judge, "");
        const X509 *shown = SSL_get0_peer_certificate(judge);
        assert_true(shown == NULL || X509_cmp(shown, attested_crt) == 0);
        free_pair(&pair);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
}

static void renegotiation(void **state)
{
        (void)state;
        for (int side = CLIENT; side <= SERVER; side++)
                for (int allowed = 0; allowed < 2; allowed++) {
                        renegotiate((enum side)side, plain_crt, own_key, allowed);
                        renegotiate((enum side)side, attested_crt, attested, allowed);
                        renegotiate((enum side)side, second_crt, attested, allowed);
                }
}

/* ---- certificates after the handshake ---- */

static void post_handshake(void **state)
{
        (void)state;
        for (int shows = 0; shows < 2; shows++) {
                SSL_CTX *server = demanding_server();
                SSL_CTX *client = shows ? attested_client() : nameless_client();

                SSL_CTX_set_post_handshake_auth(client, 1);
                SSL_CTX_set_verify(server,
                                   SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT |
                                           SSL_VERIFY_POST_HANDSHAKE,
                                   NULL);
                struct pair pair = make_pair(client, server);
                assert_true(shake_hands(&pair));
                assert_unproven(pair.server, NOBODY);
                assert_int_equal(SSL_verify_client_post_handshake(pair.server), 1);
                (void)SSL_do_handshake(pair.server);
                exchange(&pair);
                assert_unproven(pair.server, shows ? "in its connection's first" : NOBODY);
                free_pair(&pair);
                SSL_CTX_free(client);
                SSL_CTX_free(server);
        }
}

/* RFC 7250: a key without certificate. */
static void raw_public_key(void **state)
{
        (void)state;
#if OPENSSL_VERSION_PREREQ(3, 2)
        static const unsigned char raw[] = {TLSEXT_cert_type_rpk, TLSEXT_cert_type_x509};

        for (int later = 0; later < 2; later++) {
                SSL_CTX *client = nameless_client(), *server = attested_server();

                if (later)
                        demand(client);
                assert_int_equal(SSL_CTX_set1_server_cert_type(client, raw, sizeof(raw)), 1);
                assert_int_equal(SSL_CTX_set1_server_cert_type(server, raw, sizeof(raw)), 1);
                if (!later)
                        demand(client);
                expect(client, server, !later, CLIENT, later ? NOBODY : NULL);
        }
#else
        print_message("skipped: OpenSSL before 3.2 has no raw public keys\n");
        skip();
#endif
}

/* ---- versions ---- */

/* Where OpenSSL allows signatures by way of SHA-1 at all. */
static SSL_CTX *careless(const SSL_METHOD *method, X509 *certificate)
{
        SSL_CTX *tls = tls_context(method, certificate, attested);

        assert_int_equal(SSL_CTX_set_cipher_list(tls, "ALL:@SECLEVEL=0"), 1);
        return tls;
}

/* DTLS counts its versions for itself, and may be limited from above. */
static void dtls(void **state)
{
        (void)state;
        for (int old = 0; old < 2; old++) {
                SSL_CTX *client = careless(DTLS_client_method(), NULL);
                SSL_CTX *server = careless(DTLS_server_method(), attested_crt);

                assert_int_equal(SSL_CTX_set_max_proto_version(client, DTLS1_2_VERSION), 1);
                demand(client);
                if (old)
                        assert_int_equal(SSL_CTX_set_max_proto_version(server, DTLS1_VERSION), 1);
                expect(client, server, !old, CLIENT, old ? NOBODY : NULL);
        }
}

/* OpenSSL hides them from new programs, and OpenSSL 4 has none. */
#if !defined(OPENSSL_NO_TLS1_1_METHOD) && OPENSSL_VERSION_MAJOR < 4
const SSL_METHOD *TLSv1_1_client_method(void);
#endif
#if !defined(OPENSSL_NO_DTLS1_METHOD) && OPENSSL_VERSION_MAJOR < 4
const SSL_METHOD *DTLSv1_client_method(void);
#endif

static void assert_too_old(const SSL_METHOD *method, int highest)
{
        SSL_CTX *client = careless(method, NULL);

        if (highest != 0)
                assert_int_equal(SSL_CTX_set_max_proto_version(client, highest), 1);
        assert_int_equal(azattest_ssl_require(client, verifier), AZATTEST_E_INVALID_PARAMETER);
        assert_non_null(strstr(azattest_error_message(ctx), "older than TLS 1.2"));
        SSL_CTX_free(client);
}

/* A context that only speaks what is too old, by its highest version or its method. */
static void old_versions(void **state)
{
        (void)state;
        assert_too_old(TLS_client_method(), TLS1_VERSION);
        assert_too_old(TLS_client_method(), TLS1_1_VERSION);
        assert_too_old(DTLS_client_method(), DTLS1_VERSION);
#if !defined(OPENSSL_NO_TLS1_1_METHOD) && OPENSSL_VERSION_MAJOR < 4
        assert_too_old(TLSv1_1_client_method(), 0);
#endif
#if !defined(OPENSSL_NO_DTLS1_METHOD) && OPENSSL_VERSION_MAJOR < 4
        assert_too_old(DTLSv1_client_method(), 0);
#endif
}

/* A version that a program goes back to later. */
static void version_of_later(void **state)
{
        (void)state;
        SSL_CTX *client = careless(TLS_client_method(), NULL);
        SSL_CTX *server = careless(TLS_server_method(), attested_crt);

        demand(client);
        assert_int_equal(SSL_CTX_set_min_proto_version(client, TLS1_VERSION), 1);
        assert_int_equal(SSL_CTX_set_max_proto_version(server, TLS1_1_VERSION), 1);
        expect(client, server, true, CLIENT, "older than TLS 1.2");
}

/* A program that wants TLS 1.3 gets no TLS 1.2. */
static void newer_stays(void **state)
{
        (void)state;
        SSL_CTX *client = nameless_client(), *server = attested_server();

        assert_int_equal(SSL_CTX_set_min_proto_version(client, TLS1_3_VERSION), 1);
        demand(client);
        assert_int_equal(SSL_CTX_get_min_proto_version(client), TLS1_3_VERSION);
        at_most_tls12(server);
        expect(client, server, false, CLIENT, NOBODY);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_peers),
                cmocka_unit_test(without_attestation),
                cmocka_unit_test(attested_above_leaf),
                cmocka_unit_test(delegated),
                cmocka_unit_test(delegated_otherwise),
                cmocka_unit_test(psk_of_before),
                cmocka_unit_test(psk_of_later),
                cmocka_unit_test(other_suites_stay),
                cmocka_unit_test(anonymous),
                cmocka_unit_test(servername),
                cmocka_unit_test(servername_to_demand),
                cmocka_unit_test(demand_taken_back),
                cmocka_unit_test(ticket_of_elsewhere),
                cmocka_unit_test(session_of_elsewhere),
                cmocka_unit_test(used_again),
                cmocka_unit_test(unfinished),
                cmocka_unit_test(renegotiation),
                cmocka_unit_test(post_handshake),
                cmocka_unit_test(raw_public_key),
                cmocka_unit_test(dtls),
                cmocka_unit_test(old_versions),
                cmocka_unit_test(version_of_later),
                cmocka_unit_test(newer_stays),
        };

        return cmocka_run_group_tests_name("azattest_tls", tests, make_all, free_all);
}
