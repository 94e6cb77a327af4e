/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which key signs tokens and which are published. Signs nothing. */
#include "sim/maa_keys.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "sim/cert.h"
#include "sim/say.h"

#include <pthread.h>
#include <string.h>

#define MAX_KEYS 32

struct published {
        EVP_PKEY *key;
        X509 *certificate;
        char kid[45];
};

struct sim_maa_keys {
        pthread_mutex_t lock;
        struct published list[MAX_KEYS]; /* the last one signs */
        size_t count;
};

/* Real kids are base64 with padding, 44 characters, and hold + and /. */
static bool make_kid(const EVP_PKEY *key, char kid[45])
{
        AZA_BYTES struct aza_bytes spki = {0};
        AZA_BYTES struct aza_bytes text = {0};
        uint8_t digest[AZA_SHA256_LEN];

        if (aza_spki(key, &spki) != 0 ||
            aza_sha256(sim_libctx(), aza_bytes_span(&spki), digest) != 0 ||
            aza_base64_encode(AZA_BASE64, aza_span_of(digest, sizeof(digest)), &text) != 0 ||
            text.len != 44)
                return false;
        memcpy(kid, text.data, 45);
        return true;
}

static bool add(struct sim_maa_keys *keys, EVP_PKEY *key, X509 *certificate)
{
        struct published *p = &keys->list[keys->count];

        if (keys->count == MAX_KEYS || !make_kid(key, p->kid) || EVP_PKEY_up_ref(key) != 1)
                return false;
        if (X509_up_ref(certificate) != 1) {
                EVP_PKEY_free(key);
                return false;
        }
        p->key = key;
        p->certificate = certificate;
        keys->count++;
        return true;
}

struct sim_maa_keys *sim_maa_keys_new(const struct sim_pki *pki)
{
        struct sim_maa_keys *keys = calloc(1, sizeof(*keys));

        if (keys != NULL && pthread_mutex_init(&keys->lock, NULL) == 0) {
                if (add(keys, pki->maa_key, pki->maa_certificate))
                        return keys;
                (void)pthread_mutex_destroy(&keys->lock);
        }
        free(keys);
        (void)sim_fail("cannot publish the token signing key");
        return NULL;
}

void sim_maa_keys_free(struct sim_maa_keys *keys)
{
        if (keys == NULL)
                return;
        for (size_t i = 0; i < keys->count; i++) {
                EVP_PKEY_free(keys->list[i].key);
                X509_free(keys->list[i].certificate);
        }
        (void)pthread_mutex_destroy(&keys->lock);
        free(keys);
}

int sim_maa_keys_rotate(struct sim_maa_keys *keys)
{
        static const char *const subject[] = {"CN", "azattest-sim rotated token signing key", NULL};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = sim_rsa_key(2048);
        if (key == NULL)
                return -1;
        const struct sim_certificate plan = {.subject = subject,
                                             .key = key,
                                             .issuer_key = key,
                                             .serial = -1,
                                             .days = 365,
                                             .digest = "SHA256"};
        AZA_OWN(X509_free) X509 *certificate = sim_certificate_make(&plan);
        if (certificate == NULL)
                return -1;
        (void)pthread_mutex_lock(&keys->lock);
        bool added = add(keys, key, certificate);
        (void)pthread_mutex_unlock(&keys->lock);
        return added ? 0 : sim_fail("cannot publish another key (at most %d)", MAX_KEYS);
}

int sim_maa_keys_current(struct sim_maa_keys *keys, EVP_PKEY **ret_key, char ret_kid[45])
{
        (void)pthread_mutex_lock(&keys->lock);
        const struct published *p = &keys->list[keys->count - 1];
        bool good = EVP_PKEY_up_ref(p->key) == 1;
        if (good) {
                *ret_key = p->key;
                memcpy(ret_kid, p->kid, sizeof(p->kid));
        }
        (void)pthread_mutex_unlock(&keys->lock);
        return good ? 0 : sim_fail("no token signing key");
}

EVP_PKEY *sim_maa_keys_find(struct sim_maa_keys *keys, const char *kid)
{
        EVP_PKEY *key = NULL;

        (void)pthread_mutex_lock(&keys->lock);
        for (size_t i = 0; i < keys->count && key == NULL; i++)
                if (strcmp(keys->list[i].kid, kid) == 0 && EVP_PKEY_up_ref(keys->list[i].key) == 1)
                        key = keys->list[i].key;
        (void)pthread_mutex_unlock(&keys->lock);
        return key;
}

static bool add_text(json_object *object, const char *name, const char *text)
{
        return json_object_object_add(object, name, json_object_new_string(text)) == 0;
}

static bool add_base64(json_object *object, const char *name, enum aza_base64_form form,
                       struct aza_span bytes)
{
        AZA_BYTES struct aza_bytes text = {0};
        return aza_base64_encode(form, bytes, &text) == 0 &&
               add_text(object, name, (const char *)text.data);
}

static bool add_x5c(json_object *jwk, X509 *certificate)
{
        json_object *array = json_object_new_array();

        return json_object_object_add(jwk, "x5c", array) == 0 &&
               sim_certificate_x5c(certificate, array);
}

static bool add_jwk(json_object *list, const struct published *p)
{
        static const uint8_t f4[] = {1, 0, 1};
        AZA_BYTES struct aza_bytes n = {0};
        json_object *jwk = json_object_new_object();

        return json_object_array_add(list, jwk) == 0 && add_text(jwk, "kty", "RSA") &&
               add_text(jwk, "use", "sig") && add_text(jwk, "alg", "RS256") &&
               add_text(jwk, "kid", p->kid) && aza_rsa_modulus(p->key, &n) == 0 &&
               add_base64(jwk, "n", AZA_BASE64URL, aza_bytes_span(&n)) &&
               add_base64(jwk, "e", AZA_BASE64URL, aza_span_of(f4, sizeof(f4))) &&
               add_x5c(jwk, p->certificate);
}

int sim_maa_keys_json(struct sim_maa_keys *keys, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *set = json_object_new_object();
        json_object *list = json_object_new_array();
        bool good = json_object_object_add(set, "keys", list) == 0;

        (void)pthread_mutex_lock(&keys->lock);
        for (size_t i = keys->count; good && i > 0; i--)
                good = add_jwk(list, &keys->list[i - 1]);
        (void)pthread_mutex_unlock(&keys->lock);
        return good && aza_bytes_append_text(
                               ret, json_object_to_json_string_ext(
                                            set, JSON_C_TO_STRING_PLAIN |
                                                         JSON_C_TO_STRING_NOSLASHESCAPE)) == 0
                       ? 0
                       : -1;
}
