/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key generation: `openssl genpkey -propquery provider=azattest -pkeyopt azattest-purpose:sign`. It
 * makes the vTPM key that a URI with the same words would open, and attests it (open.c).
 *
 * Who generates RSA keys without a word about us comes here all the same, without having asked for
 * it: OpenSSL sorts providers by name as soon as a third one is loaded, and "azattest" stands
 * before "default" (D51). So a generation without azattest-purpose is the delegate's, and gives an
 * ordinary key, with its errors and its progress. Other azattest-* parameters without a purpose are
 * refused, so that nobody takes an ordinary key for an attested one.
 */
#include "keygen.h"

#include "key.h"
#include "open.h"

#include "params.h"

#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#define OWN_PREFIX "azattest-"

struct generation {
        struct aza_prov *prov;
        bool ours; /* a parameter of ours was given */
        bool has_purpose;
        enum aza_purpose purpose;
        uint64_t bits; /* what the general options said last; they may come before the purpose */
        uint64_t primes;
        uint64_t exponent;
        EVP_PKEY_CTX *ordinary; /* the delegate's generation; NULL while nothing needed it */
        char *name;
        char *nonce;
        char *payload;
        OSSL_CALLBACK *callback; /* during aza_rsa_gen only */
        void *callback_arg;
        int steps;
};

void *aza_rsa_gen_init(void *provctx, int selection, const OSSL_PARAM params[])
{
        struct aza_prov *prov = provctx;
        struct generation *gen;

        if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
                return NULL;
        gen = calloc(1, sizeof(*gen));
        if (gen == NULL) {
                AZA_RAISE(prov, AZA_R_OUT_OF_MEMORY, "out of memory");
                return NULL;
        }
        gen->prov = prov;
        gen->bits = UINT64_C(8) * AZA_RSA_BYTES;
        gen->primes = 2;
        gen->exponent = 65537;
        if (aza_rsa_gen_set_params(gen, params) != 1) {
                aza_rsa_gen_cleanup(gen);
                return NULL;
        }
        return gen;
}

void aza_rsa_gen_cleanup(void *genctx)
{
        struct generation *gen = genctx;

        if (gen == NULL)
                return;
        EVP_PKEY_CTX_free(gen->ordinary);
        free(gen->name);
        free(gen->nonce);
        free(gen->payload);
        free(gen);
}

static int set_text(struct generation *gen, const OSSL_PARAM params[], const char *key, char **text)
{
        const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, key);

        if (p == NULL)
                return 1;
        free(aza_take(text));
        *text = aza_param_text(p);
        return *text != NULL ? 1
                             : AZA_RAISE(gen->prov, AZA_R_BAD_PARAMETER, "%s is not a text", key);
}

static int set_purpose(struct generation *gen, const OSSL_PARAM params[])
{
        const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, AZA_PARAM_PURPOSE);
        AZA_OWN(free) char *word = p == NULL ? NULL : aza_param_text(p);

        if (p == NULL)
                return 1;
        if (word == NULL || !aza_purpose_parse(word, &gen->purpose) ||
            gen->purpose == AZA_PURPOSE_ISSUE)
                return AZA_RAISE(gen->prov, AZA_R_BAD_PARAMETER, "%s is decrypt, sign or any",
                                 AZA_PARAM_PURPOSE);
        gen->has_purpose = true;
        return 1;
}

/* ---- the general RSA options ---- */

/* What cannot be read is kept as a number no attested key has. */
static void note_shape(struct generation *gen, const OSSL_PARAM params[])
{
        const OSSL_PARAM *bits = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_BITS);
        const OSSL_PARAM *primes = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_PRIMES);
        const OSSL_PARAM *e = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_E);

        if (bits != NULL && !aza_param_uint64(bits, &gen->bits))
                gen->bits = 0;
        if (primes != NULL && !aza_param_uint64(primes, &gen->primes))
                gen->primes = 0;
        if (e != NULL && !aza_param_uint64(e, &gen->exponent))
                gen->exponent = 0;
}

/* They are taken when they say what the attested key is anyway. */
static int check_shape(const struct generation *gen)
{
        if (gen->bits != UINT64_C(8) * AZA_RSA_BYTES)
                return AZA_RAISE(gen->prov, AZA_R_BAD_PARAMETER,
                                 "the vTPM's attested keys have %d bits, not %" PRIu64,
                                 AZA_RSA_BYTES * 8, gen->bits);
        if (gen->primes != 2)
                return AZA_RAISE(gen->prov, AZA_R_BAD_PARAMETER, "only two primes");
        if (gen->exponent != 65537)
                return AZA_RAISE(gen->prov, AZA_R_BAD_PARAMETER,
                                 "the public exponent of attested keys is 65537");
        return 1;
}

/* ---- ordinary keys ---- */

static EVP_PKEY_CTX *ordinary(struct generation *gen)
{
        OSSL_LIB_CTX *libctx;

        if (gen->ordinary != NULL || (libctx = aza_prov_libctx(gen->prov)) == NULL)
                return gen->ordinary;
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, "RSA", NULL);
        if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1)
                return NULL;
        gen->ordinary = aza_take(&ctx);
        return gen->ordinary;
}

static bool general(const OSSL_PARAM params[])
{
        for (; params->key != NULL; params++)
                if (strncmp(params->key, OWN_PREFIX, strlen(OWN_PREFIX)) != 0)
                        return true;
        return false;
}

static bool of_ours(const OSSL_PARAM params[])
{
        for (; params->key != NULL; params++)
                if (strncmp(params->key, OWN_PREFIX, strlen(OWN_PREFIX)) == 0)
                        return true;
        return false;
}

/* The delegate judges them as it always does. */
static int set_ordinary(struct generation *gen, const OSSL_PARAM params[])
{
        EVP_PKEY_CTX *ctx;

        if (!general(params))
                return 1;
        if (!aza_params_sound(params))
                return AZA_RAISE(gen->prov, AZA_R_BAD_PARAMETER, "a number without its bytes");
        ctx = ordinary(gen);
        return ctx != NULL && EVP_PKEY_CTX_set_params(ctx, params) == 1;
}

int aza_rsa_gen_set_params(void *genctx, const OSSL_PARAM params[])
{
        struct generation *gen = genctx;

        if (params == NULL)
                return 1;
        gen->ours |= of_ours(params);
        note_shape(gen, params);
        if (!set_purpose(gen, params) || !set_text(gen, params, AZA_PARAM_NAME, &gen->name) ||
            !set_text(gen, params, AZA_PARAM_NONCE, &gen->nonce) ||
            !set_text(gen, params, AZA_PARAM_PAYLOAD, &gen->payload))
                return 0;
        return gen->has_purpose ? check_shape(gen) : set_ordinary(gen, params);
}

const OSSL_PARAM *aza_rsa_gen_settable_params(void *genctx, void *provctx)
{
        static const OSSL_PARAM settable[] = {
                OSSL_PARAM_utf8_string(AZA_PARAM_PURPOSE, NULL, 0),
                OSSL_PARAM_utf8_string(AZA_PARAM_NAME, NULL, 0),
                OSSL_PARAM_utf8_string(AZA_PARAM_NONCE, NULL, 0),
                OSSL_PARAM_utf8_string(AZA_PARAM_PAYLOAD, NULL, 0),
                OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_BITS, NULL),
                OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_PRIMES, NULL),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
                OSSL_PARAM_END,
        };

        (void)genctx;
        (void)provctx;
        return settable;
}

/* PV75: each step shows as a dot, the end as a line end ("potential" 3 for genpkey). */
static void report(struct generation *gen, int potential)
{
        OSSL_PARAM params[] = {OSSL_PARAM_construct_int(OSSL_GEN_PARAM_POTENTIAL, &potential),
                               OSSL_PARAM_construct_int(OSSL_GEN_PARAM_ITERATION, &gen->steps),
                               OSSL_PARAM_construct_end()};

        if (gen->callback != NULL)
                (void)gen->callback(params, gen->callback_arg);
        gen->steps++;
}

static void on_step(void *arg, const char *step)
{
        (void)step;
        report(arg, 0);
}

static void append_escaped(char **out, const char *text)
{
        static const char digits[] = "0123456789ABCDEF";

        for (; *text != '\0'; text++) {
                const unsigned char c = (unsigned char)*text;

                *(*out)++ = '%';
                *(*out)++ = digits[c >> 4];
                *(*out)++ = digits[c & 15];
        }
}

/* azattest://key or sign, with the words given. NULL when out of memory. */
static char *uri_of(const struct generation *gen, bool attest_anew)
{
        const char *name = gen->name != NULL ? gen->name : "";
        const char *nonce = gen->nonce != NULL ? gen->nonce : "";
        char *uri = malloc(96 + 3 * (strlen(name) + strlen(nonce)));
        char *end = uri;

        if (uri == NULL)
                return NULL;
        end = stpcpy(end, gen->purpose == AZA_PURPOSE_SIGN ? "azattest://sign" : "azattest://key");
        *end++ = '?';
        if (gen->purpose == AZA_PURPOSE_ANY)
                end = stpcpy(end, "purpose=any&");
        if (attest_anew)
                end = stpcpy(end, "attest=always&");
        if (name[0] != '\0') {
                end = stpcpy(end, "name=");
                append_escaped(&end, name);
                *end++ = '&';
        }
        if (nonce[0] != '\0') {
                end = stpcpy(end, "nonce=");
                append_escaped(&end, nonce);
                *end++ = '&';
        }
        end[-1] = '\0'; /* the last separator, or '?' */
        return uri;
}

static int on_ordinary_step(EVP_PKEY_CTX *ctx)
{
        const struct generation *gen = EVP_PKEY_CTX_get_app_data(ctx);
        int potential = EVP_PKEY_CTX_get_keygen_info(ctx, 0);
        int iteration = EVP_PKEY_CTX_get_keygen_info(ctx, 1);
        const OSSL_PARAM params[] = {OSSL_PARAM_construct_int(OSSL_GEN_PARAM_POTENTIAL, &potential),
                                     OSSL_PARAM_construct_int(OSSL_GEN_PARAM_ITERATION, &iteration),
                                     OSSL_PARAM_construct_end()};

        return gen->callback(params, gen->callback_arg);
}

static struct aza_key *generate_ordinary(struct generation *gen)
{
        EVP_PKEY_CTX *ctx = ordinary(gen);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *pair = NULL;

        if (ctx == NULL)
                return NULL;
        EVP_PKEY_CTX_set_app_data(ctx, gen);
        EVP_PKEY_CTX_set_cb(ctx, gen->callback != NULL ? on_ordinary_step : NULL);
        if (EVP_PKEY_generate(ctx, &pair) != 1)
                return NULL;
        return aza_key_from_pair(gen->prov, &pair);
}

static struct aza_key *generate_attested(struct generation *gen)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        const struct aza_state *state = aza_prov_state(gen->prov);

        if (state == NULL)
                return NULL;
        /* A stored token does not carry this call's payload. */
        AZA_OWN(free)
        char *uri = uri_of(gen, gen->payload != NULL && state->config.attest != AZA_ATTEST_NEVER);
        if (uri == NULL) {
                AZA_RAISE(gen->prov, AZA_R_OUT_OF_MEMORY, "out of memory");
                return NULL;
        }
        gen->steps = 0;
        const struct aza_open_request request = {
                .uri = uri, .payload = gen->payload, .progress = on_step, .progress_arg = gen};
        ref = aza_open_key(gen->prov, &request);
        if (ref == NULL)
                return NULL;
        report(gen, 3);
        return aza_key_from_ref(gen->prov, &ref);
}

void *aza_rsa_gen(void *genctx, OSSL_CALLBACK *callback, void *arg)
{
        struct generation *gen = genctx;

        gen->callback = callback;
        gen->callback_arg = arg;
        if (gen->has_purpose)
                return generate_attested(gen);
        if (!gen->ours)
                return generate_ordinary(gen);
        AZA_RAISE(
                gen->prov, AZA_R_KEYGEN_NEEDS_PURPOSE,
                "say what the attested key is for: -pkeyopt azattest-purpose:decrypt (or sign, any); for an ordinary key leave all azattest- options out");
        return NULL;
}
