/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: keys that a key vault releases to this VM. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "key/seal.h"
#include "online/release.h"
#include "online/vault_identity.h"

#include <string.h>

struct wanted {
        const struct azattest_release_options *options;
        struct aza_key_release request;
        struct aza_uri uri;
        json_object *findings; /* why the vault refuses; NULL: it says so itself */
        struct aza_bytes authorization;
        bool known; /* who asks */
        uint8_t identity[AZA_SHA256_LEN];
};

#define HELD_MS 300000 /* an access token in memory */

/* Arguments first: nothing of them needs the TPM or the network to be wrong. */
static int judge(const struct azattest_call *call, const char *url, struct wanted *w)
{
        const char *uri = w->options->uri != NULL ? w->options->uri : "azattest://key";
        char shown[64];
        int r;

        if ((r = aza_vault_key_parse(url, &w->request.key)) != 0 ||
            (r = aza_call_parse_uri(uri, &call->config, &w->uri)) != 0)
                return r;
        if (w->uri.object != AZA_URI_KEY)
                return AZA_FAIL(AZATTEST_E_WRONG_PURPOSE,
                                "'%.200s' does not decrypt; a key is released to azattest://key",
                                uri);
        if (w->options->sealed && w->uri.purpose != AZA_PURPOSE_DECRYPT)
                return AZA_FAIL(AZATTEST_E_WRONG_PURPOSE,
                                "'%.200s' may sign, too; a key is sealed to one that only decrypts",
                                uri);
        if (w->options->wrapping != NULL &&
            !aza_release_wrap_find(w->options->wrapping, &w->request.wrap))
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "wrapping '%s': wanted is RSA_AES_KEY_WRAP_256, RSA_AES_KEY_WRAP_384 or CKM_RSA_AES_KEY_WRAP",
                        aza_printable(w->options->wrapping, strlen(w->options->wrapping), shown,
                                      sizeof(shown)));
        return 0;
}

/* The attested key that it shall be released to, with its token. */
static int open_target(struct azattest_call *call, struct wanted *w, struct aza_keyref **ret)
{
        int r = aza_call_attested_key(call, &w->uri, NULL, ret);

        if (r != 0)
                return r;
        if ((*ret)->token == NULL)
                return AZA_FAIL(
                        AZATTEST_E_CONFIGURATION,
                        "a key is released to who shows a token, and attest = never allows none; use auto or always");
        w->request.to = *ret;
        return 0;
}

static bool is_for(const struct aza_held_access *held, const struct wanted *w, const char *vault)
{
        return w->known && held->authorization.len > 0 && aza_monotonic_ms() < held->until_ms &&
               strcmp(held->vault, vault) == 0 &&
               memcmp(held->identity, w->identity, sizeof(w->identity)) == 0;
}

static void vault_name(const struct wanted *w, char out[272])
{
        (void)snprintf(out, 272, "%s%s", w->request.key.host, w->request.key.port);
}

/* Taken out, so that two threads do not use up one that is not taken any more. */
static void take_access(azattest_context *ctx, const struct azattest_call *call, struct wanted *w)
{
        char vault[272];

        vault_name(w, vault);
        w->known = aza_vault_identity_digest(call->libctx, &call->config, w->identity) == 0;
        (void)pthread_mutex_lock(&ctx->lock);
        if (is_for(&ctx->access, w, vault))
                w->authorization = aza_bytes_take(&ctx->access.authorization);
        aza_bytes_free(&ctx->access.authorization);
        (void)pthread_mutex_unlock(&ctx->lock);
}

/* What is read of a file is as cheap the next time, and may be another by then. */
static void keep_access(azattest_context *ctx, const struct azattest_call *call, struct wanted *w)
{
        if (!w->known || w->authorization.len == 0 ||
            strncmp(call->config.vault_identity, "file:", 5) == 0)
                return;
        (void)pthread_mutex_lock(&ctx->lock);
        aza_bytes_free(&ctx->access.authorization);
        ctx->access.authorization = aza_bytes_take(&w->authorization);
        vault_name(w, ctx->access.vault);
        memcpy(ctx->access.identity, w->identity, sizeof(w->identity));
        ctx->access.until_ms = aza_monotonic_ms() + HELD_MS;
        (void)pthread_mutex_unlock(&ctx->lock);
}

/* In place of what came out: a sealed key, or a JWE of bytes that are no PKCS#8. */
static int seal(const struct azattest_call *call, const struct aza_keyref *to,
                struct aza_released *key)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *recipient = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        const struct aza_span bytes = aza_bytes_span(&key->bytes);
        int r;

        if (key->kind != AZA_JWK_OCT)
                r = aza_seal(call->tpm, to, bytes, &text);
        else if ((r = aza_keyref_pkey(call->libctx, to, &recipient)) == 0)
                r = aza_jwe_encrypt(call->libctx, recipient, AZA_JWE_RSA_OAEP_256, bytes, &text);
        if (r != 0)
                return aza_context(r, "the key was released and cannot be sealed");
        aza_bytes_free(&key->bytes);
        key->bytes = aza_bytes_take(&text);
        return 0;
}

static int release(struct azattest_call *call, struct wanted *w, struct aza_call_outcome *o,
                   struct aza_released *ret)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        struct aza_release_said said = {0};
        int r;

        if ((r = aza_now(&o->time)) != 0 || (r = open_target(call, w, &key)) != 0)
                return r;
        const struct aza_attester vm = aza_call_attester(call);
        r = aza_key_release(&vm, &w->request, &o->checks, ret, &said);
        o->claims = said.claims;
        w->findings = said.findings;
        return r == 0 && w->options->sealed ? seal(call, key, ret) : r;
}

/* Behind what else the result says. */
static int add_findings(struct wanted *w, char **ret_json)
{
        AZA_OWN(json_object_put) json_object *result = json_tokener_parse(*ret_json);

        if (result == NULL ||
            json_object_object_add(result, "findings", json_object_get(w->findings)) != 0)
                return AZA_NO_MEMORY();
        azattest_free(*ret_json);
        *ret_json = NULL;
        return aza_hand_out_json(result, ret_json);
}

/* A failure that no row names (the TPM's, after K1 to K4) is no result of checks. */
static int finish(struct azattest_call *call, struct aza_call_outcome *o, int r, char **ret_json)
{
        if (r != 0)
                o->why = *aza_last_error();
        if (r != 0 && r != AZATTEST_E_KEY_RELEASE)
                aza_checks_free(&o->checks);
        return aza_call_finish(call, o, ret_json);
}

static int give(struct azattest_call *call, struct wanted *w, struct aza_released *key,
                char **ret_json)
{
        AZATTEST_OUTCOME struct aza_call_outcome outcome = {.subject = "released key"};
        char *json = NULL;
        int r = release(call, w, &outcome, key);

        r = finish(call, &outcome, r, ret_json != NULL ? &json : NULL);
        const struct aza_error why = aza_error_of(r);
        if (json != NULL && w->findings != NULL && add_findings(w, &json) != 0) {
                azattest_free(json);
                return AZATTEST_E_NO_MEMORY;
        }
        if (json != NULL)
                *ret_json = json;
        return r != 0 ? aza_error_restore(&why) : 0;
}

int azattest_key_release(azattest_context *ctx, const char *url,
                         const struct azattest_release_options *given, uint8_t **ret_key,
                         size_t *ret_len, char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        struct azattest_release_options options;
        struct wanted wanted = {.options = &options};
        struct aza_released key = {0};
        int r;

        aza_clear_error();
        if (url == NULL || ret_key == NULL || ret_len == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no URL, or no place for the released key");
        if ((r = aza_release_options_take(given, &options)) != 0 ||
            (r = aza_call_begin(ctx, true, &call)) != 0 || (r = judge(&call, url, &wanted)) != 0)
                return r;
        wanted.request.authorization = &wanted.authorization;
        take_access(ctx, &call, &wanted);
        r = give(&call, &wanted, &key, ret_json);
        if (r == 0)
                keep_access(ctx, &call, &wanted);
        aza_bytes_free(&wanted.authorization);
        const size_t len = key.bytes.len;
        if (r == 0 && (r = aza_hand_out(aza_bytes_span(&key.bytes), ret_key)) == 0)
                *ret_len = len;
        aza_released_free(&key);
        json_object_put(wanted.findings);
        return r;
}

int azattest_key_release_explain(azattest_context *ctx, const char *url,
                                 const struct azattest_release_options *given, char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        AZA_OWN(json_object_put) json_object *out = NULL;
        struct azattest_release_options options;
        struct wanted wanted = {.options = &options};
        struct aza_release_said said = {0};
        int r;

        aza_clear_error();
        if (url == NULL || ret_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no URL, or no place for the findings");
        if ((r = aza_release_options_take(given, &options)) != 0 ||
            (r = aza_call_begin(ctx, true, &call)) != 0 || (r = judge(&call, url, &wanted)) != 0 ||
            (r = open_target(&call, &wanted, &key)) != 0)
                return r;
        const struct aza_attester vm = aza_call_attester(&call);
        if ((r = aza_key_release_explain(&vm, &wanted.request, &said)) != 0)
                return r;
        out = json_object_new_object();
        if (out == NULL ||
            json_object_object_add(out, "verdict", json_object_new_string(said.no ? "no" : "ok")) !=
                    0 ||
            json_object_object_add(out, "findings", said.findings) != 0)
                return AZA_NO_MEMORY();
        return aza_hand_out_json(out, ret_json);
}
