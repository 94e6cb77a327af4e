/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines, waits and the evaluation time. */
#include "base/clock.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Every wait looks for a cancellation this often. */
#define SLICE_MS 50

/* 2026-11-24: a clock before it is wrong (G6). Moved forward with each release. */
#define BUILD_DATE 1795478400

int64_t aza_monotonic_ms(void)
{
        struct timespec now;

        if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
                return 0;
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct aza_deadline aza_deadline_in(int64_t seconds, const atomic_uint *cancelled)
{
        return (struct aza_deadline){aza_monotonic_ms() + seconds * 1000, cancelled, 0};
}

struct aza_deadline aza_deadline_at_most(const struct aza_deadline *d, int64_t ms)
{
        const int64_t latest = aza_monotonic_ms() + ms;
        struct aza_deadline soon = *d;

        if (soon.at_ms > latest)
                soon.at_ms = latest;
        return soon;
}

bool aza_deadline_cancelled(const struct aza_deadline *d)
{
        return d->cancelled != NULL && atomic_load(d->cancelled) != d->seen;
}

int64_t aza_deadline_left(const struct aza_deadline *d)
{
        int64_t left = d->at_ms - aza_monotonic_ms();

        return aza_deadline_cancelled(d) || left < 0 ? 0 : left;
}

int aza_wait(const struct aza_deadline *d, int64_t ms)
{
        int64_t until = aza_monotonic_ms() + ms;

        if (aza_deadline_cancelled(d))
                return AZA_FAIL(AZATTEST_E_DEADLINE, "cancelled");
        if (until > d->at_ms)
                return AZA_FAIL(AZATTEST_E_DEADLINE,
                                "no time left to wait %lld ms; raise 'timeout'", (long long)ms);
        for (;;) {
                int64_t left = until - aza_monotonic_ms();
                if (aza_deadline_cancelled(d))
                        return AZA_FAIL(AZATTEST_E_DEADLINE, "cancelled");
                if (left <= 0)
                        return 0;
                int64_t slice = left < SLICE_MS ? left : SLICE_MS;
                struct timespec pause = {.tv_nsec = (long)(slice * 1000000)};
                (void)nanosleep(&pause, NULL);
        }
}

const char *aza_rfc3339(int64_t t, char out[32])
{
        time_t seconds = (time_t)t;
        struct tm utc;

        if (gmtime_r(&seconds, &utc) == NULL || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
                memcpy(out, "out of range", sizeof("out of range"));
        return out;
}

const char *aza_duration(int64_t seconds, char out[32])
{
        static const struct {
                int64_t seconds;
                const char *unit;
        } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
        size_t i = 0;

        while (i < 3 && seconds < units[i].seconds)
                i++;
        const long long first = (long long)(seconds / units[i].seconds);
        const int64_t rest = seconds % units[i].seconds;
        const long long second = i < 2 ? (long long)(rest / units[i + 1].seconds) : 0;
        if (second != 0)
                (void)snprintf(out, 32, "%lld %s %lld %s", first, units[i].unit, second,
                               units[i + 1].unit);
        else
                (void)snprintf(out, 32, "%lld %s", first, units[i].unit);
        return out;
}

int aza_parse_time(const char *text, int64_t *ret)
{
        struct tm utc = {0};
        char *end = NULL;

        errno = 0;
        long long seconds = strtoll(text, &end, 10);
        if (end != text && *end == '\0' && errno == 0 && seconds >= 0) {
                *ret = seconds;
                return 0;
        }
        const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);
        if (rest == NULL || *rest != '\0')
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "'%.40s' is not a time; write 2026-11-24T10:00:00Z or seconds since 1970",
                        text);
        *ret = (int64_t)timegm(&utc);
        return 0;
}

int aza_now(int64_t *ret)
{
        time_t now = time(NULL);

        if ((int64_t)now < BUILD_DATE)
                return AZA_FAIL(
                        AZATTEST_E_TOKEN_TIME,
                        "the system clock is before 2026-11-24; set it before anything is verified");
        *ret = (int64_t)now;
        return 0;
}
