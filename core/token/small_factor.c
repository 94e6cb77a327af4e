/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small prime factors of an RSA modulus (T14). The number is reduced modulo products of primes that
 * fit a 64-bit word, by multiplication with the product's inverse modulo 2^64 (Hensel division: exact
 * about divisibility, two multiplications a word, no division). Pure, but for a table made once.
 */
#include "token/small_factor.h"

#include <pthread.h>

#define BELOW  4096u
#define PRIMES 563 /* odd primes below that */
#define GROUPS 100 /* and products of them, as many as fit */
#define LANES  4   /* products at a time: one alone waits for its own multiplications */

__extension__ typedef unsigned __int128 uint128;

struct prime {
        uint64_t inverse;   /* modulo 2^64 */
        uint64_t multiples; /* x is a multiple when x * inverse is not above this */
};

struct group {
        uint64_t product;
        uint64_t inverse;
        size_t end; /* index behind its last prime */
};

static struct prime primes[PRIMES];
static struct group groups[GROUPS];
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* Each step doubles the number of correct bits; an odd number is its own inverse modulo 8. */
static uint64_t inverse_of(uint64_t odd)
{
        uint64_t x = odd;
        for (int i = 0; i < 5; i++)
                x *= 2 - odd * x;
        return x;
}

static bool is_odd_prime(unsigned int p)
{
        for (unsigned int d = 3; d * d <= p; d += 2)
                if (p % d == 0)
                        return false;
        return p > 2 && p % 2 == 1;
}

static void make_table(void)
{
        size_t n = 0;
        size_t g = 0;
        groups[0].product = 1;
        for (unsigned int p = 3; p < BELOW; p += 2) {
                if (!is_odd_prime(p))
                        continue;
                if (groups[g].product > UINT64_MAX / p)
                        groups[++g].product = 1;
                groups[g].product *= p;
                primes[n++] = (struct prime){inverse_of(p), UINT64_MAX / p};
                groups[g].end = n;
        }
        for (g = 0; g < GROUPS; g++)
                groups[g].inverse = inverse_of(groups[g].product);
}

/* For each of the products p at `group` a number in 0..p with the same divisors in common with p as
 * the long number has. */
static void reduce(const uint64_t *limbs, size_t count, const struct group group[LANES],
                   uint64_t ret[LANES])
{
        uint64_t carry[LANES] = {0};
        for (size_t i = 0; i < count; i++) {
                for (size_t k = 0; k < LANES; k++) {
                        uint64_t borrow = limbs[i] < carry[k] ? 1 : 0;
                        uint64_t quotient = (limbs[i] - carry[k]) * group[k].inverse;
                        carry[k] = (uint64_t)((uint128)quotient * group[k].product >> 64) + borrow;
                }
        }
        for (size_t k = 0; k < LANES; k++)
                ret[k] = carry[k];
}

bool aza_has_small_factor(const uint64_t *limbs, size_t count)
{
        size_t at = 0;
        bool found = false;

        (void)pthread_once(&made, make_table);
        for (size_t g = 0; g < GROUPS; g += LANES) {
                uint64_t rest[LANES];
                reduce(limbs, count, groups + g, rest);
                for (size_t k = 0; k < LANES; k++)
                        for (; at < groups[g + k].end; at++)
                                found |= rest[k] * primes[at].inverse <= primes[at].multiples;
        }
        return found;
}
