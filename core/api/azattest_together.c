/* SPDX-License-Identifier: Apache-2.0 */
/* Public API for relying parties: a token and evidence of the same VM, judged together (T18). Opens no
 * TPM; only the issuer's key set may come over the network. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "online/token.h"
#include "verdict/together.h"
#include "verdict/token.h"

#include <openssl/err.h>
#include <string.h>

/* Rows of the evidence behind those of the token, whose T18 is made. 0, or what kept them from being made. */
static int judge_evidence(struct azattest_call *call, const char *jwt,
                          const struct aza_evidence_file *file,
                          const struct aza_evidence_request *request, struct aza_checks *checks)
{
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_CHECKS struct aza_checks rows = {0};
        struct aza_judgement judgement = {0};
        int r = aza_evidence_verify(call->libctx, &call->config, request, file, &rows, &judgement);

        if (rows.count > 0) {
                r = 0;
                (void)aza_token_parse(jwt, strlen(jwt), NULL, &token);
                aza_token_beside_evidence(call->libctx, token, &judgement, &rows, checks);
                aza_checks_append(checks, &rows);
        }
        aza_judgement_free(&judgement);
        return r;
}

static int judge(struct azattest_call *call, const char *jwt, const struct aza_evidence_file *file,
                 const struct aza_verify_request *request,
                 const struct aza_evidence_request *evidence, char **ret_result)
{
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_CHECKS struct aza_checks checks = {0};
        int r = aza_verify_online(call->libctx, &call->config, &call->deadline, request, jwt,
                                  &checks, &token);

        if (checks.count == 0)
                return r;
        struct aza_error why = *aza_last_error();
        int made = judge_evidence(call, jwt, file, evidence, &checks);
        if (made != 0)
                return made;
        if (r == 0 && (r = aza_checks_result(&checks, "token and evidence")) != 0)
                why = *aza_last_error();
        if (ret_result != NULL &&
            (made = aza_call_result(call, "token", request->time, &checks,
                                    r == 0 ? token->claims : NULL, ret_result)) != 0)
                return made;
        return r == 0 ? 0 : aza_error_restore(&why);
}

static int verify(struct azattest_call *call, const char *jwt, const char *evidence_json,
                  const struct azattest_verify_options *given, char **ret_result)
{
        AZATTEST_CALL_EVIDENCE struct aza_call_evidence with = {0};
        struct aza_verify_request token = {.foreign = true, .any_purpose = true};
        struct aza_evidence_request evidence = {
                .foreign = true, .token_judged = true, .beside_token = true, .need_key = true};
        struct aza_evidence_file file = {0};
        int r = aza_call_options(call, given, &token);

        if (r == 0)
                r = aza_call_demands(call, given, &with, &evidence);
        if (r == 0)
                r = aza_evidence_file_decode(aza_span_of(evidence_json, strlen(evidence_json)),
                                             &file);
        if (r != 0)
                return r;
        evidence.nonce = token.nonce;
        evidence.vmid = token.vmid;
        evidence.time = token.time;
        r = judge(call, jwt, &file, &token, &evidence, ret_result);
        aza_evidence_file_free(&file);
        return r;
}

int azattest_token_evidence_verify(azattest_context *ctx, const char *jwt,
                                   const char *evidence_json,
                                   const struct azattest_verify_options *options, char **ret_result)
{
        AZATTEST_CALL struct azattest_call call = {0};
        struct aza_options o;

        aza_clear_error();
        if (jwt == NULL || evidence_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no token or no evidence");
        int r = aza_verify_options_take(options, &o);
        if (r == 0)
                r = aza_call_begin(ctx, false, &call);
        if (r != 0)
                return r;
        (void)ERR_set_mark();
        r = verify(&call, jwt, evidence_json, &o.verify, ret_result);
        (void)ERR_pop_to_mark();
        return r;
}
