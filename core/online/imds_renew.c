/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the requests of a renewal: VM id, renewal in one step, else in two. */
#include "online/imds_renew.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "base/own.h"
#include "online/http.h"

#include <stdio.h>
#include <string.h>

#define VM_ID_PATH   "/metadata/instance/compute/vmId?api-version=2019-03-11&format=text"
#define RENEW_PATH   "/metadata/THIM/tvm/certificate/renew"
#define QUERY_PATH   "/metadata/THIM/tvm/certificate/query"
#define SYNCHRONOUS  "2023-07-01"
#define ASYNCHRONOUS "2021-12-01"
#define ANSWER_MAX   65536
#define URL_MAX      1024
#define ID_MAX       64

static bool not_empty(struct aza_span body)
{
        return body.len > 0;
}

static int request(const struct aza_imds_renewal *ask, struct aza_http_request *http,
                   struct aza_bytes *ret)
{
        http->what = "IMDS";
        http->plain_http = true;
        http->retry_gone = true;
        http->max_body = ANSWER_MAX;
        return aza_http(http, ask->deadline, ret, NULL);
}

/* An id that came over plain HTTP and goes into a URL. */
static int take_id(const char *what, struct aza_span text, char ret[ID_MAX + 1])
{
        static const char allowed[] =
                "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";

        while (text.len > 0 && strchr("\r\n \"", text.data[text.len - 1]) != NULL)
                text.len--;
        while (text.len > 0 && strchr(" \"", text.data[0]) != NULL)
                text = aza_span_of(text.data + 1, text.len - 1);
        if (text.len == 0 || text.len > ID_MAX)
                return AZA_FAIL(AZATTEST_E_AK_CERT_RENEW,
                                "IMDS: the answer with %s is no id; try again later", what);
        memcpy(ret, text.data, text.len);
        ret[text.len] = '\0';
        if (strlen(ret) == text.len && strspn(ret, allowed) == text.len)
                return 0;
        return AZA_FAIL(AZATTEST_E_AK_CERT_RENEW,
                        "IMDS: the answer with %s is no id; try again later", what);
}

static int vm_id(const struct aza_imds_renewal *ask, char ret[ID_MAX + 1])
{
        AZA_BYTES struct aza_bytes body = {0};
        char url[URL_MAX];
        struct aza_http_request http = {.url = url, .usable = not_empty};

        (void)snprintf(url, sizeof(url), "%s%s", ask->config->imds_url, VM_ID_PATH);
        const int r = request(ask, &http, &body);
        return r != 0 ? r : take_id("the VM's id", aza_bytes_span(&body), ret);
}

/* A random UUID (version 4). */
static int request_id(OSSL_LIB_CTX *libctx, char ret[37])
{
        uint8_t b[16];
        const int r = aza_random(libctx, b, sizeof(b));

        if (r != 0)
                return r;
        b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
        b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
        (void)snprintf(ret, 37,
                       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                       b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
                       b[13], b[14], b[15]);
        return 0;
}

static int write_url(const struct aza_imds_renewal *ask, const char *path, const char *version,
                     const char *vm, char ret[URL_MAX])
{
        char id[37];
        const int r = request_id(ask->libctx, id);

        if (r == 0)
                (void)snprintf(ret, URL_MAX, "%s%s?api-version=%s&vmId=%s&requestId=%s",
                               ask->config->imds_url, path, version, vm, id);
        return r;
}

static int put_escaped(struct aza_span text, struct aza_bytes *ret)
{
        static const char plain[] =
                "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~";
        int r = 0;

        for (size_t i = 0; r == 0 && i < text.len; i++) {
                char hex[4];

                if (strchr(plain, text.data[i]) != NULL && text.data[i] != '\0') {
                        r = aza_bytes_append(ret, text.data + i, 1);
                        continue;
                }
                (void)snprintf(hex, sizeof(hex), "%%%02X", text.data[i]);
                r = aza_bytes_append(ret, hex, 3);
        }
        return r;
}

/* The body: the certificate as the reference client writes it, one line between the armour. */
static int put_body(struct aza_span old, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes pem = {0};
        int r = aza_bytes_append_text(&pem, "-----BEGIN CERTIFICATE-----\n");

        if (r == 0)
                r = aza_base64_encode(AZA_BASE64, old, &pem);
        if (r == 0)
                r = aza_bytes_append_text(&pem, "\n-----END CERTIFICATE-----\n");
        return r != 0 ? r : put_escaped(aza_bytes_span(&pem), ret);
}

static int renew(const struct aza_imds_renewal *ask, const char *version, const char *vm,
                 const struct aza_bytes *post, struct aza_bytes *ret)
{
        char url[URL_MAX];
        struct aza_http_request http = {.url = url,
                                        .post = (const char *)post->data,
                                        .post_len = post->len,
                                        .post_type = "application/x-www-form-urlencoded"};
        const int r = write_url(ask, RENEW_PATH, version, vm, url);

        return r != 0 ? r : request(ask, &http, ret);
}

/* Not there yet is 404 or nothing: asked again until the deadline. */
static int query(const struct aza_imds_renewal *ask, const char *vm, const char *id,
                 struct aza_bytes *ret)
{
        char url[URL_MAX];
        struct aza_http_request http = {.url = url, .usable = not_empty};
        int r = write_url(ask, QUERY_PATH, ASYNCHRONOUS, vm, url);

        if (r != 0)
                return r;
        const size_t used = strlen(url);
        (void)snprintf(url + used, sizeof(url) - used, "&guid=%s", id);
        r = request(ask, &http, ret);
        return r == 0 ? 0
                      : aza_context(
                                r,
                                "the renewed certificate was not to be had in time (try again later, or raise 'timeout')");
}

/* {"AkCertPem", "CertQueryId"}: the certificate, or what to ask for. Both may be absent. */
static int read_answer(struct aza_span body, struct aza_bytes *ret_pem, char ret_id[ID_MAX + 1])
{
        AZA_OWN(json_object_put) json_object *json = NULL;

        ret_id[0] = '\0';
        if (body.len == 0)
                return 0;
        if (aza_json_parse(body, ANSWER_MAX, &json) != 0)
                return aza_context(
                        AZA_FAIL(AZATTEST_E_AK_CERT_RENEW, "%s", aza_last_error()->message),
                        "IMDS: the answer with the renewed certificate is not JSON");
        const char *pem = aza_json_string(json, "AkCertPem");
        const char *id = aza_json_string(json, "CertQueryId");
        if (pem != NULL && *pem != '\0')
                return aza_bytes_append_text(ret_pem, pem);
        if (id == NULL || *id == '\0')
                return 0;
        return take_id("the renewed certificate", aza_span_of(id, strlen(id)), ret_id);
}

int aza_imds_renew(const struct aza_imds_renewal *ask, struct aza_span old,
                   struct aza_bytes *ret_pem)
{
        AZA_BYTES struct aza_bytes post = {0};
        AZA_BYTES struct aza_bytes body = {0};
        AZA_BYTES struct aza_bytes late = {0};
        char vm[ID_MAX + 1], id[ID_MAX + 1];
        int r = vm_id(ask, vm);

        if (r == 0)
                r = put_body(old, &post);
        if (r == 0)
                r = renew(ask, SYNCHRONOUS, vm, &post, &body);
        if (r == 0)
                r = read_answer(aza_bytes_span(&body), ret_pem, id);
        if (r != 0 || ret_pem->len > 0)
                return r;
        if (id[0] == '\0') {
                r = renew(ask, ASYNCHRONOUS, vm, &post, &late);
                if (r == 0)
                        r = take_id("the renewal's id", aza_bytes_span(&late), id);
        }
        return r != 0 ? r : query(ask, vm, id, ret_pem);
}
