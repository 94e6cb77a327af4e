/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the key that a URI names, without network. */
#ifndef AZA_VERDICT_KEY_OPEN_H
#define AZA_VERDICT_KEY_OPEN_H

#include "config/config.h"
#include "tpm/device.h"
#include "tpm/uri.h"

/*
 * The key a URI names with a valid stored token if the attest mode allows one, without network: 0
 * and *ret set; or 0 and *ret NULL when it has to be attested. With attest=never the reference
 * comes without token.
 */
int aza_key_open_cached(const struct aza_config *config, struct aza_tpm *tpm,
                        const struct aza_uri *uri, int64_t now, struct aza_keyref **ret);

#endif
