/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated MAA as an HTTP server: methods, content types, versions of HTTP and sizes. Each
 * refusal says in words what was wanted. */
#include "sim/maa_server.h"
#include "sim_maa_dialect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>

#define ATTEST "/attest/AzureGuest?api-version=2020-10-01"
#define JSON   "Content-Type: application/json\r\n"

AZA_OWN_DEFINE(SSL, SSL_free);

static struct world world;
static struct sim_maa_keys *keys;
static struct sim_web_counts *counts;
static struct sim_templates *templates;
static struct sim_maa *maa, *lenient_maa;
static char url[64], lenient_url[64];
static SSL_CTX *tls;

static struct sim_maa *start(bool lenient, char out[64])
{
        struct sim_maa *started = NULL;
        struct sim_maa_options o = {.pki = &world.pki,
                                    .url = out,
                                    .keys = keys,
                                    .counts = counts,
                                    .templates = templates,
                                    .lenient = lenient};

        o.listen_fd = sim_web_listen("https", "127.0.0.1:0", out, 64);
        return o.listen_fd >= 0 && sim_maa_start(&o, &started) == 0 ? started : NULL;
}

static int setup(void **state)
{
        (void)state;
        if (world_make(&world) != 0)
                return -1;
        keys = sim_maa_keys_new(&world.pki);
        counts = sim_web_counts_new();
        templates = sim_templates_new();
        tls = SSL_CTX_new_ex(sim_libctx(), NULL, TLS_client_method());
        if (keys == NULL || counts == NULL || templates == NULL || tls == NULL)
                return -1;
        maa = start(false, url);
        lenient_maa = start(true, lenient_url);
        return maa == NULL || lenient_maa == NULL ? -1 : 0;
}

static int teardown(void **state)
{
        (void)state;
        sim_maa_stop(maa);
        sim_maa_stop(lenient_maa);
        sim_maa_keys_free(keys);
        sim_web_counts_free(counts);
        sim_templates_free(templates);
        SSL_CTX_free(tls);
        world_free(&world);
        return 0;
}

static SSL *connect_to(const char *to)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        const char *port = strrchr(to, ':');
        SSL *ssl = SSL_new(tls);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_non_null(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10));
        assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(SSL_set_fd(ssl, fd), 1);
        assert_int_equal(SSL_connect(ssl), 1);
        return ssl;
}

/* Sends `head` and a blank line, then `body`; the whole answer as text. */
static void talk(const char *to, const char *head, struct aza_span body, struct aza_bytes *ret)
{
        AZA_OWN(SSL_free) SSL *ssl = connect_to(to);
        AZA_BYTES struct aza_bytes request = {0};
        char buffer[4096];
        size_t n = 0;

        aza_bytes_free(ret);
        assert_int_equal(aza_bytes_append_text(&request, head), 0);
        assert_int_equal(aza_bytes_append_text(&request, "Host: x\r\nConnection: close\r\n\r\n"),
                         0);
        assert_int_equal(aza_bytes_append(&request, body.data, body.len), 0);
        assert_int_equal(SSL_write_ex(ssl, request.data, request.len, &n), 1);
        while (SSL_read_ex(ssl, buffer, sizeof(buffer), &n) == 1)
                assert_int_equal(aza_bytes_append(ret, buffer, n), 0);
        (void)close(SSL_get_fd(ssl));
        assert_int_equal(aza_bytes_append(ret, "", 1), 0);
}

static void answered(const struct aza_bytes *answer, unsigned int status, const char *words)
{
        const char *text = (const char *)answer->data;
        unsigned int found = 0;

        assert_int_equal(sscanf(text, "HTTP/1.%*1[01] %u", &found), 1);
        if (found != status || strstr(text, words) == NULL)
                fail_msg("wanted %u and \"%s\", got: %.600s", status, words, text);
}

/* `line`: METHOD and target; `headers` end with \r\n. */
static void expect(const char *line, const char *headers, struct aza_span body, unsigned int status,
                   const char *words)
{
        AZA_BYTES struct aza_bytes answer = {0};
        char head[512];

        (void)snprintf(head, sizeof(head), "%s HTTP/1.1\r\n%sContent-Length: %zu\r\n", line,
                       headers, body.len);
        talk(url, head, body, &answer);
        answered(&answer, status, words);
}

static void good_request(const char *nonce, struct aza_bytes *ret)
{
        EVIDENCE struct evidence e = {0};

        evidence_make(&world, SIM_ISOLATION_SEVSNP, &e);
        request_of(&e, REFERENCE, nonce, ret);
}

static void only_json_is_json(void **state)
{
        static const char *const good[] = {JSON, "content-type:APPLICATION/JSON\r\n",
                                           "Content-Type: application/json; charset=utf-8\r\n",
                                           "Content-Type: application/json ;x=y\r\n"};
        static const char *const bad[] = {
                "",
                "Content-Type: \r\n",
                "Content-Type: text/plain\r\n",
                "Content-Type: application/jsonp\r\n",
                "Content-Type: application/json-patch+json\r\n",
                "Content-Type: application/jwt\r\n",
                "Content-Type: application/x-www-form-urlencoded\r\n",
                "Content-Type: text/plain, application/json\r\n",
                "Content-Type: application/json, text/plain\r\n",
        };
        (void)state;
        AZA_BYTES struct aza_bytes body = {0};

        good_request("n", &body);
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
                expect("POST " ATTEST, good[i], aza_bytes_span(&body), 200, "{\"token\":");
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                expect("POST " ATTEST, bad[i], aza_bytes_span(&body), 415,
                       "Content-Type: wanted application/json");
}

/* Whichever of the two a server takes, another one on the way may have taken the other. */
static void one_content_type(void **state)
{
        static const char *const twice[] = {JSON JSON, JSON "content-type: text/plain\r\n",
                                            "Content-Type: text/plain\r\n" JSON,
                                            JSON "Accept: */*\r\nContent-Type: \r\n"};
        (void)state;
        AZA_BYTES struct aza_bytes body = {0};

        good_request("n", &body);
        for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++)
                expect("POST " ATTEST, twice[i], aza_bytes_span(&body), 400,
                       "Content-Type: given more than once");
}

/* CreatePrimary and its answer as a resource manager sees them: `public` made with an empty
 * unique. */
static void seen_made(struct aza_span public)
{
        SIM_WRITER struct sim_writer command = {0}, answer = {0};
        uint8_t digest[32];

        sim_put(&command, "\x80\x01\0\0\0\0\0\0\x01\x31\x40\0\0\x07\0\0", 16);
        /* up to unique, which is 2 bytes and the modulus */
        sim_put_be16(&command, (uint16_t)(public.len - 2 - 256));
        sim_put(&command, public.data + 2, public.len - 2 - 258);
        sim_put_be16(&command, 0);
        sim_put(&answer, "\x80\x01\0\0\0\0\0\0\0\0\x80\0\0\0", 14);
        sim_put_span(&answer, public);
        sim_put(&answer, "\0\0\0\0\x80\x21\x40\0\0\x07\0\0", 12);
        assert_int_equal(
                aza_sha256(sim_libctx(), aza_span_of(public.data + 2, public.len - 2), digest), 0);
        sim_put_be16(&answer, 34);
        sim_put_be16(&answer, 0x000B);
        sim_put(&answer, digest, 32);
        assert_false(command.failed || answer.failed);
        sim_templates_observe(templates, aza_bytes_span(&command.bytes),
                              aza_bytes_span(&answer.bytes));
}

/* Last of the tests: the key of all of them is seen made. */
static void another_unique(void **state)
{
        (void)state;
        AZA_BYTES struct aza_bytes body = {0};
        AZA_BYTES struct aza_bytes answer = {0};
        EVIDENCE struct evidence e = {0};
        char head[256];

        evidence_make(&world, SIM_ISOLATION_SEVSNP, &e);
        request_of(&e, REFERENCE, "n", &body);
        expect("POST " ATTEST, JSON, aza_bytes_span(&body), 200, "{\"token\":");
        seen_made(aza_bytes_span(&e.key_public));
        expect("POST " ATTEST, JSON, aza_bytes_span(&body), 400,
               "EncKeyPub: made with another unique");
        (void)snprintf(head, sizeof(head),
                       "POST " ATTEST " HTTP/1.1\r\n" JSON "Content-Length: %zu\r\n", body.len);
        talk(lenient_url, head, aza_bytes_span(&body), &answer);
        answered(&answer, 200, "{\"token\":");
}

static void only_post_at_its_place(void **state)
{
        static const char *const others[] = {"GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"};
        (void)state;
        AZA_BYTES struct aza_bytes body = {0};

        good_request("n", &body);
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
                char line[128];
                (void)snprintf(line, sizeof(line), "%s " ATTEST, others[i]);
                expect(line, JSON, text_span(""), 405, "Allow: POST\r\n");
        }
        expect("POST /certs", JSON, text_span("{}"), 405, "Allow: GET\r\n");
        expect("PUT /.well-known/openid-configuration", JSON, text_span("{}"), 405, "wanted GET");
        expect("POST /attest/AzureGuest", JSON, aza_bytes_span(&body), 400,
               "api-version: wanted 2020-10-01");
        expect("POST /attest/AzureGuest?api-version=", JSON, aza_bytes_span(&body), 400,
               "api-version: wanted 2020-10-01");
        expect("POST /attest/AzureGuest?api-version=2022-08-01", JSON, aza_bytes_span(&body), 400,
               "api-version: wanted 2020-10-01");
        expect("POST /attest/azureguest?api-version=2020-10-01", JSON, aza_bytes_span(&body), 404,
               "no such service");
        expect("POST /attest/AzureGuest/?api-version=2020-10-01", JSON, aza_bytes_span(&body), 404,
               "no such service");
        expect("POST /attest/SevSnpVm?api-version=2022-08-01", JSON, aza_bytes_span(&body), 404,
               "no such service");
}

static void sizes(void **state)
{
        (void)state;
        AZA_BYTES struct aza_bytes nonce = {0};
        AZA_BYTES struct aza_bytes body = {0};

        assert_int_equal(aza_bytes_resize(&nonce, (1 << 20) + 1), 0);
        memset(nonce.data, 'x', 1 << 20);
        good_request((const char *)nonce.data, &body);
        expect("POST " ATTEST, JSON, aza_bytes_span(&body), 400,
               "ClientPayload: 'nonce' makes it more than 65536 bytes");
        nonce.data[60000] = '\0'; /* what is allowed is answered */
        good_request((const char *)nonce.data, &body);
        expect("POST " ATTEST, JSON, aza_bytes_span(&body), 200, "{\"token\":");
        assert_int_equal(aza_bytes_resize(&body, (4 << 20) + 1), 0);
        expect("POST " ATTEST, JSON, aza_bytes_span(&body), 413, "more than 4194304 bytes");
        expect("POST " ATTEST, JSON, text_span(""), 400, "request: not JSON: JSON: empty text");
}

/* In pieces, and by a client of the older HTTP. */
static void other_ways_to_send(void **state)
{
        (void)state;
        AZA_BYTES struct aza_bytes body = {0};
        AZA_BYTES struct aza_bytes chunked = {0};
        AZA_BYTES struct aza_bytes answer = {0};
        char line[64];

        good_request("n", &body);
        for (size_t at = 0; at < body.len; at += 1000) {
                size_t n = body.len - at < 1000 ? body.len - at : 1000;
                (void)snprintf(line, sizeof(line), "%zx\r\n", n);
                assert_int_equal(aza_bytes_append_text(&chunked, line), 0);
                assert_int_equal(aza_bytes_append(&chunked, body.data + at, n), 0);
                assert_int_equal(aza_bytes_append_text(&chunked, "\r\n"), 0);
        }
        assert_int_equal(aza_bytes_append_text(&chunked, "0\r\n\r\n"), 0);
        talk(url, "POST " ATTEST " HTTP/1.1\r\n" JSON "Transfer-Encoding: chunked\r\n",
             aza_bytes_span(&chunked), &answer);
        answered(&answer, 200, "{\"token\":");
        (void)snprintf(line, sizeof(line), "Content-Length: %zu\r\n", body.len);
        AZA_BYTES struct aza_bytes head = {0};
        assert_int_equal(aza_bytes_append_text(&head, "POST " ATTEST " HTTP/1.0\r\n" JSON), 0);
        assert_int_equal(aza_bytes_append_text(&head, line), 0);
        talk(url, (const char *)head.data, aza_bytes_span(&body), &answer);
        answered(&answer, 200, "{\"token\":");
}

/* What is refused and what --lenient takes, through the server. */
static void lenient_is_an_option(void **state)
{
        (void)state;
        EVIDENCE struct evidence e = {0};

        evidence_make(&world, SIM_ISOLATION_SEVSNP, &e);
        for (int d = 0; d < DIALECTS; d++) {
                AZA_BYTES struct aza_bytes body = {0};
                AZA_BYTES struct aza_bytes answer = {0};
                char head[256];

                if (d == GO)
                        reencode_log(&world, &e.log);
                request_of(&e, (enum dialect)d, "n", &body);
                (void)snprintf(head, sizeof(head),
                               "POST " ATTEST " HTTP/1.1\r\n" JSON "Content-Length: %zu\r\n",
                               body.len);
                talk(lenient_url, head, aza_bytes_span(&body), &answer);
                answered(&answer, 200, "{\"token\":");
                talk(url, head, aza_bytes_span(&body), &answer);
                answered(&answer, d == REFERENCE ? 200 : 400,
                         d == REFERENCE ? "{\"token\":" : "InvalidParameter");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(only_json_is_json),      cmocka_unit_test(one_content_type),
                cmocka_unit_test(only_post_at_its_place), cmocka_unit_test(sizes),
                cmocka_unit_test(other_ways_to_send),     cmocka_unit_test(lenient_is_an_option),
                cmocka_unit_test(another_unique),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
