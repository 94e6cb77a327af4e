/* SPDX-License-Identifier: Apache-2.0 */
/* Whose access token a vault wants: its WWW-Authenticate header. Pure. */
#ifndef AZA_RELEASE_CHALLENGE_H
#define AZA_RELEASE_CHALLENGE_H

#include "release/vault_key.h"

#define AZA_CHALLENGE_TEXT 300

struct aza_vault_challenge {
        char authority[AZA_CHALLENGE_TEXT]; /* the login service's URL, with the tenant */
        char resource[AZA_CHALLENGE_TEXT];  /* what the token shall be for */
};

/* 0 or AZATTEST_E_KEY_RELEASE: no such challenge, or a resource that is not the vault's own
 * service: a hostile host could ask for a token that opens something else. */
int aza_vault_challenge_parse(const char *header, const struct aza_vault_key *key,
                              struct aza_vault_challenge *ret);

/* Whether the authority is at one of Azure's login services, or at `further` (a URL, "" none). 0 or
 * AZATTEST_E_KEY_RELEASE. */
int aza_vault_authority_known(const struct aza_vault_challenge *challenge, const char *further);

#endif
