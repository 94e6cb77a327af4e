/* SPDX-License-Identifier: Apache-2.0 */
/* From a token's text to a verdict, with the issuer's key set fetched where needed. */
#ifndef AZA_ONLINE_TOKEN_H
#define AZA_ONLINE_TOKEN_H

#include "base/clock.h"
#include "verdict/token.h"

/* aza_verify_offline, but the key set is fetched where the cache lacks it. */
int aza_verify_online(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                      const struct aza_deadline *deadline, const struct aza_verify_request *request,
                      const char *jwt, struct aza_checks *checks, struct aza_token **ret);

/* The find of aza_verify_online; `arg` is a struct aza_deadline. */
int aza_find_fetched(const struct aza_key_search *search, struct aza_jwks **ret);

#endif
