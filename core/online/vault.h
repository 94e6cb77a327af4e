/* SPDX-License-Identifier: Apache-2.0 */
/* A key vault's REST interface (PROTOCOL.md 15): who asks, one key, its release. */
#ifndef AZA_ONLINE_VAULT_H
#define AZA_ONLINE_VAULT_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "release/release.h"

struct aza_vault {
        const struct aza_config *config;
        const struct aza_deadline *deadline;
        struct aza_vault_key key;
        struct aza_bytes authorization; /* header line; secret */
        long status;                    /* of the last answer */
};
void aza_vault_close(struct aza_vault *vault);

/* Learns from the vault whose access token it wants, and gets one. 0, AZATTEST_E_KEY_RELEASE, or
 * what network and identity fail with. */
int aza_vault_open(struct aza_vault *vault);

/* The key as the vault describes it: {"key", "attributes", "release_policy"}. */
int aza_vault_get_key(struct aza_vault *vault, json_object **ret);

/* Asks for the release to whom `token` attests; *ret is the JWS. The vault's own words are in the
 * message of a refusal, AZATTEST_E_KEY_RELEASE. */
struct aza_vault_release {
        const char *token;
        const char *nonce;
        enum aza_release_wrap wrap;
};
int aza_vault_release(struct aza_vault *vault, const struct aza_vault_release *request,
                      struct aza_bytes *ret_jws);

#endif
