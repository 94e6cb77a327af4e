/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: policies and profiles for people: made from what was verified, and tried condition by
 * condition. */
#include "api/azattest_context.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "online/token.h"
#include "show/show.h"
#include "token/policy_new.h"
#include "verdict/demands.h"
#include "verdict/profile_new.h"

#include <string.h>

#define PINS_MAX     32
#define SPACED       (JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)
#define PROFILE_NAME "mine"

/* `file` as text with a line end, and what is in it. */
static int hand_out_file(json_object *file, const struct aza_bytes *notes, char **ret_file,
                         char **ret_notes)
{
        AZA_OWN(free) char *text = aza_json_write(file, JSON_C_TO_STRING_PRETTY | SPACED);
        AZA_BYTES struct aza_bytes whole = {0};
        uint8_t *out = NULL, *out_notes = NULL;
        int r = text != NULL ? aza_bytes_append_text(&whole, text) : AZA_NO_MEMORY();

        if (r == 0)
                r = aza_bytes_append_text(&whole, "\n");
        if (r == 0 && ret_notes != NULL)
                r = aza_hand_out(aza_bytes_span(notes), &out_notes);
        if (r == 0)
                r = aza_hand_out(aza_bytes_span(&whole), &out);
        if (r != 0) {
                azattest_free(out_notes);
                return r;
        }
        *ret_file = (char *)out;
        if (ret_notes != NULL)
                *ret_notes = (char *)out_notes;
        return 0;
}

/* ---- a policy from a token ---- */

/* The token that the policy shall accept, verified by all but a policy and which VM it is. */
static int verified_token(struct azattest_call *call, const char *jwt,
                          const struct azattest_verify_options *options, struct aza_token **ret)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_verify_request request = {.any_purpose = true};
        const struct aza_verifier verifier = aza_call_verifier(call);
        int r = aza_call_options(call, options, &request);

        call->config.policy[0] = '\0';
        if (r == 0)
                r = aza_verify_token(&verifier, &request, jwt, &checks, NULL);
        return r != 0 ? r : aza_token_parse(jwt, strlen(jwt), NULL, ret);
}

/* What was made has to accept what it was made from. */
static int check_policy(json_object *file, const struct aza_token *token)
{
        AZA_OWN(free) char *text = aza_json_write(file, JSON_C_TO_STRING_PLAIN);
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        int r = text != NULL ? aza_policy_parse(aza_span_of(text, strlen(text)), &policy)
                             : AZA_NO_MEMORY();

        if (r == 0 && !aza_policy_satisfied(policy, token->claims, token->issuer, NULL))
                return AZA_FAIL(
                        AZATTEST_E_POLICY,
                        "the token does not satisfy the policy that would be made of it: 'azattest verify' says what it lacks");
        return r;
}

int azattest_policy_new(azattest_context *ctx, const char *jwt,
                        const struct azattest_draft_options *options, char **ret_policy,
                        char **ret_notes)
{
        static const char *const by_vm[] = {"vmid", NULL};
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_OWN(json_object_put) json_object *file = NULL;
        AZA_BYTES struct aza_bytes notes = {0};
        struct azattest_draft_options draft;
        struct aza_options o;
        int r;

        aza_clear_error();
        if (jwt == NULL || ret_policy == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no token, or no place for the policy");
        if ((r = aza_draft_options_take(options, &draft, &o)) != 0 ||
            (r = aza_call_no_file(&o.verify)) != 0 ||
            (r = aza_call_begin(ctx, false, &call)) != 0 ||
            (r = verified_token(&call, jwt, &o.verify, &token)) != 0)
                return r;
        r = aza_policy_new(token->claims, draft.pins != NULL ? draft.pins : by_vm, &file, &notes);
        if (r != 0 || (r = check_policy(file, token)) != 0)
                return r;
        return hand_out_file(file, &notes, ret_policy, ret_notes);
}

/* ---- a policy, condition by condition ---- */

static int try_policy(const struct aza_policy *policy, const struct aza_token *token,
                      char **ret_json)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(json_object_put) json_object *conditions = NULL;
        const char *issuer = token->issuer != NULL ? token->issuer : "";
        char note[96];

        const bool met = aza_policy_satisfied(policy, token->claims, issuer, &conditions);
        if (out == NULL || conditions == NULL)
                return AZA_NO_MEMORY();
        aza_show_text(out, "verified", "no (the token is only read; 'azattest verify' judges)");
        aza_show_bool(out, "satisfied", met);
        aza_show_bool(out, "names-vm", aza_policy_pins_identity(policy));
        aza_show_bool(out, "key-vault", !aza_policy_has_extensions(policy));
        if (*aza_policy_vault_note(policy, note) != '\0')
                aza_show_text(out, "note", "%s", note + strlen("; "));
        aza_show_object(out, "conditions", aza_take(&conditions));
        return aza_hand_out_json(out, ret_json);
}

int azattest_policy_test(const char *policy, const char *jwt, char **ret_json)
{
        AZA_OWN(aza_policy_free) struct aza_policy *parsed = NULL;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        int r;

        aza_clear_error();
        if (policy == NULL || jwt == NULL || ret_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no policy, no token, or no place for the conditions");
        if ((r = aza_policy_parse(aza_span_of(policy, strlen(policy)), &parsed)) != 0 ||
            (r = aza_token_parse(jwt, strlen(jwt), NULL, &token)) != 0)
                return r;
        return try_policy(parsed, token, ret_json);
}

/* ---- a profile from evidence ---- */

static int proven_claims(struct azattest_call *call, const char *evidence_json,
                         const struct azattest_evidence_options *options, json_object **ret)
{
        AZATTEST_CALL_EVIDENCE struct aza_call_evidence with = {0};
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_evidence_file file = {0};
        struct aza_judgement judgement = {0};
        struct aza_evidence_request request = {.nonce = options->nonce};
        const struct aza_verifier verifier = aza_call_verifier(call);
        int r = aza_evidence_file_decode(aza_span_of(evidence_json, strlen(evidence_json)), &file);

        call->config.policy[0] = '\0';
        if (r == 0 && (r = aza_call_evidence_read(call, options, &with, &request)) == 0 &&
            (r = aza_call_fetch(call, options, &file, &with, &request)) == 0 &&
            (r = aza_call_time(call, options->time, &request.judge.time)) == 0) {
                r = aza_evidence_verify(&verifier, &request, &file, &checks, &judgement);
                if (r == 0 && (*ret = aza_evidence_claims(&judgement)) == NULL)
                        r = AZA_NO_MEMORY();
                aza_judgement_free(&judgement);
        }
        aza_evidence_file_free(&file);
        return r;
}

/* What was made has to be a profile. */
static int check_profile(json_object *file)
{
        AZA_OWN(free) char *text = aza_json_write(file, JSON_C_TO_STRING_PLAIN);
        AZA_OWN(aza_demands_free) struct aza_demands *demands = NULL;

        return text != NULL ? aza_demands_parse(aza_span_of(text, strlen(text)), &demands)
                            : AZA_NO_MEMORY();
}

int azattest_profile_new(azattest_context *ctx, const char *evidence_json,
                         const struct azattest_draft_options *options, char **ret_profile)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(json_object_put) json_object *claims = NULL;
        AZA_OWN(json_object_put) json_object *file = NULL;
        AZA_BYTES struct aza_bytes none = {0};
        struct azattest_draft_options draft;
        struct aza_options o;
        int64_t now = 0;
        int r;

        aza_clear_error();
        if (evidence_json == NULL || ret_profile == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no evidence, or no place for the profile");
        if ((r = aza_draft_options_take(options, &draft, &o)) != 0 ||
            (r = aza_call_begin(ctx, false, &call)) != 0 || (r = aza_now(&now)) != 0 ||
            (r = proven_claims(&call, evidence_json, &o.evidence, &claims)) != 0)
                return r;
        r = aza_profile_new(claims, draft.name != NULL ? draft.name : PROFILE_NAME, now, draft.pins,
                            &file);
        if (r != 0 || (r = check_profile(file)) != 0)
                return r;
        return hand_out_file(file, &none, ret_profile, NULL);
}
