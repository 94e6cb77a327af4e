/* SPDX-License-Identifier: Apache-2.0 */
/* The release of a key, from top to bottom: the vault is asked, its answer verified (K1 to K4), the
 * key unwrapped and compared (K5, K6). Each step is another file's. */
#include "online/release.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/error.h"
#include "online/release_explain.h"
#include "online/vault.h"

#include <openssl/err.h>
#include <string.h>

#define NONCE_LEN 32

/* What a chain may end in: the system's certificates, or `ca-file` alone. */
static int trust_store(OSSL_LIB_CTX *libctx, const struct aza_config *config, X509_STORE **ret)
{
        AZA_OWN(X509_STORE_free) X509_STORE *store = X509_STORE_new();
        bool loaded;

        if (store == NULL)
                return AZA_NO_MEMORY();
        (void)ERR_set_mark();
        loaded = config->ca_file[0] != '\0'
                         ? X509_STORE_load_file_ex(store, config->ca_file, libctx, NULL) == 1
                         : X509_STORE_set_default_paths_ex(store, libctx, NULL) == 1;
        (void)ERR_pop_to_mark();
        if (!loaded)
                return AZA_FAIL(AZATTEST_E_CONFIGURATION,
                                "%s: no certificates to verify the vault's answer with",
                                config->ca_file[0] != '\0' ? "ca-file" : "the system's store");
        *ret = aza_take(&store);
        return 0;
}

static int make_nonce(OSSL_LIB_CTX *libctx, struct aza_bytes *ret)
{
        uint8_t nonce[NONCE_LEN];
        int r = aza_random(libctx, nonce, sizeof(nonce));

        return r != 0 ? r : aza_base64_encode(AZA_BASE64URL, aza_span_of(nonce, NONCE_LEN), ret);
}

/* Without a version the newest is meant: its own URL is in `kid`. */
static int find_version(struct aza_vault *vault)
{
        AZA_OWN(json_object_put) json_object *answer = NULL;
        struct aza_vault_key found;
        const char *kid;
        int r;

        if (vault->key.version[0] != '\0')
                return 0;
        r = aza_vault_get_key(vault, &answer);
        if (r != 0)
                return vault->status == 403
                               ? aza_context(
                                         r,
                                         "the newest version cannot be asked for; grant the permission 'get', or name one: /keys/NAME/VERSION")
                               : r;
        kid = aza_json_string(aza_json_object(answer, "key"), "kid");
        if (kid == NULL || aza_vault_key_parse(kid, &found) != 0 ||
            !aza_vault_key_is(&vault->key, &found) || found.version[0] == '\0')
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE,
                                "%s describes another key than the one asked for", vault->key.host);
        memcpy(vault->key.version, found.version, sizeof(found.version));
        return 0;
}

static bool put(json_object *to, const char *name, json_object *value)
{
        return value == NULL || json_object_object_add(to, name, json_object_get(value)) == 0;
}

/* What the vault signed about the key. */
static int claims_of(const struct aza_release *r, json_object **ret)
{
        static const char *const members[] = {"kid", "kty", "key_ops", "crv"};
        AZA_OWN(json_object_put) json_object *claims = json_object_new_object();
        const char *data = aza_json_string(r->policy, "data");
        AZA_OWN(json_object_put) json_object *policy = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        bool good = claims != NULL;

        for (size_t i = 0; good && i < sizeof(members) / sizeof(members[0]); i++) {
                json_object *value = NULL;
                if (json_object_object_get_ex(r->key, members[i], &value))
                        good = put(claims, members[i], value);
        }
        if (data != NULL && aza_base64_decode(AZA_BASE64URL, data, strlen(data), &text) == 0)
                (void)aza_json_parse(aza_bytes_span(&text), AZA_TOKEN_MAX, &policy);
        good = good && put(claims, "attributes", r->attributes) &&
               put(claims, "release-policy", policy);
        if (!good)
                return AZA_NO_MEMORY();
        *ret = aza_take(&claims);
        return 0;
}

static int ask_once(struct aza_vault *vault, const struct aza_vault_release *release,
                    struct aza_bytes *jws)
{
        int r = vault->authorization.len > 0 ? 0 : aza_vault_open(vault);

        if (r == 0)
                r = find_version(vault);
        return r != 0 ? r : aza_vault_release(vault, release, jws);
}

/* A token that is not taken any more is no refusal: another one is got, once. */
static int ask(OSSL_LIB_CTX *libctx, struct aza_vault *vault, const struct aza_key_release *request,
               struct aza_bytes *nonce, struct aza_bytes *jws)
{
        const bool held = request->authorization->len > 0;
        int r = make_nonce(libctx, nonce);

        if (r != 0)
                return r;
        const struct aza_vault_release release = {.token = request->to->token,
                                                  .nonce = (const char *)nonce->data,
                                                  .wrap = request->wrap};
        vault->authorization = aza_bytes_take(request->authorization);
        r = ask_once(vault, &release, jws);
        if (held && r != 0 && vault->status == 401) {
                aza_bytes_free(&vault->authorization);
                r = ask_once(vault, &release, jws);
        }
        return r;
}

static int explain(struct aza_vault *vault, const struct aza_key_release *request,
                   struct aza_release_said *said)
{
        AZA_OWN(json_object_put) json_object *findings = json_object_new_array();
        int r = findings == NULL
                        ? AZA_NO_MEMORY()
                        : aza_release_explain(vault, request->to->token, findings, &said->no);

        if (r == 0)
                said->findings = aza_take(&findings);
        return r;
}

/* What the vault said stays the failure, whatever comes of looking why. */
static void explain_refusal(struct aza_vault *vault, const struct aza_key_release *request,
                            struct aza_release_said *said)
{
        const struct aza_error why = *aza_last_error();

        (void)explain(vault, request, said);
        (void)aza_error_restore(&why);
}

int aza_key_release_explain(const struct aza_attester *vm, const struct aza_key_release *request,
                            struct aza_release_said *said)
{
        struct aza_vault vault = {
                .config = vm->config, .deadline = vm->deadline, .key = request->key};
        int r = aza_vault_open(&vault);

        r = r == 0 ? explain(&vault, request, said) : r;
        aza_vault_close(&vault);
        return r;
}

int aza_key_release(const struct aza_attester *vm, const struct aza_key_release *request,
                    struct aza_checks *checks, struct aza_released *ret,
                    struct aza_release_said *said)
{
        struct aza_vault vault = {
                .config = vm->config, .deadline = vm->deadline, .key = request->key};
        AZA_OWN(aza_release_free) struct aza_release *release = NULL;
        AZA_OWN(X509_STORE_free) X509_STORE *trust = NULL;
        AZA_BYTES struct aza_bytes nonce = {0};
        AZA_BYTES struct aza_bytes jws = {0};
        struct aza_release_expect expect = {
                .key = &vault.key, .wrap = request->wrap, .target = AZA_RELEASE_TARGET};
        const struct aza_release_key with = {vm->tpm, request->to, request->wrap};
        int r = trust_store(vm->libctx, vm->config, &trust);

        r = r == 0 ? aza_now(&expect.time) : r;
        r = r == 0 ? ask(vm->libctx, &vault, request, &nonce, &jws) : r;
        if (r == AZATTEST_E_KEY_RELEASE && vault.status == 403)
                explain_refusal(&vault, request, said);
        if (r == 0)
                *request->authorization = aza_bytes_take(&vault.authorization);
        aza_vault_close(&vault);
        if (r != 0)
                return r;
        expect.nonce = (const char *)nonce.data;
        expect.trust = trust;
        r = aza_release_verify(vm->libctx, aza_bytes_span(&jws), &expect, checks, &release);
        r = r == 0 ? aza_release_unwrap(vm->libctx, release, &with, checks, ret) : r;
        return r == 0 ? claims_of(release, &said->claims) : r;
}
