/* SPDX-License-Identifier: Apache-2.0 */
/* Public API for relying parties: verify a token, with the result as JSON. Opens no TPM. */
#include "azattest_context.h"

#include "base/error.h"
#include "verify.h"

#include <string.h>

/* Claims are shown on accept only: nothing in a rejected token deserves to be read. */
static int make_json(const struct azattest_call *call, const struct aza_verify_request *request,
                     const struct aza_checks *checks, const struct aza_token *token,
                     char **ret_json)
{
        AZA_OWN(json_object_put) json_object *result = NULL;
        json_object *weakened = aza_weakened(&call->config, request->policy_file);
        uint8_t *text = NULL;

        if (weakened == NULL)
                return AZA_NO_MEMORY();
        result = aza_result_json("token", request->time, weakened, checks,
                                 token != NULL ? token->claims : NULL);
        const char *json =
                result != NULL
                        ? json_object_to_json_string_ext(
                                  result, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
                        : NULL;
        if (json == NULL)
                return AZA_NO_MEMORY();
        int r = aza_hand_out(aza_span_of(json, strlen(json)), &text);
        if (r == 0)
                *ret_json = (char *)text;
        return r;
}

int azattest_token_verify(azattest_context *ctx, const char *jwt,
                          const struct azattest_verify_options *options, char **ret_json)
{
        static const struct azattest_verify_options none = {0};
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_CHECKS struct aza_checks checks = {0};

        aza_clear_error();
        if (jwt == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no token");
        int r = aza_call_begin(ctx, false, &call);
        if (r != 0)
                return r;
        if (options == NULL)
                options = &none;
        struct aza_verify_request request = {
                .nonce = options->nonce,
                .policy_file = options->policy,
                .jwks_file = options->jwks_file,
                .vmid = options->vmid,
                .time = options->time,
                .foreign = true,
                .any_purpose = true,
        };
        if (request.vmid == NULL && call.config.vmid[0] != '\0')
                request.vmid = call.config.vmid;
        if (request.time == 0 && (r = aza_now(&request.time)) != 0)
                return r;
        r = aza_verify_online(call.libctx, &call.config, &call.deadline, &request, jwt, &checks,
                              &token);
        if (ret_json == NULL || checks.count == 0)
                return r;
        const struct aza_error why = *aza_last_error();
        int made = make_json(&call, &request, &checks, token, ret_json);
        if (made != 0)
                return made;
        return r == 0 ? 0
                      : aza_fail(why.file, why.line, why.function, r, why.tpm_rc, "%s",
                                 why.message);
}
