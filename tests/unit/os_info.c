/* SPDX-License-Identifier: Apache-2.0 */
/* os-release as PROTOCOL.md 7.5 reads it. */
#include "os/os_info.h"
#include "base/error.h"
#include "maa/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void reads(void **state)
{
        static const struct {
                const char *text;
                const char *distro;
                unsigned int major, minor;
        } good[] = {
                {"NAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\n", "Ubuntu", 24, 4},
                {"PRETTY_NAME=\"Debian GNU/Linux 12\"\nNAME=\"Debian "
                 "GNU/Linux\"\nVERSION_ID=\"12\"",
                 "Debian GNU/Linux", 12, 0},
                {"NAME=a\nNAME=b\nVERSION_ID=1.2\nVERSION_ID=3.4.5\n", "b", 3, 4},
                {"NAME=\"Pr\xc3\xa9\"\n", "Pr\xc3\xa9", 1, 0},
                {"NAME=\"Pr\xe9 \xc3\"\n", "Pr? ?", 1, 0},
                {"NAME='x'\n", "'x'", 1, 0},
                {"NAME=Arch \"Linux\"\nVERSION_ID=rolling\n", "Arch Linux", 1, 0},
                {"NAME=a=b\nVERSION_ID=\n", "a=b", 1, 0},
                {"NAME=a\nVERSION_ID=22.x\n", "a", 1, 0},
                {"NAME=a\nVERSION_ID=22rc.04beta\n", "a", 22, 4},
                {"NAME=a\nVERSION_ID=-3.1\n", "a", 1, 0},
                {"NAME=a\nVERSION_ID=99999999999.1\n", "a", 1, 0},
                {"NAME=a\nVERSION_ID=0.3\n", "a", 0, 3},
                {"#NAME=no\nNAME=a\n\n=\nVERSION_ID=7.9", "a", 7, 9},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                struct aza_os_info os = {0};
                assert_int_equal(
                        aza_os_info_parse(aza_span_of(good[i].text, strlen(good[i].text)), &os), 0);
                assert_string_equal(os.distro, good[i].distro);
                assert_int_equal(os.major, good[i].major);
                assert_int_equal(os.minor, good[i].minor);
        }
}

/* os-release(5): the default is Linux. */
static void nameless(void **state)
{
        static const char *const none[] = {
                "",          "VERSION_ID=1\n", "NAME=\n",        "NAME=\"\"\n",
                " NAME=x\n", "NAME",           "PRETTY_NAME=x\n"};
        struct aza_os_info os = {0};

        (void)state;
        for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
                assert_int_equal(aza_os_info_parse(aza_span_of(none[i], strlen(none[i])), &os), 0);
                assert_string_equal(os.distro, "Linux");
        }
}

static void refuses(void **state)
{
        struct aza_os_info os = {0};
        char long_name[300];

        (void)state;
        memset(long_name, 'x', sizeof(long_name));
        memcpy(long_name, "NAME=", 5);
        assert_int_equal(aza_os_info_parse(aza_span_of(long_name, sizeof(long_name)), &os),
                         AZATTEST_E_OS_INFO);
        assert_int_equal(aza_os_info_parse(aza_span_of("NAME=a\0b\n", 9), &os), AZATTEST_E_OS_INFO);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads),
                cmocka_unit_test(nameless),
                cmocka_unit_test(refuses),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
