/* SPDX-License-Identifier: Apache-2.0 */
/* aza_http over TLS: whom it trusts, and MAA's refusals. */
#include "https_server.h"

static void tls_trust(void **state)
{
        static const struct answer answers[] = {
                {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "ok", 0, false},
                {"HTTP/1.1 400 x\r\nConnection: close\r\n",
                 "{\"Error\":{\"Code\":\"Bad\",\"Message\":\"quote wrong\"}}", 0, false}};
        AZA_BYTES struct aza_bytes body = {0};
        char ca[] = "/tmp/azattest-http-XXXXXX";
        int fd = mkstemp(ca);

        (void)state;
        assert_true(fd >= 0);
        close(fd);
        SSL_CTX *tls = make_tls(ca);
        start(answers, COUNT(answers), tls);
        struct aza_http_request request = {
                .what = "MAA", .url = server.url, .ca_file = ca, .max_body = 100};
        assert_int_equal(get(&request, 5, &body), 0);
        assert_string_equal((const char *)body.data, "ok");
        assert_null(strstr(server.last, "Metadata"));
        request.post = "{}";
        request.post_len = 2;
        assert_int_equal(get(&request, 5, &body), AZATTEST_E_ATTESTATION_FAILED);
        assert_says("refused the evidence (HTTP 400): Bad: quote wrong");
        request.ca_file = "";
        assert_int_equal(get(&request, 5, &body), AZATTEST_E_TRANSPORT);
        assert_says("not trusted here: check 'ca-file'");
        request.ca_file = "/nonexistent/ca.pem";
        assert_int_equal(get(&request, 5, &body), AZATTEST_E_CONFIGURATION);
        assert_says("/nonexistent/ca.pem");
        finish();
        SSL_CTX_free(tls);
        assert_int_equal(unlink(ca), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tls_trust),
        };
        /* The server thread may answer a client that refused it and left. */
        (void)signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
