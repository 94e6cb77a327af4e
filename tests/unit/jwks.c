/* SPDX-License-Identifier: Apache-2.0 */
/* core/token/jwks and rsa_quality: which keys of a set are usable, and which RSA keys are weak. */
#include "token_support.h"

#include "token/rsa_quality.h"

#include <openssl/x509v3.h>
#include <pthread.h>

static EVP_PKEY *small;

static void parse(json_object *keys, struct aza_jwks **ret)
{
        AZA_OWN(json_object_put) json_object *document = json_object_new_object();
        json_object_object_add(document, "keys", keys);
        const char *text = json_object_to_json_string(document);
        assert_int_equal(aza_jwks_parse(libctx, aza_span_of(text, strlen(text)), ret), 0);
}

static void finds(const struct aza_jwks *set, const char *kid, const EVP_PKEY *key)
{
        const struct aza_jwks_key found = aza_jwks_find(set, kid, NOW);
        if (found.key == NULL)
                fail_msg("%s: %s", kid, found.note);
        assert_int_equal(EVP_PKEY_eq(found.key, key), 1);
}

static void misses(const struct aza_jwks *set, const char *kid, int64_t time, const char *why)
{
        const struct aza_jwks_key found = aza_jwks_find(set, kid, time);
        assert_null(found.key);
        if (strstr(found.note, why) == NULL)
                fail_msg("%s: %s", kid, found.note);
}

/* base64 of a self-signed certificate, valid NOW +- 1000 s. */
static char *make_x5c(EVP_PKEY *key)
{
        AZA_OWN(X509_free) X509 *certificate = X509_new_ex(libctx, NULL);
        struct aza_bytes text = {0};
        unsigned char *der = NULL;
        X509_set_version(certificate, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        ASN1_TIME_set(X509_getm_notBefore(certificate), NOW - 1000);
        ASN1_TIME_set(X509_getm_notAfter(certificate), NOW + 1000);
        assert_true(name_certificate(certificate, "maa", "maa"));
        X509_set_pubkey(certificate, key);
        assert_true(X509_sign(certificate, signer, EVP_sha256()) > 0);
        int len = i2d_X509(certificate, &der);
        assert_true(len > 0);
        assert_int_equal(aza_base64_encode(AZA_BASE64, aza_span_of(der, (size_t)len), &text), 0);
        OPENSSL_free(der);
        char *copy = strdup((char *)text.data);
        aza_bytes_free(&text);
        return copy;
}

static json_object *with_x5c(json_object *jwk, const char *x5c)
{
        json_object *list = json_object_new_array();
        json_object_array_add(list, text_value(x5c));
        json_object_object_add(jwk, "x5c", list);
        return jwk;
}

static json_object *x5c_only(const char *kid, const char *x5c)
{
        json_object *jwk = quick_json("{'kty':'RSA','use':'sig','alg':'RS256'}");
        json_object_object_add(jwk, "kid", text_value(kid));
        return with_x5c(jwk, x5c);
}

static json_object *with(json_object *jwk, const char *name, const char *value)
{
        json_object_object_add(jwk, name, text_value(value));
        return jwk;
}

static void certificates_in_sets(void **state)
{
        (void)state;
        AZA_OWN(free) char *x5c = make_x5c(signer);
        AZA_OWN(free) char *longer = NULL;
        AZA_OWN(free) char *small_x5c = make_x5c(small);
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;
        json_object *keys = json_object_new_array();
        assert_true(asprintf(&longer, "AAAA%s", x5c) > 0);
        json_object_array_add(keys, x5c_only("only", x5c));
        json_object_array_add(keys, with_x5c(key_jwk(signer, "both"), x5c));
        json_object_array_add(keys, with_x5c(key_jwk(attested, "mismatch"), x5c));
        json_object_array_add(keys, x5c_only("broken", longer));
        json_object_array_add(keys, x5c_only("small", small_x5c));
        json_object_array_add(keys, with_x5c(key_jwk(signer, "notext"), "%%%"));
        parse(keys, &set);
        finds(set, "only", signer);
        finds(set, "both", signer);
        misses(set, "only", NOW - 1001, "not valid at this time");
        misses(set, "both", NOW + 1001, "not valid at this time");
        misses(set, "mismatch", NOW, "contradict");
        misses(set, "broken", NOW, "not a certificate");
        misses(set, "notext", NOW, "not a certificate");
        misses(set, "small", NOW, "fewer than 2048 bits");
}

static void weak_and_foreign_keys_are_skipped(void **state)
{
        (void)state;
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;
        json_object *keys = json_object_new_array();
        json_object_array_add(keys, key_jwk(small, "rsa1024"));
        json_object_array_add(keys, quick_json("{'kid':'ec','kty':'EC','crv':'P-256'}"));
        json_object_array_add(keys, with(key_jwk(signer, "enc"), "use", "enc"));
        json_object_array_add(keys, with(key_jwk(signer, "ps"), "alg", "PS256"));
        json_object_array_add(keys, key_jwk(signer, NULL));
        json_object_array_add(keys, quick_json("1"));
        json_object_array_add(keys, quick_json("{'kid':'none','kty':'RSA'}"));
        json_object_array_add(keys, with(key_jwk(signer, "e3"), "e", "Aw"));
        json_object_array_add(keys, key_jwk(signer, "twice"));
        json_object_array_add(keys, key_jwk(signer, "with+/="));
        json_object_array_add(keys, key_jwk(small, "twice"));
        json_object_array_add(keys, key_jwk(attested, "good"));
        parse(keys, &set);
        misses(set, "rsa1024", NOW, "fewer than 2048 bits");
        misses(set, "ec", NOW, "not an RS256 signing key");
        misses(set, "enc", NOW, "not an RS256 signing key");
        misses(set, "ps", NOW, "not an RS256 signing key");
        misses(set, "none", NOW, "n and e");
        misses(set, "e3", NOW, "exponent");
        misses(set, "twice", NOW, "occurs twice");
        misses(set, "absent", NOW, "no such kid");
        misses(set, "", NOW, "no such kid");
        misses(set, "GOOD", NOW, "no such kid");
        finds(set, "with+/=", signer);
        finds(set, "good", attested);
}

static void bad_sets(void **state)
{
        (void)state;
        static const char *const texts[] = {
                "",
                "{}",
                "[]",
                "null",
                "{\"keys\":{}}",
                "{\"keys\":[]}",
                "{\"keys\":[{\"kid\":\"a\",\"kid\":\"b\"}]}",
                "{\"keys\":[{}]} x",
        };
        struct aza_jwks *set = NULL;
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                assert_int_equal(
                        aza_jwks_parse(libctx, aza_span_of(texts[i], strlen(texts[i])), &set),
                        AZATTEST_E_TOKEN_SIGNATURE);
                assert_null(set);
                assert_non_null(strstr(aza_last_error()->message, "key set"));
        }
        AZA_BYTES struct aza_bytes many = {0};
        assert_int_equal(aza_bytes_append_text(&many, "{\"keys\":[0"), 0);
        for (int i = 0; i < 256; i++)
                assert_int_equal(aza_bytes_append_text(&many, ",0"), 0);
        assert_int_equal(aza_bytes_append_text(&many, "]}"), 0);
        assert_int_equal(aza_jwks_parse(libctx, aza_bytes_span(&many), &set),
                         AZATTEST_E_TOKEN_SIGNATURE);
        assert_non_null(strstr(aza_last_error()->message, "257 keys"));
}

static void real_set(void **state)
{
        (void)state;
        AZA_BYTES struct aza_bytes text = {0};
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;
        read_vector("tokens/jwks-sharedeus2.json", &text);
        assert_int_equal(aza_jwks_parse(libctx, aza_bytes_span(&text), &set), 0);
        static const char *const kids[] = {
                "J0pAPdfXXHqWWimgrH853wMIdh5/fLe1z6uSXYPXCa0=",
                "ZOub53V4dZuruzP0dOOH0axfyks=",
                "frVjcejaF7GhoPNgEN9FdDQp7/Iwlpl/Ug8/TMh/3eg=",
        };
        for (size_t i = 0; i < 3; i++)
                assert_non_null(aza_jwks_find(set, kids[i], NOW).key);
}

/* An RSA public key of any numbers. */
static EVP_PKEY *key_of(const BIGNUM *n, unsigned long e)
{
        uint8_t n_bytes[300];
        uint8_t e_bytes[8];
        AZA_OWN(BN_free) BIGNUM *bn = BN_new();
        EVP_PKEY *key = NULL;
        BN_set_word(bn, e);
        size_t n_len = (size_t)BN_bn2bin(n, n_bytes);
        size_t e_len = (size_t)BN_bn2bin(bn, e_bytes);
        assert_int_equal(aza_rsa_public(libctx, aza_span_of(n_bytes, n_len),
                                        aza_span_of(e_bytes, e_len), &key),
                         0);
        return key;
}

static const char *attested_weakness(const EVP_PKEY *key)
{
        uint8_t e_bytes[8];
        AZA_OWN(BN_free) BIGNUM *e = NULL;
        AZA_BYTES struct aza_bytes n = {0};
        assert_int_equal(aza_rsa_modulus(key, &n), 0);
        assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e), 1);
        size_t e_len = (size_t)BN_bn2bin(e, e_bytes);
        return aza_rsa_attested_weakness(aza_bytes_span(&n), aza_span_of(e_bytes, e_len));
}

/* A number of the flawed form: 65537^a modulo the primorial, lifted to 2048 bits. */
static void roca_is_recognised(void **state)
{
        (void)state;
        BN_CTX *ctx = BN_CTX_new_ex(libctx);
        AZA_OWN(BN_free) BIGNUM *m = BN_new();
        AZA_OWN(BN_free) BIGNUM *n = BN_new();
        AZA_OWN(BN_free) BIGNUM *k = BN_new();
        BN_one(m);
        for (unsigned long p = 2; p <= 701; p++) {
                bool prime = true;
                for (unsigned long d = 2; d * d <= p; d++)
                        prime = prime && p % d != 0;
                if (prime)
                        BN_mul_word(m, p);
        }
        BN_set_word(n, 65537);
        BN_set_word(k, 123456789);
        assert_int_equal(BN_mod_exp(n, n, k, m, ctx), 1);
        assert_int_equal(BN_one(k), 1);
        BN_lshift(k, k, 2047);
        BN_div(k, NULL, k, m, ctx);
        /* k * m + n until no small factor beyond the primorial is left */
        const char *weak = NULL;
        for (int i = 0; i < 200; i++) {
                AZA_OWN(BN_free) BIGNUM *candidate = BN_new();
                BN_add_word(k, 1);
                BN_mul(candidate, k, m, ctx);
                BN_add(candidate, candidate, n);
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = key_of(candidate, 65537);
                assert_null(aza_rsa_weakness(key));
                weak = attested_weakness(key);
                assert_non_null(weak);
                if (strstr(weak, "ROCA") != NULL)
                        break;
        }
        assert_non_null(strstr(weak, "ROCA"));
        BN_CTX_free(ctx);
}

static void weak_numbers(void **state)
{
        (void)state;
        AZA_OWN(BN_free) BIGNUM *n = NULL;
        assert_null(aza_rsa_weakness(signer));
        assert_null(attested_weakness(signer));
        assert_string_equal(attested_weakness(small), "fewer than 2048 bits");
        assert_int_equal(EVP_PKEY_get_bn_param(signer, OSSL_PKEY_PARAM_RSA_N, &n), 1);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *e3 = key_of(n, 3);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *e_even = key_of(n, 65538);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *e_other = key_of(n, 65539);
        assert_non_null(strstr(aza_rsa_weakness(e3), "exponent"));
        assert_non_null(strstr(aza_rsa_weakness(e_even), "exponent"));
        assert_null(aza_rsa_weakness(e_other));
        assert_string_equal(attested_weakness(e_other), "exponent is not 65537");
        BN_add_word(n, 1);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *even = key_of(n, 65537);
        assert_string_equal(aza_rsa_weakness(even), "even modulus");
        BN_sub_word(n, 1);
        do {
                BN_add_word(n, 2);
        } while (BN_mod_word(n, 4093) != 0);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *factor = key_of(n, 65537);
        assert_string_equal(attested_weakness(factor), "modulus has a small prime factor");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ec = EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-256");
        assert_string_equal(aza_rsa_weakness(ec), "not an RSA key");
}

/* T14: moduli that give the private key away to whoever looks at them (D49), and ones beside
 * them that do not. */
static void structures(void **state)
{
        BN_CTX *ctx = BN_CTX_new_ex(libctx);
        AZA_OWN(BN_free) BIGNUM *p = BN_new();
        AZA_OWN(BN_free) BIGNUM *q = BN_new();
        AZA_OWN(BN_free) BIGNUM *n = BN_new();
        AZA_OWN(BN_free) BIGNUM *k = BN_new();
        (void)state;
        assert_int_equal(BN_generate_prime_ex2(n, 2048, 0, NULL, NULL, NULL, ctx), 1);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *prime = key_of(n, 65537);
        assert_string_equal(attested_weakness(prime), "modulus is prime");
        /* The square of a prime, and its product with the next one, and with one far away. */
        assert_int_equal(BN_generate_prime_ex2(p, 1024, 0, NULL, NULL, NULL, ctx), 1);
        assert_int_equal(BN_sqr(n, p, ctx), 1);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *square = key_of(n, 65537);
        assert_string_equal(attested_weakness(square), "modulus is a perfect power");
        BN_copy(q, p);
        do {
                BN_add_word(q, 2);
        } while (BN_check_prime(q, ctx, NULL) != 1);
        assert_int_equal(BN_mul(n, p, q, ctx), 1);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *close = key_of(n, 65537);
        assert_string_equal(attested_weakness(close), "modulus is the product of close primes");
        assert_int_equal(BN_generate_prime_ex2(q, 1024, 0, NULL, NULL, NULL, ctx), 1);
        assert_int_equal(BN_mul(n, p, q, ctx), 1);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *sound = key_of(n, 65537);
        assert_null(attested_weakness(sound));
        assert_null(attested_weakness(sound)); /* as remembered */
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *other = key_of(n, 65539);
        assert_string_equal(attested_weakness(other), "exponent is not 65537");
        assert_string_equal(attested_weakness(close), "modulus is the product of close primes");
        /* Powers of a product, of every exponent that leaves no small factor. One sixth power in
         * 80 has the ROCA fingerprint, too: then it is drawn again. */
        static const int exponents[] = {3, 5, 6, 7, 15, 31, 101, 157};
        for (size_t i = 0; i < sizeof(exponents) / sizeof(exponents[0]); i++) {
                assert_int_equal(
                        BN_generate_prime_ex2(p, 2070 / exponents[i] + 1, 0, NULL, NULL, NULL, ctx),
                        1);
                assert_int_equal(BN_set_word(k, (BN_ULONG)exponents[i]), 1);
                assert_int_equal(BN_exp(n, p, k, ctx), 1);
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *power = key_of(n, 65537);
                const char *weak = attested_weakness(power);
                assert_non_null(weak);
                if (strstr(weak, "ROCA") != NULL)
                        i--;
                else
                        assert_string_equal(weak, "modulus is a perfect power");
        }
        BN_CTX_free(ctx);
}

/* Each odd prime below 4096 is found as the only small factor, none above it. */
static void small_factors(void **state)
{
        (void)state;
        AZA_OWN(BN_free) BIGNUM *sound = NULL;
        size_t found = 0;
        assert_int_equal(EVP_PKEY_get_bn_param(signer, OSSL_PKEY_PARAM_RSA_N, &sound), 1);
        for (unsigned int p = 3; p <= 4099; p += 2) {
                bool prime = true;
                for (unsigned int d = 3; d * d <= p; d += 2)
                        prime = prime && p % d != 0;
                if (!prime)
                        continue;
                AZA_OWN(BN_free) BIGNUM *n = BN_dup(sound);
                assert_int_equal(BN_mul_word(n, p), 1);
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = key_of(n, 65537);
                const char *weak = attested_weakness(key);
                if (p > 4096) {
                        assert_null(weak);
                        continue;
                }
                if (weak == NULL)
                        fail_msg("factor %u not found", p);
                assert_string_equal(weak, "modulus has a small prime factor");
                found++;
        }
        assert_int_equal(found, 563);
}

/* ---- judged from several threads, more moduli than are remembered ---- */

#define JUDGES       4
#define MANY         70u
#define FIRST_FACTOR 4099u

/* Prime number i above what is looked for. */
static unsigned int prime_above(unsigned int i)
{
        for (unsigned int p = FIRST_FACTOR;; p += 2) {
                bool prime = true;
                for (unsigned int d = 3; prime && d * d <= p; d += 2)
                        prime = p % d != 0;
                if (prime && i-- == 0)
                        return p;
        }
}

/* The sound modulus times such a prime: sound for what is looked at. Times 4093, too: not. */
static struct aza_span product(unsigned int i, bool weak, uint8_t out[300])
{
        AZA_OWN(BN_free) BIGNUM *n = NULL;

        if (EVP_PKEY_get_bn_param(signer, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
            BN_mul_word(n, prime_above(i)) != 1 || (weak && BN_mul_word(n, 4093) != 1))
                return aza_span_of(NULL, 0);
        return aza_span_of(out, (size_t)BN_bn2bin(n, out));
}

static void *judge(void *arg)
{
        static const uint8_t e[] = {1, 0, 1};
        size_t *wrong = arg;
        uint8_t bytes[300];

        for (unsigned int i = 0; i < 3 * MANY; i++) {
                const char *good =
                        aza_rsa_attested_weakness(product(0, false, bytes), aza_span_of(e, 3));
                const char *weak = aza_rsa_attested_weakness(product(i % MANY, true, bytes),
                                                             aza_span_of(e, 3));
                (void)aza_rsa_attested_weakness(product(i % MANY, false, bytes), aza_span_of(e, 3));
                *wrong += good != NULL || weak == NULL || strstr(weak, "small prime") == NULL;
        }
        return NULL;
}

static void judged_from_threads(void **state)
{
        pthread_t threads[JUDGES];
        size_t wrong[JUDGES] = {0};

        (void)state;
        for (size_t i = 0; i < JUDGES; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, judge, &wrong[i]), 0);
        for (size_t i = 0; i < JUDGES; i++) {
                assert_int_equal(pthread_join(threads[i], NULL), 0);
                assert_int_equal(wrong[i], 0);
        }
}

static int set_up(void **state)
{
        if (make_keys(state) != 0)
                return -1;
        small = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)1024);
        return small == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
        EVP_PKEY_free(small);
        return free_keys(state);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(certificates_in_sets),
                cmocka_unit_test(weak_and_foreign_keys_are_skipped),
                cmocka_unit_test(bad_sets),
                cmocka_unit_test(real_set),
                cmocka_unit_test(roca_is_recognised),
                cmocka_unit_test(weak_numbers),
                cmocka_unit_test(small_factors),
                cmocka_unit_test(structures),
                cmocka_unit_test(judged_from_threads),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
