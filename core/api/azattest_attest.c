/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: attest this VM's keys. Arguments are judged first (PROTOCOL.md 10.4); the work is
 * attest.c's and keyopen.c's. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "base/url.h"
#include "online/attest.h"
#include "online/http.h"
#include "verdict/key_open.h"

#include <string.h>

#define DEFAULT_URI "azattest://key"

/* A URI that names a key of ours, not the AK or a certificate. */
static int parse_key_uri(const char *text, const struct aza_config *config, struct aza_uri *ret)
{
        int r = aza_uri_parse(text, config, ret);

        if (r == 0 && ret->object != AZA_URI_KEY && ret->object != AZA_URI_SIGN)
                r = AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                             "'%.200s' is no attested key; write azattest://key or azattest://sign",
                             text);
        return r;
}

static int attest(struct azattest_call *call, const struct aza_uri *uri, const char *payload,
                  struct aza_keyref **ret)
{
        const struct aza_attest_request request = {
                .uri = uri,
                .payload = payload,
                .progress = call->progress,
                .progress_arg = call->progress_arg,
        };

        return aza_attest(call->libctx, &call->config, call->tpm, &request, &call->deadline, ret);
}

static int attest_to_jwt(struct azattest_call *call, const char *uri_text, const char *payload,
                         char **ret_jwt)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        struct aza_uri uri;
        uint8_t *jwt = NULL;

        int r = parse_key_uri(uri_text, &call->config, &uri);
        if (r == 0)
                r = attest(call, &uri, payload, &key);
        if (r == 0)
                r = aza_hand_out(aza_span_of(key->token, strlen(key->token)), &jwt);
        if (r == 0)
                *ret_jwt = (char *)jwt;
        return r;
}

int azattest_attest(azattest_context *ctx, const struct azattest_client_parameters *params,
                    char **ret_jwt)
{
        AZATTEST_CALL struct azattest_call call = {0};

        aza_clear_error();
        if (params == NULL || ret_jwt == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "client parameters or the place for the token is NULL");
        if (params->version != AZATTEST_CLIENT_PARAMS_VERSION)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "client parameters of version %u; this library knows %d",
                                params->version, AZATTEST_CLIENT_PARAMS_VERSION);
        int r = aza_call_begin(ctx, true, &call);
        if (r != 0)
                return r;
        if (params->url != NULL) {
                r = aza_url_normalise(params->url, false, call.config.maa_url,
                                      sizeof(call.config.maa_url));
                if (r != 0)
                        return r;
                /* Whoever is asked is who must answer (D18). */
                memcpy(call.config.issuer, call.config.maa_url, sizeof(call.config.issuer));
        }
        r = attest_to_jwt(&call, DEFAULT_URI, params->payload, ret_jwt);
        if (r == 0 && params->url != NULL)
                aza_call_asked(ctx, call.config.maa_url);
        return r;
}

int azattest_attest_key(azattest_context *ctx, const char *uri, const char *payload, char **ret_jwt)
{
        AZATTEST_CALL struct azattest_call call = {0};

        aza_clear_error();
        if (uri == NULL || ret_jwt == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "the URI or the place for the token is NULL");
        int r = aza_call_begin(ctx, true, &call);
        return r != 0 ? r : attest_to_jwt(&call, uri, payload, ret_jwt);
}

/* A payload can only be in a token made for it: stored ones do not count then. */
static int open_or_attest(struct azattest_call *call, const struct aza_uri *uri,
                          const char *payload, struct aza_keyref **ret)
{
        int64_t now = 0;
        int r = aza_now(&now);

        if (r == 0 && (payload == NULL || uri->attest == AZA_ATTEST_NEVER))
                r = aza_key_open_cached(call->libctx, &call->config, call->tpm, uri, now, ret);
        if (r != 0 || *ret != NULL)
                return r;
        return attest(call, uri, payload, ret);
}

int azattest_key_reference(azattest_context *ctx, const char *uri_text, const char *payload,
                           uint8_t **ret_der, size_t *ret_len)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        AZA_BYTES struct aza_bytes der = {0};
        struct aza_uri uri;

        aza_clear_error();
        if (uri_text == NULL || ret_der == NULL || ret_len == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "the URI or the place for the reference is NULL");
        int r = aza_call_begin(ctx, true, &call);
        if (r == 0)
                r = parse_key_uri(uri_text, &call.config, &uri);
        if (r == 0)
                r = open_or_attest(&call, &uri, payload, &key);
        if (r == 0)
                r = aza_keyref_encode(call.libctx, key, &der);
        if (r == 0)
                r = aza_hand_out(aza_bytes_span(&der), ret_der);
        if (r == 0)
                *ret_len = der.len;
        return r;
}
