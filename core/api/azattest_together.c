/* SPDX-License-Identifier: Apache-2.0 */
/* Public API for relying parties: a token and evidence of the same VM, judged together (T18). Opens
 * no TPM; only the issuer's key set may come over the network. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "online/token.h"
#include "verdict/together.h"
#include "verdict/token.h"

#include <openssl/err.h>
#include <string.h>

static int judge(struct azattest_call *call, const struct aza_evidence_file *file,
                 const struct aza_evidence_request *request, struct aza_call_outcome *outcome)
{
        AZA_CHECKS struct aza_checks rows = {0};
        const struct aza_verifier verifier = aza_call_verifier(call);
        struct aza_judgement judgement = {0};
        int r = aza_evidence_verify(&verifier, request, file, &rows, &judgement);

        if (rows.count > 0) {
                r = 0;
                aza_token_beside_evidence(call->libctx, outcome->token, &judgement, &rows,
                                          &outcome->checks);
                aza_checks_append(&outcome->checks, &rows);
        }
        aza_judgement_free(&judgement);
        return r;
}

static int beside(struct azattest_call *call, const struct azattest_verify_options *options,
                  const struct aza_verify_request *token, struct aza_call_outcome *outcome)
{
        AZATTEST_CALL_EVIDENCE struct aza_call_evidence with = {0};
        struct aza_evidence_request request = {.token_judged = true, .nonce = token->nonce};
        struct aza_evidence_file file = {0};
        const char *text = options->evidence_json;
        int r = aza_call_demands(call, options, &with, &request);

        if (r != 0)
                return r;
        request.judge.foreign = request.judge.beside_token = request.judge.need_key = true;
        request.judge.vmid = token->vmid;
        request.judge.time = token->time;
        if ((r = aza_evidence_file_decode(aza_span_of(text, strlen(text)), &file)) != 0) {
                call->refused = true;
                return aza_context(r, "the evidence beside it");
        }
        r = aza_call_fetch(call, options->evidence, &file, &with, &request);
        if (r == 0)
                r = judge(call, &file, &request, outcome);
        aza_evidence_file_free(&file);
        return r;
}

int aza_call_beside(struct azattest_call *call, const struct azattest_verify_options *options,
                    const struct aza_verify_request *token, struct aza_call_outcome *outcome)
{
        if (options->evidence_json == NULL)
                return 0;
        (void)ERR_set_mark();
        int r = beside(call, options, token, outcome);
        (void)ERR_pop_to_mark();
        return r;
}
