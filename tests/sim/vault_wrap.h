/* SPDX-License-Identifier: Apache-2.0 */
/* CKM_RSA_AES_KEY_WRAP: an AES-256 key by RSA-OAEP, and by that what is wrapped (RFC 5649). */
#ifndef SIM_VAULT_WRAP_H
#define SIM_VAULT_WRAP_H

#include "base/bytes.h"
#include "base/own.h"

/* The digest of a wrapping's name; NULL: no such wrapping. */
const char *sim_vault_digest(const char *enc);
/* False: failed. */
bool sim_vault_wrap(EVP_PKEY *to, const char *digest, struct aza_span plain, struct aza_bytes *ret);

#endif
