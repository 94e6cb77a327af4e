/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Keys with their private half, as clients import them, and fresh keys. */
#ifndef SIM_VAULT_JWK_H
#define SIM_VAULT_JWK_H

#include "sim/vault_keys.h"

/* Sets kty, crv and the key of `ret`. False with a reason. */
bool sim_vault_import(json_object *jwk, struct sim_vault_key *ret, const char **reason);
bool sim_vault_create(json_object *body, struct sim_vault_key *ret, const char **reason);
/* Adds n and e, or x and y. */
bool sim_vault_public(const struct sim_vault_key *key, json_object *jwk);

#endif
