/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to a key vault. Knows its paths and its refusals, and judges nothing of what it
 * gives. */
#include "online/vault.h"

#include "base/error.h"
#include "online/http.h"
#include "online/vault_identity.h"

#include <stdio.h>
#include <string.h>

#define API      "?api-version=7.4"
#define URL_MAX  1024
#define BODY_MAX 262144

void aza_vault_close(struct aza_vault *vault)
{
        aza_bytes_free(&vault->authorization);
}

/* `https://HOST/keys/NAME[/VERSION][TAIL]?api-version=` */
static void url_of(const struct aza_vault *vault, const char *tail, char out[URL_MAX])
{
        const struct aza_vault_key *k = &vault->key;

        (void)snprintf(out, URL_MAX, "https://%s%s/keys/%s%s%s%s" API, k->host, k->port, k->name,
                       k->version[0] != '\0' ? "/" : "", k->version, tail);
}

/* "Code (InnerCode): message" of {"error": {..}}. */
static const char *words_of(const struct aza_http_refusal *refusal, char out[408])
{
        AZA_OWN(json_object_put) json_object *body = NULL;
        char text[2048];

        if (aza_json_parse(aza_bytes_span(&refusal->body), BODY_MAX, &body) != 0)
                return "no reason given";
        json_object *error = aza_json_object(body, "error");
        const char *code = aza_json_string(error, "code");
        const char *inner = aza_json_string(aza_json_object(error, "innererror"), "code");
        const char *message = aza_json_string(error, "message");
        (void)snprintf(text, sizeof(text), "%s%s%s%s: %s", code != NULL ? code : "no code",
                       inner != NULL ? " (" : "", inner != NULL ? inner : "",
                       inner != NULL ? ")" : "", message != NULL ? message : "no message");
        return aza_printable(text, strlen(text), out, 403);
}

static const char *advice_for(long status)
{
        switch (status) {
        case 400:
                return "it does not take the request";
        case 401:
                return "it does not take the access token: is the identity ('vault-identity') one of the vault's tenant?";
        case 403:
                return "the identity may lack the permission 'release', or the key's release policy, its attributes or the vault's firewall are not satisfied: 'azattest release --explain' with the key's URL says which";
        case 404:
                return "there is no such key or version; check the URL";
        case 409:
                return "the key is being changed or deleted";
        default:
                return NULL;
        }
}

/* The vault's no is a refusal, not a fault of the network. */
static int refused(const struct aza_vault *vault, const struct aza_http_refusal *refusal, int r)
{
        const char *advice = r == AZATTEST_E_HTTP_FAILED ? advice_for(vault->status) : NULL;
        char words[408];

        if (advice == NULL)
                return r;
        return AZA_FAIL(AZATTEST_E_KEY_RELEASE, "%s refuses key '%s' (HTTP %ld), %s; %s",
                        vault->key.host, vault->key.name, vault->status, words_of(refusal, words),
                        advice);
}

static int call(struct aza_vault *vault, const char *tail, const struct aza_bytes *post,
                json_object **ret)
{
        AZA_BYTES struct aza_bytes body = {0};
        struct aza_http_refusal refusal = {0};
        char url[URL_MAX];
        const struct aza_http_request http = {
                .what = "key vault",
                .url = url,
                .post = post != NULL ? (const char *)post->data : NULL,
                .post_len = post != NULL ? post->len : 0,
                .ca_file = vault->config->ca_file,
                .secret_header = (const char *)vault->authorization.data,
                .ret_refusal = &refusal,
                .max_body = BODY_MAX};

        url_of(vault, tail, url);
        int r = aza_http(&http, vault->deadline, &body, &vault->status);
        r = r != 0 ? refused(vault, &refusal, r) : 0;
        aza_bytes_free(&refusal.body);
        if (r != 0)
                return r;
        r = aza_json_parse(aza_bytes_span(&body), BODY_MAX, ret);
        if (r != 0 && r != AZATTEST_E_NO_MEMORY)
                return aza_context(AZATTEST_E_KEY_RELEASE, "%s did not answer with JSON",
                                   vault->key.host);
        return r;
}

/* A request without a token: the answer says which one is wanted. */
static int ask_for_challenge(struct aza_vault *vault, struct aza_vault_challenge *ret)
{
        AZA_BYTES struct aza_bytes body = {0};
        struct aza_http_refusal refusal = {0};
        char url[URL_MAX];
        const struct aza_http_request http = {.what = "key vault",
                                              .url = url,
                                              .ca_file = vault->config->ca_file,
                                              .ret_refusal = &refusal,
                                              .max_body = BODY_MAX};

        url_of(vault, "", url);
        int r = aza_http(&http, vault->deadline, &body, &vault->status);
        r = r != 0 && vault->status != 401 ? refused(vault, &refusal, r) : 0;
        aza_bytes_free(&refusal.body);
        return r != 0 ? r : aza_vault_challenge_parse(refusal.challenge, &vault->key, ret);
}

int aza_vault_open(struct aza_vault *vault)
{
        struct aza_vault_challenge challenge;
        AZA_BYTES struct aza_bytes token = {0};
        AZA_BYTES struct aza_bytes line = {0};
        int r;

        if ((r = ask_for_challenge(vault, &challenge)) != 0 ||
            (r = aza_vault_identity(vault->config, vault->deadline, &challenge, &token)) != 0 ||
            (r = aza_bytes_append_text(&line, "Authorization: Bearer ")) != 0 ||
            (r = aza_bytes_append(&line, token.data, token.len)) != 0)
                return r;
        aza_bytes_free(&vault->authorization);
        vault->authorization = aza_bytes_take(&line);
        return 0;
}

int aza_vault_get_key(struct aza_vault *vault, json_object **ret)
{
        return call(vault, "", NULL, ret);
}

int aza_vault_release(struct aza_vault *vault, const struct aza_vault_release *request,
                      struct aza_bytes *ret_jws)
{
        AZA_OWN(json_object_put) json_object *answer = NULL;
        AZA_BYTES struct aza_bytes post = {0};
        int r;

        /* All three are our own or verified, of characters that JSON takes as they are. */
        if ((r = aza_bytes_append_text(&post, "{\"target\":\"")) != 0 ||
            (r = aza_bytes_append_text(&post, request->token)) != 0 ||
            (r = aza_bytes_append_text(&post, "\",\"nonce\":\"")) != 0 ||
            (r = aza_bytes_append_text(&post, request->nonce)) != 0 ||
            (r = aza_bytes_append_text(&post, "\",\"enc\":\"")) != 0 ||
            (r = aza_bytes_append_text(&post, aza_release_wrap_name(request->wrap))) != 0 ||
            (r = aza_bytes_append_text(&post, "\"}")) != 0 ||
            (r = call(vault, "/release", &post, &answer)) != 0)
                return r;
        const char *jws = aza_json_string(answer, "value");
        if (jws == NULL)
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE, "%s answered without a released key",
                                vault->key.host);
        return aza_bytes_set(ret_jws, jws, strlen(jws));
}
