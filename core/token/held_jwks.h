/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One issuer's key set in memory, for who verifies tokens all the time (T7): used for a day after
 * it was fetched, asked for again for an unknown kid, but at most once a minute. Safe for threads;
 * the clock is the caller's and so is the fetching.
 */
#ifndef AZA_TOKEN_HELD_JWKS_H
#define AZA_TOKEN_HELD_JWKS_H

#include "token/token.h"

#include <pthread.h>

struct aza_held_jwks {
        pthread_mutex_t lock; /* of the fields below; never held across the network (PV25) */
        struct aza_jwks *jwks;
        char issuer[512]; /* whose set it is */
        int64_t taken_ms; /* monotonic: when it was put here */
        int64_t stale_ms; /* monotonic: its aza_jwks_until */
};

/* False: no mutex. */
bool aza_held_jwks_init(struct aza_held_jwks *held);
void aza_held_jwks_free(struct aza_held_jwks *held);

/* The set to verify `token` (which names an issuer) with, as of `time`; shared, the caller frees
 * it. NULL: one has to be fetched. `now_ms` is the monotonic clock. */
struct aza_jwks *aza_held_jwks_get(struct aza_held_jwks *held, const struct aza_token *token,
                                   int64_t time, int64_t now_ms);
/* Takes a share of `set`; `now` is the time in seconds since 1970, `now_ms` the same moment. */
void aza_held_jwks_put(struct aza_held_jwks *held, const char *issuer, struct aza_jwks *set,
                       int64_t now, int64_t now_ms);

#endif
