/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the answers of the metadata service. Makes no certificate (imds_vcek.c), no quote (vm.h). */
#include "sim/imds.h"

#include "base/json.h"
#include "sim/b64.h"
#include "sim/imds_renew.h"
#include "sim/imds_thim.h"
#include "sim/imds_vcek.h"
#include "sim/say.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

#define MAX_BODY      (64UL * 1024)
#define TD_REPORT_LEN 1024

struct sim_imds {
        struct sim_imds_options options;
        struct sim_web *web;
};

static void reply_text(struct sim_web_reply *reply, unsigned int status, const char *text)
{
        reply->type = "text/plain; charset=utf-8";
        reply->status = status;
        if (aza_bytes_set(&reply->body, text, strlen(text)) != 0)
                reply->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void reply_error(struct sim_web_reply *reply, unsigned int status, const char *why)
{
        AZA_OWN(json_object_put) json_object *object = json_object_new_object();
        (void)json_object_object_add(object, "error", json_object_new_string(why));
        reply->status = status;
        (void)aza_bytes_append_text(&reply->body, json_object_to_json_string(object));
}

static void reply_member(struct sim_web_reply *reply, const char *name, const char *text)
{
        AZA_OWN(json_object_put) json_object *object = json_object_new_object();
        (void)json_object_object_add(object, name, json_object_new_string(text));
        reply->status = MHD_HTTP_OK;
        if (aza_bytes_append_text(&reply->body, json_object_to_json_string_ext(
                                                        object, JSON_C_TO_STRING_PLAIN)) != 0)
                reply->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void certification(const struct sim_imds *imds, struct sim_web_reply *reply)
{
        const struct sim_imds_options *o = &imds->options;

        if (o->kind != SIM_SEVSNP) {
                reply_error(reply, MHD_HTTP_NOT_FOUND, "no AMD chip here");
                return;
        }
        bool other_chip = sim_fault_take(o->faults, "imds-wrong-vcek", NULL, 0);
        reply->status = sim_imds_certification(o->pki, sim_vm_vcek_pem(o->vm), other_chip,
                                               &reply->body) == 0
                                ? MHD_HTTP_OK
                                : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

/* {"report": base64 of either alphabet} to {"quote": base64url}: the clients disagree. */
static void td_quote(const struct sim_imds *imds, const struct sim_web_request *request,
                     struct sim_web_reply *reply)
{
        AZA_OWN(json_object_put) json_object *object = NULL;
        AZA_BYTES struct aza_bytes report = {0};
        AZA_BYTES struct aza_bytes quote = {0};
        AZA_BYTES struct aza_bytes text = {0};

        if (imds->options.kind != SIM_TDX) {
                reply_error(reply, MHD_HTTP_NOT_FOUND, "no TD here");
                return;
        }
        if (aza_json_parse(aza_bytes_span(&request->body), MAX_BODY, &object) != 0 ||
            !sim_b64_decode(aza_json_string(object, "report"), &report) ||
            report.len != TD_REPORT_LEN) {
                reply_error(reply, MHD_HTTP_BAD_REQUEST, "wanted: report, 1024 bytes in base64");
                return;
        }
        if (sim_vm_td_quote(imds->options.vm, aza_bytes_span(&report), &quote) != 0 ||
            aza_base64_encode(AZA_BASE64URL, aza_bytes_span(&quote), &text) != 0) {
                reply_error(reply, MHD_HTTP_BAD_REQUEST, "not a report of this TD");
                return;
        }
        reply_member(reply, "quote", (const char *)text.data);
}

static bool is(const struct sim_web_request *request, const char *method, const char *path)
{
        return strcmp(request->method, method) == 0 && strcmp(request->path, path) == 0;
}

static void handle(void *arg, const struct sim_web_request *request, struct sim_web_reply *reply)
{
        const struct sim_imds *imds = arg;
        const char *metadata = sim_web_header(request, "Metadata");

        /* One of the clients sends no Metadata header here, and the real service takes it. */
        if (is(request, "POST", "/acc/tdquote")) {
                td_quote(imds, request, reply);
                return;
        }
        if (strncmp(request->path, "/metadata/", 10) != 0) {
                reply_error(reply, MHD_HTTP_NOT_FOUND, "not found");
                return;
        }
        if (metadata == NULL || strcasecmp(metadata, "true") != 0)
                reply_error(reply, MHD_HTTP_BAD_REQUEST,
                            "Bad request. Required metadata header not specified");
        else if (is(request, "GET", "/metadata/THIM/amd/certification"))
                certification(imds, reply);
        else if (sim_imds_thim(&imds->options, request, reply))
                return;
        else if (is(request, "GET", "/metadata/identity/oauth2/token"))
                sim_vault_login_imds(imds->options.login, imds->options.faults, request, reply);
        else if (is(request, "GET", "/metadata/instance/compute/vmId"))
                reply_text(reply, MHD_HTTP_OK, sim_vm_id(imds->options.vm));
        else if (strncmp(request->path, SIM_IMDS_RENEW, strlen(SIM_IMDS_RENEW)) == 0)
                sim_imds_renew(&imds->options, request, reply);
        else if (is(request, "GET", "/metadata/instance/compute/location"))
                reply_text(reply, MHD_HTTP_OK, "simulated");
        else
                reply_error(reply, MHD_HTTP_NOT_FOUND, "not found");
}

int sim_imds_start(const struct sim_imds_options *options, struct sim_imds **ret)
{
        struct sim_imds *imds = calloc(1, sizeof(*imds));

        if (imds == NULL)
                return sim_fail("out of memory");
        imds->options = *options;
        struct sim_web_options web = {.name = "imds",
                                      .fault_prefix = "imds",
                                      .listen_fd = options->listen_fd,
                                      .max_body = MAX_BODY,
                                      .handler = handle,
                                      .arg = imds,
                                      .faults = options->faults,
                                      .counts = options->counts,
                                      .verbose = options->verbose};
        if (sim_web_start(&web, &imds->web) != 0) {
                free(imds);
                return -1;
        }
        *ret = imds;
        return 0;
}

void sim_imds_stop(struct sim_imds *imds)
{
        if (imds == NULL)
                return;
        sim_web_stop(imds->web);
        free(imds);
}
