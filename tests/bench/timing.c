/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the time of a PKCS#1 v1.5 decryption tell what was inside? The Marvin attack's method:
 * ciphertexts of several kinds, each used once; each kind is compared with the first one round by
 * round, by the sign test (how often it was the slower one), which asks nothing of the distribution
 * of a busy machine's times. In every round the kinds are made in one random order, timed in
 * another, and all from the same place in memory, so that nothing but its content tells a kind from
 * the others. The second kind is the first one again: what it shows is the method's own. |z| above
 * about 3 for one of 8 kinds wants a look.
 *
 * A control comes first that must show a difference; then the padding alone, which has no TPM's
 * noise, the provider (EVP_PKEY_decrypt in the VM) and the library's own decryption.
 * AZATTEST_BENCH_ROUNDS sets the rounds (default 1000; the padding alone takes 200 times as many,
 * at most a million).
 */
#include "bench/bench.h"
#include "bench/keys.h"

#include "base/error.h"
#include "config/config.h"
#include "key/crypt.h"
#include "key/rsa_padding.h"

#include <math.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define K          AZA_RSA_BYTES
#define PURE_TIMES 200
#define PURE_MOST  1000000
#define CONTROL_Z  5
#define CONTROL    "control (the bad ones must differ)"

enum kind {
        KIND_48,
        KIND_48_AGAIN,
        KIND_EMPTY,
        KIND_LONGEST,
        KIND_NO_END,
        KIND_SHORT_PADDING,
        KIND_FIRST_BYTE,
        KIND_TYPE_BYTE,
        KIND_SMALL_NUMBER,
        KINDS
};
static const char *const kind_names[KINDS] = {
        [KIND_48] = "good, 48 bytes",
        [KIND_48_AGAIN] = "good, 48 bytes again",
        [KIND_EMPTY] = "good, 0 bytes",
        [KIND_LONGEST] = "good, 245 bytes",
        [KIND_NO_END] = "bad: no zero byte",
        [KIND_SHORT_PADDING] = "bad: padding",
        [KIND_FIRST_BYTE] = "bad: first byte",
        [KIND_TYPE_BYTE] = "bad: type byte",
        [KIND_SMALL_NUMBER] = "bad: 8 zero bytes",
};

struct timing {
        OSSL_LIB_CTX *libctx;
        EVP_PKEY_CTX *encrypt; /* raw, with the public key */
        EVP_PKEY_CTX *decrypt; /* the provider's */
        struct aza_tpm *tpm;
        struct aza_keyref *ref;
};

/* One measured decryption. 0 or -1. */
typedef int decrypt_fn(struct timing *t, const uint8_t block[K], const uint8_t ciphertext[K]);

/* A block of that kind, random where the kind does not say. */
static int make_block(enum kind kind, uint8_t block[K])
{
        size_t end = K - 49; /* of the padding */

        if (RAND_bytes(block, K) != 1)
                return -1;
        for (size_t i = 2; i < K; i++)
                block[i] = block[i] != 0 ? block[i] : 0x55;
        block[0] = 0;
        block[1] = 2;
        if (kind == KIND_EMPTY)
                end = K - 1;
        else if (kind == KIND_LONGEST)
                end = 10;
        if (kind != KIND_NO_END)
                block[end] = 0;
        if (kind == KIND_SHORT_PADDING)
                block[5] = 0;
        else if (kind == KIND_FIRST_BYTE)
                block[0] = 1;
        else if (kind == KIND_TYPE_BYTE)
                block[1] = 1;
        else if (kind == KIND_SMALL_NUMBER)
                memset(block, 0, 8);
        return 0;
}

static int by_provider(struct timing *t, const uint8_t block[K], const uint8_t ciphertext[K])
{
        uint8_t out[K];
        size_t len = sizeof(out);

        (void)block;
        return EVP_PKEY_decrypt(t->decrypt, out, &len, ciphertext, K) == 1 ? 0 : -1;
}

static int by_library(struct timing *t, const uint8_t block[K], const uint8_t ciphertext[K])
{
        const struct aza_rsa_padding padding = {.scheme = AZATTEST_RSA_ES};
        AZA_BYTES struct aza_bytes out = {0};

        (void)block;
        return aza_decrypt(t->tpm, t->ref, &padding, aza_span_of(ciphertext, K), &out);
}

static int by_padding(struct timing *t, const uint8_t block[K], const uint8_t ciphertext[K])
{
        static const uint8_t secret[32] = {1};
        uint8_t out[K];
        size_t len = sizeof(out);

        const struct aza_implicit_rejection rejection = {t->libctx, secret, {ciphertext, K}};

        return aza_pkcs1_decode_implicit(&rejection, aza_span_of(block, K), out, &len);
}

/* The control: this decoder tells good from bad by its outcome, and by its time. */
static int by_outcome(struct timing *t, const uint8_t block[K], const uint8_t ciphertext[K])
{
        uint8_t out[K];
        size_t len = sizeof(out);

        (void)t, (void)ciphertext;
        (void)aza_pkcs1_decode(aza_span_of(block, K), out, &len);
        return 0;
}

static int shuffle(unsigned int order[KINDS])
{
        uint32_t random[KINDS];

        if (RAND_bytes((unsigned char *)random, sizeof(random)) != 1)
                return -1;
        for (unsigned int i = 0; i < KINDS; i++)
                order[i] = i;
        for (unsigned int i = KINDS - 1; i > 0; i--) {
                unsigned int j = random[i] % (i + 1), kept = order[i];
                order[i] = order[j];
                order[j] = kept;
        }
        return 0;
}

struct sample {
        enum kind kind;
        uint8_t block[K], ciphertext[K];
};

/* One of each kind, made anew in an order of its own. */
static int make_samples(struct timing *t, struct sample samples[KINDS])
{
        unsigned int order[KINDS];

        if (shuffle(order) != 0)
                return -1;
        for (unsigned int i = 0; i < KINDS; i++) {
                struct sample *s = &samples[i];
                size_t len = K;

                s->kind = (enum kind)order[i];
                if (make_block(s->kind, s->block) != 0 ||
                    EVP_PKEY_encrypt(t->encrypt, s->ciphertext, &len, s->block, K) != 1)
                        return -1;
        }
        return 0;
}

/* Timed in another order, each from the same place. */
static int round_of(struct timing *t, decrypt_fn *decrypt, double seconds[KINDS])
{
        struct sample samples[KINDS], now;
        unsigned int order[KINDS];

        if (make_samples(t, samples) != 0 || shuffle(order) != 0)
                return -1;
        for (unsigned int i = 0; i < KINDS; i++) {
                now = samples[order[i]];
                const double start = bench_now();

                if (decrypt(t, now.block, now.ciphertext) != 0)
                        return -1;
                seconds[now.kind] = bench_now() - start;
        }
        return 0;
}

struct tally {
        long slower[KINDS], faster[KINDS]; /* than KIND_48 in the same round */
        double sum[KINDS];                 /* seconds */
};

static void count(struct tally *tally, const double seconds[KINDS])
{
        for (unsigned int k = 0; k < KINDS; k++) {
                tally->sum[k] += seconds[k];
                tally->slower[k] += seconds[k] > seconds[KIND_48];
                tally->faster[k] += seconds[k] < seconds[KIND_48];
        }
}

/* Prints a row for each kind and returns the largest |z|. */
static double report(const struct tally *tally, long rounds)
{
        double largest = 0;

        for (unsigned int k = 1; k < KINDS; k++) {
                const double n = (double)(tally->slower[k] + tally->faster[k]);
                const double z =
                        n > 0 ? (double)(tally->slower[k] - tally->faster[k]) / sqrt(n) : 0;

                (void)printf("  %-21s slower in %6.2f %%  z %+6.2f  mean %+8.1f ns\n",
                             kind_names[k], n > 0 ? 100 * (double)tally->slower[k] / n : 50.0, z,
                             (tally->sum[k] - tally->sum[KIND_48]) / (double)rounds * 1e9);
                largest = fabs(z) > largest ? fabs(z) : largest;
        }
        return largest;
}

static int measure(struct timing *t, const char *what, decrypt_fn *decrypt, long rounds)
{
        struct tally tally = {0};
        double seconds[KINDS];

        for (long i = -(rounds / 10); i < rounds; i++) { /* below 0: warm-up */
                if (round_of(t, decrypt, seconds) != 0) {
                        (void)fprintf(stderr, "bench: timing of %s failed\n", what);
                        return -1;
                }
                if (i >= 0)
                        count(&tally, seconds);
        }
        (void)printf("%s, %ld rounds, beside \"%s\":\n", what, rounds, kind_names[KIND_48]);
        if (report(&tally, rounds) > CONTROL_Z || decrypt != by_outcome)
                return 0;
        (void)fprintf(stderr, "bench: the control shows nothing, so nothing was measured\n");
        return -1;
}

static int open_library(struct timing *t, OSSL_LIB_CTX *plain)
{
        AZA_CONFIG_SOURCE struct aza_config_source source = {0};
        struct aza_key_spec spec = {.purpose = AZA_PURPOSE_DECRYPT, .name = ""};
        struct aza_config config;

        if (aza_config_read(&source, NULL) != 0 || aza_config_resolve(&source, &config) != 0 ||
            aza_tpm_new(plain, config.tcti, "", &t->tpm) != 0)
                return -1;
        spec.hierarchy = config.hierarchy;
        spec.pcr_mask = config.pcr_mask;
        return aza_key_derive(t->tpm, &spec, NULL, &t->ref);
}

static EVP_PKEY_CTX *context(OSSL_LIB_CTX *libctx, EVP_PKEY *key, bool decrypt)
{
        EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);

        if (ctx != NULL &&
            (decrypt ? EVP_PKEY_decrypt_init(ctx) : EVP_PKEY_encrypt_init(ctx)) == 1 &&
            EVP_PKEY_CTX_set_rsa_padding(ctx, decrypt ? RSA_PKCS1_PADDING : RSA_NO_PADDING) == 1)
                return ctx;
        EVP_PKEY_CTX_free(ctx);
        return NULL;
}

static long rounds_wanted(void)
{
        const char *text = getenv("AZATTEST_BENCH_ROUNDS");
        long rounds = text != NULL ? strtol(text, NULL, 10) : 0;

        return rounds > 0 && rounds <= 1000000 ? rounds : 1000;
}

int bench_timing(void)
{
        OSSL_LIB_CTX *libctx = bench_libctx(), *plain = OSSL_LIB_CTX_new();
        EVP_PKEY *key = libctx == NULL ? NULL : bench_load_key(libctx, "azattest://key");
        EVP_PKEY *native = key == NULL ? NULL : bench_native_public(plain, key);
        struct timing t = {.libctx = plain};
        const long rounds = rounds_wanted();
        const long pure = rounds < PURE_MOST / PURE_TIMES ? PURE_TIMES * rounds : PURE_MOST;
        int r = -1;

        t.encrypt = context(plain, native, false);
        t.decrypt = context(libctx, key, true);
        if (t.encrypt == NULL || t.decrypt == NULL || open_library(&t, plain) != 0)
                (void)fprintf(stderr, "bench: timing: %s\n", aza_last_error()->message);
        else
                r = measure(&t, CONTROL, by_outcome, rounds) != 0 ||
                                    measure(&t, "padding alone", by_padding, pure) != 0 ||
                                    measure(&t, "provider", by_provider, rounds) != 0 ||
                                    measure(&t, "library", by_library, rounds) != 0
                            ? -1
                            : 0;
        aza_keyref_free(t.ref);
        aza_tpm_free(t.tpm);
        EVP_PKEY_CTX_free(t.encrypt);
        EVP_PKEY_CTX_free(t.decrypt);
        EVP_PKEY_free(native);
        EVP_PKEY_free(key);
        OSSL_LIB_CTX_free(plain);
        OSSL_LIB_CTX_free(libctx);
        return r;
}
