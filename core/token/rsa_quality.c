/* SPDX-License-Identifier: Apache-2.0 */
/* Weak RSA public keys, told by their numbers alone. Pure; called by the key set and by T14. */
#include "token/rsa_quality.h"

#include <openssl/core_names.h>
#include <stdbool.h>

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

/* CVE-2017-15361: primes of the flawed library are powers of 65537 modulo a primorial, and so is
 * their product. Up to 167 holds for every key size; a sound key passes all with odds of 2^-27. */
static bool roca_fingerprint(const BIGNUM *n)
{
        for (unsigned int p = 3; p <= 167; p += 2) {
                bool prime = true;
                for (unsigned int d = 3; d * d <= p; d += 2)
                        prime = prime && p % d != 0;
                if (prime && !in_subgroup((unsigned int)BN_mod_word(n, p), p))
                        return false;
        }
        return true;
}

const char *aza_rsa_attested_weakness(const EVP_PKEY *key)
{
        struct numbers k __attribute__((cleanup(numbers_free))) = {0};
        if (!read_numbers(key, &k))
                return "not an RSA key";
        const char *weak = weakness(&k);
        if (weak != NULL)
                return weak;
        if (!BN_is_word(k.e, 65537))
                return "exponent is not 65537";
        for (unsigned int d = 3; d < SMALL_FACTORS_BELOW; d += 2)
                if (BN_mod_word(k.n, d) == 0)
                        return "modulus has a small prime factor";
        if (roca_fingerprint(k.n))
                return "modulus has the ROCA fingerprint (CVE-2017-15361)";
        return NULL;
}
