/* SPDX-License-Identifier: Apache-2.0 */
/* Public API for relying parties: what their calls share (options, results), and tokens. Opens no
 * TPM. */
#include "api/azattest_context.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/result.h"
#include "base/result_code.h"
#include "certificate/certificate.h"
#include "online/token.h"
#include "verdict/token.h"

#include <string.h>

int aza_hand_out_json(json_object *value, char **ret_json)
{
        AZA_OWN(free) char *json = NULL;
        uint8_t *text = NULL;

        if (value != NULL)
                json = aza_json_write(value,
                                      JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        if (json == NULL)
                return AZA_NO_MEMORY();
        int r = aza_hand_out(aza_span_of(json, strlen(json)), &text);
        if (r == 0)
                *ret_json = (char *)text;
        return r;
}

int aza_call_result(const struct azattest_call *call, const struct aza_judged *judged,
                    char **ret_json)
{
        AZA_OWN(json_object_put) json_object *weakened = aza_call_weakened(call);
        AZA_OWN(json_object_put) json_object *result = NULL;

        if (weakened == NULL)
                return AZA_NO_MEMORY();
        result = aza_result_json(judged->checks, judged->subject, judged->time, weakened,
                                 judged->claims);
        return aza_hand_out_json(result, ret_json);
}

/* D54: also what could not be judged has a result; but not a call that was wrong itself. */
static int hand_out_failure(const struct azattest_call *call, const struct aza_call_outcome *o,
                            char **ret_json)
{
        AZA_OWN(json_object_put) json_object *weakened = NULL;
        AZA_OWN(json_object_put) json_object *result = NULL;
        const enum aza_verdict verdict = !call->refused && aza_result_undecided(o->why.code)
                                                 ? AZA_VERDICT_INCOMPLETE
                                                 : AZA_VERDICT_REJECT;
        int64_t now = o->time;

        if (o->why.code == AZATTEST_E_INVALID_PARAMETER)
                return 0;
        /* Without configuration there is none to name. */
        if (call->libctx != NULL && (weakened = aza_call_weakened(call)) == NULL)
                return AZA_NO_MEMORY();
        if (now == 0)
                (void)aza_now(&now);
        result = aza_result_failure(o->subject, now, weakened, verdict, &o->why);
        return aza_hand_out_json(result, ret_json);
}

void aza_call_outcome_free(struct aza_call_outcome *outcome)
{
        aza_checks_free(&outcome->checks);
        aza_token_free(outcome->token);
        json_object_put(outcome->claims);
        EVP_PKEY_free(outcome->leaf);
        *outcome = (struct aza_call_outcome){0};
}

/* What the rows say, in the words of the failure behind them where there was one: a key set that
 * could not be had is more than its row. */
static int decide(const struct aza_call_outcome *o)
{
        const int r = o->checks.count > 0 ? aza_checks_result(&o->checks, o->subject) : o->why.code;

        return o->why.code != 0 && (r == 0 || r == o->why.code) ? aza_error_restore(&o->why) : r;
}

int aza_call_finish(const struct azattest_call *call, struct aza_call_outcome *o, char **ret_json)
{
        json_object *claims = o->claims;
        int made = 0;

        /* Neither a row nor a failure accepts nothing. */
        if (o->checks.count == 0 && o->why.code == 0)
                o->why = aza_error_of(
                        AZA_FAIL(AZATTEST_E_INPUT, "the %s was not judged", o->subject));
        const int r = decide(o);
        const struct aza_error why = aza_error_of(r);

        if (claims == NULL && o->token != NULL)
                claims = o->token->claims;
        /* Nothing in what was refused deserves to be read as a claim. */
        const struct aza_judged judged = {o->subject, o->time, &o->checks, r == 0 ? claims : NULL};
        if (ret_json != NULL)
                made = o->checks.count > 0 ? aza_call_result(call, &judged, ret_json)
                                           : hand_out_failure(call, o, ret_json);
        if (made != 0)
                return made;
        return r != 0 ? aza_error_restore(&why) : 0;
}

int aza_call_key(const struct azattest_call *call, const struct aza_call_outcome *o,
                 struct aza_bytes *ret_pem)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        int r = o->leaf == NULL ? aza_token_key(call->libctx, o->token, &key) : 0;

        return r != 0 ? r : aza_public_key_pem(o->leaf != NULL ? o->leaf : key, ret_pem);
}

/* ---- options ---- */

static int read_purpose(struct azattest_call *call, const char *text,
                        struct aza_verify_request *request)
{
        request->any_purpose = false;
        if (!aza_purpose_parse(text, &request->purpose))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "purpose '%.40s': a key is for decrypt, sign, issue or any", text);
        return request->purpose != AZA_PURPOSE_ANY
                       ? 0
                       : aza_call_weaken(call, "purpose", "any", "the key both decrypts and signs");
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
        config->delegated |= options->delegated;
        request->nonce = options->nonce;
        request->jwks_file = options->jwks_file;
        request->vmid = options->vmid;
        if (request->vmid == NULL && config->vmid[0] != '\0')
                request->vmid = config->vmid;
        int r = options->purpose != NULL ? read_purpose(call, options->purpose, request) : 0;
        return r != 0 ? r : aza_call_time(call, options->time, &request->time);
}

int aza_call_no_demands(const struct azattest_verify_options *options)
{
        if (options->evidence == NULL || options->evidence_json != NULL)
                return 0;
        return AZA_FAIL(
                AZATTEST_E_INVALID_PARAMETER,
                "options->evidence: demands on evidence do not apply to a token or certificate, which a policy judges; use azattest_evidence_verify or azattest_channel_verify");
}

int aza_call_no_ca(const struct azattest_verify_options *options)
{
        if (options->ca_file == NULL)
                return 0;
        return AZA_FAIL(
                AZATTEST_E_INVALID_PARAMETER,
                "a CA applies to certificates only: a token has an issuer of its own, a request none");
}

int aza_call_no_file(const struct azattest_verify_options *options)
{
        if (options->purpose == NULL && options->ca_file == NULL && options->evidence_json == NULL)
                return 0;
        return AZA_FAIL(
                AZATTEST_E_INVALID_PARAMETER,
                "purpose, ca_file and evidence_json are for tokens and certificates that are judged by themselves, not within a connection");
}

int azattest_weakened(azattest_context *ctx, const struct azattest_verify_options *options,
                      char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(json_object_put) json_object *list = NULL;
        struct aza_verify_request unused = {0};
        struct aza_options o;
        int r;

        aza_clear_error();
        if (ret_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no place for what weakens");
        if ((r = aza_verify_options_take(options, &o)) != 0 ||
            (r = aza_call_begin(ctx, false, &call)) != 0 ||
            (r = aza_call_options(&call, &o.verify, &unused)) != 0)
                return r;
        if (o.verify.evidence != NULL &&
            (r = aza_call_demands_weaken(&call, o.verify.evidence)) != 0)
                return r;
        list = aza_call_weakened(&call);
        return aza_hand_out_json(list, ret_json);
}

/* ---- tokens ---- */

/* A key of any purpose is taken where one to decrypt is wanted (D14, C5), which is not what was
 * said. */
static int weaken_wider(struct azattest_call *call, const struct aza_verify_request *request,
                        const struct aza_token *token)
{
        enum aza_purpose purpose = AZA_PURPOSE_DECRYPT;

        if (request->any_purpose || request->purpose != AZA_PURPOSE_DECRYPT || token == NULL ||
            aza_token_purpose(token, &purpose) != 0 || purpose != AZA_PURPOSE_ANY)
                return 0;
        return aza_call_weaken(call, "purpose", "any", "the token's key both decrypts and signs");
}

/* Rows of the token and, where there is some, of the evidence beside it. */
static int judge_token(struct azattest_call *call, const char *jwt,
                       const struct azattest_verify_options *options, bool inspect,
                       struct aza_call_outcome *o)
{
        /* Platform tokens attest no key that evidence could prove. */
        struct aza_verify_request request = {.foreign = true,
                                             .inspect = inspect && options->evidence_json == NULL,
                                             .any_purpose = true};
        const struct aza_verifier verifier = aza_call_verifier(call);
        int r = aza_call_options(call, options, &request);

        o->time = request.time;
        if (r != 0)
                return r;
        r = aza_verify_token(&verifier, &request, jwt, &o->checks, NULL);
        if (o->checks.count == 0)
                return r;
        if (r != 0)
                o->why = aza_error_of(r);
        (void)aza_token_parse(jwt, strlen(jwt), NULL, &o->token);
        if ((r = weaken_wider(call, &request, o->token)) != 0)
                return r;
        return aza_call_beside(call, options, &request, o);
}

/* `ret_key` (may be NULL): the key as PEM, when accepted. */
static int verify_token(azattest_context *ctx, const char *jwt,
                        const struct azattest_verify_options *options, char **ret_json,
                        struct aza_bytes *ret_key)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZATTEST_OUTCOME struct aza_call_outcome outcome = {.subject = "token"};
        int r = aza_call_no_demands(options);

        if (r == 0)
                r = aza_call_no_ca(options);
        if (r == 0)
                r = aza_call_begin(ctx, false, &call);
        if (r == 0)
                r = judge_token(&call, jwt, options, ret_key == NULL, &outcome);
        if (r != 0) {
                outcome.why = aza_error_of(r);
                aza_checks_free(&outcome.checks);
        }
        r = aza_call_finish(&call, &outcome, ret_json);
        return r == 0 && ret_key != NULL ? aza_call_key(&call, &outcome, ret_key) : r;
}

int azattest_token_verify(azattest_context *ctx, const char *jwt,
                          const struct azattest_verify_options *options, char **ret_json)
{
        struct aza_options o;

        aza_clear_error();
        if (jwt == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no token");
        int r = aza_verify_options_take(options, &o);
        return r != 0 ? r : verify_token(ctx, jwt, &o.verify, ret_json, NULL);
}

int azattest_token_public_key(azattest_context *ctx, const char *jwt,
                              const struct azattest_verify_options *options, char **ret_pem,
                              char **ret_json)
{
        AZA_BYTES struct aza_bytes pem = {0};
        struct aza_options o;
        uint8_t *text = NULL;

        aza_clear_error();
        if (jwt == NULL || ret_pem == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no token, or no place for the result");
        int r = aza_verify_options_take(options, &o);
        if (r != 0 || (r = verify_token(ctx, jwt, &o.verify, ret_json, &pem)) != 0 ||
            (r = aza_hand_out(aza_bytes_span(&pem), &text)) != 0)
                return r;
        *ret_pem = (char *)text;
        return 0;
}

int azattest_token_evidence_verify(azattest_context *ctx, const char *jwt,
                                   const char *evidence_json,
                                   const struct azattest_verify_options *options, char **ret_result)
{
        struct aza_options o;

        aza_clear_error();
        if (jwt == NULL || evidence_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no token or no evidence");
        int r = aza_verify_options_take(options, &o);
        if (r == 0 && o.verify.evidence_json != NULL)
                r = AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                             "options->evidence_json: the evidence is an argument of its own here");
        if (r != 0)
                return r;
        o.verify.evidence_json = evidence_json;
        return verify_token(ctx, jwt, &o.verify, ret_result, NULL);
}
