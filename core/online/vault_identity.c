/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where access tokens come from. `imds`: the VM's managed identity. `environment`: a registered
 * application, by secret or by federated token, with the variables that Azure's own libraries read.
 * `file:PATH`: somebody else has got it.
 */
#include "online/vault_identity.h"

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "online/http.h"
#include "os/file.h"
#include "os/path.h"
#include "os/process.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX 65536
#define URL_MAX   2048
#define IMDS_PATH "/metadata/identity/oauth2/token?api-version=2018-02-01"
#define FORM      "application/x-www-form-urlencoded"
#define ASSERTION "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* name=VALUE with everything but unreserved characters escaped, '&' before it unless it is
 * first. */
static int add_field(struct aza_bytes *out, const char *name, const char *value)
{
        int r = out->len > 0 ? aza_bytes_append_text(out, "&") : 0;

        r = r == 0 ? aza_bytes_append_text(out, name) : r;
        r = r == 0 ? aza_bytes_append_text(out, "=") : r;
        for (; r == 0 && *value != '\0'; value++) {
                char escaped[4];
                const unsigned char c = (unsigned char)*value;

                if (isalnum(c) || strchr("-._~", c) != NULL)
                        (void)snprintf(escaped, sizeof(escaped), "%c", c);
                else
                        (void)snprintf(escaped, sizeof(escaped), "%%%02X", c);
                r = aza_bytes_append_text(out, escaped);
        }
        return r;
}

/* It becomes part of a header line, and is a secret: nothing of it is shown. */
static int take_token(const char *text, size_t len, const char *from, struct aza_bytes *ret)
{
        static const char good[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";

        for (size_t i = 0; i < len; i++)
                if (text[i] == '\0' || strchr(good, text[i]) == NULL)
                        len = 0;
        if (len == 0 || len > TOKEN_MAX)
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE, "%s is no access token", from);
        return aza_bytes_set(ret, text, len);
}

static int take_answer(struct aza_span body, const char *from, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *answer = NULL;
        int r = aza_json_parse(body, TOKEN_MAX, &answer);
        const char *token = r == 0 ? aza_json_string(answer, "access_token") : NULL;

        if (r == AZATTEST_E_NO_MEMORY)
                return r;
        if (token == NULL)
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE, "%s answered without an access token",
                                from);
        r = take_token(token, strlen(token), from, ret);
        /* The tree's own copy. */
        OPENSSL_cleanse((void *)token, strlen(token));
        return r;
}

/* error_description of an answer that is not 200; it repeats no secret. */
static const char *words_of(const struct aza_http_refusal *refusal, char out[208])
{
        AZA_OWN(json_object_put) json_object *body = NULL;
        const char *words = NULL;

        if (aza_json_parse(aza_bytes_span(&refusal->body), TOKEN_MAX, &body) == 0)
                words = aza_json_string(body, "error_description");
        if (words == NULL)
                words = aza_json_string(body, "error");
        return words != NULL ? aza_printable(words, strlen(words), out, 203) : "no reason given";
}

/* ---- the VM's own identity ---- */

/* "client_id=ID" and so on behind "imds,": which of several identities. */
static int add_which(const char *setting, struct aza_bytes *query)
{
        static const char *const names[] = {"client_id", "object_id", "msi_res_id"};
        const char *value = strchr(setting, '=');

        for (size_t i = 0; value != NULL && i < sizeof(names) / sizeof(names[0]); i++)
                if (strlen(names[i]) == (size_t)(value - setting) && value[1] != '\0' &&
                    strncmp(setting, names[i], strlen(names[i])) == 0)
                        return add_field(query, names[i], value + 1);
        return AZA_FAIL(
                AZATTEST_E_CONFIGURATION,
                "vault-identity 'imds,%.60s': behind imds, stands client_id=, object_id= or msi_res_id= and a value",
                setting);
}

static int imds(const struct aza_config *config, const struct aza_deadline *deadline,
                const struct aza_vault_challenge *challenge, struct aza_bytes *ret)
{
        const char *which = strchr(config->vault_identity, ',');
        AZA_BYTES struct aza_bytes query = {0};
        AZA_BYTES struct aza_bytes body = {0};
        struct aza_http_refusal refusal = {0};
        char url[URL_MAX], words[208];
        long status = 0;
        int r = add_field(&query, "resource", challenge->resource);

        if (r == 0 && which != NULL)
                r = add_which(which + 1, &query);
        if (r != 0)
                return r;
        (void)snprintf(url, sizeof(url), "%s" IMDS_PATH "&%s", config->imds_url,
                       (const char *)query.data);
        const struct aza_http_request http = {.what = "IMDS",
                                              .url = url,
                                              .plain_http = true,
                                              .retry_gone = true,
                                              .ret_refusal = &refusal,
                                              .max_body = TOKEN_MAX};
        r = aza_http(&http, deadline, &body, &status);
        if (r != 0 && status == 400)
                r = AZA_FAIL(
                        AZATTEST_E_KEY_RELEASE,
                        "this VM has no identity to ask the vault with (IMDS: %s); assign one ('az vm identity assign'), name one of several ('vault-identity = imds,client_id=ID'), or set 'vault-identity' to environment or file:PATH",
                        words_of(&refusal, words));
        aza_bytes_free(&refusal.body);
        return r != 0 ? r : take_answer(aza_bytes_span(&body), "IMDS", ret);
}

/* ---- an application's ---- */

static int add_secret(struct aza_bytes *form)
{
        const char *secret = aza_environment("AZURE_CLIENT_SECRET");
        const char *file = aza_environment("AZURE_FEDERATED_TOKEN_FILE");
        AZA_BYTES struct aza_bytes assertion = {0};
        AZA_BYTES struct aza_bytes text = {0};
        int r;

        if (secret != NULL && *secret != '\0')
                return add_field(form, "client_secret", secret);
        if (file == NULL || *file == '\0')
                return AZA_FAIL(
                        AZATTEST_E_CONFIGURATION,
                        "vault-identity = environment: set AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or AZURE_FEDERATED_TOKEN_FILE");
        if ((r = aza_file_read(file, TOKEN_MAX, &text)) != 0)
                return aza_context(r, "AZURE_FEDERATED_TOKEN_FILE");
        while (text.len > 0 && isspace(text.data[text.len - 1]))
                text.data[--text.len] = '\0';
        if ((r = take_token((const char *)text.data, text.len, "AZURE_FEDERATED_TOKEN_FILE",
                            &assertion)) != 0 ||
            (r = add_field(form, "client_assertion_type", ASSERTION)) != 0)
                return r;
        return add_field(form, "client_assertion", (const char *)assertion.data);
}

/* The fields that say who asks. */
static int add_client(struct aza_bytes *form)
{
        const char *client = aza_environment("AZURE_CLIENT_ID");
        int r;

        if (client == NULL || *client == '\0')
                return AZA_FAIL(AZATTEST_E_CONFIGURATION,
                                "vault-identity = environment, but AZURE_CLIENT_ID is not set");
        r = add_field(form, "client_id", client);
        return r != 0 ? r : add_secret(form);
}

static int make_form(const struct aza_vault_challenge *challenge, struct aza_bytes *form)
{
        char scope[AZA_CHALLENGE_TEXT + 16];
        int r;

        (void)snprintf(scope, sizeof(scope), "%s/.default", challenge->resource);
        if ((r = add_client(form)) != 0 || (r = add_field(form, "scope", scope)) != 0)
                return r;
        return add_field(form, "grant_type", "client_credentials");
}

static int environment(const struct aza_config *config, const struct aza_deadline *deadline,
                       const struct aza_vault_challenge *challenge, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes form = {0};
        AZA_BYTES struct aza_bytes body = {0};
        struct aza_http_refusal refusal = {0};
        char url[URL_MAX], words[208];
        long status = 0;
        size_t len = strlen(challenge->authority);
        int r = aza_vault_authority_known(challenge, config->vault_authority);

        if (r != 0 || (r = make_form(challenge, &form)) != 0)
                return r;
        len -= challenge->authority[len - 1] == '/' ? 1 : 0;
        (void)snprintf(url, sizeof(url), "%.*s/oauth2/v2.0/token", (int)len, challenge->authority);
        const struct aza_http_request http = {.what = "login service",
                                              .url = url,
                                              .post = (const char *)form.data,
                                              .post_len = form.len,
                                              .post_type = FORM,
                                              .ca_file = config->ca_file,
                                              .ret_refusal = &refusal,
                                              .max_body = TOKEN_MAX};
        r = aza_http(&http, deadline, &body, &status);
        if (r != 0 && (status == 400 || status == 401))
                r = AZA_FAIL(AZATTEST_E_KEY_RELEASE,
                             "the login service gives AZURE_CLIENT_ID no token (HTTP %ld): %s",
                             status, words_of(&refusal, words));
        aza_bytes_free(&refusal.body);
        return r != 0 ? r : take_answer(aza_bytes_span(&body), "the login service", ret);
}

static int from_file(const char *path, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes text = {0};
        int r = aza_file_read(path, TOKEN_MAX, &text);

        if (r != 0)
                return aza_context(r, "vault-identity");
        while (text.len > 0 && isspace(text.data[text.len - 1]))
                text.data[--text.len] = '\0';
        return take_token((const char *)text.data, text.len, "vault-identity's file", ret);
}

static bool is_environment(const struct aza_config *config)
{
        return strcmp(config->vault_identity, "environment") == 0;
}

/* A pipe gives its token once, and that is for the request. */
static bool gives_once(void)
{
        const char *secret = aza_environment("AZURE_CLIENT_SECRET");
        const char *file = aza_environment("AZURE_FEDERATED_TOKEN_FILE");

        return (secret == NULL || *secret == '\0') && file != NULL &&
               aza_path_kind(file) == AZA_PATH_OTHER;
}

int aza_vault_identity_digest(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                              uint8_t out[AZA_SHA256_LEN])
{
        const char *const settings[] = {config->vault_identity, config->imds_url,
                                        config->vault_authority};
        AZA_BYTES struct aza_bytes all = {0};
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof(settings) / sizeof(settings[0]); i++)
                r = add_field(&all, "", settings[i]);
        if (r == 0 && is_environment(config))
                r = gives_once() ? AZA_FAIL(AZATTEST_E_INPUT,
                                            "AZURE_FEDERATED_TOKEN_FILE can be read once only")
                                 : add_client(&all);
        return r != 0 ? r : aza_sha256(libctx, aza_bytes_span(&all), out);
}

int aza_vault_identity(const struct aza_config *config, const struct aza_deadline *deadline,
                       const struct aza_vault_challenge *challenge, struct aza_bytes *ret_token)
{
        const char *who = config->vault_identity;

        AZA_LOG(DEBUG, "access token for %s", challenge->resource);
        if (strncmp(who, "file:", 5) == 0 && who[5] != '\0')
                return from_file(who + 5, ret_token);
        if (is_environment(config))
                return environment(config, deadline, challenge, ret_token);
        if (strcmp(who, "imds") == 0 || strncmp(who, "imds,", 5) == 0)
                return imds(config, deadline, challenge, ret_token);
        return AZA_FAIL(
                AZATTEST_E_CONFIGURATION,
                "vault-identity = '%.60s': wanted is imds, imds,client_id=ID, environment or file:PATH",
                who);
}
