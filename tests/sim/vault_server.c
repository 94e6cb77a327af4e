/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the paths of the key vault and what is answered where. Wraps and signs nothing itself. */
#include "sim/vault_server.h"

#include "base/base64.h"
#include "sim/maa_server.h"
#include "sim/say.h"
#include "sim/vault_answer.h"
#include "sim/vault_policy.h"
#include "sim/vault_wrap.h"

#include <microhttpd.h>
#include <string.h>

#define MAX_BODY (1024UL * 1024)
#define PLAIN    (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

struct sim_vault {
        struct sim_vault_options options;
        char url[128];
        char challenge[300];
        struct sim_vault_keys *keys;
        struct sim_vault_signer *signer;
        char *key_pem;
        char *certificate_pem;
        struct sim_web *web;
};

/* /keys/NAME[/VERSION][/ACTION] */
struct path {
        char name[128];
        char version[64];
        char action[16];
};

static void refuse(struct sim_web_reply *reply, unsigned int status, const char *code,
                   const char *inner, const char *message)
{
        AZA_OWN(json_object_put) json_object *body = json_object_new_object();
        json_object *error = json_object_new_object();
        json_object *innererror = json_object_new_object();

        (void)json_object_object_add(body, "error", error);
        (void)json_object_object_add(error, "code", json_object_new_string(code));
        (void)json_object_object_add(error, "message", json_object_new_string(message));
        if (inner != NULL)
                (void)json_object_object_add(innererror, "code", json_object_new_string(inner));
        (void)json_object_object_add(error, "innererror", innererror);
        reply->status = status;
        (void)aza_bytes_append_text(&reply->body, json_object_to_json_string_ext(body, PLAIN));
}

static bool word(const char **at, char *out, size_t size)
{
        size_t n = strcspn(*at, "/");

        if (n == 0 || n >= size)
                return false;
        memcpy(out, *at, n);
        out[n] = '\0';
        *at += n + ((*at)[n] == '/' ? 1 : 0);
        return true;
}

static bool split(const char *text, struct path *ret)
{
        static const char keys[] = "/keys/";

        *ret = (struct path){0};
        if (strncmp(text, keys, sizeof(keys) - 1) != 0)
                return false;
        text += sizeof(keys) - 1;
        if (!word(&text, ret->name, sizeof(ret->name)))
                return false;
        if (*text == '\0')
                return true;
        if (strcmp(text, "create") == 0)
                return word(&text, ret->action, sizeof(ret->action));
        if (!word(&text, ret->version, sizeof(ret->version)))
                return false;
        return *text == '\0' || (word(&text, ret->action, sizeof(ret->action)) && *text == '\0');
}

/* {"key", "attributes", "release_policy"} */
static void describe(const struct sim_vault *vault, const struct sim_vault_key *key,
                     struct sim_web_reply *reply)
{
        AZA_OWN(json_object_put) json_object *body = json_object_new_object();
        json_object *attributes = json_object_new_object();
        json_object *policy = json_object_new_object();
        AZA_BYTES struct aza_bytes data = {0};

        (void)json_object_object_add(body, "key", sim_vault_jwk(key, vault->url));
        (void)json_object_object_add(body, "attributes", attributes);
        (void)json_object_object_add(attributes, "enabled", json_object_new_boolean(key->enabled));
        (void)json_object_object_add(attributes, "exportable",
                                     json_object_new_boolean(key->exportable));
        if (key->policy.len > 0 &&
            aza_base64_encode(AZA_BASE64URL, aza_bytes_span(&key->policy), &data) == 0) {
                (void)json_object_object_add(
                        policy, "contentType",
                        json_object_new_string("application/json; charset=utf-8"));
                (void)json_object_object_add(policy, "data",
                                             json_object_new_string((const char *)data.data));
        }
        (void)json_object_object_add(body, "release_policy", policy);
        reply->status = MHD_HTTP_OK;
        (void)aza_bytes_append_text(&reply->body, json_object_to_json_string_ext(body, PLAIN));
}

static void add_key(struct sim_vault *vault, const struct path *path, json_object *body,
                    struct sim_web_reply *reply)
{
        const char *reason = "";
        const struct sim_vault_key *key =
                sim_vault_keys_add(vault->keys, path->name, body, &reason);

        if (key == NULL)
                refuse(reply, MHD_HTTP_BAD_REQUEST, "BadParameter", NULL, reason);
        else
                describe(vault, key, reply);
}

static bool may_leave(const struct sim_vault *vault, const struct sim_vault_key *key,
                      json_object *body, json_object **ret_claims, struct sim_web_reply *reply)
{
        struct sim_faults *faults = vault->options.faults;
        const char *target = aza_json_string(body, "target");
        const char *reason = "no target";

        if (!key->enabled || sim_fault_take(faults, "vault-disabled", NULL, 0))
                refuse(reply, MHD_HTTP_FORBIDDEN, "Forbidden", "KeyDisabled",
                       "Operation release is not allowed on a disabled key.");
        else if (!key->exportable || sim_fault_take(faults, "vault-not-exportable", NULL, 0))
                refuse(reply, MHD_HTTP_FORBIDDEN, "Forbidden", "KeyNotExportable",
                       "The key is not exportable.");
        else if (target == NULL ||
                 (*ret_claims = sim_vault_claims(vault->options.keys, target, &reason)) == NULL)
                refuse(reply, MHD_HTTP_FORBIDDEN, "Forbidden", "TargetNotTrusted", reason);
        else if (sim_fault_take(faults, "vault-policy", NULL, 0) ||
                 !sim_vault_policy_met(aza_bytes_span(&key->policy), *ret_claims, &reason))
                refuse(reply, MHD_HTTP_FORBIDDEN, "Forbidden", "ReleasePolicyNotMet", reason);
        else
                return true;
        return false;
}

static void release(struct sim_vault *vault, const struct sim_vault_key *key, json_object *body,
                    struct sim_web_reply *reply)
{
        AZA_OWN(json_object_put) json_object *claims = NULL;
        const char *reason = "";
        struct sim_vault_request request = {.vault_url = vault->url,
                                            .key = key,
                                            .nonce = aza_json_string(body, "nonce"),
                                            .enc = aza_json_string(body, "enc")};

        if (request.nonce == NULL || sim_vault_digest(request.enc) == NULL) {
                refuse(reply, MHD_HTTP_BAD_REQUEST, "BadParameter", NULL,
                       "wanted nonce, and enc of the three wrappings");
                return;
        }
        if (!may_leave(vault, key, body, &claims, reply))
                return;
        request.claims = claims;
        if (sim_vault_answer(vault->signer, &request, &reply->body, &reason))
                reply->status = MHD_HTTP_OK;
        else
                refuse(reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "InternalError", NULL, reason);
}

static void keys_path(struct sim_vault *vault, const struct sim_web_request *request,
                      const struct path *path, struct sim_web_reply *reply)
{
        AZA_OWN(json_object_put) json_object *body = NULL;
        const bool post = strcmp(request->method, "POST") == 0;
        const struct sim_vault_key *key;

        if (request->body.len > 0 &&
            aza_json_parse(aza_bytes_span(&request->body), MAX_BODY, &body) != 0) {
                refuse(reply, MHD_HTTP_BAD_REQUEST, "BadParameter", NULL, "wanted JSON");
                return;
        }
        if ((strcmp(request->method, "PUT") == 0 && path->version[0] == '\0') ||
            (post && strcmp(path->action, "create") == 0)) {
                add_key(vault, path, body, reply);
                return;
        }
        key = sim_vault_keys_find(vault->keys, path->name, path->version);
        if (key == NULL)
                refuse(reply, MHD_HTTP_NOT_FOUND, "KeyNotFound", NULL,
                       "A key with this name and version was not found in this key vault.");
        else if (post && strcmp(path->action, "release") == 0)
                release(vault, key, body, reply);
        else if (strcmp(request->method, "GET") == 0 && path->action[0] == '\0')
                describe(vault, key, reply);
        else
                refuse(reply, MHD_HTTP_METHOD_NOT_ALLOWED, "MethodNotAllowed", NULL,
                       "no such path");
}

static void challenge(struct sim_vault *vault, struct sim_web_reply *reply)
{
        const bool foreign =
                sim_fault_take(vault->options.faults, "vault-challenge-foreign-resource", NULL, 0);

        (void)snprintf(reply->challenge, sizeof(reply->challenge),
                       "Bearer authorization=\"https://localhost%s/%s\", resource=\"%s\"",
                       strrchr(vault->url, ':'), SIM_VAULT_TENANT,
                       foreign ? "https://management.azure.com" : SIM_VAULT_RESOURCE);
        refuse(reply, MHD_HTTP_UNAUTHORIZED, "Unauthorized", NULL,
               "AKV10000: Request is missing a Bearer or PoP token.");
}

static void handle(void *arg, const struct sim_web_request *request, struct sim_web_reply *reply)
{
        struct sim_vault *vault = arg;
        const char *version = sim_web_query(request, "api-version");
        struct path path;

        if (strcmp(request->path, "/" SIM_VAULT_TENANT "/oauth2/v2.0/token") == 0)
                sim_vault_login_form(vault->options.login, request, reply);
        else if (!split(request->path, &path))
                refuse(reply, MHD_HTTP_NOT_FOUND, "NotFound", NULL, "no such path");
        else if (!sim_vault_login_knows(vault->options.login, request))
                challenge(vault, reply);
        else if (version == NULL || strcmp(version, "7.4") != 0)
                refuse(reply, MHD_HTTP_BAD_REQUEST, "BadParameter", NULL,
                       "api-version: wanted 7.4");
        else
                keys_path(vault, request, &path, reply);
}

int sim_vault_start(const struct sim_vault_options *options, struct sim_vault **ret)
{
        struct sim_vault *vault = calloc(1, sizeof(*vault));
        struct sim_web_options web = {.name = "vault",
                                      .fault_prefix = "vault",
                                      .listen_fd = options->listen_fd,
                                      .max_body = MAX_BODY,
                                      .handler = handle,
                                      .arg = vault,
                                      .faults = options->faults,
                                      .counts = options->counts,
                                      .verbose = options->verbose};

        if (vault == NULL)
                return sim_fail("out of memory");
        vault->options = *options;
        (void)snprintf(vault->url, sizeof(vault->url), "%s", options->url);
        vault->keys = sim_vault_keys_new();
        vault->signer = sim_vault_signer_new(options->pki, SIM_VAULT_HOST, options->faults);
        if (vault->keys == NULL || vault->signer == NULL ||
            sim_maa_tls(options->pki, vault->url, &vault->key_pem, &vault->certificate_pem) != 0) {
                sim_vault_stop(vault);
                return sim_fail("cannot start the key vault");
        }
        web.key_pem = vault->key_pem;
        web.certificate_pem = vault->certificate_pem;
        if (sim_web_start(&web, &vault->web) != 0) {
                sim_vault_stop(vault);
                return -1;
        }
        *ret = vault;
        return 0;
}

void sim_vault_stop(struct sim_vault *vault)
{
        if (vault == NULL)
                return;
        sim_web_stop(vault->web);
        sim_vault_keys_free(vault->keys);
        sim_vault_signer_free(vault->signer);
        if (vault->key_pem != NULL)
                OPENSSL_cleanse(vault->key_pem, strlen(vault->key_pem));
        free(vault->key_pem);
        free(vault->certificate_pem);
        free(vault);
}
