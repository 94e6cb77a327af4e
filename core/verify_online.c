/* SPDX-License-Identifier: Apache-2.0 */
/* Verification of a token's text with the issuer's key set fetched where needed. */
#include "verify.h"

#include "maa/client.h"

static int find_fetched(OSSL_LIB_CTX *libctx, const struct aza_config *config, void *arg,
                        const struct aza_token *token, struct aza_jwks **ret)
{
        const struct aza_deadline *deadline = arg;

        return aza_maa_jwks(libctx, config, deadline, token, ret);
}

int aza_verify_online(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                      const struct aza_deadline *deadline, const struct aza_verify_request *request,
                      const char *jwt, struct aza_checks *checks, struct aza_token **ret)
{
        struct aza_deadline copy = *deadline;

        return aza_verify_with(libctx, config, request, jwt, find_fetched, &copy, checks, ret);
}
