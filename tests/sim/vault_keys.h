/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of the simulated vault, each with its attributes and release policy. Thread-safe as a
 * list; a key never changes once it is in it. */
#ifndef SIM_VAULT_KEYS_H
#define SIM_VAULT_KEYS_H

#include "base/bytes.h"
#include "base/json.h"
#include "base/own.h"

struct sim_vault_key {
        char name[128];
        char version[33];
        char kty[8];             /* "RSA", "EC", "oct" */
        char crv[8];             /* "P-256" of EC */
        EVP_PKEY *pair;          /* NULL: symmetric */
        struct aza_bytes secret; /* symmetric */
        bool enabled, exportable;
        struct aza_bytes policy; /* JSON text; empty: none */
        struct sim_vault_key *next;
};

struct sim_vault_keys;

struct sim_vault_keys *sim_vault_keys_new(void);
void sim_vault_keys_free(struct sim_vault_keys *keys);

/* The body of PUT /keys/NAME (a JWK in "key") or of POST /keys/NAME/create. NULL with a reason. */
const struct sim_vault_key *sim_vault_keys_add(struct sim_vault_keys *keys, const char *name,
                                               json_object *body, const char **reason);
/* version "": the newest. NULL: none. */
const struct sim_vault_key *sim_vault_keys_find(struct sim_vault_keys *keys, const char *name,
                                                const char *version);
/* {"kid", "kty", "key_ops", ..} without the private half; NULL: out of memory. */
json_object *sim_vault_jwk(const struct sim_vault_key *key, const char *vault_url);
/* What is wrapped: PKCS#8, or the symmetric key. */
bool sim_vault_private(const struct sim_vault_key *key, struct aza_bytes *ret);

#endif
