/* SPDX-License-Identifier: Apache-2.0 */
/* From a token's text to a verdict, with the issuer's key set fetched where needed. */
#ifndef AZA_ONLINE_TOKEN_H
#define AZA_ONLINE_TOKEN_H

#include "base/clock.h"
#include "verdict/token.h"

/* The key set as the cache has it, else fetched; `arg` is a struct aza_deadline. */
int aza_find_fetched(const struct aza_key_search *search, struct aza_jwks **ret);

#endif
