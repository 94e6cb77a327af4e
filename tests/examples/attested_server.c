/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS server with an attested key: says "hello" to each client it accepts.
 * usage: attested_server [OPTION...] ADDRESS:PORT CERTIFICATE KEY
 *   --require        clients must show an attested certificate
 *   --challenge      and fresh evidence for this connection
 *   --attests URI    its own evidence is of this key, which vouches for KEY (azattest://issue)
 *   --delegated      clients may show a key in memory for which an attested one vouches
 *   --replay FILE    answers with this evidence instead of its own (how that fails is tested)
 *   --seconds N      a connection lasts no longer (60)
 *   --reflect        answers with the client's own evidence (the same)
 *   --json           results whole, as JSON; else one line each
 * KEY is a file or a URI (azattest://sign). Prints what came of judging each peer.
 */
#include "attested_peer.h"

#include <openssl/bio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
        azattest_context *ctx;
        SSL_CTX *tls;
        bool require, challenge, reflect, delegated;
        const char *key, *replay;
        unsigned int seconds;
};

/* The connection that is being served, or -1. */
static volatile sig_atomic_t current = -1;

/* Its time is over. One client after the other is served, so a silent one, or one that sends a
 * byte now and then, would hold up all others. */
static void end_connection(int signal_number)
{
        (void)signal_number;
        if (current >= 0)
                (void)shutdown(current, SHUT_RDWR);
}

static bool send_file(SSL *ssl, const char *path)
{
        static char text[1 << 20];
        FILE *file = fopen(path, "r");

        if (file == NULL)
                return false;
        size_t n = fread(text, 1, sizeof(text), file);
        (void)fclose(file);
        return peer_send(ssl, 'E', text, n);
}

/* The client wants evidence. */
static bool answer(const struct server *s, SSL *ssl, const char *nonce, size_t len)
{
        if (s->replay != NULL)
                return send_file(ssl, s->replay);
        return s->reflect ? peer_send(ssl, 'N', nonce, len)
                          : peer_attest(s->ctx, ssl, s->key, nonce, len);
}

static void talk(const struct server *s, SSL *ssl)
{
        char kind = 0;
        size_t len = 0;
        char *message;
        bool good = true;

        if (s->require && !peer_accepted(ssl))
                return;
        if (s->challenge && !peer_challenge(s->ctx, ssl, s->key, NULL))
                return;
        if (!peer_send(ssl, 'T', "hello", 5))
                return;
        while (good && (message = peer_receive(ssl, &kind, &len)) != NULL) {
                if (kind == 'N')
                        good = answer(s, ssl, message, len);
                if (kind == 'E')
                        good = peer_send(ssl, 'E', message, len);
                free(message);
        }
}

static void serve(const struct server *s, BIO *listener)
{
        while (BIO_do_accept(listener) == 1) {
                BIO *client = BIO_pop(listener);
                SSL *ssl = SSL_new(s->tls);

                if (client != NULL && ssl != NULL) {
                        SSL_set_bio(ssl, client, client);
                        current = SSL_get_fd(ssl);
                        (void)alarm(s->seconds);
                        if (SSL_accept(ssl) == 1)
                                talk(s, ssl);
                        else
                                peer_refused(ssl, s->require);
                        (void)SSL_shutdown(ssl);
                        (void)alarm(0);
                        current = -1;
                }
                SSL_free(ssl);
        }
}

int main(int argc, char **argv)
{
        struct server s = {.seconds = 60};
        const struct sigaction end = {.sa_handler = end_connection, .sa_flags = SA_RESTART};
        azattest_ssl_verifier *verifier = NULL;
        int at = 1;

        for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
                if (strcmp(argv[at], "--require") == 0)
                        s.require = true;
                else if (strcmp(argv[at], "--challenge") == 0)
                        s.challenge = true;
                else if (strcmp(argv[at], "--json") == 0)
                        peer_json = true;
                else if (strcmp(argv[at], "--delegated") == 0)
                        s.delegated = true;
                else if (strcmp(argv[at], "--attests") == 0 && at + 1 < argc)
                        s.key = argv[++at];
                else if (strcmp(argv[at], "--reflect") == 0)
                        s.reflect = true;
                else if (strcmp(argv[at], "--replay") == 0 && at + 1 < argc)
                        s.replay = argv[++at];
                else if (strcmp(argv[at], "--seconds") == 0 && at + 1 < argc)
                        s.seconds = (unsigned int)strtoul(argv[++at], NULL, 10);
        }
        if (argc - at != 3) {
                (void)fprintf(stderr, "usage: attested_server [OPTION...] ADDRESS:PORT "
                                      "CERTIFICATE KEY\n");
                return 2;
        }
        if (s.key == NULL)
                s.key = argv[at + 2];
        s.tls = SSL_CTX_new(TLS_server_method());
        BIO *listener = BIO_new_accept(argv[at]);
        if (s.tls == NULL || listener == NULL || !peer_load(s.tls, argv[at + 1], argv[at + 2]))
                return 1;
        (void)BIO_set_bind_mode(listener, BIO_BIND_REUSEADDR);
        if (azattest_context_new(NULL, &s.ctx) != 0 ||
            (s.delegated && azattest_context_set(s.ctx, "delegated", "yes") != 0) ||
            (s.require && (azattest_ssl_verifier_new(s.ctx, NULL, &verifier) != 0 ||
                           azattest_ssl_require(s.tls, verifier) != 0))) {
                (void)fprintf(stderr, "%s\n", azattest_error_message(s.ctx));
                return 1;
        }
        (void)sigaction(SIGALRM, &end, NULL);
        (void)signal(SIGPIPE, SIG_IGN);   /* a client that has gone is no reason to end */
        if (BIO_do_accept(listener) == 1) /* the first call only begins to listen */
                serve(&s, listener);
        BIO_free_all(listener);
        SSL_CTX_free(s.tls);
        azattest_ssl_verifier_free(verifier);
        azattest_context_free(s.ctx);
        return 1;
}
