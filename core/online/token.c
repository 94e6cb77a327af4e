/* SPDX-License-Identifier: Apache-2.0 */
/* Verification of a token's text with the issuer's key set fetched where needed. */
#include "online/token.h"

#include "online/maa.h"

int aza_find_fetched(const struct aza_key_search *search, struct aza_jwks **ret)
{
        const struct aza_deadline *deadline = search->arg;

        return aza_maa_jwks(search->libctx, search->config, search->at_hand ? NULL : deadline,
                            search->token, ret);
}
