/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the access token. */
#include "sim/vault_login.h"

#include "base/crypto.h"
#include "base/json.h"
#include "sim/cert.h"
#include "sim/say.h"
#include "sim/tree.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define LIFE 3600

int sim_vault_login_open(const char *dir, struct sim_vault_login *ret)
{
        char path[256], hex[65], text[80];
        uint8_t secret[24];
        struct stat st;

        (void)snprintf(path, sizeof(path), "%s/vault-token", dir);
        if (stat(path, &st) == 0)
                return sim_tree_read(dir, "vault-token", ret->token, sizeof(ret->token));
        if (aza_random(sim_libctx(), secret, sizeof(secret)) != 0)
                return sim_fail("no random bytes");
        (void)snprintf(text, sizeof(text), "sim-access-token.%s",
                       aza_hex(aza_span_of(secret, sizeof(secret)), hex));
        memcpy(ret->token, text, sizeof(ret->token));
        return sim_tree_write(dir, "vault-token", text, 0600);
}

static void reply_json(struct sim_web_reply *reply, unsigned int status, json_object *object)
{
        reply->status = status;
        if (aza_bytes_append_text(
                    &reply->body,
                    json_object_to_json_string_ext(
                            object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)) != 0)
                reply->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
        json_object_put(object);
}

static void refuse(struct sim_web_reply *reply, const char *error, const char *why)
{
        json_object *object = json_object_new_object();

        (void)json_object_object_add(object, "error", json_object_new_string(error));
        (void)json_object_object_add(object, "error_description", json_object_new_string(why));
        reply_json(reply, MHD_HTTP_BAD_REQUEST, object);
}

static void give(const struct sim_vault_login *login, struct sim_web_reply *reply)
{
        json_object *object = json_object_new_object();
        char end[24];

        (void)snprintf(end, sizeof(end), "%lld", (long long)time(NULL) + LIFE);
        (void)json_object_object_add(object, "access_token", json_object_new_string(login->token));
        (void)json_object_object_add(object, "expires_in", json_object_new_string("3600"));
        (void)json_object_object_add(object, "expires_on", json_object_new_string(end));
        (void)json_object_object_add(object, "token_type", json_object_new_string("Bearer"));
        reply_json(reply, MHD_HTTP_OK, object);
}

void sim_vault_login_imds(const struct sim_vault_login *login, struct sim_faults *faults,
                          const struct sim_web_request *request, struct sim_web_reply *reply)
{
        const char *version = sim_web_query(request, "api-version");
        const char *resource = sim_web_query(request, "resource");
        const char *client = sim_web_query(request, "client_id");

        if (version == NULL || strcmp(version, "2018-02-01") != 0)
                refuse(reply, "invalid_request", "api-version: wanted 2018-02-01");
        else if (sim_fault_take(faults, "imds-no-identity", NULL, 0) ||
                 (client != NULL && strcmp(client, SIM_VAULT_CLIENT) != 0))
                refuse(reply, "invalid_request", "Identity not found");
        else if (resource == NULL || strcmp(resource, SIM_VAULT_RESOURCE) != 0)
                refuse(reply, "invalid_resource", "resource: wanted " SIM_VAULT_RESOURCE);
        else
                give(login, reply);
}

/* Whether the form has this field with this value, which needs no escape but of ':' and '/'. */
static bool has(const struct aza_bytes *form, const char *name, const char *value)
{
        char field[300];
        size_t n = (size_t)snprintf(field, sizeof(field), "%s=", name);
        const char *at = (const char *)form->data;

        for (; *value != '\0' && n + 4 < sizeof(field); value++)
                n += (size_t)snprintf(field + n, 4, strchr(":/", *value) != NULL ? "%%%02X" : "%c",
                                      *value);
        for (size_t len = strlen(field); at != NULL; at = strchr(at, '&')) {
                at += *at == '&' ? 1 : 0;
                if (strncmp(at, field, len) == 0 && (at[len] == '\0' || at[len] == '&'))
                        return true;
        }
        return false;
}

void sim_vault_login_form(const struct sim_vault_login *login,
                          const struct sim_web_request *request, struct sim_web_reply *reply)
{
        const struct aza_bytes *form = &request->body;
        const char *type = sim_web_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);

        if (type == NULL || strcmp(type, "application/x-www-form-urlencoded") != 0 ||
            !has(form, "grant_type", "client_credentials"))
                refuse(reply, "invalid_request", "wanted a form with grant_type");
        else if (!has(form, "scope", SIM_VAULT_RESOURCE "/.default"))
                refuse(reply, "invalid_scope", "scope: wanted " SIM_VAULT_RESOURCE "/.default");
        else if (!has(form, "client_id", SIM_VAULT_CLIENT))
                refuse(reply, "unauthorized_client", "AADSTS700016: no such application");
        else if (!has(form, "client_secret", SIM_VAULT_SECRET) &&
                 !(has(form, "client_assertion", SIM_VAULT_ASSERTION) &&
                   has(form, "client_assertion_type",
                       "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")))
                refuse(reply, "invalid_client", "AADSTS7000215: the secret is wrong");
        else
                give(login, reply);
}

bool sim_vault_login_knows(const struct sim_vault_login *login,
                           const struct sim_web_request *request)
{
        static const char bearer[] = "Bearer ";
        const char *line = sim_web_header(request, MHD_HTTP_HEADER_AUTHORIZATION);

        return line != NULL && strncmp(line, bearer, sizeof(bearer) - 1) == 0 &&
               strcmp(line + sizeof(bearer) - 1, login->token) == 0;
}
