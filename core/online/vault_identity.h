/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens for key vaults: of the VM's identity, of the environment's, or from a file. They
 * are written nowhere and never logged. */
#ifndef AZA_ONLINE_VAULT_IDENTITY_H
#define AZA_ONLINE_VAULT_IDENTITY_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "config/config.h"
#include "release/challenge.h"

/* The token that `config->vault_identity` gives for what the vault wants. 0,
 * AZATTEST_E_KEY_RELEASE (there is no such identity, or it is refused),
 * AZATTEST_E_CONFIGURATION, AZATTEST_E_INPUT, or what the network fails with. */
int aza_vault_identity(const struct aza_config *config, const struct aza_deadline *deadline,
                       const struct aza_vault_challenge *challenge, struct aza_bytes *ret_token);

/* A digest of all that says who asks: settings, and of `environment` the application and its secret
 * as they are now. Another one: what was got before is another's. 0, or as above; AZATTEST_E_INPUT
 * also where asking would use a secret up (a pipe). */
int aza_vault_identity_digest(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                              uint8_t out[AZA_SHA256_LEN]);

#endif
