/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what renewal answers, and what a careless or hostile service would. */
#include "sim/imds_renew.h"

#include "sim/ak_cert.h"
#include "sim/cert.h"
#include "sim/say.h"

#include <microhttpd.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SYNCHRONOUS  "2023-07-01"
#define ASYNCHRONOUS "2021-12-01"
#define QUERY_GUID   "5ab5b74b-0ad5-4b2a-8a26-6d8f9c5b7d3f"
#define ARMOUR       "-----BEGIN%20CERTIFICATE-----%0A"

static void refuse(struct sim_web_reply *reply, unsigned int status, const char *why)
{
        reply->status = status;
        (void)aza_bytes_append_text(&reply->body, why);
}

static bool query_is(const struct sim_web_request *request, const char *name, const char *value)
{
        const char *given = sim_web_query(request, name);

        return given != NULL && strcasecmp(given, value) == 0;
}

static bool is_uuid(const char *text)
{
        return text != NULL && strlen(text) == 36 &&
               strspn(text, "0123456789abcdefABCDEF-") == 36 && text[14] == '4';
}

static char *certificate_pem(const struct sim_imds_options *o)
{
        struct sim_vm_ak ak = {.days = SIM_AK_DAYS + 1};
        AZA_BYTES struct aza_bytes der = {0};

        if (sim_fault_take(o->faults, "imds-renew-garbage", NULL, 0))
                return strdup("-----BEGIN CERTIFICATE-----\nZ2FyYmFnZQ==\n"
                              "-----END CERTIFICATE-----\n");
        ak.other_key = sim_fault_take(o->faults, "imds-renew-other-key", NULL, 0);
        ak.other_issuer = sim_fault_take(o->faults, "imds-renew-other-issuer", NULL, 0);
        if (sim_fault_take(o->faults, "imds-renew-shorter", NULL, 0))
                ak.days = 20;
        if (sim_vm_ak_certificate(o->vm, &ak, &der) != 0)
                return NULL;
        const unsigned char *p = der.data;
        AZA_OWN(X509_free) X509 *x = d2i_X509(NULL, &p, (long)der.len);
        return x == NULL ? NULL : sim_certificate_pem(x);
}

static void put_pem(const struct sim_imds_options *o, bool as_json, struct sim_web_reply *reply)
{
        AZA_OWN(free) char *pem = certificate_pem(o);
        AZA_OWN(json_object_put) json_object *object = json_object_new_object();

        if (pem == NULL) {
                reply->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
                return;
        }
        (void)json_object_object_add(object, "AkCertPem", json_object_new_string(pem));
        (void)json_object_object_add(object, "CertQueryId", json_object_new_string(QUERY_GUID));
        reply->status = MHD_HTTP_OK;
        (void)aza_bytes_append_text(&reply->body,
                                    as_json ? json_object_to_json_string(object) : pem);
}

/* 403 is asked for; an old service's synchronous answer is empty. */
static void renew(const struct sim_imds_options *o, const struct sim_web_request *request,
                  struct sim_web_reply *reply)
{
        const char *type = sim_web_header(request, "Content-Type");
        const bool later = sim_fault_is_set(o->faults, "imds-renew-later") ||
                           sim_fault_is_set(o->faults, "imds-renew-pending");

        if (sim_fault_take(o->faults, "imds-renew-refused", NULL, 0))
                refuse(reply, MHD_HTTP_FORBIDDEN, "not for this VM");
        else if (type == NULL || strcmp(type, "application/x-www-form-urlencoded") != 0)
                refuse(reply, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "wanted: a form");
        else if (request->body.len < sizeof(ARMOUR) ||
                 memcmp(request->body.data, ARMOUR, sizeof(ARMOUR) - 1) != 0)
                refuse(reply, MHD_HTTP_BAD_REQUEST, "wanted: the certificate, percent-encoded");
        else if (query_is(request, "api-version", ASYNCHRONOUS))
                refuse(reply, MHD_HTTP_OK, QUERY_GUID);
        else if (!query_is(request, "api-version", SYNCHRONOUS))
                refuse(reply, MHD_HTTP_BAD_REQUEST, "unknown api-version");
        else if (later)
                reply->status = MHD_HTTP_OK;
        else
                put_pem(o, true, reply);
}

static void query(const struct sim_imds_options *o, const struct sim_web_request *request,
                  struct sim_web_reply *reply)
{
        if (!query_is(request, "api-version", ASYNCHRONOUS) ||
            !query_is(request, "guid", QUERY_GUID))
                refuse(reply, MHD_HTTP_BAD_REQUEST, "unknown api-version or guid");
        else if (sim_fault_take(o->faults, "imds-renew-pending", NULL, 0))
                refuse(reply, MHD_HTTP_NOT_FOUND, "not ready");
        else
                put_pem(o, false, reply);
}

void sim_imds_renew(const struct sim_imds_options *o, const struct sim_web_request *request,
                    struct sim_web_reply *reply)
{
        const char *what = request->path + strlen(SIM_IMDS_RENEW);

        if (!query_is(request, "vmId", sim_vm_id(o->vm)) ||
            !is_uuid(sim_web_query(request, "requestId")))
                refuse(reply, MHD_HTTP_BAD_REQUEST, "vmId is another, or requestId is no UUID");
        else if (strcmp(request->method, "POST") == 0 && strcmp(what, "renew") == 0)
                renew(o, request, reply);
        else if (strcmp(request->method, "GET") == 0 && strcmp(what, "query") == 0)
                query(o, request, reply);
        else
                refuse(reply, MHD_HTTP_NOT_FOUND, "not found");
}
