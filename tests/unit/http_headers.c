/* SPDX-License-Identifier: Apache-2.0 */
/* aza_http: the answer's header and date, which libcurl has in one of two ways (curl_compat.h). */
#include "http_server.h"

#define DATE      "Sun, 06 Nov 1994 08:49:37 GMT"
#define DATE_THEN 784111777

/* Asks once; the value of X-Kept. */
static void ask(const char *head, const char *text, struct aza_bytes *ret, int64_t *ret_date)
{
        const struct answer answers[] = {{head, text, 0, false}};
        AZA_BYTES struct aza_bytes body = {0};

        start(answers, 1, NULL);
        const struct aza_http_request request = {.what = "IMDS",
                                                 .url = server.url,
                                                 .plain_http = true,
                                                 .max_body = 4096,
                                                 .header = "X-Kept",
                                                 .ret_header = ret,
                                                 .ret_date = ret_date};
        assert_int_equal(get(&request, 5, &body), 0);
        finish();
}

static void first_of_its_name(void **state)
{
        AZA_BYTES struct aza_bytes kept = {0};
        int64_t date = 1;

        (void)state;
        ask("HTTP/1.1 200 OK\r\nX-Kept-Not: a\r\nx-kEPT: \t b c \t \r\nX-Kept: d\r\nDate: " DATE
            "\r\nContent-Length: 2\r\n",
            "ok", &kept, &date);
        assert_int_equal(kept.len, 3);
        assert_string_equal((const char *)kept.data, "b c");
        assert_int_equal(date, DATE_THEN);
}

static void none(void **state)
{
        AZA_BYTES struct aza_bytes kept = {0};
        int64_t date = 1;

        (void)state;
        assert_int_equal(aza_bytes_append_text(&kept, "old"), 0);
        ask("HTTP/1.1 200 OK\r\nX-Kept-Not: a\r\nX-Ke: b\r\nDate: soon\r\nContent-Length: 2\r\n",
            "ok", &kept, &date);
        assert_int_equal(kept.len, 0);
        assert_int_equal(date, 0);
}

/* Neither of an interim answer, nor of what follows the body. */
static void of_the_answer_itself(void **state)
{
        AZA_BYTES struct aza_bytes kept = {0};
        int64_t date = 1;

        (void)state;
        ask("HTTP/1.1 103 Early Hints\r\nX-Kept: early\r\nDate: " DATE "\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            "2\r\nok\r\n0\r\nX-Kept: late\r\nDate: " DATE "\r\n\r\n",
            &kept, &date);
        assert_int_equal(kept.len, 0);
        assert_int_equal(date, 0);
}

/* Nor of a proxy that refuses the way: its clock is not the server's. */
static void not_of_a_proxy(void **state)
{
        static const struct answer no[] = {
                {"HTTP/1.1 403 no\r\nDate: " DATE "\r\nContent-Length: 0\r\n", NULL, 0, false}};
        AZA_BYTES struct aza_bytes body = {0};
        int64_t date = 1;
        const struct aza_http_request request = {.what = "MAA",
                                                 .url = "https://127.0.0.1:2/",
                                                 .ca_file = "",
                                                 .max_body = 10,
                                                 .ret_date = &date};

        (void)state;
        start(no, COUNT(no), NULL);
        assert_int_equal(setenv("https_proxy", server.url, 1), 0);
        assert_int_equal(get(&request, 5, &body), AZATTEST_E_TRANSPORT);
        assert_int_equal(unsetenv("https_proxy"), 0);
        assert_true(server.requests > 0);
        finish();
        assert_int_equal(date, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(first_of_its_name),
                cmocka_unit_test(none),
                cmocka_unit_test(of_the_answer_itself),
                cmocka_unit_test(not_of_a_proxy),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
