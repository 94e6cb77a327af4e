/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the simulated MAA (PROTOCOL.md 9). */
#ifndef SIM_MAA_TOKEN_H
#define SIM_MAA_TOKEN_H

#include "sim/fault.h"
#include "sim/maa_keys.h"
#include "sim/maa_verify.h"

struct sim_maa_token_options {
        const char *issuer;
        int64_t now; /* seconds since 1970 */
        struct sim_maa_keys *keys;
        struct sim_faults *faults; /* token-*; NULL: none */
};

/* The claims for verified evidence: members and types of real tokens, members sorted as there. The
 * caller puts the result; NULL when out of memory. maa_claims.c. */
json_object *sim_maa_claims(const struct sim_maa_token_options *options,
                            const struct sim_maa_request *request,
                            const struct sim_maa_facts *facts);
/* "x-ms-isolation-tee" of it, NULL when out of memory. `tcb_status`: of a TDX platform.
 * maa_claims_tee.c. */
json_object *sim_maa_claims_tee(const struct sim_maa_request *request,
                                const struct sim_maa_facts *facts, const char *tcb_status);
/* A member of a claims object. */
void sim_claim_text(json_object *o, const char *name, const char *value);
void sim_claim_number(json_object *o, const char *name, int64_t value);
void sim_claim_truth(json_object *o, const char *name, bool value);
/* A copy with the members of all objects sorted, or NULL. */
json_object *sim_json_sorted(json_object *value);
/* {"e", "key_ops", "kid", "kty", "n"} of an RSA key, or NULL. */
json_object *sim_jwk(const EVP_PKEY *key, const char *kid, const char *operation);

/* Compact JWS, RS256, or what a token fault makes of it. 0, or -1 after a message. */
int sim_maa_token(const struct sim_maa_token_options *options,
                  const struct sim_maa_request *request, const struct sim_maa_facts *facts,
                  struct aza_bytes *ret);

#endif
