/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one function in several threads for a fixed number of operations and gives the rate. */
#ifndef BENCH_PARALLEL_H
#define BENCH_PARALLEL_H

#include "bench/bench.h"

/* Each thread makes its own state with `start` (NULL: failed), then calls `once` on it until
 * `operations` were done by all together. Operations per second, or negative on failure. */
double bench_parallel(int threads, int operations, void *(*start)(void *arg), void *arg,
                      bench_fn *once, void (*stop)(void *state));

#endif
