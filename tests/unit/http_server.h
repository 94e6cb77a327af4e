/* SPDX-License-Identifier: Apache-2.0 */
/* A scripted HTTP server on the loopback interface, plain or TLS, for the tests of aza_http.
 * Included by one program each. */
#ifndef UNIT_HTTP_SERVER_H
#define UNIT_HTTP_SERVER_H

#include "assert_ok.h"
#include "online/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <string.h>

/* What the server says to its n-th request; the last answer repeats. */
struct answer {
        const char *head; /* status and header lines, each with \r\n; NULL: close without a word */
        const char *body;
        size_t filler; /* further bytes 'x' after the body */
        bool drip;     /* one byte each 100 ms until the client leaves; without a head: none */
};

static struct {
        const struct answer *answers;
        size_t count;
        atomic_size_t requests;
        atomic_uint pause_ms; /* before each answer */
        char last[4096];      /* the last request, head and as much of the body as came with it */
        int listener;
        char url[64];
        SSL_CTX *tls;
        pthread_t thread;
} server;

struct line {
        int fd;
        SSL *ssl;
};

static int line_read(struct line *l, char *out, size_t size)
{
        return l->ssl != NULL ? SSL_read(l->ssl, out, (int)size) : (int)recv(l->fd, out, size, 0);
}

static bool line_write(struct line *l, const char *text, size_t len)
{
        if (l->ssl != NULL)
                return len == 0 || SSL_write(l->ssl, text, (int)len) > 0;
        return send(l->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void read_request(struct line *l)
{
        size_t n = 0;
        const char *end = NULL;

        while (end == NULL && n < sizeof(server.last) - 1) {
                int got = line_read(l, server.last + n, sizeof(server.last) - 1 - n);
                if (got <= 0)
                        return;
                n += (size_t)got;
                server.last[n] = '\0';
                end = strstr(server.last, "\r\n\r\n");
        }
        const char *length = strstr(server.last, "Content-Length: ");
        size_t body = length != NULL ? (size_t)atol(length + 16) : 0;
        while (end != NULL && n < (size_t)(end + 4 - server.last) + body) {
                int got = line_read(l, server.last + n, sizeof(server.last) - 1 - n);
                if (got <= 0)
                        return;
                n += (size_t)got;
                server.last[n] = '\0';
        }
}

static void serve(struct line *l)
{
        static const char filler[1024] = {[0 ... 1023] = 'x'};

        read_request(l);
        size_t i = server.requests++;
        const struct answer *a = &server.answers[i < server.count ? i : server.count - 1];
        usleep(server.pause_ms * 1000);
        if (a->head == NULL && a->drip) {
                char end;
                (void)line_read(l, &end, 1);
        }
        if (a->head == NULL || !line_write(l, a->head, strlen(a->head)) ||
            !line_write(l, "\r\n", 2) ||
            (a->body != NULL && !line_write(l, a->body, strlen(a->body))))
                return;
        for (size_t left = a->filler; left > 0;) {
                size_t n = left < sizeof(filler) ? left : sizeof(filler);
                if (!line_write(l, filler, n))
                        return;
                left -= n;
        }
        while (a->drip && line_write(l, "x", 1))
                usleep(100000);
}

static void *run(void *arg)
{
        sigset_t pipe_only;

        (void)arg;
        /* Only here: that the client survives a peer that hangs up is what the tests are about. */
        (void)sigemptyset(&pipe_only);
        (void)sigaddset(&pipe_only, SIGPIPE);
        (void)pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
        for (;;) {
                struct line l = {.fd = accept(server.listener, NULL, NULL)};
                if (l.fd < 0)
                        return NULL;
                if (server.tls != NULL) {
                        l.ssl = SSL_new(server.tls);
                        SSL_set_fd(l.ssl, l.fd);
                        if (SSL_accept(l.ssl) == 1) {
                                serve(&l);
                                SSL_shutdown(l.ssl);
                        }
                        SSL_free(l.ssl);
                } else {
                        serve(&l);
                }
                close(l.fd);
        }
}

static void start(const struct answer *answers, size_t count, SSL_CTX *tls)
{
        struct sockaddr_in at = {.sin_family = AF_INET};
        socklen_t len = sizeof(at);

        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        server.answers = answers;
        server.count = count;
        server.requests = 0;
        server.pause_ms = 0;
        server.last[0] = '\0';
        server.tls = tls;
        server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(server.listener >= 0);
        assert_int_equal(bind(server.listener, (struct sockaddr *)&at, sizeof(at)), 0);
        assert_int_equal(listen(server.listener, 8), 0);
        assert_int_equal(getsockname(server.listener, (struct sockaddr *)&at, &len), 0);
        (void)snprintf(server.url, sizeof(server.url), "http%s://127.0.0.1:%u/x",
                       tls != NULL ? "s" : "", ntohs(at.sin_port));
        assert_int_equal(pthread_create(&server.thread, NULL, run, NULL), 0);
}

static void finish(void)
{
        (void)shutdown(server.listener, SHUT_RDWR);
        assert_int_equal(pthread_join(server.thread, NULL), 0);
        close(server.listener);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

__attribute__((unused)) static int get(const struct aza_http_request *request, int seconds,
                                       struct aza_bytes *body)
{
        struct aza_deadline deadline = aza_deadline_in(seconds, NULL);
        return aza_http(request, &deadline, body, NULL);
}

__attribute__((unused)) static void assert_says(const char *text)
{
        if (strstr(aza_last_error()->message, text) == NULL)
                fail_msg("'%s' does not say '%s'", aza_last_error()->message, text);
}

#endif
