/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key object. Owns the public half and the reference; asks core/tpm for private operations, the
 * provider's delegate for public ones.
 */
#include "key.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "token/token.h"

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <string.h>

struct aza_key *aza_key_new(struct aza_prov *prov)
{
        struct aza_key *key = calloc(1, sizeof(*key));

        if (key == NULL) {
                AZA_RAISE(prov, AZA_R_OUT_OF_MEMORY, "out of memory");
                return NULL;
        }
        key->prov = prov;
        atomic_init(&key->refs, 1);
        return key;
}

struct aza_key *aza_key_up(struct aza_key *key)
{
        (void)atomic_fetch_add(&key->refs, 1);
        return key;
}

void aza_key_free(struct aza_key *key)
{
        if (key == NULL || atomic_fetch_sub(&key->refs, 1) > 1)
                return;
        EVP_PKEY_free(key->pub);
        aza_keyref_free(key->ref);
        free(key->token);
        free(key);
}

struct aza_key *aza_key_from_ref(struct aza_prov *prov, struct aza_keyref **ref)
{
        OSSL_LIB_CTX *libctx = aza_prov_libctx(prov);
        AZA_OWN(aza_key_free) struct aza_key *key = libctx == NULL ? NULL : aza_key_new(prov);

        if (key == NULL)
                return NULL;
        if (aza_keyref_pkey(libctx, *ref, &key->pub) != 0) {
                aza_raise_last(prov);
                return NULL;
        }
        key->ref = aza_take(ref);
        return aza_take(&key);
}

struct aza_key *aza_key_from_public(struct aza_prov *prov, EVP_PKEY **pub)
{
        struct aza_key *key = aza_key_new(prov);

        if (key != NULL)
                key->pub = aza_take(pub);
        return key;
}

struct aza_key *aza_key_from_pair(struct aza_prov *prov, EVP_PKEY **pair)
{
        struct aza_key *key = aza_key_from_public(prov, pair);

        if (key != NULL)
                key->foreign_pair = true;
        return key;
}

struct aza_key *aza_key_public_half(const struct aza_key *key)
{
        AZA_OWN(aza_key_free) struct aza_key *half = aza_key_new(key->prov);
        const char *token = aza_key_token(key);

        if (half == NULL)
                return NULL;
        if (key->pub != NULL && EVP_PKEY_up_ref(key->pub) == 1)
                half->pub = key->pub;
        half->token = token == NULL ? NULL : strdup(token);
        if (token != NULL && half->token == NULL) {
                AZA_RAISE(key->prov, AZA_R_OUT_OF_MEMORY, "out of memory");
                return NULL;
        }
        half->expires = key->expires;
        half->purpose = key->purpose;
        return aza_take(&half);
}

const char *aza_key_token(const struct aza_key *key)
{
        return key->ref != NULL ? key->ref->token : key->token;
}

const char *aza_key_token_text(const struct aza_key *key, char out[64])
{
        AZA_OWN(aza_token_free) struct aza_token *parsed = NULL;
        const char *token = aza_key_token(key);
        char when[32];

        if (token == NULL)
                (void)snprintf(out, 64, "none");
        else if (aza_token_parse(token, strlen(token), NULL, &parsed) != 0 || parsed->exp == 0)
                (void)snprintf(out, 64, "malformed");
        else
                (void)snprintf(out, 64, "expires %s", aza_rfc3339(parsed->exp, when));
        return out;
}

size_t aza_key_size(const struct aza_key *key)
{
        const int size = key->pub == NULL ? 0 : EVP_PKEY_get_size(key->pub);

        return size > 0 ? (size_t)size : 0;
}

bool aza_key_may(const struct aza_key *key, enum aza_purpose use)
{
        const struct aza_keyref *ref = key->ref;

        if (key->foreign_pair)
                return true;
        if (ref == NULL) {
                AZA_RAISE(key->prov, AZA_R_NO_PRIVATE_KEY,
                          "this key is only a public key here; its private half is elsewhere");
                return false;
        }
        if (ref->purpose == AZA_PURPOSE_ANY)
                AZA_LOG(WARN, "%s%s both signs and decrypts (purpose=any)",
                        ref->name[0] != '\0' ? "the key " : "the unnamed key", ref->name);
        if (aza_keyref_may(ref, use) == 0)
                return true;
        aza_raise_last(key->prov);
        return false;
}

bool aza_key_may_public(const struct aza_key *key, enum aza_purpose use)
{
        int64_t now;
        char when[32];

        if (key->expires == 0 || key->ref != NULL)
                return true;
        if (aza_now(&now) != 0) {
                aza_raise_last(key->prov);
                return false;
        }
        if (key->purpose != use && key->purpose != AZA_PURPOSE_ANY) {
                AZA_RAISE(key->prov, AZA_R_WRONG_PURPOSE,
                          "the token says that its key is made to %s, not to %s",
                          aza_purpose_text(key->purpose), aza_purpose_text(use));
                return false;
        }
        if (now < key->expires)
                return true;
        AZA_RAISE(key->prov, AZA_R_TOKEN_EXPIRED,
                  "the token this public key came from expired at %s; get a new token from its VM",
                  aza_rfc3339(key->expires, when));
        return false;
}

/* PV23: whoever comes here from inside the TPM stack must not wait for the TPM. */
static const struct aza_state *tpm_state(const struct aza_key *key)
{
        if (aza_tpm_is_inside()) {
                AZA_RAISE(
                        key->prov, AZA_R_RECURSION,
                        "default_properties sends the TPM stack's own cryptography to azattest; remove it from openssl.cnf");
                return NULL;
        }
        return aza_prov_state(key->prov);
}

bool aza_key_private(const struct aza_key *key, const uint8_t in[AZA_RSA_BYTES],
                     uint8_t out[AZA_RSA_BYTES])
{
        const struct aza_state *state = tpm_state(key);

        if (state == NULL)
                return false;
        if (aza_key_rsadp(state->tpm, key->ref, in, out) != 0) {
                aza_raise_last(key->prov);
                return false;
        }
        return true;
}

bool aza_key_decrypt(const struct aza_key *key, struct aza_rsa_decryption *how, struct aza_span in,
                     uint8_t *out, size_t *len)
{
        const struct aza_state *state = tpm_state(key);

        if (state == NULL)
                return false;
        how->libctx = aza_prov_libctx(key->prov);
        how->tpm = state->tpm;
        how->ref = key->ref;
        const int r = aza_rsa_decrypt(how, in, out, len);
        if (r == AZATTEST_E_INVALID_PARAMETER) /* of a ciphertext: what is wrong is its length */
                AZA_RAISE(key->prov, AZA_R_WRONG_LENGTH, "%s", aza_last_error()->message);
        else if (r != 0)
                aza_raise_last(key->prov);
        return r == 0;
}

EVP_PKEY_CTX *aza_key_delegate(const struct aza_key *key)
{
        OSSL_LIB_CTX *libctx = aza_prov_libctx(key->prov);
        EVP_PKEY_CTX *ctx = NULL;

        if (libctx == NULL)
                return NULL;
        if (key->pub != NULL)
                ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key->pub, NULL);
        if (ctx == NULL)
                AZA_RAISE(key->prov, AZA_R_FAILED,
                          "no context for the operation: out of memory, or an empty key");
        return ctx;
}

int aza_key_export(const struct aza_key *key, int selection, OSSL_CALLBACK *callback, void *arg)
{
        OSSL_PARAM *params = NULL;
        const bool private = (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
        int ok;

        /* What is neither half of the key there is nothing of; an empty answer would become an
         * empty key at the other provider, which its encoders do not survive (D52). */
        if ((private && !key->foreign_pair) || key->pub == NULL ||
            (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0)
                return 0;
        if (EVP_PKEY_todata(key->pub, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, &params) !=
            1)
                return 0;
        ok = callback(params, arg);
        OSSL_PARAM_free(params);
        return ok;
}

int aza_key_deliver(struct aza_key *key, OSSL_CALLBACK *callback, void *arg)
{
        AZA_OWN(aza_key_free) struct aza_key *owned = key;
        int type = OSSL_OBJECT_PKEY;
        char name[] = "RSA";
        const OSSL_PARAM params[] = {
                OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
                OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, name, 0),
                OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, &owned,
                                                  sizeof(void *)),
                OSSL_PARAM_construct_end()};

        /* LOAD of keymgmt takes the pointer out of the reference; what it leaves is freed here. */
        return owned != NULL && callback(params, arg) == 1;
}

int aza_der_deliver(struct aza_span der, const char *structure, OSSL_CALLBACK *callback, void *arg)
{
        int type = OSSL_OBJECT_PKEY;
        const OSSL_PARAM params[] = {
                OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
                OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE,
                                                 (char *)structure, 0),
                OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, (void *)der.data,
                                                  der.len),
                OSSL_PARAM_construct_end()};

        return callback(params, arg);
}
