/* SPDX-License-Identifier: Apache-2.0 */
/* A key set held in memory. No network, no files. */
#include "token/held_jwks.h"

#include <string.h>

#define REFRESH_MS 60000 /* between two fetches for unknown kids */

bool aza_held_jwks_init(struct aza_held_jwks *held)
{
        *held = (struct aza_held_jwks){0};
        return pthread_mutex_init(&held->lock, NULL) == 0;
}

void aza_held_jwks_free(struct aza_held_jwks *held)
{
        aza_jwks_free(held->jwks);
        held->jwks = NULL;
        (void)pthread_mutex_destroy(&held->lock);
}

struct aza_jwks *aza_held_jwks_get(struct aza_held_jwks *held, const struct aza_token *token,
                                   int64_t time, int64_t now_ms)
{
        struct aza_jwks *set = NULL;

        (void)pthread_mutex_lock(&held->lock);
        if (held->jwks != NULL && strcmp(held->issuer, token->issuer) == 0 &&
            now_ms < held->stale_ms &&
            (now_ms - held->taken_ms < REFRESH_MS ||
             aza_token_signer(held->jwks, token, time).key != NULL))
                set = aza_jwks_share(held->jwks);
        (void)pthread_mutex_unlock(&held->lock);
        return set;
}

void aza_held_jwks_put(struct aza_held_jwks *held, const char *issuer, struct aza_jwks *set,
                       int64_t now, int64_t now_ms)
{
        size_t len = strlen(issuer);

        if (len >= sizeof(held->issuer))
                return;
        (void)pthread_mutex_lock(&held->lock);
        struct aza_jwks *old = held->jwks;
        held->jwks = aza_jwks_share(set);
        held->taken_ms = now_ms;
        held->stale_ms = now_ms + (aza_jwks_until(set) - now) * 1000;
        memcpy(held->issuer, issuer, len + 1);
        (void)pthread_mutex_unlock(&held->lock);
        aza_jwks_free(old);
}
