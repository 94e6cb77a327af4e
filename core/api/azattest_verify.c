/* SPDX-License-Identifier: Apache-2.0 */
/* Public API for relying parties: verify a token, with the result as JSON. Opens no TPM. */
#include "api/azattest_context.h"

#include "base/clock.h"
#include "base/error.h"
#include "certificate/certificate.h"
#include "online/token.h"
#include "verdict/result.h"
#include "verdict/token.h"

#include <string.h>

int aza_call_weaken(struct azattest_call *call, const char *key, const char *value,
                    const char *meaning)
{
        if (call->weakened == NULL)
                call->weakened = json_object_new_array();
        if (call->weakened == NULL || !aza_weaken(call->weakened, key, value, meaning))
                return AZA_NO_MEMORY();
        return 0;
}

int aza_call_time(struct azattest_call *call, int64_t given, int64_t *ret)
{
        char text[32];

        *ret = given;
        return given == 0 ? aza_now(ret)
                          : aza_call_weaken(call, "time", aza_rfc3339(given, text),
                                            "judged as of that time, not of now");
}

/* Configuration first, then the call's own. NULL when out of memory. */
static json_object *all_weakened(const struct azattest_call *call)
{
        AZA_OWN(json_object_put) json_object *list = aza_config_weakened(&call->config);
        size_t more = call->weakened != NULL ? json_object_array_length(call->weakened) : 0;

        for (size_t i = 0; list != NULL && i < more; i++) {
                json_object *item = json_object_get(json_object_array_get_idx(call->weakened, i));
                if (json_object_array_add(list, item) != 0) {
                        json_object_put(item);
                        return NULL;
                }
        }
        return aza_take(&list);
}

int aza_call_result(const struct azattest_call *call, const char *subject, int64_t time,
                    const struct aza_checks *checks, json_object *claims, char **ret_json)
{
        AZA_OWN(json_object_put) json_object *weakened = all_weakened(call);
        AZA_OWN(json_object_put) json_object *result = NULL;
        AZA_OWN(free) char *json = NULL;
        uint8_t *text = NULL;

        if (weakened != NULL)
                result = aza_result_json(checks, subject, time, weakened, claims);
        if (result != NULL)
                json = aza_json_write(result,
                                      JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (json == NULL)
                return AZA_NO_MEMORY();
        int r = aza_hand_out(aza_span_of(json, strlen(json)), &text);
        if (r == 0)
                *ret_json = (char *)text;
        return r;
}

int aza_call_options(struct azattest_call *call, const struct azattest_verify_options *options,
                     struct aza_verify_request *request)
{
        struct aza_config *config = &call->config;

        if (options->policy != NULL) {
                size_t len = strlen(options->policy);
                if (len == 0 || len >= sizeof(config->policy))
                        return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                        "the policy's file name is empty or too long");
                memcpy(config->policy, options->policy, len + 1);
        }
        request->nonce = options->nonce;
        request->jwks_file = options->jwks_file;
        request->vmid = options->vmid;
        if (request->vmid == NULL && config->vmid[0] != '\0')
                request->vmid = config->vmid;
        return aza_call_time(call, options->time, &request->time);
}

int aza_call_no_demands(const struct azattest_verify_options *options)
{
        if (options->evidence == NULL)
                return 0;
        return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                        "options->evidence: demands on evidence do not apply to a token or "
                        "certificate, which a policy judges; use azattest_evidence_verify or "
                        "azattest_channel_verify");
}

int azattest_token_verify(azattest_context *ctx, const char *jwt,
                          const struct azattest_verify_options *options, char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        struct aza_options o;
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_verify_request request = {.foreign = true, .inspect = true, .any_purpose = true};

        aza_clear_error();
        if (jwt == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no token");
        int r = aza_verify_options_take(options, &o);
        if (r == 0)
                r = aza_call_no_demands(&o.verify);
        if (r == 0)
                r = aza_call_begin(ctx, false, &call);
        if (r == 0)
                r = aza_call_options(&call, &o.verify, &request);
        if (r != 0)
                return r;
        r = aza_verify_online(call.libctx, &call.config, &call.deadline, &request, jwt, &checks,
                              &token);
        if (ret_json == NULL || checks.count == 0)
                return r;
        const struct aza_error why = *aza_last_error();
        /* Claims are shown on accept only: nothing in a rejected token deserves to be read. */
        int made = aza_call_result(&call, "token", request.time, &checks,
                                   token != NULL ? token->claims : NULL, ret_json);
        if (made != 0)
                return made;
        return r == 0 ? 0 : aza_error_restore(&why);
}

int azattest_token_public_key(azattest_context *ctx, const char *jwt,
                              const struct azattest_verify_options *options, char **ret_pem)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        struct aza_options o;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes pem = {0};
        struct aza_verify_request request = {.foreign = true, .any_purpose = true};
        uint8_t *text = NULL;

        aza_clear_error();
        if (jwt == NULL || ret_pem == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no token, or no place for the result");
        int r = aza_verify_options_take(options, &o);
        if (r != 0 || (r = aza_call_no_demands(&o.verify)) != 0 ||
            (r = aza_call_begin(ctx, false, &call)) != 0 ||
            (r = aza_call_options(&call, &o.verify, &request)) != 0 ||
            (r = aza_verify_online(call.libctx, &call.config, &call.deadline, &request, jwt,
                                   &checks, &token)) != 0 ||
            (r = aza_token_key(call.libctx, token, &key)) != 0 ||
            (r = aza_public_key_pem(key, &pem)) != 0 ||
            (r = aza_hand_out(aza_bytes_span(&pem), &text)) != 0)
                return r;
        *ret_pem = (char *)text;
        return 0;
}
