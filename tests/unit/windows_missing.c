/* SPDX-License-Identifier: Apache-2.0 */
/* What the Windows build puts in the place of functions that its C library lacks, beside those of
 * this system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define strndup        own_strndup
#define stpcpy         own_stpcpy
#define strsep         own_strsep
#define memmem         own_memmem
#define timegm         own_timegm
#define gmtime_r       own_gmtime_r
#define strptime       own_strptime
#define explicit_bzero own_explicit_bzero
#include "../../core/os/windows/missing.c" // NOLINT(bugprone-suspicious-include): it is never built here
#undef strndup
#undef stpcpy
#undef strsep
#undef memmem
#undef timegm
#undef gmtime_r
#undef strptime
#undef explicit_bzero

static void check_time(int64_t t)
{
        const time_t at = (time_t)t;
        struct tm ours = {0}, theirs = {0};

        assert_non_null(gmtime_r(&at, &theirs));
        assert_non_null(own_gmtime_r(&at, &ours));
        assert_int_equal(ours.tm_year, theirs.tm_year);
        assert_int_equal(ours.tm_mon, theirs.tm_mon);
        assert_int_equal(ours.tm_mday, theirs.tm_mday);
        assert_int_equal(ours.tm_hour, theirs.tm_hour);
        assert_int_equal(ours.tm_min, theirs.tm_min);
        assert_int_equal(ours.tm_sec, theirs.tm_sec);
        assert_int_equal(ours.tm_wday, theirs.tm_wday);
        assert_int_equal(own_timegm(&ours), t);
}

/* A step of days without a common divisor with week and year; from the year -70 to 9999. */
static void test_calendar(void **state)
{
        (void)state;
        for (int64_t t = -64400000000; t < 253402300800; t += 11 * 86400 + 3601)
                check_time(t);
        check_time(0);
        check_time(-1);
        check_time(951782400);  /* 2000-02-29 */
        check_time(4107542399); /* 2100-02-28, 23:59:59: no leap year */
        check_time(253402300799);
}

static void check_parsed(const char *text)
{
        static const char format[] = "%Y-%m-%dT%H:%M:%SZ";
        struct tm ours = {0}, theirs = {0};
        const char *a = own_strptime(text, format, &ours);
        const char *b = strptime(text, format, &theirs);

        assert_ptr_equal(a, b);
        if (a != NULL)
                assert_int_equal(own_timegm(&ours), timegm(&theirs));
}

static void test_times_in_words(void **state)
{
        static const char *const texts[] = {
                "2026-11-24T10:00:00Z",
                "2026-11-24T10:00:00Zx",
                "2026-11-24T10:00:00",
                "2026-13-24T10:00:00Z",
                "2026-00-24T10:00:00Z",
                "2026-11-32T10:00:00Z",
                "2026-11-24T24:00:00Z",
                "2026-11-24T10:60:00Z",
                "2026-11-24T10:00:61Z",
                "2026-11-24T10:00:62Z",
                "2026-1-2T3:4:5Z",
                "x",
                "",
                "0001-01-01T00:00:00Z",
                "9999-12-31T23:59:59Z",
                "99999-12-31T23:59:59Z",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                check_parsed(texts[i]);
}

static void test_text(void **state)
{
        static const char text[] = "one,two;;three";
        char a[32], b[32], *ours = a, *theirs = b;
        char *copy = own_strndup(text, 3);

        (void)state;
        assert_string_equal(copy, "one");
        free(copy);
        copy = own_strndup(text, 100);
        assert_string_equal(copy, text);
        free(copy);
        assert_ptr_equal(own_stpcpy(a, text), a + strlen(text));
        assert_string_equal(a, text);
        (void)stpcpy(b, text);
        while (theirs != NULL)
                assert_string_equal(own_strsep(&ours, ",;"), strsep(&theirs, ",;"));
        assert_null(ours);
        assert_null(own_strsep(&ours, ",;"));
        for (size_t from = 0; from < sizeof(text); from++)
                for (size_t len = 1; from + len <= sizeof(text); len++)
                        assert_ptr_equal(own_memmem(text, sizeof(text), text + from, len),
                                         memmem(text, sizeof(text), text + from, len));
        assert_null(own_memmem(text, sizeof(text), "thirty", 6));
        assert_null(own_memmem(text, 2, "one", 3));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_calendar),
                cmocka_unit_test(test_times_in_words),
                cmocka_unit_test(test_text),
        };

        return cmocka_run_group_tests_name("windows_missing", tests, NULL, NULL);
}
