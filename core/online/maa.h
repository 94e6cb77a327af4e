/* SPDX-License-Identifier: Apache-2.0 */
/* Talking to MAA (network half). */
#ifndef AZA_ONLINE_MAA_H
#define AZA_ONLINE_MAA_H

#include "base/clock.h"
#include "config/config.h"
#include "token/token.h"

/* POST <maa-url>/attest/AzureGuest?api-version=2020-10-01. Body of a 200 answer. */
int aza_maa_attest(const struct aza_config *config, const struct aza_deadline *deadline,
                   struct aza_span request, struct aza_bytes *ret_body);

/* GET <issuer>/certs (T5): the body of a 200 answer. */
int aza_maa_certs(const struct aza_config *config, const struct aza_deadline *deadline,
                  const char *issuer, struct aza_bytes *ret_body);

/*
 * The key set to verify `token` with (T7, key_set.c); its issuer is one that is accepted. From the
 * cache for a day after it was fetched, else fetched: by one thread and process at a time, whose
 * result the others wait for and use. For an unknown kid it is fetched at most every 60 s. After a
 * failed fetch there is none for 10 s, and who asks gets that failure; or, with `allow-stale-keys`,
 * a set of up to 7 days. The cache is the runtime directory's, without a usable one that of this
 * process. For an unknown kid a failure, too, lasts 60 s: who invents kids makes one thread wait
 * for an issuer that does not answer, once. `deadline` NULL: only what is in the cache, fresh and
 * of use; else a failure, and nobody is asked.
 */
int aza_maa_jwks(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                 const struct aza_deadline *deadline, const struct aza_token *token,
                 struct aza_jwks **ret);

#endif
