/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of aza_token_verify share; nobody else includes this. */
#ifndef AZA_TOKEN_VERIFY_ROWS_H
#define AZA_TOKEN_VERIFY_ROWS_H

#include "token/policy.h"
#include "token/token.h"

struct verification {
        OSSL_LIB_CTX *libctx;
        const struct aza_token *token;
        const struct aza_token_expect *expect;
        struct aza_checks *rows;
        bool signed_by_issuer; /* T8: else what the claims say is no word of the issuer's */
};

/* The token is one of MAA's platform tokens: asked for, and its claims stand at the top. */
bool aza_verify_platform(const struct verification *v);
/* T19, T20: what no policy removes (verify_floors.c). */
void aza_verify_floors(struct verification *v);
/* T14-T17, G4, C5. */
void aza_verify_key_rows(struct verification *v, bool in_time);

#endif
