/* SPDX-License-Identifier: Apache-2.0 */
/* Other libraries that verify tokens, where they were installed when the bench was built. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "bench/bench.h"

struct bench_token {
        const char *jwt;
        EVP_PKEY *key;  /* that signed it */
        bench_fn *ours; /* our verification of the same token */
        void *ours_arg;
};

/* A row for each: our verification, every check included, beside what the library calls
 * verifying (signature and JSON, in libjwt also the key's PEM). Says on stderr what is not
 * installed. 0 or -1. */
int bench_token_peers(const struct bench_token *token);

#endif
