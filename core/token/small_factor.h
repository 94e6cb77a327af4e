/* SPDX-License-Identifier: Apache-2.0 */
/* Trial division of a long number by all odd primes below 4096, in microseconds. */
#ifndef AZA_TOKEN_SMALL_FACTOR_H
#define AZA_TOKEN_SMALL_FACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `limbs`: the number's 64-bit words, least significant first. */
bool aza_has_small_factor(const uint64_t *limbs, size_t count);

#endif
