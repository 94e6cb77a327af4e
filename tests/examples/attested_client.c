/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS client that talks only to servers with an attested key. Needs no TPM unless it has one to
 * show. usage: attested_client [OPTION...] ADDRESS:PORT
 *   --cert FILE --key KEY  its own attested certificate and key (file or URI)
 *   --attests URI          its evidence is of this key, which vouches for KEY (azattest://issue)
 *   --delegated            takes a key in memory for which an attested one vouches
 *   --challenge            wants fresh evidence for this connection
 *   --save FILE            keeps that evidence
 *   --resume               connects again with the session of the first connection, which must fail
 *   --tls12                at most TLS 1.2
 *   --time SECONDS         judges as at that time (since 1970)
 *   --any-message          does not wait for a greeting of attested_server
 *   --json                 results whole, as JSON; else one line each
 * Prints what came of judging the peer. Exit status 0: accepted.
 */
#include "attested_peer.h"

#include <openssl/bio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client {
        azattest_context *ctx;
        SSL_CTX *tls;
        const char *address, *certificate, *key, *attests, *save;
        bool challenge, delegated, resume, tls12, any_message;
        struct azattest_verify_options options;
};

/* The server is content with us too: in TLS 1.3 a client's handshake ends before the server has
 * looked at its certificate. */
static bool greeted(const struct client *c, SSL *ssl)
{
        for (;;) {
                char kind = 0;
                size_t len = 0;
                char *message = peer_receive(ssl, &kind, &len);
                bool good = message != NULL;

                if (good && kind == 'N')
                        good = peer_attest(c->ctx, ssl, c->attests, message, len);
                free(message);
                if (!good)
                        (void)fprintf(stderr, "the server ended the connection\n");
                if (!good || kind == 'T')
                        return good;
        }
}

/* *session: the one to resume, or NULL, and receives this connection's. */
static bool connect_once(const struct client *c, SSL_SESSION **session)
{
        BIO *socket = BIO_new_connect(c->address);
        SSL *ssl = SSL_new(c->tls);
        bool good = false;

        if (socket == NULL || ssl == NULL || BIO_do_connect(socket) != 1) {
                (void)fprintf(stderr, "cannot connect to %s\n", c->address);
                BIO_free_all(socket);
                SSL_free(ssl);
                return false;
        }
        SSL_set_bio(ssl, socket, socket);
        if (*session != NULL)
                (void)SSL_set_session(ssl, *session);
        if (SSL_connect(ssl) != 1)
                peer_refused(ssl, true);
        else
                good = peer_accepted(ssl) && (c->any_message || greeted(c, ssl)) &&
                       (!c->challenge || peer_challenge(c->ctx, ssl, c->attests, c->save));
        SSL_SESSION_free(*session);
        *session = SSL_get1_session(ssl);
        (void)SSL_shutdown(ssl);
        SSL_free(ssl);
        return good;
}

static bool run(const struct client *c)
{
        azattest_ssl_verifier *verifier = NULL;
        SSL_SESSION *session = NULL;

        if (azattest_ssl_verifier_new(c->ctx, &c->options, &verifier) != 0 ||
            azattest_ssl_require(c->tls, verifier) != 0) {
                (void)fprintf(stderr, "%s\n", azattest_error_message(c->ctx));
                azattest_ssl_verifier_free(verifier);
                return false;
        }
        bool good = connect_once(c, &session);
        if (good && c->resume)
                good = connect_once(c, &session);
        SSL_SESSION_free(session);
        azattest_ssl_verifier_free(verifier);
        return good;
}

static bool parse(struct client *c, int argc, char **argv)
{
        int at = 1;

        for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
                const char *value = at + 1 < argc ? argv[at + 1] : "";
                if (strcmp(argv[at], "--challenge") == 0)
                        c->challenge = true;
                else if (strcmp(argv[at], "--delegated") == 0)
                        c->delegated = true;
                else if (strcmp(argv[at], "--attests") == 0)
                        c->attests = value, at++;
                else if (strcmp(argv[at], "--resume") == 0)
                        c->resume = true;
                else if (strcmp(argv[at], "--json") == 0)
                        peer_json = true;
                else if (strcmp(argv[at], "--tls12") == 0)
                        c->tls12 = true;
                else if (strcmp(argv[at], "--any-message") == 0)
                        c->any_message = true;
                else if (strcmp(argv[at], "--cert") == 0)
                        c->certificate = value, at++;
                else if (strcmp(argv[at], "--key") == 0)
                        c->key = value, at++;
                else if (strcmp(argv[at], "--save") == 0)
                        c->save = value, at++;
                else if (strcmp(argv[at], "--time") == 0)
                        c->options.time = strtoll(value, NULL, 10), at++;
                else
                        return false;
        }
        c->address = argc - at == 1 ? argv[at] : NULL;
        return c->address != NULL && (c->certificate == NULL) == (c->key == NULL);
}

int main(int argc, char **argv)
{
        struct client c = {.options = AZATTEST_VERIFY_OPTIONS_INIT};

        if (!parse(&c, argc, argv)) {
                (void)fprintf(stderr, "usage: attested_client [OPTION...] ADDRESS:PORT\n");
                return 2;
        }
        c.tls = SSL_CTX_new(TLS_client_method());
        if (c.tls == NULL || (c.certificate != NULL && !peer_load(c.tls, c.certificate, c.key)))
                return 1;
        if (c.tls12)
                (void)SSL_CTX_set_max_proto_version(c.tls, TLS1_2_VERSION);
        if (azattest_context_new(NULL, &c.ctx) != 0) {
                (void)fprintf(stderr, "%s\n", azattest_error_message(NULL));
                return 1;
        }
        if (c.attests == NULL)
                c.attests = c.key;
        bool good =
                (!c.delegated || azattest_context_set(c.ctx, "delegated", "yes") == 0) && run(&c);
        SSL_CTX_free(c.tls);
        azattest_context_free(c.ctx);
        return good ? 0 : 1;
}
