/* SPDX-License-Identifier: Apache-2.0 */
/* aza_http against a scripted server: statuses, Retry-After, caps, cut and slow answers, redirects,
 * deadline, cancellation, proxies. */
#include "http_server.h"

static struct aza_http_request plain_get(void)
{
        return (struct aza_http_request){
                .what = "IMDS",
                .url = server.url,
                .plain_http = true,
                .retry_gone = true,
                .max_body = 4096,
        };
}

static void gets_and_posts(void **state)
{
        static const struct answer ok[] = {
                {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", "hello", 0, false}};
        AZA_BYTES struct aza_bytes body = {0};

        (void)state;
        start(ok, COUNT(ok), NULL);
        struct aza_http_request request = plain_get();
        assert_int_equal(get(&request, 5, &body), 0);
        assert_string_equal((const char *)body.data, "hello");
        assert_non_null(strstr(server.last, "GET /x HTTP/1.1\r\n"));
        assert_non_null(strstr(server.last, "Metadata: true\r\n"));
        request.post = "{\"a\":1}";
        request.post_len = 7;
        assert_int_equal(get(&request, 5, &body), 0);
        assert_non_null(strstr(server.last, "POST /x HTTP/1.1\r\n"));
        assert_non_null(strstr(server.last, "Content-Type: application/json\r\n"));
        assert_non_null(strstr(server.last, "\r\n\r\n{\"a\":1}"));
        assert_null(strstr(server.last, "Expect:"));
        finish();
}

static void empty_body_is_an_answer(void **state)
{
        static const struct answer ok[] = {
                {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", NULL, 0, false}};
        AZA_BYTES struct aza_bytes body = {0};

        (void)state;
        start(ok, COUNT(ok), NULL);
        struct aza_http_request request = plain_get();
        assert_int_equal(get(&request, 5, &body), 0);
        assert_int_equal(body.len, 0);
        finish();
}

static void busy_once_then_answers(void **state)
{
        static const struct answer answers[] = {
                {"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n", NULL,
                 0, false},
                {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "ok", 0, false}};
        AZA_BYTES struct aza_bytes body = {0};

        (void)state;
        start(answers, COUNT(answers), NULL);
        struct aza_http_request request = plain_get();
        int64_t before = aza_monotonic_ms();
        assert_int_equal(get(&request, 10, &body), 0);
        assert_true(aza_monotonic_ms() - before >= 1000);
        assert_int_equal(server.requests, 2);
        finish();
}

static void busy_for_ever(void **state)
{
        static const struct answer answers[] = {
                {"HTTP/1.1 503 no\r\nConnection: close\r\n",
                 "{\"error\":{\"code\":\"Busy\",\"message\":\"come\\nback\"}}", 0, false}};
        AZA_BYTES struct aza_bytes body = {0};
        struct aza_deadline deadline;
        long status = 0;

        (void)state;
        start(answers, COUNT(answers), NULL);
        struct aza_http_request request = plain_get();
        deadline = aza_deadline_in(20, NULL);
        assert_int_equal(aza_http(&request, &deadline, &body, &status),
                         AZATTEST_E_RETRIES_EXCEEDED);
        assert_int_equal(status, 503);
        assert_int_equal(server.requests, 4);
        assert_says("stayed busy");
        assert_says("Busy: come\\x0aback");
        assert_null(body.data);
        finish();
}

static void retry_after_too_long_fails_at_once(void **state)
{
        static const struct answer answers[] = {
                {"HTTP/1.1 429 x\r\nRetry-After: 3600\r\nContent-Length: 0\r\n", NULL, 0, false}};
        AZA_BYTES struct aza_bytes body = {0};

        (void)state;
        start(answers, COUNT(answers), NULL);
        struct aza_http_request request = plain_get();
        int64_t before = aza_monotonic_ms();
        assert_int_equal(get(&request, 60, &body), AZATTEST_E_RETRIES_EXCEEDED);
        assert_true(aza_monotonic_ms() - before < 2000);
        assert_int_equal(server.requests, 1);
        assert_says("asks to wait 3600 s");
        finish();
}

static void statuses(void **state)
{
        static const struct {
                const char *head;
                bool maa, post;
                int code;
                size_t requests;
                const char *says;
        } cases[] = {
                {"HTTP/1.1 400 x\r\nContent-Length: 0\r\n", false, true, AZATTEST_E_HTTP_FAILED, 1,
                 "HTTP 400"},
                {"HTTP/1.1 401 x\r\nContent-Length: 0\r\n", false, false, AZATTEST_E_HTTP_FAILED, 1,
                 "HTTP 401"},
                {"HTTP/1.1 204 x\r\n", false, false, AZATTEST_E_HTTP_FAILED, 1, "HTTP 204"},
                {"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n", false,
                 false, AZATTEST_E_HTTP_FAILED, 1, "redirects (HTTP 302), which is not followed"},
                {"HTTP/1.1 307 x\r\nLocation: /y\r\nContent-Length: 0\r\n", false, true,
                 AZATTEST_E_HTTP_FAILED, 1, "redirects"},
        };

        (void)state;
        for (size_t i = 0; i < COUNT(cases); i++) {
                const struct answer answer = {cases[i].head, NULL, 0, false};
                AZA_BYTES struct aza_bytes body = {0};
                start(&answer, 1, NULL);
                struct aza_http_request request = plain_get();
                request.post = cases[i].post ? "{}" : NULL;
                request.post_len = cases[i].post ? 2 : 0;
                assert_int_equal(get(&request, 5, &body), cases[i].code);
                assert_says(cases[i].says);
                assert_int_equal(server.requests, cases[i].requests);
                finish();
        }
}

static void not_found_is_retried_for_imds_only(void **state)
{
        static const struct answer answers[] = {
                {"HTTP/1.1 404 x\r\nContent-Length: 0\r\n", NULL, 0, false},
                {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "ok", 0, false}};
        AZA_BYTES struct aza_bytes body = {0};

        (void)state;
        start(answers, COUNT(answers), NULL);
        struct aza_http_request request = plain_get();
        assert_int_equal(get(&request, 10, &body), 0);
        server.requests = 0;
        request.retry_gone = false;
        assert_int_equal(get(&request, 10, &body), AZATTEST_E_HTTP_FAILED);
        assert_int_equal(server.requests, 1);
        finish();
}

static void oversized(void **state)
{
        static const struct answer with_length[] = {
                {"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n", NULL, 100000, false}};
        static const struct answer endless[] = {
                {"HTTP/1.1 200 OK\r\nConnection: close\r\n", NULL, 100000000, false}};
        static const struct answer error[] = {
                {"HTTP/1.1 403 x\r\nConnection: close\r\n", NULL, 100000000, false}};
        AZA_BYTES struct aza_bytes body = {0};

        (void)state;
        start(with_length, 1, NULL);
        struct aza_http_request request = plain_get();
        assert_int_equal(get(&request, 5, &body), AZATTEST_E_TRANSPORT);
        assert_says("more than 4096 bytes");
        finish();
        start(endless, 1, NULL);
        assert_int_equal(get(&request, 5, &body), AZATTEST_E_TRANSPORT);
        assert_null(body.data);
        finish();
        start(error, 1, NULL);
        assert_int_equal(get(&request, 5, &body), AZATTEST_E_HTTP_FAILED);
        assert_says("HTTP 403");
        finish();
}

/* A header that does not end: many lines, or one. */
static void endless_header(void **state)
{
        static char lines[400000], line[400000], status_line[400000];
        const char *const all[] = {lines, line, status_line};
        AZA_BYTES struct aza_bytes body = {0};
        size_t n = (size_t)sprintf(lines, "HTTP/1.1 200 OK\r\n");

        (void)state;
        while (n < sizeof(lines) - 20)
                n += (size_t)sprintf(lines + n, "X-Filler: xxxx\r\n");
        n = (size_t)sprintf(line, "HTTP/1.1 200 OK\r\nX-Filler: ");
        memset(line + n, 'x', sizeof(line) - n - 1);
        n = (size_t)sprintf(status_line, "HTTP/1.1 200 ");
        memset(status_line + n, 'x', sizeof(status_line) - n - 1);
        for (size_t i = 0; i < COUNT(all); i++) {
                const struct answer endless = {all[i], "hello", 0, false};
                struct aza_http_request request = plain_get();

                start(&endless, 1, NULL);
                request.url = server.url;
                assert_int_equal(get(&request, 5, &body), AZATTEST_E_TRANSPORT);
                assert_says("more than 65536 bytes of header");
                assert_null(body.data);
                finish();
        }
}

static void cut_short(void **state)
{
        static const struct answer truncated[] = {
                {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n", "only this", 0, false}};
        static const struct answer silent[] = {{NULL, NULL, 0, false}};
        static const struct answer garbage[] = {{"SSH-2.0-OpenSSH\r\n", NULL, 0, false}};
        AZA_BYTES struct aza_bytes body = {0};
        const struct answer *all[] = {truncated, silent, garbage};

        (void)state;
        for (size_t i = 0; i < COUNT(all); i++) {
                start(all[i], 1, NULL);
                struct aza_http_request request = plain_get();
                assert_int_equal(get(&request, 5, &body), AZATTEST_E_TRANSPORT);
                assert_says("IMDS (http://127.0.0.1:");
                assert_null(body.data);
                finish();
        }
}

static bool says_yes(struct aza_span body)
{
        return body.len == 3 && memcmp(body.data, "yes", 3) == 0;
}

/* One that breaks, stalls or says nothing is asked again (D55), but not for ever. */
static void asked_again(void **state)
{
#define YES                                                                 \
        {                                                                   \
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", "yes", 0, false \
        }
        static const struct answer once[][2] = {
                {{NULL, NULL, 0, false}, YES},
                {{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", "cut", 0, false}, YES},
                {{"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n", NULL, 0, false}, YES},
                {{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", NULL, 0, false}, YES},
                {{NULL, NULL, 0, true}, YES},
        };
        static const struct answer never[] = {
                {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "no", 0, false}};
        AZA_BYTES struct aza_bytes body = {0};
        struct aza_http_request request = plain_get();

        (void)state;
        request.usable = says_yes;
        for (size_t i = 0; i < COUNT(once); i++) {
                start(once[i], 2, NULL);
                request.url = server.url;
                assert_int_equal(get(&request, 14, &body), 0);
                assert_string_equal((const char *)body.data, "yes");
                assert_int_equal(server.requests, 2);
                finish();
        }
        start(never, 1, NULL);
        request.url = server.url;
        assert_int_equal(get(&request, 14, &body), 0);
        assert_string_equal((const char *)body.data,
                            "no"); /* the caller says what is wrong with it */
        assert_int_equal(server.requests, 4);
        finish();
#undef YES
}

static void nobody_listens(void **state)
{
        AZA_BYTES struct aza_bytes body = {0};
        const struct aza_http_request request = {
                .what = "IMDS", .url = "http://127.0.0.1:1/", .plain_http = true, .max_body = 10};

        (void)state;
        int64_t before = aza_monotonic_ms();
        assert_int_equal(get(&request, 5, &body), AZATTEST_E_TRANSPORT);
        assert_says("check 'imds-url'");
        assert_true(aza_monotonic_ms() - before < 500); /* no connection, no second request */
}

static void deadline_ends_a_slow_answer(void **state)
{
        static const struct answer slow[] = {
                {"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n", NULL, 0, true}};
        AZA_BYTES struct aza_bytes body = {0};

        (void)state;
        start(slow, 1, NULL);
        struct aza_http_request request = plain_get();
        int64_t before = aza_monotonic_ms();
        assert_int_equal(get(&request, 1, &body), AZATTEST_E_DEADLINE);
        int64_t took = aza_monotonic_ms() - before;
        assert_int_in_range(took, 900, 1500);
        assert_says("within 'timeout'");
        finish();
}

static atomic_uint cancelled;

static void *cancel_soon(void *arg)
{
        (void)arg;
        usleep(200000);
        atomic_store(&cancelled, 1);
        return NULL;
}

static void cancellation_ends_transfer_and_pause(void **state)
{
        static const struct answer slow[] = {
                {"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n", NULL, 0, true}};
        static const struct answer busy[] = {
                {"HTTP/1.1 429 x\r\nRetry-After: 20\r\nContent-Length: 0\r\n", NULL, 0, false}};
        const struct answer *all[] = {slow, busy};

        (void)state;
        for (size_t i = 0; i < COUNT(all); i++) {
                AZA_BYTES struct aza_bytes body = {0};
                pthread_t thread;
                start(all[i], 1, NULL);
                struct aza_http_request request = plain_get();
                atomic_store(&cancelled, 0);
                struct aza_deadline deadline = aza_deadline_in(30, &cancelled);
                int64_t before = aza_monotonic_ms();
                assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
                assert_int_equal(aza_http(&request, &deadline, &body, NULL), AZATTEST_E_DEADLINE);
                assert_int_in_range(aza_monotonic_ms() - before, 150, 1000);
                assert_says("cancelled");
                assert_int_equal(pthread_join(thread, NULL), 0);
                finish();
        }
}

static void plain_http_needs_permission(void **state)
{
        AZA_BYTES struct aza_bytes body = {0};
        const struct aza_http_request request = {
                .what = "MAA", .url = "http://127.0.0.1:1/", .ca_file = "", .max_body = 10};

        (void)state;
        assert_int_equal(get(&request, 5, &body), AZATTEST_E_INVALID_PARAMETER);
        assert_says("not an https URL");
}

/* A proxy from the environment is taken for https and never for IMDS (rule 18). */
static void proxies(void **state)
{
        static const struct answer ok[] = {
                {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "ok", 0, false}};
        static const struct answer no[] = {
                {"HTTP/1.1 403 no\r\nContent-Length: 0\r\n", NULL, 0, false}};
        AZA_BYTES struct aza_bytes body = {0};
        const struct aza_http_request maa = {
                .what = "MAA", .url = "https://127.0.0.1:2/", .ca_file = "", .max_body = 10};

        (void)state;
        assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
        start(ok, 1, NULL);
        struct aza_http_request request = plain_get();
        assert_int_equal(get(&request, 5, &body), 0);
        finish();
        start(no, 1, NULL);
        assert_int_equal(setenv("https_proxy", server.url, 1), 0);
        assert_int_equal(get(&maa, 1, &body), AZATTEST_E_TRANSPORT);
        assert_non_null(strstr(server.last, "CONNECT 127.0.0.1:2 HTTP/1.1\r\n"));
        finish();
        assert_int_equal(unsetenv("http_proxy"), 0);
        assert_int_equal(unsetenv("https_proxy"), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(gets_and_posts),
                cmocka_unit_test(empty_body_is_an_answer),
                cmocka_unit_test(busy_once_then_answers),
                cmocka_unit_test(busy_for_ever),
                cmocka_unit_test(retry_after_too_long_fails_at_once),
                cmocka_unit_test(statuses),
                cmocka_unit_test(not_found_is_retried_for_imds_only),
                cmocka_unit_test(oversized),
                cmocka_unit_test(endless_header),
                cmocka_unit_test(cut_short),
                cmocka_unit_test(asked_again),
                cmocka_unit_test(nobody_listens),
                cmocka_unit_test(deadline_ends_a_slow_answer),
                cmocka_unit_test(cancellation_ends_transfer_and_pause),
                cmocka_unit_test(plain_http_needs_permission),
                cmocka_unit_test(proxies),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
