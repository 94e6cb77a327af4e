/* SPDX-License-Identifier: Apache-2.0 */
/* Time: one deadline for a whole call, waits that a deadline or a cancellation ends. */
#ifndef AZA_BASE_CLOCK_H
#define AZA_BASE_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Handed down through everything that can wait. Cancellations are counted: a deadline is cancelled
 * once the count is another than the one seen when the operation began, so that none is lost and
 * none reaches a later operation. `cancelled` may be NULL. */
struct aza_deadline {
        int64_t at_ms; /* CLOCK_MONOTONIC milliseconds */
        const atomic_uint *cancelled;
        unsigned int seen;
};

int64_t aza_monotonic_ms(void);
/* With `seen` 0: any cancellation counts, also an earlier one. */
struct aza_deadline aza_deadline_in(int64_t seconds, const atomic_uint *cancelled);
/* The same, but no later than in `ms`. */
struct aza_deadline aza_deadline_at_most(const struct aza_deadline *d, int64_t ms);
bool aza_deadline_cancelled(const struct aza_deadline *d);
/* Milliseconds left, 0 when over or cancelled. */
int64_t aza_deadline_left(const struct aza_deadline *d);
/* Sleeps `ms`; 0, or AZATTEST_E_DEADLINE at once when the deadline would pass before, or as soon as
 * cancelled (checked at least every 50 ms). */
int aza_wait(const struct aza_deadline *d, int64_t ms);

/* Seconds since 1970 as RFC 3339 UTC ("2026-11-24T10:00:00Z"). `out` has 32 bytes. Returns
 * `out`. */
const char *aza_rfc3339(int64_t t, char out[32]);
/* How long that is, for people: "3 h 20 min", "5 d 2 h", "40 s". `out` has 32 bytes. Returns
 * `out`. */
const char *aza_duration(int64_t seconds, char out[32]);
/* Parses RFC 3339 (UTC, 'Z') or a number of seconds. 0 or AZATTEST_E_INVALID_PARAMETER. */
int aza_parse_time(const char *text, int64_t *ret);
/* Now, refused (AZATTEST_E_TOKEN_TIME) when the system clock stands before the build date (G6). */
int aza_now(int64_t *ret);

#endif
