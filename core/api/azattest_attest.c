/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: attest this VM's keys. Arguments are judged first (PROTOCOL.md 10.4); the work is
 * attest.c's and keyopen.c's. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "base/url.h"
#include "online/attest.h"
#include "online/http.h"
#include "online/token.h"
#include "verdict/key_open.h"

#include <string.h>

#define DEFAULT_URI "azattest://key"

int aza_call_parse_uri(const char *text, const struct aza_config *config, struct aza_uri *ret)
{
        int r = aza_uri_parse(text, config, ret);

        if (r == 0 && ret->object != AZA_URI_KEY && ret->object != AZA_URI_SIGN &&
            ret->object != AZA_URI_ISSUE)
                r = AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "'%.200s' is no attested key; write azattest://key, azattest://sign or azattest://issue",
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
        const struct aza_attester vm = aza_call_attester(call);

        return aza_attest(&vm, &request, ret);
}

static int attest_to_jwt(struct azattest_call *call, const char *uri_text, const char *payload,
                         char **ret_jwt)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        struct aza_uri uri;
        uint8_t *jwt = NULL;

        int r = aza_call_parse_uri(uri_text, &call->config, &uri);
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

/* ---- with the checks of the token ---- */

int aza_call_key_uri(struct azattest_call *call, const struct azattest_attest_options *options,
                     struct aza_uri *ret)
{
        const char *nonce = options->nonce;
        int r = aza_call_parse_uri(options->uri != NULL ? options->uri : DEFAULT_URI, &call->config,
                                   ret);

        if (r != 0)
                return r;
        if (nonce != NULL && strlen(nonce) > AZA_NONCE_MAX)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "the nonce has %zu bytes; 1 to %d are possible", strlen(nonce),
                                AZA_NONCE_MAX);
        if (nonce != NULL)
                memcpy(ret->nonce, nonce, strlen(nonce) + 1);
        return ret->purpose != AZA_PURPOSE_ANY
                       ? 0
                       : aza_call_weaken(call, "purpose", "any", "the key both decrypts and signs");
}

int aza_call_own_token(struct azattest_call *call, const struct aza_keyref *key, const char *nonce,
                       struct aza_call_outcome *o)
{
        struct aza_verify_request request = {
                .nonce = nonce,
                .vmid = call->config.vmid[0] != '\0' ? call->config.vmid : NULL,
                .own_modulus = key->modulus,
                .purpose = key->purpose};
        int r = aza_call_time(call, 0, &request.time);

        o->time = request.time;
        if (r != 0)
                return r;
        const struct aza_verifier verifier = aza_call_verifier(call);
        r = aza_verify_token(&verifier, &request, key->token, &o->checks, NULL);
        if (o->checks.count == 0)
                return r;
        if (r != 0)
                o->why = *aza_last_error();
        (void)aza_token_parse(key->token, strlen(key->token), NULL, &o->token);
        return 0;
}

/* *ret_jwt is the caller's as soon as it is set. */
static int attest_checked(struct azattest_call *call, const struct azattest_attest_options *options,
                          char **ret_jwt, struct aza_call_outcome *o)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        struct aza_uri uri;
        uint8_t *jwt = NULL;
        int r = aza_call_key_uri(call, options, &uri);

        if (r != 0 || (r = attest(call, &uri, options->payload, &key)) != 0 ||
            (r = aza_call_own_token(call, key, uri.nonce[0] != '\0' ? uri.nonce : NULL, o)) != 0)
                return r;
        if (ret_jwt == NULL || o->why.code != 0)
                return 0;
        r = aza_hand_out(aza_span_of(key->token, strlen(key->token)), &jwt);
        if (r == 0)
                *ret_jwt = (char *)jwt;
        return r;
}

int azattest_attest_with(azattest_context *ctx, const struct azattest_attest_options *given,
                         char **ret_jwt, char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZATTEST_OUTCOME struct aza_call_outcome outcome = {.subject = "token"};
        struct azattest_evidence_options evidence;
        struct azattest_attest_options options;
        int r;

        aza_clear_error();
        if ((r = aza_attest_options_take(given, &options, &evidence)) != 0)
                return r;
        if (options.evidence != NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "options->evidence: attesting judges a token; use azattest_check");
        r = aza_call_begin(ctx, true, &call);
        if (r == 0)
                r = attest_checked(&call, &options, ret_jwt, &outcome);
        if (r != 0) {
                outcome.why = *aza_last_error();
                aza_checks_free(&outcome.checks);
        }
        return aza_call_finish(&call, &outcome, ret_json);
}

/* ---- references ---- */

int aza_call_attested_key(struct azattest_call *call, const struct aza_uri *uri,
                          const char *payload, struct aza_keyref **ret)
{
        int64_t now = 0;
        int r = aza_now(&now);

        if (r == 0 && (payload == NULL || uri->attest == AZA_ATTEST_NEVER))
                r = aza_key_open_cached(&call->config, call->tpm, uri, now, ret);
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
                r = aza_call_parse_uri(uri_text, &call.config, &uri);
        if (r == 0)
                r = aza_call_attested_key(&call, &uri, payload, &key);
        if (r == 0)
                r = aza_keyref_encode(call.libctx, key, &der);
        if (r == 0)
                r = aza_hand_out(aza_bytes_span(&der), ret_der);
        if (r == 0)
                *ret_len = der.len;
        return r;
}
