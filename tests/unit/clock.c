/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines, and cancellations that neither get lost nor reach another operation. */
#include "base/clock.h"

#include "unit/assert_ok.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

static atomic_uint cancelled;

static struct aza_deadline begin(int64_t seconds)
{
        struct aza_deadline d = aza_deadline_in(seconds, &cancelled);

        d.seen = atomic_load(&cancelled);
        return d;
}

static void over(void **state)
{
        struct aza_deadline d = aza_deadline_in(0, NULL);

        (void)state;
        assert_int_equal(aza_deadline_left(&d), 0);
        assert_false(aza_deadline_cancelled(&d));
        assert_int_equal(aza_wait(&d, 100), AZATTEST_E_DEADLINE);
        assert_non_null(strstr(aza_last_error()->message, "raise 'timeout'"));
        d = aza_deadline_in(60, NULL);
        assert_int_in_range(aza_deadline_left(&d), 59000, 60000);
        assert_int_equal(aza_wait(&d, 1), 0);
}

/* One cancellation ends every operation that has begun, and none that begins later. */
static void cancellations(void **state)
{
        struct aza_deadline one = begin(60), two = begin(60);

        (void)state;
        assert_true(aza_deadline_left(&one) > 0);
        (void)atomic_fetch_add(&cancelled, 1);
        struct aza_deadline three = begin(60);
        assert_true(aza_deadline_cancelled(&one) && aza_deadline_cancelled(&two));
        assert_int_equal(aza_deadline_left(&two), 0);
        assert_int_equal(aza_wait(&one, 1), AZATTEST_E_DEADLINE);
        assert_string_equal(aza_last_error()->message, "cancelled");
        assert_false(aza_deadline_cancelled(&three));
        assert_int_equal(aza_wait(&three, 1), 0);
        (void)atomic_fetch_add(&cancelled, 1);
        assert_true(aza_deadline_cancelled(&one) && aza_deadline_cancelled(&three));
        /* The command's own: an interrupt before the deadline was made counts, too. */
        one = aza_deadline_in(60, &cancelled);
        assert_true(aza_deadline_cancelled(&one));
}

static void *cancel_soon(void *arg)
{
        struct aza_deadline d = aza_deadline_in(60, NULL);

        (void)arg;
        (void)aza_wait(&d, 100);
        (void)atomic_fetch_add(&cancelled, 1);
        return NULL;
}

static void during_a_wait(void **state)
{
        struct aza_deadline d = begin(60);
        const int64_t start = aza_monotonic_ms();
        pthread_t thread;

        (void)state;
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
        assert_int_equal(aza_wait(&d, 30000), AZATTEST_E_DEADLINE);
        assert_true(aza_monotonic_ms() - start < 20000);
        assert_int_equal(pthread_join(thread, NULL), 0);
}

static void durations(void **state)
{
        static const struct {
                int64_t seconds;
                const char *text;
        } cases[] = {{0, "0 s"},
                     {59, "59 s"},
                     {60, "1 min"},
                     {3599, "59 min"},
                     {3600, "1 h"},
                     {3661, "1 h 1 min"},
                     {28799, "7 h 59 min"},
                     {86400, "1 d"},
                     {86400 + 7200, "1 d 2 h"},
                     {86400 + 60, "1 d"},
                     {INT64_MAX, "106751991167300 d 15 h"}};
        char text[32];

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                assert_string_equal(aza_duration(cases[i].seconds, text), cases[i].text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(over),
                cmocka_unit_test(cancellations),
                cmocka_unit_test(during_a_wait),
                cmocka_unit_test(durations),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
