/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the paths below /metadata/THIM that begin with "sgx" and "tdx". */
#include "sim/imds_thim.h"

#include "base/base64.h"
#include "base/json.h"
#include "sim/intel.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define THIM    "/metadata/THIM/"
#define VERSION "/certification/v4/"

enum form {
        WITH_CHAIN, /* text, its signers' chain in a header */
        DER,
        HEX, /* digits, as caches of Intel's service write it */
};

static const struct answer {
        const char *path;
        const char *query, *value; /* that it wants; NULL: none */
        const char *member;        /* of a collateral file */
        enum form form;
        const char *header;
} answers[] = {
        {THIM "tdx" VERSION "tcb", "fmspc", SIM_FMSPC, "tcb-info", WITH_CHAIN,
         "TCB-Info-Issuer-Chain"},
        {THIM "tdx" VERSION "qe/identity", NULL, NULL, "qe-identity", WITH_CHAIN,
         "SGX-Enclave-Identity-Issuer-Chain"},
        {THIM "sgx" VERSION "pckcrl", "ca", "platform", "pck-crl", DER, NULL},
        {THIM "sgx" VERSION "rootcacrl", NULL, NULL, "root-crl", HEX, NULL},
};

/* As in a URL: what is not a letter or digit becomes %XX. */
static bool put_escaped(const char *text, struct aza_bytes *ret)
{
        for (; *text != '\0'; text++) {
                char one[4];
                const bool plain = (*text >= '0' && *text <= '9') ||
                                   (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
                (void)snprintf(one, sizeof(one), plain ? "%c" : "%%%02X", (unsigned char)*text);
                if (aza_bytes_append_text(ret, one) != 0)
                        return false;
        }
        return true;
}

static bool put_list(const char *base64, enum form form, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes der = {0};

        if (aza_base64_decode(AZA_BASE64, base64, strlen(base64), &der) != 0)
                return false;
        if (form == DER)
                return aza_bytes_append(ret, der.data, der.len) == 0;
        for (size_t i = 0; i < der.len; i++) {
                char hex[3];
                if (aza_bytes_append_text(ret, aza_hex(aza_span_of(der.data + i, 1), hex)) != 0)
                        return false;
        }
        return true;
}

static bool put_answer(const struct answer *a, json_object *collateral, struct sim_web_reply *reply)
{
        const char *text = aza_json_string(collateral, a->member);
        char chain[64];

        if (text == NULL)
                return false;
        if (a->form != WITH_CHAIN) {
                reply->type = "application/octet-stream";
                return put_list(text, a->form, &reply->body);
        }
        (void)snprintf(chain, sizeof(chain), "%s-chain", a->member);
        const char *pem = aza_json_string(collateral, chain);
        reply->header = a->header;
        return pem != NULL && put_escaped(pem, &reply->header_value) &&
               aza_bytes_append_text(&reply->body, text) == 0;
}

static bool is_wanted(const struct answer *a, const struct sim_web_request *request)
{
        if (a->query == NULL)
                return true;
        const char *value = sim_web_query(request, a->query);
        return value != NULL && strcasecmp(value, a->value) == 0;
}

bool sim_imds_thim(const struct sim_imds_options *options, const struct sim_web_request *request,
                   struct sim_web_reply *reply)
{
        for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
                const struct answer *a = &answers[i];
                if (strcmp(request->method, "GET") != 0 || strcmp(request->path, a->path) != 0)
                        continue;
                if (options->kind != SIM_TDX || !is_wanted(a, request) ||
                    sim_fault_is_set(options->faults, "tdx-no-collateral"))
                        return true; /* 404 */
                AZA_OWN(json_object_put)
                json_object *collateral = sim_td_collateral(options->pki, options->faults);
                reply->status = collateral != NULL && put_answer(a, collateral, reply)
                                        ? MHD_HTTP_OK
                                        : MHD_HTTP_INTERNAL_SERVER_ERROR;
                return true;
        }
        return false;
}
