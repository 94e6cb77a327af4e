/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the paths of the attestation service and what is answered where. Decodes, verifies and signs
 * nothing itself. */
#include "sim/maa_server.h"

#include "base/crypto.h"
#include "base/printable.h"
#include "sim/cert.h"
#include "sim/maa_envelope.h"
#include "sim/maa_token.h"
#include "sim/maa_verify.h"
#include "sim/say.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MAX_BODY    (4UL * 1024 * 1024)
#define API_VERSION "2020-10-01"

struct sim_maa {
        struct sim_maa_options options;
        char *url;
        char *key_pem;
        char *certificate_pem;
        struct sim_web *web;
};

static void reply_error(struct sim_web_reply *reply, unsigned int status, const char *code,
                        const char *message)
{
        AZA_OWN(json_object_put) json_object *body = json_object_new_object();
        json_object *error = json_object_new_object();

        (void)json_object_object_add(body, "error", error);
        (void)json_object_object_add(error, "code", json_object_new_string(code));
        (void)json_object_object_add(error, "message", json_object_new_string(message));
        reply->status = status;
        AZA_OWN(free)
        char *text = aza_json_write(body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (text != NULL)
                (void)aza_bytes_append_text(&reply->body, text);
}

/* PROTOCOL.md 3.1: whoever asks for a key by another `unique` gets another key than azattest
 * would. */
static bool has_unique(const struct sim_maa *maa, const struct sim_maa_request *request,
                       struct sim_refusal *refusal)
{
        const struct aza_span area =
                aza_span_of(request->key_public.data + 2, request->key_public.len - 2);
        uint8_t name[2 + 32] = {0, 0x0B};

        if (request->lenient)
                return true;
        if (aza_sha256(sim_libctx(), area, name + 2) != 0)
                return sim_refuse(refusal, "EncKeyPub", "out of memory");
        return !sim_templates_odd(maa->options.templates, aza_span_of(name, sizeof(name))) ||
               sim_refuse(
                       refusal, "EncKeyPub",
                       "made with another unique than 256 zero bytes (or 32 bytes: a named key)");
}

/* Of what Intel publishes the service goes by revocations alone here. */
static bool is_revoked(const struct sim_maa *maa, const struct sim_maa_request *request,
                       struct sim_refusal *refusal)
{
        struct sim_faults *faults = maa->options.faults;

        if (request->isolation != SIM_ISOLATION_TDX)
                return false;
        if (sim_fault_is_set(faults, "tdx-pck-revoked"))
                return !sim_refuse(refusal, "TdQuote", "Intel has revoked the platform's key");
        return sim_fault_is_set(faults, "tdx-tcb-revoked") &&
               !sim_refuse(refusal, "TdQuote", "Intel has revoked the platform's TCB level");
}

static void attest(const struct sim_maa *maa, const struct sim_web_request *request,
                   struct sim_web_reply *reply)
{
        const struct sim_maa_options *o = &maa->options;
        const struct sim_maa_token_options token_options = {
                .issuer = maa->url, .now = time(NULL), .keys = o->keys, .faults = o->faults};
        struct sim_refusal refusal = {0};
        SIM_MAA_REQUEST struct sim_maa_request decoded = {0};
        SIM_MAA_FACTS struct sim_maa_facts facts = {0};
        AZA_BYTES struct aza_bytes token = {0};

        if (!sim_maa_decode(aza_bytes_span(&request->body), o->lenient, &decoded, &refusal) ||
            !sim_maa_verify(o->pki, &decoded, &facts, &refusal) ||
            !has_unique(maa, &decoded, &refusal) || is_revoked(maa, &decoded, &refusal)) {
                if (o->verbose)
                        sim_say("maa refuses: %s", refusal.message);
                reply_error(reply, MHD_HTTP_BAD_REQUEST, "InvalidParameter", refusal.message);
                return;
        }
        if (sim_maa_token(&token_options, &decoded, &facts, &token) != 0 ||
            sim_maa_envelope(facts.key, aza_bytes_span(&token), o->faults, &reply->body) != 0) {
                reply_error(reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "InternalError",
                            "the simulator failed; its standard error says why");
                return;
        }
        reply->status = MHD_HTTP_OK;
}

/* "application/json", with or without parameters. */
static bool says_json(const struct sim_web_request *request)
{
        static const char json[] = "application/json";
        const char *type = sim_web_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);

        if (type == NULL || strncasecmp(type, json, sizeof(json) - 1) != 0)
                return false;
        type += sizeof(json) - 1;
        type += strspn(type, " \t");
        return *type == '\0' || *type == ';';
}

static void refuse_method(struct sim_web_reply *reply, const char *wanted)
{
        char message[32];

        (void)snprintf(message, sizeof(message), "wanted %s", wanted);
        reply_error(reply, MHD_HTTP_METHOD_NOT_ALLOWED, "MethodNotAllowed", message);
        reply->allow = wanted;
}

static void attest_path(const struct sim_maa *maa, const struct sim_web_request *request,
                        struct sim_web_reply *reply)
{
        const char *version = sim_web_query(request, "api-version");

        if (strcmp(request->method, "POST") != 0)
                refuse_method(reply, "POST");
        else if (version == NULL || strcmp(version, API_VERSION) != 0)
                reply_error(reply, MHD_HTTP_BAD_REQUEST, "InvalidApiVersion",
                            "api-version: wanted " API_VERSION);
        else if (sim_web_header_count(request, MHD_HTTP_HEADER_CONTENT_TYPE) > 1)
                reply_error(reply, MHD_HTTP_BAD_REQUEST, "InvalidHeader",
                            "Content-Type: given more than once");
        else if (!says_json(request))
                reply_error(reply, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType",
                            "Content-Type: wanted application/json");
        else
                attest(maa, request, reply);
}

static void certificates(const struct sim_maa *maa, struct sim_web_reply *reply)
{
        reply->type = "application/jwk-set+json";
        reply->status = sim_maa_keys_json(maa->options.keys, &reply->body) == 0
                                ? MHD_HTTP_OK
                                : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void metadata(const struct sim_maa *maa, struct sim_web_reply *reply)
{
        AZA_OWN(json_object_put) json_object *body = json_object_new_object();
        json_object *types = json_object_new_array();
        json_object *algorithms = json_object_new_array();
        char jwks[600];

        (void)snprintf(jwks, sizeof(jwks), "%s/certs", maa->url);
        (void)json_object_array_add(types, json_object_new_string("token"));
        (void)json_object_array_add(algorithms, json_object_new_string("RS256"));
        (void)json_object_object_add(body, "issuer", json_object_new_string(maa->url));
        (void)json_object_object_add(body, "jwks_uri", json_object_new_string(jwks));
        (void)json_object_object_add(body, "response_types_supported", types);
        (void)json_object_object_add(body, "id_token_signing_alg_values_supported", algorithms);
        reply->status = MHD_HTTP_OK;
        (void)aza_bytes_append_text(
                &reply->body,
                json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN |
                                                             JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void handle(void *arg, const struct sim_web_request *request, struct sim_web_reply *reply)
{
        const struct sim_maa *maa = arg;
        bool get = strcmp(request->method, "GET") == 0;

        if (strcmp(request->path, "/attest/AzureGuest") == 0)
                attest_path(maa, request, reply);
        else if (strcmp(request->path, "/certs") == 0)
                get ? certificates(maa, reply) : refuse_method(reply, "GET");
        else if (strcmp(request->path, "/.well-known/openid-configuration") == 0)
                get ? metadata(maa, reply) : refuse_method(reply, "GET");
        else
                reply_error(reply, MHD_HTTP_NOT_FOUND, "NotFound", "no such service");
}

/* The same server under its other name: who follows the redirect shows up in the counts. */
static void redirect_target(const char *url, char *out, size_t size)
{
        const char *port = strrchr(url, ':');
        const char *host = strstr(url, "://localhost") != NULL ? "127.0.0.1" : "localhost";
        if (port == NULL || strchr(port, '/') != NULL || strchr(port, ']') != NULL)
                port = "";
        (void)snprintf(out, size, "https://%s%s/redirected", host, port);
}

int sim_maa_start(const struct sim_maa_options *options, struct sim_maa **ret)
{
        struct sim_maa *maa = calloc(1, sizeof(*maa));
        char redirect[128];

        if (maa == NULL || (maa->url = strdup(options->url)) == NULL) {
                free(maa);
                return sim_fail("out of memory");
        }
        maa->options = *options;
        redirect_target(maa->url, redirect, sizeof(redirect));
        struct sim_web_options web = {.name = "maa",
                                      .fault_prefix = "http",
                                      .listen_fd = options->listen_fd,
                                      .redirect_url = redirect,
                                      .max_body = MAX_BODY,
                                      .handler = handle,
                                      .arg = maa,
                                      .faults = options->faults,
                                      .counts = options->counts,
                                      .verbose = options->verbose};
        if (sim_maa_tls(options->pki, maa->url, &maa->key_pem, &maa->certificate_pem) != 0) {
                sim_maa_stop(maa);
                return -1;
        }
        web.key_pem = maa->key_pem;
        web.certificate_pem = maa->certificate_pem;
        if (sim_web_start(&web, &maa->web) != 0) {
                sim_maa_stop(maa);
                return -1;
        }
        *ret = maa;
        return 0;
}

void sim_maa_stop(struct sim_maa *maa)
{
        if (maa == NULL)
                return;
        sim_web_stop(maa->web);
        free(maa->url);
        if (maa->key_pem != NULL)
                OPENSSL_cleanse(maa->key_pem, strlen(maa->key_pem));
        free(maa->key_pem);
        free(maa->certificate_pem);
        free(maa);
}
