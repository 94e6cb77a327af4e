/* SPDX-License-Identifier: Apache-2.0 */
/* Release policies as the service evaluates them, and the token that they are evaluated over. */
#ifndef SIM_VAULT_POLICY_H
#define SIM_VAULT_POLICY_H

#include "base/bytes.h"
#include "base/json.h"
#include "sim/maa_keys.h"

/* The claims of a token that one of `keys` signed, which is valid now; NULL with a reason. */
json_object *sim_vault_claims(struct sim_maa_keys *keys, const char *token, const char **reason);

/* Whether the claims satisfy the policy (JSON text); false with a reason. */
bool sim_vault_policy_met(struct aza_span policy, json_object *claims, const char **reason);

#endif
