/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated MAA's token signing keys: the newest signs, all are published. Thread-safe. */
#ifndef SIM_MAA_KEYS_H
#define SIM_MAA_KEYS_H

#include "base/bytes.h"
#include "sim/pki.h"

struct sim_maa_keys;

/* Starts with the pki's key. NULL after a message. */
struct sim_maa_keys *sim_maa_keys_new(const struct sim_pki *pki);
void sim_maa_keys_free(struct sim_maa_keys *keys);
/* A new signing key with a kid of its own; the old ones stay published. 0, or -1 after a
 * message. */
int sim_maa_keys_rotate(struct sim_maa_keys *keys);
/* The signing key (a reference) and its kid. 0, or -1 after a message. */
int sim_maa_keys_current(struct sim_maa_keys *keys, EVP_PKEY **ret_key, char ret_kid[45]);
/* A published key (a reference); NULL: none of that kid. */
EVP_PKEY *sim_maa_keys_find(struct sim_maa_keys *keys, const char *kid);
/* The key set document: n, e and x5c together (D10). 0, or -1. */
int sim_maa_keys_json(struct sim_maa_keys *keys, struct aza_bytes *ret);

#endif
