/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the form of an answer and every way in which it can be wrong. */
#include "sim/vault_answer.h"

#include "base/crypto.h"
#include "sim/b64.h"
#include "sim/cert.h"
#include "sim/say.h"
#include "sim/vault_wrap.h"

#include <pthread.h>
#include <string.h>

#define PLAIN (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

struct sim_vault_signer {
        pthread_mutex_t lock;
        const struct sim_pki *pki;
        char host[128];
        struct sim_faults *faults;
        EVP_PKEY *key; /* NULL: not made yet */
};

struct sim_vault_signer *sim_vault_signer_new(const struct sim_pki *pki, const char *host,
                                              struct sim_faults *faults)
{
        struct sim_vault_signer *s = calloc(1, sizeof(*s));

        if (s == NULL || pthread_mutex_init(&s->lock, NULL) != 0) {
                free(s);
                return NULL;
        }
        s->pki = pki;
        s->faults = faults;
        (void)snprintf(s->host, sizeof(s->host), "%s", host);
        return s;
}

void sim_vault_signer_free(struct sim_vault_signer *s)
{
        if (s == NULL)
                return;
        EVP_PKEY_free(s->key);
        (void)pthread_mutex_destroy(&s->lock);
        free(s);
}

static bool strikes(const struct sim_vault_signer *s, const char *name)
{
        return sim_fault_take(s->faults, name, NULL, 0);
}

static EVP_PKEY *key_of(struct sim_vault_signer *s)
{
        (void)pthread_mutex_lock(&s->lock);
        if (s->key == NULL)
                s->key = sim_rsa_key(2048);
        (void)pthread_mutex_unlock(&s->lock);
        return s->key;
}

/* The signer's certificate and its authority's. */
static json_object *chain_of(struct sim_vault_signer *s, EVP_PKEY *key)
{
        static const char *const subject[] = {"CN", "azattest-sim key vault", NULL};
        static const char *const ca_subject[] = {"CN", "azattest-sim foreign authority", NULL};
        const bool foreign = strikes(s, "vault-foreign-root");
        const bool expired = strikes(s, "vault-expired-chain");
        char names[300];
        const char *const extensions[] = {"basicConstraints",
                                          "critical,CA:FALSE",
                                          "extendedKeyUsage",
                                          "serverAuth,clientAuth",
                                          "subjectAltName",
                                          names,
                                          NULL};
        const char *const ca_extensions[] = {"basicConstraints", "critical,CA:TRUE", NULL};
        AZA_OWN(X509_free) X509 *ca = NULL;
        json_object *x5c = json_object_new_array();
        const struct sim_certificate ca_plan = {.subject = ca_subject,
                                                .key = key,
                                                .issuer_key = key,
                                                .serial = -1,
                                                .days = 9,
                                                .digest = "SHA256",
                                                .extensions = ca_extensions};
        struct sim_certificate plan = {.subject = subject,
                                       .key = key,
                                       .issuer = s->pki->tls_ca,
                                       .issuer_key = s->pki->tls_ca_key,
                                       .serial = -1,
                                       .days = 90,
                                       .digest = "SHA256",
                                       .extensions = extensions};

        (void)snprintf(names, sizeof(names), "DNS:%s%s",
                       strikes(s, "vault-other-host") ? "other-" : "", s->host);
        if (foreign) {
                ca = sim_certificate_make(&ca_plan);
                plan.issuer = ca;
                plan.issuer_key = key;
        }
        if (expired) {
                plan.not_before = "20200101000000Z";
                plan.not_after = "20210101000000Z";
        }
        AZA_OWN(X509_free) X509 *leaf = sim_certificate_make(&plan);
        if (leaf != NULL && sim_certificate_x5c(leaf, x5c) &&
            sim_certificate_x5c(foreign ? ca : s->pki->tls_ca, x5c))
                return x5c;
        json_object_put(x5c);
        return NULL;
}

/* x-ms-runtime.keys[TpmEphemeralEncryptionKey] */
static EVP_PKEY *target_key(json_object *claims)
{
        json_object *runtime = aza_json_object(claims, "x-ms-runtime");
        json_object *keys = aza_json_array(runtime, "keys");
        AZA_BYTES struct aza_bytes n = {0};
        AZA_BYTES struct aza_bytes e = {0};
        EVP_PKEY *key = NULL;

        for (size_t i = 0; keys != NULL && i < json_object_array_length(keys); i++) {
                json_object *jwk = json_object_array_get_idx(keys, i);
                const char *kid = aza_json_string(jwk, "kid");
                if (kid == NULL || strcmp(kid, "TpmEphemeralEncryptionKey") != 0)
                        continue;
                if (!sim_b64_decode(aza_json_string(jwk, "n"), &n) ||
                    !sim_b64_decode(aza_json_string(jwk, "e"), &e) ||
                    aza_rsa_public(sim_libctx(), aza_bytes_span(&n), aza_bytes_span(&e), &key) != 0)
                        return NULL;
                return key;
        }
        return NULL;
}

static bool add_base64(json_object *object, const char *name, struct aza_span bytes)
{
        AZA_BYTES struct aza_bytes text = {0};

        return aza_base64_encode(AZA_BASE64URL, bytes, &text) == 0 &&
               json_object_object_add(object, name,
                                      json_object_new_string((const char *)text.data)) == 0;
}

static void add_text(json_object *object, const char *name, const char *text)
{
        (void)json_object_object_add(object, name, json_object_new_string(text));
}

/* The ciphertext, as it is or as a fault wants it. */
static bool wrap(struct sim_vault_signer *s, const struct sim_vault_request *request,
                 struct aza_bytes *ret)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *to = target_key(request->claims);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *other = NULL;
        struct sim_vault_key spoilt = *request->key;
        AZA_BYTES struct aza_bytes plain = {0};

        if (spoilt.pair != NULL && strikes(s, "vault-other-key")) {
                other = strcmp(spoilt.kty, "RSA") == 0 ? sim_rsa_key(2048) : sim_ec_key("P-256");
                spoilt.pair = other;
        }
        if (to == NULL || !sim_vault_private(&spoilt, &plain) ||
            !sim_vault_wrap(to, sim_vault_digest(request->enc), aza_bytes_span(&plain), ret))
                return false;
        if (strikes(s, "vault-short-wrap"))
                ret->len -= 9;
        if (strikes(s, "vault-bad-wrap"))
                ret->data[ret->len - 1] ^= 1;
        return true;
}

static bool add_hsm(struct sim_vault_signer *s, const struct sim_vault_request *request,
                    json_object *jwk)
{
        AZA_OWN(json_object_put) json_object *hsm = json_object_new_object();
        json_object *header = json_object_new_object();
        AZA_BYTES struct aza_bytes wrapped = {0};

        (void)json_object_object_add(hsm, "header", header);
        add_text(hsm, "schema_version", "1.0");
        add_text(header, "alg", "dir");
        add_text(header, "enc",
                 strikes(s, "vault-wrong-enc") ? "RSA_AES_KEY_WRAP_521" : request->enc);
        add_text(header, "kid", "TpmEphemeralEncryptionKey");
        if (!wrap(s, request, &wrapped) || !add_base64(hsm, "ciphertext", aza_bytes_span(&wrapped)))
                return false;
        const char *text = json_object_to_json_string_ext(hsm, PLAIN);
        return add_base64(jwk, "key_hsm", aza_span_of(text, strlen(text)));
}

static json_object *payload_of(struct sim_vault_signer *s, const struct sim_vault_request *request)
{
        AZA_OWN(json_object_put) json_object *payload = json_object_new_object();
        json_object *asked = json_object_new_object();
        json_object *response = json_object_new_object();
        json_object *bundle = json_object_new_object();
        json_object *attributes = json_object_new_object();
        json_object *policy = json_object_new_object();
        json_object *jwk = sim_vault_jwk(request->key, request->vault_url);
        const char *kid = aza_json_string(jwk, "kid");

        (void)json_object_object_add(payload, "request", asked);
        (void)json_object_object_add(payload, "response", response);
        (void)json_object_object_add(response, "key", bundle);
        (void)json_object_object_add(bundle, "attributes", attributes);
        (void)json_object_object_add(bundle, "key", jwk);
        (void)json_object_object_add(bundle, "release_policy", policy);
        if (kid == NULL)
                return NULL;
        add_text(asked, "api-version", "7.4");
        add_text(asked, "enc", request->enc);
        add_text(asked, "kid", kid);
        add_text(asked, "nonce", strikes(s, "vault-wrong-nonce") ? "b3RoZXI" : request->nonce);
        (void)json_object_object_add(attributes, "enabled", json_object_new_boolean(true));
        (void)json_object_object_add(attributes, "exportable", json_object_new_boolean(true));
        add_text(policy, "contentType", "application/json; charset=utf-8");
        if (!add_base64(policy, "data", aza_bytes_span(&request->key->policy)) ||
            !add_hsm(s, request, jwk))
                return NULL;
        if (strikes(s, "vault-wrong-kid"))
                add_text(jwk, "kid", "https://sim.vault.localhost/keys/another/1");
        return aza_take(&payload);
}

static bool append_part(json_object *object, struct aza_bytes *jws)
{
        const char *text = json_object_to_json_string_ext(object, PLAIN);

        return aza_base64_encode(AZA_BASE64URL, aza_span_of(text, strlen(text)), jws) == 0;
}

static bool sign(struct sim_vault_signer *s, EVP_PKEY *key, struct aza_bytes *jws)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char signature[512];
        size_t len = sizeof(signature);

        if (ctx == NULL ||
            EVP_DigestSignInit_ex(ctx, NULL, "SHA256", sim_libctx(), NULL, key, NULL) != 1 ||
            EVP_DigestSign(ctx, signature, &len, jws->data, jws->len) != 1)
                return false;
        if (strikes(s, "vault-sig"))
                signature[7] ^= 1;
        return aza_bytes_append(jws, ".", 1) == 0 &&
               aza_base64_encode(AZA_BASE64URL, aza_span_of(signature, len), jws) == 0;
}

bool sim_vault_answer(struct sim_vault_signer *s, const struct sim_vault_request *request,
                      struct aza_bytes *ret, const char **reason)
{
        AZA_OWN(json_object_put) json_object *header = json_object_new_object();
        EVP_PKEY *key = key_of(s);
        json_object *x5c = key != NULL ? chain_of(s, key) : NULL;
        AZA_OWN(json_object_put) json_object *payload = NULL;
        AZA_BYTES struct aza_bytes jws = {0};

        *reason = "the simulator failed; its standard error says why";
        if (x5c == NULL || (payload = payload_of(s, request)) == NULL)
                return false;
        add_text(header, "alg", "RS256");
        (void)json_object_object_add(header, "x5c", x5c);
        return append_part(header, &jws) && aza_bytes_append(&jws, ".", 1) == 0 &&
               append_part(payload, &jws) && sign(s, key, &jws) &&
               aza_bytes_append_text(ret, "{\"value\":\"") == 0 &&
               aza_bytes_append(ret, jws.data, jws.len) == 0 &&
               aza_bytes_append_text(ret, "\"}") == 0;
}
