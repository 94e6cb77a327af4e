/* SPDX-License-Identifier: Apache-2.0 */
/* Owns when a process asks again for what it could not have. */
#include "online/known.h"

#include "base/clock.h"

#include <string.h>

#define FAILURE_MS 60000

bool aza_known_recall(struct aza_known *known, const uint8_t of[AZA_SHA256_LEN],
                      struct aza_bytes *ret)
{
        bool found;

        if (pthread_mutex_trylock(&known->lock) != 0)
                return false;
        found = known->at_ms != INT64_MIN && memcmp(known->of, of, AZA_SHA256_LEN) == 0;
        if (found && known->bytes.len == 0)
                found = aza_monotonic_ms() - known->at_ms < FAILURE_MS;
        if (found)
                found = aza_bytes_set(ret, known->bytes.data, known->bytes.len) == 0;
        (void)pthread_mutex_unlock(&known->lock);
        return found;
}

void aza_known_remember(struct aza_known *known, const uint8_t of[AZA_SHA256_LEN],
                        const struct aza_bytes *bytes)
{
        struct aza_bytes copy = {0};

        if (aza_bytes_set(&copy, bytes->data, bytes->len) != 0 ||
            pthread_mutex_trylock(&known->lock) != 0) {
                aza_bytes_free(&copy);
                return;
        }
        aza_bytes_free(&known->bytes);
        known->bytes = aza_bytes_take(&copy);
        memcpy(known->of, of, AZA_SHA256_LEN);
        known->at_ms = aza_monotonic_ms();
        (void)pthread_mutex_unlock(&known->lock);
}
