/* SPDX-License-Identifier: Apache-2.0 */
/* Moduli that are not the product of two primes far apart: primes, perfect powers, close primes.
 * Whoever sees such a modulus can decrypt. */
#include "token/rsa_quality.h"

#define FERMAT_STEPS 16
#define ROOT_PRIMES  4    /* per exponent, before the root itself is taken */
#define FACTOR_BITS  12   /* smaller factors were looked for before */
#define N_MAX        512u /* bytes */

/* ---- roots ---- */

/* *ret = the k-th root of n, rounded down: Newton's iteration from above. False: no memory. */
static bool root(BIGNUM *ret, const BIGNUM *n, unsigned int k, BN_CTX *ctx)
{
        bool good = false;

        BN_CTX_start(ctx);
        BIGNUM *power = BN_CTX_get(ctx), *next = BN_CTX_get(ctx), *exponent = BN_CTX_get(ctx);
        BN_zero(ret);
        if (exponent == NULL || BN_set_word(exponent, k - 1) != 1 ||
            BN_set_bit(ret, (BN_num_bits(n) + (int)k - 1) / (int)k) != 1)
                goto out;
        for (;;) {
                /* next = ((k - 1) ret + n / ret^(k - 1)) / k */
                if (BN_exp(power, ret, exponent, ctx) != 1 ||
                    BN_div(next, NULL, n, power, ctx) != 1 || BN_copy(power, ret) == NULL ||
                    BN_mul_word(power, k - 1) != 1 || BN_add(next, next, power) != 1 ||
                    BN_div_word(next, k) == (BN_ULONG)-1)
                        goto out;
                if (BN_cmp(next, ret) >= 0)
                        break;
                if (BN_copy(ret, next) == NULL)
                        goto out;
        }
        good = true;
out:
        BN_CTX_end(ctx);
        return good;
}

/* n is a k-th power. */
static bool is_power(const BIGNUM *n, unsigned int k, BN_CTX *ctx)
{
        BN_CTX_start(ctx);
        BIGNUM *base = BN_CTX_get(ctx), *exponent = BN_CTX_get(ctx), *power = BN_CTX_get(ctx);
        bool is = power != NULL && BN_set_word(exponent, k) == 1 && root(base, n, k, ctx) &&
                  BN_exp(power, base, exponent, ctx) == 1 && BN_cmp(power, n) == 0;
        BN_CTX_end(ctx);
        return is;
}

static bool is_prime_word(unsigned int q)
{
        for (unsigned int d = 3; d * d <= q; d += 2)
                if (q % d == 0)
                        return false;
        return q > 2 && q % 2 == 1;
}

static uint64_t power_mod(uint64_t base, unsigned int exponent, unsigned int q)
{
        uint64_t result = 1;

        for (base %= q; exponent > 0; exponent >>= 1) {
                if (exponent & 1)
                        result = result * base % q;
                base = base * base % q;
        }
        return result;
}

/* False when n is no k-th power modulo some prime q with k | q - 1, as most numbers are not. */
static bool may_be_power(const BIGNUM *n, unsigned int k)
{
        unsigned int tried = 0;

        for (unsigned int q = 2 * k + 1; tried < ROOT_PRIMES; q += 2 * k) {
                if (!is_prime_word(q))
                        continue;
                tried++;
                if (power_mod(BN_mod_word(n, q), (q - 1) / k, q) > 1)
                        return false;
        }
        return true;
}

static bool is_perfect_power(const BIGNUM *n, BN_CTX *ctx)
{
        if (is_power(n, 2, ctx))
                return true;
        for (unsigned int k = 3; k <= (unsigned int)BN_num_bits(n) / FACTOR_BITS; k += 2)
                if (is_prime_word(k) && may_be_power(n, k) && is_power(n, k, ctx))
                        return true;
        return false;
}

/* ---- primes ---- */

/* Fermat's test to base 2. What passes without being prime is no modulus either. */
static bool is_prime(const BIGNUM *n, BN_CTX *ctx)
{
        BN_CTX_start(ctx);
        BIGNUM *r = BN_CTX_get(ctx);
        bool is = r != NULL && BN_mod_exp_mont_word(r, 2, n, n, ctx, NULL) == 1 && BN_is_word(r, 2);
        BN_CTX_end(ctx);
        return is;
}

/* Fermat's factoring: n = a^2 - b^2 = (a + b)(a - b) with a just above the root of n. */
static bool has_close_factors(const BIGNUM *n, BN_CTX *ctx)
{
        bool found = false;

        BN_CTX_start(ctx);
        BIGNUM *a = BN_CTX_get(ctx), *rest = BN_CTX_get(ctx);
        bool good = rest != NULL && root(a, n, 2, ctx);
        for (int i = 0; good && !found && i < FERMAT_STEPS; i++) {
                good = BN_add_word(a, 1) == 1 && BN_sqr(rest, a, ctx) == 1 &&
                       BN_sub(rest, rest, n) == 1;
                BN_ULONG low = good ? BN_mod_word(rest, 16) : 2;
                found = (low == 0 || low == 1 || low == 4 || low == 9) && is_power(rest, 2, ctx);
        }
        BN_CTX_end(ctx);
        return found;
}

const char *aza_rsa_structure_weakness(struct aza_span n)
{
        const char *weak = NULL;

        if (n.len == 0 || n.len > N_MAX)
                return "more than 4096 bits, which no vTPM's key has";
        BN_CTX *ctx = BN_CTX_new();
        AZA_OWN(BN_free) BIGNUM *number = BN_bin2bn(n.data, (int)n.len, NULL);
        if (ctx == NULL || number == NULL)
                weak = "no memory";
        else if (is_perfect_power(number, ctx))
                weak = "modulus is a perfect power";
        else if (has_close_factors(number, ctx))
                weak = "modulus is the product of close primes";
        else if (is_prime(number, ctx))
                weak = "modulus is prime";
        BN_CTX_free(ctx);
        return weak;
}
