/* SPDX-License-Identifier: Apache-2.0 */
/* aza_url_normalise: what is kept, what is refused and with which code (D18, rules 13-15). */
#include "base/url.h"
#include "base/error.h"
#include "online/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void normalises(void **state)
{
        static const struct {
                const char *url;
                bool plain;
                const char *out;
        } good[] = {
                {"https://sharedeus2.eus2.attest.azure.net/", false,
                 "https://sharedeus2.eus2.attest.azure.net"},
                {"https://sharedeus2.eus2.attest.azure.net", false,
                 "https://sharedeus2.eus2.attest.azure.net"},
                {"https://127.0.0.1:8443/prefix/", false, "https://127.0.0.1:8443/prefix"},
                {"https://h/a//", false, "https://h/a/"},
                {"https://[::1]:8443", false, "https://[::1]:8443"},
                {"HTTPS://Host/Path/", false, "https://host/Path"},
                {"https://host:443", false, "https://host"},
                {"https://host:443/p", false, "https://host/p"},
                {"https://[FE80::1]:443/", false, "https://[fe80::1]"},
                {"https://host:80", false, "https://host:80"},
                {"http://host:80/x", true, "http://host/x"},
                {"http://host:443", true, "http://host:443"},
                {"http://169.254.169.254", true, "http://169.254.169.254"},
                {"https://imds", true, "https://imds"},
        };
        char out[512];

        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                assert_int_equal(aza_url_normalise(good[i].url, good[i].plain, out, sizeof(out)),
                                 0);
                assert_string_equal(out, good[i].out);
        }
}

static void refuses(void **state)
{
        static const struct {
                const char *url;
                int code;
                const char *says;
        } bad[] = {
                {"", AZATTEST_E_INVALID_PARAMETER, "must begin with https://"},
                {"http://maa.example", AZATTEST_E_INVALID_PARAMETER, "must begin with https://"},
                {"maa.example", AZATTEST_E_INVALID_PARAMETER, "must begin with https://"},
                {"ftp://x", AZATTEST_E_INVALID_PARAMETER, "must begin with https://"},
                {"https://", AZATTEST_E_DNS_INFO, "no host"},
                {"https:///attest", AZATTEST_E_DNS_INFO, "no host"},
                {"https://:443", AZATTEST_E_DNS_INFO, "no host"},
                {"https://maa.example@evil.example", AZATTEST_E_INVALID_PARAMETER, "user name"},
                {"https://u:p@h", AZATTEST_E_INVALID_PARAMETER, "user name"},
                {"https://h?x=1", AZATTEST_E_INVALID_PARAMETER, "query"},
                {"https://h/a#b", AZATTEST_E_INVALID_PARAMETER, "query or fragment"},
                {"https://h/a b", AZATTEST_E_INVALID_PARAMETER, "white space"},
                {"https://h/\r\nX: y", AZATTEST_E_INVALID_PARAMETER, "white space"},
                {"https://h:0", AZATTEST_E_INVALID_PARAMETER, "host or port"},
                {"https://h:65536", AZATTEST_E_INVALID_PARAMETER, "host or port"},
                {"https://h:123456", AZATTEST_E_INVALID_PARAMETER, "host or port"},
                {"https://h:8443x", AZATTEST_E_INVALID_PARAMETER, "host or port"},
                {"https://h:", AZATTEST_E_INVALID_PARAMETER, "host or port"},
                {"https://[::1", AZATTEST_E_INVALID_PARAMETER, "host or port"},
                {"https://[]", AZATTEST_E_INVALID_PARAMETER, "host or port"},
                {"https://h%2f", AZATTEST_E_INVALID_PARAMETER, "host or port"},
                {"https://h/a/../b", AZATTEST_E_INVALID_PARAMETER, "path"},
                {"https://h/\\evil", AZATTEST_E_INVALID_PARAMETER, "path"},
        };
        char out[64] = "untouched";

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                assert_int_equal(aza_url_normalise(bad[i].url, false, out, sizeof(out)),
                                 bad[i].code);
                assert_non_null(strstr(aza_last_error()->message, bad[i].says));
                assert_string_equal(out, "untouched");
        }
}

static void refuses_what_does_not_fit(void **state)
{
        char out[16];

        (void)state;
        assert_int_equal(aza_url_normalise("https://1234567", false, out, sizeof(out)), 0);
        assert_int_equal(aza_url_normalise("https://12345678", false, out, sizeof(out)),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_int_equal(aza_url_normalise("https://1234567/", false, out, sizeof(out)), 0);
}

static void takes_servers(void **state)
{
        static const struct {
                const char *where, *host;
        } good[] = {
                {"web.example:443", "web.example"},
                {"127.0.0.1:1", "127.0.0.1"},
                {"[::1]:65535", "::1"},
                {"[::ffff:1.2.3.4]:8443", "::ffff:1.2.3.4"},
                {"a_b-c:80", "a_b-c"},
        };
        char host[16];

        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                assert_int_equal(aza_url_server(good[i].where, host, sizeof(host)), 0);
                assert_string_equal(host, good[i].host);
        }
        assert_int_equal(aza_url_server("123456789012345:1", host, sizeof(host)), 0);
        assert_int_equal(aza_url_server("1234567890123456:1", host, sizeof(host)),
                         AZATTEST_E_INVALID_PARAMETER);
        assert_non_null(strstr(aza_last_error()->message, "too long"));
}

static void says_what_is_wrong_with_a_server(void **state)
{
        static const struct {
                const char *where, *says;
        } bad[] = {
                {"", "is no server"},
                {":", "names no host"},
                {":443", "names no host"},
                {"h", "names no port"},
                {"h:", "names no port"},
                {"[::1]", "names no port"},
                {"h:0", "number from 1 to 65535"},
                {"h:65536", "number from 1 to 65535"},
                {"h:123456", "number from 1 to 65535"},
                {"h:https", "number from 1 to 65535"},
                {"h:443/", "goes on behind its port"},
                {"h:443 ", "goes on behind its port"},
                {"::1", "without brackets"},
                {"::1:443", "without brackets"},
                {"h:1:2", "without brackets"},
                {"[]:1", "is no server"},
                {"[fe80::1%25eth0]:443", "zones are not supported"},
                {"[fe80::1%eth0]:443", "zones are not supported"},
                {"[::1", "is no server"},
                {"[::1]x:1", "is no server"},
                {"h/:1", "is no server"},
                {"*:1", "is no server"},
                {"u@h:1", "is no server"},
                {"h\r\n:1", "'h\\x0d\\x0a:1' is no server"},
                {"https://h:443", "is a URL"},
        };
        char host[64] = "untouched";

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                assert_int_equal(aza_url_server(bad[i].where, host, sizeof(host)),
                                 AZATTEST_E_INVALID_PARAMETER);
                assert_non_null(strstr(aza_last_error()->message, bad[i].says));
                assert_string_equal(host, "untouched");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(normalises),
                cmocka_unit_test(refuses),
                cmocka_unit_test(refuses_what_does_not_fit),
                cmocka_unit_test(takes_servers),
                cmocka_unit_test(says_what_is_wrong_with_a_server),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
