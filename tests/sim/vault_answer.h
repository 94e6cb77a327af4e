/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated vault's answer to a request for release: the key wrapped, the JWS signed, and what
 * faults make of both. */
#ifndef SIM_VAULT_ANSWER_H
#define SIM_VAULT_ANSWER_H

#include "sim/fault.h"
#include "sim/pki.h"
#include "sim/vault_keys.h"

struct sim_vault_signer;

/* Signs for `host` under the pki's TLS authority; makes its keys when they are needed first. */
struct sim_vault_signer *sim_vault_signer_new(const struct sim_pki *pki, const char *host,
                                              struct sim_faults *faults);
void sim_vault_signer_free(struct sim_vault_signer *signer);

struct sim_vault_request {
        const char *vault_url;
        const struct sim_vault_key *key;
        const char *nonce, *enc;
        json_object *claims; /* of the target: whose key it is wrapped to */
};

/* {"value": JWS}; false with a reason, after a message or for what was asked. */
bool sim_vault_answer(struct sim_vault_signer *signer, const struct sim_vault_request *request,
                      struct aza_bytes *ret, const char **reason);

#endif
