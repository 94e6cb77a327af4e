/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key generation: `openssl genpkey -propquery provider=azattest -pkeyopt azattest-purpose:sign`. It
 * makes the vTPM key that a URI with the same words would open, and attests it (open.c). Without
 * azattest-purpose it fails, so that nobody gets a key here who meant an ordinary one (PV19).
 */
#include "keygen.h"

#include "key.h"
#include "open.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

struct generation {
        struct aza_prov *prov;
        bool has_purpose;
        enum aza_purpose purpose;
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
        free(gen->name);
        free(gen->nonce);
        free(gen->payload);
        free(gen);
}

static int set_text(struct generation *gen, const OSSL_PARAM params[], const char *key, char **text)
{
        const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, key);
        const char *value;

        if (p == NULL)
                return 1;
        if (OSSL_PARAM_get_utf8_string_ptr(p, &value) != 1)
                return AZA_RAISE(gen->prov, AZA_R_BAD_PARAMETER, "%s is not a text", key);
        free(*text);
        *text = strdup(value);
        return *text != NULL ? 1 : AZA_RAISE(gen->prov, AZA_R_OUT_OF_MEMORY, "out of memory");
}

static int set_purpose(struct generation *gen, const OSSL_PARAM params[])
{
        const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, AZA_PARAM_PURPOSE);
        const char *word;

        if (p == NULL)
                return 1;
        if (OSSL_PARAM_get_utf8_string_ptr(p, &word) != 1 ||
            !aza_purpose_parse(word, &gen->purpose))
                return AZA_RAISE(gen->prov, AZA_R_BAD_PARAMETER, "%s is decrypt, sign or any",
                                 AZA_PARAM_PURPOSE);
        gen->has_purpose = true;
        return 1;
}

/* The general RSA options are taken when they say what the key is anyway. */
static int check_shape(struct generation *gen, const OSSL_PARAM params[])
{
        const OSSL_PARAM *bits = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_BITS);
        const OSSL_PARAM *primes = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_PRIMES);
        const OSSL_PARAM *e = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_E);
        size_t number = 0;
        uint64_t exponent = 0;

        if (bits != NULL &&
            (OSSL_PARAM_get_size_t(bits, &number) != 1 || number != (size_t)AZA_RSA_BYTES * 8))
                return AZA_RAISE(gen->prov, AZA_R_BAD_PARAMETER,
                                 "the vTPM's attested keys have %d bits, not %zu",
                                 AZA_RSA_BYTES * 8, number);
        if (primes != NULL && (OSSL_PARAM_get_size_t(primes, &number) != 1 || number != 2))
                return AZA_RAISE(gen->prov, AZA_R_BAD_PARAMETER, "only two primes");
        if (e != NULL && (OSSL_PARAM_get_uint64(e, &exponent) != 1 || exponent != 65537))
                return AZA_RAISE(gen->prov, AZA_R_BAD_PARAMETER,
                                 "the public exponent of attested keys is 65537");
        return 1;
}

int aza_rsa_gen_set_params(void *genctx, const OSSL_PARAM params[])
{
        struct generation *gen = genctx;

        if (params == NULL)
                return 1;
        return set_purpose(gen, params) && set_text(gen, params, AZA_PARAM_NAME, &gen->name) &&
               set_text(gen, params, AZA_PARAM_NONCE, &gen->nonce) &&
               set_text(gen, params, AZA_PARAM_PAYLOAD, &gen->payload) && check_shape(gen, params);
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

void *aza_rsa_gen(void *genctx, OSSL_CALLBACK *callback, void *arg)
{
        struct generation *gen = genctx;
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        const struct aza_state *state;
        struct aza_key *key;

        if (!gen->has_purpose) {
                AZA_RAISE(gen->prov, AZA_R_KEYGEN_NEEDS_PURPOSE,
                          "say what the key is for: -pkeyopt azattest-purpose:decrypt (or sign, "
                          "any); "
                          "for an ordinary key use -propquery provider=default");
                return NULL;
        }
        state = aza_prov_state(gen->prov);
        if (state == NULL)
                return NULL;
        /* A stored token does not carry this call's payload. */
        AZA_OWN(free)
        char *uri = uri_of(gen, gen->payload != NULL && state->config.attest != AZA_ATTEST_NEVER);
        if (uri == NULL) {
                AZA_RAISE(gen->prov, AZA_R_OUT_OF_MEMORY, "out of memory");
                return NULL;
        }
        gen->callback = callback;
        gen->callback_arg = arg;
        gen->steps = 0;
        const struct aza_open_request request = {
                .uri = uri, .payload = gen->payload, .progress = on_step, .progress_arg = gen};
        ref = aza_open_key(gen->prov, &request);
        if (ref == NULL)
                return NULL;
        report(gen, 3);
        key = aza_key_from_ref(gen->prov, &ref);
        return key;
}
