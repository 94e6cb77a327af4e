/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key management for RSA: load, compare, import and export of public halves, parameters. No TPM
 * except in VALIDATE of a private key, where the user asks for it (PV6). Generation is keygen.c.
 *
 * EXPORT steers OpenSSL and is therefore silent (PV11): it refuses whenever the private half of a
 * key of ours is asked for, so that operations on it come to us (PV8, D26). IMPORT takes foreign
 * pairs whole, never half (PV10), and leaves their work to the delegate: where `?provider=azattest`
 * is set or we come first, EVP asks us and nobody else about keys that a program builds from
 * numbers.
 */
#include "algorithms.h"
#include "base/base64.h"
#include "base/crypto.h"
#include "key.h"
#include "keygen.h"
#include "params.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#define PRIVATE OSSL_KEYMGMT_SELECT_PRIVATE_KEY
#define PUBLIC  OSSL_KEYMGMT_SELECT_PUBLIC_KEY
#define KEYPAIR OSSL_KEYMGMT_SELECT_KEYPAIR

static OSSL_FUNC_keymgmt_new_fn rsa_new;
static OSSL_FUNC_keymgmt_free_fn rsa_free;
static OSSL_FUNC_keymgmt_dup_fn rsa_dup;
static OSSL_FUNC_keymgmt_load_fn rsa_load;
static OSSL_FUNC_keymgmt_has_fn rsa_has;
static OSSL_FUNC_keymgmt_match_fn rsa_match;
static OSSL_FUNC_keymgmt_validate_fn rsa_validate;
static OSSL_FUNC_keymgmt_import_fn rsa_import;
static OSSL_FUNC_keymgmt_import_types_fn rsa_import_types;
static OSSL_FUNC_keymgmt_export_fn rsa_export;
static OSSL_FUNC_keymgmt_export_types_fn rsa_export_types;
static OSSL_FUNC_keymgmt_get_params_fn rsa_get_params;
static OSSL_FUNC_keymgmt_gettable_params_fn rsa_gettable_params;
static OSSL_FUNC_keymgmt_query_operation_name_fn rsa_query_operation_name;

static void *rsa_new(void *provctx)
{
        return aza_key_new(provctx);
}

static void rsa_free(void *keydata)
{
        aza_key_free(keydata);
}

static void *rsa_dup(const void *keydata, int selection)
{
        const struct aza_key *key = keydata;

        if ((selection & PUBLIC) == 0)
                return aza_key_new(key->prov);
        if ((selection & PRIVATE) == 0 && (key->ref != NULL || key->foreign_pair))
                return aza_key_public_half(key);
        return aza_key_up((struct aza_key *)keydata); /* immutable: only the count changes */
}

/* The reference that store and decoder hand to the core: a pointer, whose ownership moves. */
static void *rsa_load(const void *reference, size_t size)
{
        struct aza_key **from = (struct aza_key **)reference;

        return size == sizeof(void *) ? aza_take(from) : NULL;
}

static int rsa_has(const void *keydata, int selection)
{
        const struct aza_key *key = keydata;

        if (key == NULL)
                return 0;
        return ((selection & PUBLIC) == 0 || key->pub != NULL) &&
               ((selection & PRIVATE) == 0 || key->ref != NULL || key->foreign_pair);
}

static int rsa_match(const void *keydata1, const void *keydata2, int selection)
{
        const struct aza_key *a = keydata1;
        const struct aza_key *b = keydata2;

        if ((selection & KEYPAIR) == 0)
                return 1;
        return a->pub != NULL && b->pub != NULL && EVP_PKEY_eq(a->pub, b->pub) == 1;
}

/* Does this TPM have the private half? Encrypts a random number and asks for it back. */
static bool private_half_answers(const struct aza_key *key)
{
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = aza_key_delegate(key);
        OSSL_LIB_CTX *libctx = aza_prov_libctx(key->prov);
        uint8_t number[AZA_RSA_BYTES], power[AZA_RSA_BYTES], back[AZA_RSA_BYTES];
        size_t len = sizeof(power);

        if (ctx == NULL || libctx == NULL)
                return false;
        if (aza_random(libctx, number, sizeof(number)) != 0) {
                aza_raise_last(key->prov);
                return false;
        }
        number[0] = 0; /* below the modulus, whose first byte is not zero */
        if (EVP_PKEY_encrypt_init(ctx) != 1 ||
            EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1 ||
            EVP_PKEY_encrypt(ctx, power, &len, number, sizeof(number)) != 1 ||
            !aza_key_private(key, power, back))
                return false;
        if (memcmp(number, back, sizeof(number)) == 0)
                return true;
        AZA_RAISE(key->prov, AZA_R_KEY_GONE, "the TPM's key does not belong to this public key");
        return false;
}

static int rsa_validate(const void *keydata, int selection, int checktype)
{
        const struct aza_key *key = keydata;

        if ((selection & KEYPAIR) == 0)
                return 1;
        if ((selection & PUBLIC) != 0) {
                AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = aza_key_delegate(key);
                int ok = ctx == NULL ? 0
                         : checktype == OSSL_KEYMGMT_VALIDATE_QUICK_CHECK
                                 ? EVP_PKEY_public_check_quick(ctx)
                                 : EVP_PKEY_public_check(ctx);
                if (ok != 1)
                        return 0;
        }
        if ((selection & PRIVATE) == 0)
                return 1;
        if (key->foreign_pair) {
                AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = aza_key_delegate(key);
                return ctx != NULL && EVP_PKEY_private_check(ctx) == 1 &&
                       ((selection & PUBLIC) == 0 || EVP_PKEY_pairwise_check(ctx) == 1);
        }
        if (key->ref == NULL)
                return AZA_RAISE(key->prov, AZA_R_NO_PRIVATE_KEY, "only a public key here");
        return private_half_answers(key);
}

static int rsa_import(void *keydata, int selection, const OSSL_PARAM params[])
{
        struct aza_key *key = keydata;
        const bool pair = (selection & PRIVATE) != 0 &&
                          OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_D) != NULL;
        OSSL_LIB_CTX *libctx;

        if ((selection & KEYPAIR) == 0 || key->pub != NULL || !aza_params_sound(params))
                return 0;
        libctx = aza_prov_libctx(key->prov);
        if (libctx == NULL)
                return 0;
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, "RSA", NULL);
        if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
            EVP_PKEY_fromdata(ctx, &key->pub, pair ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                              (OSSL_PARAM *)params) != 1)
                return 0;
        key->foreign_pair = pair;
        return 1;
}

static int rsa_export(void *keydata, int selection, OSSL_CALLBACK *callback, void *arg)
{
        return aza_key_export(keydata, selection, callback, arg);
}

static const OSSL_PARAM *rsa_import_types(int selection)
{
        static const OSSL_PARAM types[] = {
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_D, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_FACTOR1, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_FACTOR2, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_EXPONENT1, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_EXPONENT2, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, NULL, 0),
                OSSL_PARAM_END,
        };
        static const OSSL_PARAM public[] = {
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
                OSSL_PARAM_END,
        };

        if ((selection & PRIVATE) != 0)
                return types;
        return (selection & PUBLIC) != 0 ? public : NULL;
}

static const OSSL_PARAM *rsa_export_types(int selection)
{
        return rsa_import_types(selection);
}

/* ---- parameters ---- */

/* The claims of a compact JWS are its middle part. A token from a URI or token file was verified
 * when the key was opened; the one in a key file was not (PV61): it is evidence for whoever
 * verifies it. */
static int set_claims(const struct aza_key *key, const char *token, OSSL_PARAM *p)
{
        AZA_BYTES struct aza_bytes claims = {0};
        const char *first = strchr(token, '.');
        const char *second = first == NULL ? NULL : strchr(first + 1, '.');

        if (second == NULL ||
            aza_base64_decode(AZA_BASE64URL, first + 1, (size_t)(second - first - 1), &claims) != 0)
                return AZA_RAISE(key->prov, AZA_R_TOKEN_INVALID, "the key's token is not a JWS");
        return OSSL_PARAM_set_utf8_string(p, (const char *)claims.data);
}

static int get_own_params(const struct aza_key *key, OSSL_PARAM params[])
{
        const char *token = aza_key_token(key);
        OSSL_PARAM *p = OSSL_PARAM_locate(params, AZA_PARAM_TOKEN);

        if (p != NULL && token != NULL && OSSL_PARAM_set_utf8_string(p, token) != 1)
                return 0;
        p = OSSL_PARAM_locate(params, AZA_PARAM_CLAIMS);
        if (p != NULL && token != NULL && set_claims(key, token, p) != 1)
                return 0;
        p = OSSL_PARAM_locate(params, AZA_PARAM_PURPOSE);
        if (p != NULL && key->ref != NULL &&
            OSSL_PARAM_set_utf8_string(p, aza_purpose_text(key->ref->purpose)) != 1)
                return 0;
        p = OSSL_PARAM_locate(params, AZA_PARAM_NAME);
        return p == NULL || key->ref == NULL || OSSL_PARAM_set_utf8_string(p, key->ref->name) == 1;
}

/* Numbers of the key come from the delegate; that also gives default-digest SHA256 and no mandatory
 * one (PV13). What nobody knows stays untouched (PV56). */
static int rsa_get_params(void *keydata, OSSL_PARAM params[])
{
        const struct aza_key *key = keydata;

        return key->pub != NULL && EVP_PKEY_get_params(key->pub, params) == 1 &&
               get_own_params(key, params) == 1;
}

static const OSSL_PARAM *rsa_gettable_params(void *provctx)
{
        static const OSSL_PARAM gettable[] = {
                OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
                OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
                OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
                OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
                /* of ordinary pairs only */
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_D, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_FACTOR1, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_FACTOR2, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_EXPONENT1, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_EXPONENT2, NULL, 0),
                OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, NULL, 0),
                OSSL_PARAM_utf8_string(AZA_PARAM_TOKEN, NULL, 0),
                OSSL_PARAM_utf8_string(AZA_PARAM_CLAIMS, NULL, 0),
                OSSL_PARAM_utf8_string(AZA_PARAM_PURPOSE, NULL, 0),
                OSSL_PARAM_utf8_string(AZA_PARAM_NAME, NULL, 0),
                OSSL_PARAM_END,
        };

        (void)provctx;
        return gettable;
}

static const char *rsa_query_operation_name(int operation)
{
        (void)operation;
        return "RSA";
}

const OSSL_DISPATCH aza_rsa_keymgmt[] = {
        {OSSL_FUNC_KEYMGMT_NEW, (void (*)(void))rsa_new},
        {OSSL_FUNC_KEYMGMT_FREE, (void (*)(void))rsa_free},
        {OSSL_FUNC_KEYMGMT_DUP, (void (*)(void))rsa_dup},
        {OSSL_FUNC_KEYMGMT_LOAD, (void (*)(void))rsa_load},
        {OSSL_FUNC_KEYMGMT_HAS, (void (*)(void))rsa_has},
        {OSSL_FUNC_KEYMGMT_MATCH, (void (*)(void))rsa_match},
        {OSSL_FUNC_KEYMGMT_VALIDATE, (void (*)(void))rsa_validate},
        {OSSL_FUNC_KEYMGMT_IMPORT, (void (*)(void))rsa_import},
        {OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (void (*)(void))rsa_import_types},
        {OSSL_FUNC_KEYMGMT_EXPORT, (void (*)(void))rsa_export},
        {OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (void (*)(void))rsa_export_types},
        {OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void))rsa_get_params},
        {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))rsa_gettable_params},
        {OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (void (*)(void))rsa_query_operation_name},
        {OSSL_FUNC_KEYMGMT_GEN_INIT, (void (*)(void))aza_rsa_gen_init},
        {OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS, (void (*)(void))aza_rsa_gen_set_params},
        {OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS, (void (*)(void))aza_rsa_gen_settable_params},
        {OSSL_FUNC_KEYMGMT_GEN, (void (*)(void))aza_rsa_gen},
        {OSSL_FUNC_KEYMGMT_GEN_CLEANUP, (void (*)(void))aza_rsa_gen_cleanup},
        {0, NULL},
};
