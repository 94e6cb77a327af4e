/* SPDX-License-Identifier: Apache-2.0 */
/* Weak RSA public keys, told by their numbers alone. Pure; called by the key set and by T14. */
#include "token/rsa_quality.h"

#include "token/small_factor.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <string.h>

#define LIMBS_MAX (OPENSSL_RSA_MAX_MODULUS_BITS / 64)

/* What is looked at first. */
struct numbers {
        int n_bits;
        bool n_odd;
        int e_bits;
        bool e_odd;
};

static const char *weakness(const struct numbers *k)
{
        if (k->n_bits < 2048)
                return "fewer than 2048 bits";
        if (!k->n_odd)
                return "even modulus";
        if (!k->e_odd || k->e_bits < 17)
                return "exponent even or not above 65536";
        return NULL;
}

const char *aza_rsa_weakness(const EVP_PKEY *key)
{
        AZA_OWN(BN_free) BIGNUM *n = NULL;
        AZA_OWN(BN_free) BIGNUM *e = NULL;
        if (!EVP_PKEY_is_a(key, "RSA") ||
            EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
            EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
                return "not an RSA key";
        const struct numbers k = {
                .n_bits = BN_num_bits(n),
                .n_odd = BN_is_odd(n) != 0,
                .e_bits = BN_num_bits(e),
                .e_odd = BN_is_odd(e) != 0,
        };
        return weakness(&k);
}

static struct aza_span without_zeros(struct aza_span number)
{
        while (number.len > 0 && number.data[0] == 0)
                number = aza_span_of(number.data + 1, number.len - 1);
        return number;
}

/* Of a number without leading zeros. */
static int bits(struct aza_span number)
{
        int n = (int)number.len * 8;
        for (unsigned int top = number.len > 0 ? number.data[0] : 0x80; top < 0x80; top <<= 1)
                n--;
        return n;
}

static bool is_odd(struct aza_span number)
{
        return number.len > 0 && (number.data[number.len - 1] & 1) != 0;
}

/* Least significant first. */
static size_t limbs_of(struct aza_span number, uint64_t limbs[LIMBS_MAX])
{
        size_t count = (number.len + 7) / 8;
        memset(limbs, 0, LIMBS_MAX * sizeof(*limbs));
        for (size_t i = 0; i < number.len; i++)
                limbs[i / 8] |= (uint64_t)number.data[number.len - 1 - i] << 8 * (i % 8);
        return count;
}

static unsigned int remainder_of(const uint64_t *limbs, size_t count, unsigned int p)
{
        uint64_t rest = 0;
        while (count > 0) {
                uint64_t limb = limbs[--count];
                rest = (rest << 32 | limb >> 32) % p;
                rest = (rest << 32 | (limb & UINT32_MAX)) % p;
        }
        return (unsigned int)rest;
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
 * their product. Up to 167 holds for every key size; a sound key passes all with odds of 2^-27.
 * Modulo 3, 5 and 7 every number is such a power. */
static bool roca_fingerprint(const uint64_t *limbs, size_t count)
{
        for (unsigned int p = 11; p <= 167; p += 2) {
                if (is_odd_prime(p) && !in_subgroup(remainder_of(limbs, count, p), p))
                        return false;
        }
        return true;
}

const char *aza_rsa_attested_weakness(struct aza_span n, struct aza_span e)
{
        uint64_t limbs[LIMBS_MAX];

        n = without_zeros(n);
        e = without_zeros(e);
        const struct numbers k = {
                .n_bits = bits(n),
                .n_odd = is_odd(n),
                .e_bits = bits(e),
                .e_odd = is_odd(e),
        };
        const char *weak = weakness(&k);
        if (weak != NULL)
                return weak;
        if (n.len > sizeof limbs)
                return "too long a modulus";
        if (e.len != 3 || e.data[0] != 1 || e.data[1] != 0 || e.data[2] != 1)
                return "exponent is not 65537";
        size_t count = limbs_of(n, limbs);
        if (aza_has_small_factor(limbs, count))
                return "modulus has a small prime factor";
        if (roca_fingerprint(limbs, count))
                return "modulus has the ROCA fingerprint (CVE-2017-15361)";
        return NULL;
}
