/* SPDX-License-Identifier: Apache-2.0 */
/* Weak RSA public keys, told by their numbers alone. An attested
 * key costs more than a millisecond (its structure), so that good ones are remembered. */
#include "token/rsa_quality.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SMALL_FACTORS_BELOW 4096u
#define SMALL_PRIMES        563u /* odd ones below that */
#define ROCA_UP_TO          167u
#define REMEMBERED          64u
#define REMEMBERED_MAX      512u /* bytes: no vTPM's key is longer; rsa_structure.c ends there */

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

/* ---- small factors and the ROCA fingerprint ---- */

/* The odd primes below SMALL_FACTORS_BELOW in ascending order. Returns how many. */
static unsigned int odd_primes(uint16_t ret[SMALL_PRIMES])
{
        bool composite[SMALL_FACTORS_BELOW / 2] = {false}; /* of 2 i + 1 */
        unsigned int count = 0;

        for (unsigned int p = 3; p < SMALL_FACTORS_BELOW; p += 2) {
                if (composite[p / 2])
                        continue;
                ret[count++] = (uint16_t)p;
                for (unsigned int q = p * p; q < SMALL_FACTORS_BELOW; q += 2 * p)
                        composite[q / 2] = true;
        }
        return count;
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

/*
 * Divides n by a product of primes at a time, as many as a word holds: reducing the long number is
 * what costs, and the rest tells the residue of each. CVE-2017-15361: primes of the flawed library
 * are powers of 65537 modulo a primorial, and so is their product. Up to 167 holds for every key
 * size; a sound key passes all with odds of 2^-27.
 */
static const char *residue_weakness(const BIGNUM *n)
{
        uint16_t primes[SMALL_PRIMES];
        const unsigned int count = odd_primes(primes);
        bool roca = true;

        for (unsigned int first = 0, next = 0; first < count; first = next) {
                BN_ULONG product = 1;
                while (next < count && product <= (BN_ULONG)-1 / primes[next])
                        product *= primes[next++];
                const BN_ULONG rest = BN_mod_word(n, product);
                for (unsigned int i = first; i < next; i++) {
                        const unsigned int residue = (unsigned int)(rest % primes[i]);
                        if (residue == 0)
                                return "modulus has a small prime factor";
                        if (primes[i] <= ROCA_UP_TO)
                                roca = roca && in_subgroup(residue, primes[i]);
                }
        }
        return roca ? "modulus has the ROCA fingerprint (CVE-2017-15361)" : NULL;
}

/* ---- memory ---- */

/* The last moduli of attested keys that were found good, without leading zeros: a relying party
 * sees the same VM's tokens again and again. Only trylock, so that a child forked while somebody
 * holds it judges anew instead of waiting for ever. */
static struct {
        pthread_mutex_t lock;
        struct {
                size_t len;
                uint8_t n[REMEMBERED_MAX];
        } rows[REMEMBERED];
        unsigned int next;
} good = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_remembered(struct aza_span n)
{
        bool found = false;

        if (pthread_mutex_trylock(&good.lock) != 0)
                return false;
        for (unsigned int i = 0; !found && i < REMEMBERED; i++)
                found = good.rows[i].len == n.len && memcmp(good.rows[i].n, n.data, n.len) == 0;
        (void)pthread_mutex_unlock(&good.lock);
        return found;
}

static void remember(struct aza_span n)
{
        if (n.len > REMEMBERED_MAX || pthread_mutex_trylock(&good.lock) != 0)
                return;
        memcpy(good.rows[good.next].n, n.data, n.len);
        good.rows[good.next].len = n.len;
        good.next = (good.next + 1) % REMEMBERED;
        (void)pthread_mutex_unlock(&good.lock);
}

/* ---- attested keys ---- */

static struct aza_span without_zeros(struct aza_span number)
{
        while (number.len > 0 && number.data[0] == 0)
                number = aza_span_of(number.data + 1, number.len - 1);
        return number;
}

static const char *judge_modulus(const BIGNUM *n, struct aza_span bytes)
{
        const char *weak = residue_weakness(n);

        return weak != NULL ? weak : aza_rsa_structure_weakness(bytes);
}

const char *aza_rsa_attested_weakness(struct aza_span n, struct aza_span e)
{
        static const uint8_t f4[] = {1, 0, 1};
        const bool usual_e = aza_span_equal(without_zeros(e), aza_span_of(f4, sizeof(f4)));

        n = without_zeros(n);
        if (n.len > OPENSSL_RSA_MAX_MODULUS_BITS / 8 || e.len > OPENSSL_RSA_MAX_MODULUS_BITS / 8)
                return "more bits than OpenSSL takes";
        if (usual_e && n.len > 0 && is_remembered(n))
                return NULL;
        struct numbers k __attribute__((cleanup(numbers_free))) = {
                .n = BN_bin2bn(n.data, (int)n.len, NULL),
                .e = BN_bin2bn(e.data, (int)e.len, NULL),
        };
        if (k.n == NULL || k.e == NULL)
                return "no memory";
        const char *weak = weakness(&k);
        if (weak == NULL && !usual_e)
                weak = "exponent is not 65537";
        if (weak == NULL)
                weak = judge_modulus(k.n, n);
        if (weak == NULL)
                remember(n);
        return weak;
}
