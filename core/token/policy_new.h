/* SPDX-License-Identifier: Apache-2.0 */
/* A policy made from the claims of a token that was verified. Pure. */
#ifndef AZA_TOKEN_POLICY_NEW_H
#define AZA_TOKEN_POLICY_NEW_H

#include "base/bytes.h"
#include "base/own.h"
#include "config/config.h"

/* The built-in conditions of the token's kind for its issuer, and those that `pins` (ended by NULL)
 * name. *ret is Key Vault's grammar; `notes` gets a line for each condition: what it means. 0, or
 * AZATTEST_E_INVALID_PARAMETER: an unknown pin, or a claim that the token lacks. */
int aza_policy_new(json_object *claims, const char *const *pins, json_object **ret,
                   struct aza_bytes *notes);

#endif
