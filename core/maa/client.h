/* SPDX-License-Identifier: Apache-2.0 */
/* Talking to MAA (network half). */
#ifndef AZA_MAA_CLIENT_H
#define AZA_MAA_CLIENT_H

#include "base/clock.h"
#include "base/config.h"
#include "token/jwks.h"

/* POST <maa-url>/attest/AzureGuest?api-version=2020-10-01. Body of a 200 answer. */
int aza_maa_attest(const struct aza_config *config, const struct aza_deadline *deadline,
                   struct aza_span request, struct aza_bytes *ret_body);

/* Key set of `issuer` (T5, T7): the runtime directory's cache when fresh, else GET <issuer>/certs,
 * which refreshes the cache. `kid` not in the cached set: one refresh, at most every 60 s. */
int aza_maa_jwks(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                 const struct aza_deadline *deadline, const char *issuer, const char *kid,
                 struct aza_jwks **ret);

#endif
