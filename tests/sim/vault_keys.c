/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which keys the simulated vault has. */
#include "sim/vault_keys.h"

#include "base/crypto.h"
#include "sim/b64.h"
#include "sim/cert.h"
#include "sim/vault_jwk.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

struct sim_vault_keys {
        pthread_mutex_t lock;
        struct sim_vault_key *first; /* the newest */
};

static void key_free(struct sim_vault_key *key)
{
        EVP_PKEY_free(key->pair);
        aza_bytes_free(&key->secret);
        aza_bytes_free(&key->policy);
        free(key);
}

struct sim_vault_keys *sim_vault_keys_new(void)
{
        struct sim_vault_keys *keys = calloc(1, sizeof(*keys));

        if (keys != NULL && pthread_mutex_init(&keys->lock, NULL) != 0) {
                free(keys);
                return NULL;
        }
        return keys;
}

void sim_vault_keys_free(struct sim_vault_keys *keys)
{
        if (keys == NULL)
                return;
        while (keys->first != NULL) {
                struct sim_vault_key *next = keys->first->next;
                key_free(keys->first);
                keys->first = next;
        }
        (void)pthread_mutex_destroy(&keys->lock);
        free(keys);
}

/* A policy goes with an exportable key, and an exportable key has one. */
static bool read_terms(json_object *body, struct sim_vault_key *key, const char **reason)
{
        json_object *attributes = aza_json_object(body, "attributes");
        const char *data = aza_json_string(aza_json_object(body, "release_policy"), "data");

        key->enabled = true;
        (void)aza_json_bool(attributes, "enabled", &key->enabled);
        (void)aza_json_bool(attributes, "exportable", &key->exportable);
        *reason = "release_policy.data: wanted base64url";
        if (data != NULL && (!sim_b64_decode(data, &key->policy) || key->policy.len == 0))
                return false;
        *reason = "an exportable key needs a release_policy";
        return !key->exportable || data != NULL;
}

static bool fill(struct sim_vault_key *key, const char *name, json_object *body,
                 const char **reason)
{
        json_object *jwk = aza_json_object(body, "key");
        uint8_t version[16];

        *reason = "name: wanted 1 to 127 letters, digits or '-'";
        if (strlen(name) >= sizeof(key->name) ||
            aza_random(sim_libctx(), version, sizeof(version)) != 0)
                return false;
        (void)snprintf(key->name, sizeof(key->name), "%s", name);
        (void)aza_hex(aza_span_of(version, sizeof(version)), key->version);
        return read_terms(body, key, reason) && (jwk != NULL ? sim_vault_import(jwk, key, reason)
                                                             : sim_vault_create(body, key, reason));
}

const struct sim_vault_key *sim_vault_keys_add(struct sim_vault_keys *keys, const char *name,
                                               json_object *body, const char **reason)
{
        struct sim_vault_key *key = calloc(1, sizeof(*key));

        *reason = "out of memory";
        if (key == NULL)
                return NULL;
        if (!fill(key, name, body, reason)) {
                key_free(key);
                return NULL;
        }
        (void)pthread_mutex_lock(&keys->lock);
        key->next = keys->first;
        keys->first = key;
        (void)pthread_mutex_unlock(&keys->lock);
        return key;
}

const struct sim_vault_key *sim_vault_keys_find(struct sim_vault_keys *keys, const char *name,
                                                const char *version)
{
        (void)pthread_mutex_lock(&keys->lock);
        const struct sim_vault_key *key = keys->first;
        while (key != NULL && (strcasecmp(key->name, name) != 0 ||
                               (version[0] != '\0' && strcmp(key->version, version) != 0)))
                key = key->next;
        (void)pthread_mutex_unlock(&keys->lock);
        return key;
}

json_object *sim_vault_jwk(const struct sim_vault_key *key, const char *vault_url)
{
        AZA_OWN(json_object_put) json_object *jwk = json_object_new_object();
        json_object *operations = json_object_new_array();
        char text[512];

        (void)snprintf(text, sizeof(text), "%s/keys/%s/%s", vault_url, key->name, key->version);
        (void)json_object_object_add(jwk, "kid", json_object_new_string(text));
        (void)snprintf(text, sizeof(text), "%s%s", key->kty,
                       key->pair == NULL || strcmp(key->kty, "EC") == 0 ? "-HSM" : "");
        (void)json_object_object_add(jwk, "kty", json_object_new_string(text));
        (void)json_object_array_add(operations, json_object_new_string("sign"));
        (void)json_object_object_add(jwk, "key_ops", operations);
        return sim_vault_public(key, jwk) ? aza_take(&jwk) : NULL;
}

bool sim_vault_private(const struct sim_vault_key *key, struct aza_bytes *ret)
{
        if (key->pair == NULL)
                return aza_bytes_set(ret, key->secret.data, key->secret.len) == 0;
        PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pair);
        unsigned char *der = NULL;
        int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
        bool good = len > 0 && aza_bytes_set(ret, der, (size_t)len) == 0;

        if (len > 0)
                OPENSSL_clear_free(der, (size_t)len);
        PKCS8_PRIV_KEY_INFO_free(info);
        return good;
}
