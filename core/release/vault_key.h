/* SPDX-License-Identifier: Apache-2.0 */
/* Which key of which vault: https://HOST/keys/NAME[/VERSION], as people write it and as a vault's
 * `kid` says it. Pure. */
#ifndef AZA_RELEASE_VAULT_KEY_H
#define AZA_RELEASE_VAULT_KEY_H

#include <stdbool.h>

struct aza_vault_key {
        char host[256];    /* lower case, without port */
        char port[8];      /* ":8443"; "" for 443 */
        char name[128];    /* as written */
        char version[129]; /* as written; "": the newest */
};

/* 0 or AZATTEST_E_INVALID_PARAMETER, which says what a key's URL looks like. */
int aza_vault_key_parse(const char *url, struct aza_vault_key *ret);

/* Whether `found` is the key that `asked` names: host and name without regard to case, as the vault
 * has them, and the version where one was asked for. */
bool aza_vault_key_is(const struct aza_vault_key *asked, const struct aza_vault_key *found);

#endif
