/* SPDX-License-Identifier: Apache-2.0 */
/* Weak RSA public keys, told by their numbers alone. Pure; called by the key set and by T14. */
#include "token/rsa_quality.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <stdint.h>

#define SMALL_FACTORS_BELOW 4096u

struct numbers {
        BIGNUM *n;
        BIGNUM *e;
};

static void numbers_free(struct numbers *k)
{
        BN_free(k->n);
        BN_free(k->e);
}

static bool read_numbers(const EVP_PKEY *key, struct numbers *ret)
{
        return EVP_PKEY_is_a(key, "RSA") &&
               EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &ret->n) == 1 &&
               EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &ret->e) == 1;
}

static const char *weakness(const struct numbers *k)
{
        if (BN_num_bits(k->n) < 2048)
                return "fewer than 2048 bits";
        if (!BN_is_odd(k->n))
                return "even modulus";
        if (!BN_is_odd(k->e) || BN_num_bits(k->e) < 17)
                return "exponent even or not above 65536";
        return NULL;
}

const char *aza_rsa_weakness(const EVP_PKEY *key)
{
        struct numbers k __attribute__((cleanup(numbers_free))) = {0};
        return read_numbers(key, &k) ? weakness(&k) : "not an RSA key";
}

/* True when `residue` is a power of 65537 modulo the prime p. */
static bool in_subgroup(unsigned int residue, unsigned int p)
{
        unsigned int power = 1;
        do {
                if (power == residue)
                        return true;
                power = power * (65537u % p) % p;
        } while (power != 1);
        return false;
}

static bool is_odd_prime(unsigned int p)
{
        for (unsigned int d = 3; d * d <= p; d += 2)
                if (p % d == 0)
                        return false;
        return p > 2 && p % 2 == 1;
}

/* CVE-2017-15361: primes of the flawed library are powers of 65537 modulo a primorial, and so is
 * their product. Up to 167 holds for every key size; a sound key passes all with odds of 2^-27. */
static bool roca_fingerprint(const BIGNUM *n)
{
        for (unsigned int p = 3; p <= 167; p += 2) {
                if (is_odd_prime(p) && !in_subgroup((unsigned int)BN_mod_word(n, p), p))
                        return false;
        }
        return true;
}

/* Most odd numbers that cannot be prime. */
static bool has_tiny_factor(unsigned int q)
{
        return (q > 3 && q % 3 == 0) || (q > 5 && q % 5 == 0) || (q > 7 && q % 7 == 0);
}

/* Divides n by a product of candidates at a time, as many as a word holds: reducing the long number is
 * what costs. A candidate that is no prime does no harm. */
static bool has_small_factor(const BIGNUM *n)
{
        unsigned int q = 3;

        while (q < SMALL_FACTORS_BELOW) {
                const unsigned int first = q;
                BN_ULONG product = 1;
                for (; q < SMALL_FACTORS_BELOW && product <= (BN_ULONG)-1 / q; q += 2)
                        if (!has_tiny_factor(q))
                                product *= q;
                const BN_ULONG rest = BN_mod_word(n, product);
                for (unsigned int d = first; d < q; d += 2)
                        if (rest % d == 0 && !has_tiny_factor(d))
                                return true;
        }
        return false;
}

const char *aza_rsa_attested_weakness(struct aza_span n, struct aza_span e)
{
        struct numbers k __attribute__((cleanup(numbers_free))) = {
                .n = BN_bin2bn(n.data, (int)n.len, NULL),
                .e = BN_bin2bn(e.data, (int)e.len, NULL),
        };
        if (k.n == NULL || k.e == NULL)
                return "no memory";
        if (BN_num_bits(k.n) > OPENSSL_RSA_MAX_MODULUS_BITS)
                return "more bits than OpenSSL takes";
        const char *weak = weakness(&k);
        if (weak != NULL)
                return weak;
        if (!BN_is_word(k.e, 65537))
                return "exponent is not 65537";
        if (has_small_factor(k.n))
                return "modulus has a small prime factor";
        if (roca_fingerprint(k.n))
                return "modulus has the ROCA fingerprint (CVE-2017-15361)";
        /* As bytes without leading zeros, which is how it is remembered. */
        while (n.len > 0 && n.data[0] == 0)
                n = aza_span_of(n.data + 1, n.len - 1);
        return aza_rsa_structure_weakness(n);
}
