/* SPDX-License-Identifier: Apache-2.0 */
/* What a process fetched last, or that it could not: one thing at a time, by a hash of what it was
 * fetched for. */
#ifndef AZA_ONLINE_KNOWN_H
#define AZA_ONLINE_KNOWN_H

#include "base/bytes.h"
#include "base/crypto.h"

#include <pthread.h>

/* The mutex is held for a copy at most; where another thread has it, or had it when this process
 * was forked off, nothing is known. */
struct aza_known {
        pthread_mutex_t lock;
        uint8_t of[AZA_SHA256_LEN];
        struct aza_bytes bytes; /* empty: fetching failed */
        int64_t at_ms;
};
#define AZA_KNOWN_NOTHING                                             \
        {                                                             \
                .lock = PTHREAD_MUTEX_INITIALIZER, .at_ms = INT64_MIN \
        }

/* True: *ret is what was fetched for it, or empty as that failed within the last minute. */
bool aza_known_recall(struct aza_known *known, const uint8_t of[AZA_SHA256_LEN],
                      struct aza_bytes *ret);
void aza_known_remember(struct aza_known *known, const uint8_t of[AZA_SHA256_LEN],
                        const struct aza_bytes *bytes);

#endif
