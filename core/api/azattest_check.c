/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public API: the platform checker (D35). Attests, then says row by row what MAA found, also when
 * the policy refuses it; demands are made of evidence that it collects beside. What a refused token
 * says is shown and goes nowhere else.
 */
#include "api/azattest_context.h"

#include "base/error.h"
#include "base/result.h"
#include "base/result_code.h"
#include "doctor/check_rows.h"
#include "evidence/ak_cert.h"
#include "online/ak_issuers.h"
#include "online/attest.h"
#include "online/imds.h"
#include "online/td_evidence.h"
#include "show/show.h"
#include "tpm/nv.h"
#include "verdict/demands.h"

#include <openssl/err.h>
#include <string.h>

/* One check: what it works with, and what came of it. */
struct checked {
        struct azattest_call *call;
        struct azattest_attest_options options;
        struct azattest_evidence_options evidence;
        struct aza_uri uri;
        struct aza_call_evidence with; /* what is demanded of evidence, */
        struct aza_evidence_request request;
        struct aza_keyref *key;
        struct aza_call_outcome *token;
        struct aza_error refused, unmet; /* why the token or the evidence is not accepted; code 0 */
        bool judged;                     /* the evidence: there are rows that say so */
        struct aza_check_rows rows;
};

static void step(const struct checked *c, const char *text)
{
        if (c->call->progress != NULL)
                c->call->progress(c->call->progress_arg, text);
}

/* Attests with every kind of VM and claim allowed, so that there are claims to show; the verdict
 * comes from the real configuration afterwards. Nothing is stored. */
static int attest_any(struct checked *c)
{
        struct aza_config lenient = c->call->config;
        struct aza_attester vm = aza_call_attester(c->call);
        const struct aza_attest_request request = {.uri = &c->uri,
                                                   .payload = c->options.payload,
                                                   .progress = c->call->progress,
                                                   .progress_arg = c->call->progress_arg};

        lenient.require = AZA_REQUIRE_SHOWN;
        lenient.allow_debug = true;
        lenient.secure_boot = AZA_SECURE_BOOT_REPORT;
        lenient.policy[0] = '\0';
        lenient.vmid[0] = '\0';
        lenient.runtime_dir[0] = '\0';
        vm.config = &lenient;
        return aza_attest(&vm, &request, &c->key);
}

static const char *nonce(const struct checked *c)
{
        return c->uri.nonce[0] != '\0' ? c->uri.nonce : NULL;
}

static void judge_token(struct checked *c)
{
        int r = attest_any(c);

        if (r == 0)
                r = aza_call_own_token(c->call, c->key, nonce(c), c->token);
        c->refused = r != 0 ? *aza_last_error() : c->token->why;
        const struct aza_attested attested = {
                .claims = c->token->token != NULL ? c->token->token->claims : NULL,
                .key = c->key,
                .time = c->token->time,
                .verdict = c->refused.code};
        aza_check_rows_make(c->call->libctx, &c->rows, &c->call->config, &attested);
}

/* For whoever looks at the rows: what evidence of this VM will bring along for its judges (D46). */
static void find_issuers(struct checked *c)
{
        struct azattest_call *call = c->call;
        struct aza_evidence_file file = {0};
        enum aza_nv_state state = AZA_NV_ABSENT;
        int r;

        step(c, "looking for the AK certificate's issuers");
        r = aza_nv_read(call->tpm, AZA_NV_AK_CERT, &state, &file.ak_certificate);
        if (r == 0)
                r = aza_ak_cert_usable(call->libctx, aza_bytes_span(&file.ak_certificate));
        if (r == 0)
                r = aza_evidence_issuers(call->libctx, &call->config, &call->deadline, &file);
        aza_check_rows_issuers(&c->rows, &call->config, file.ak_chain.len > 0, r);
        aza_evidence_file_free(&file);
}

/* The same of Intel's documents, which only a TDX VM has any of. */
static void find_collateral(struct checked *c)
{
        AZA_CHECKS struct aza_checks unused = {0};
        AZA_BYTES struct aza_bytes report = {0};
        struct azattest_call *call = c->call;
        struct aza_evidence_file file = {.vm = AZA_VM_TDX};
        struct aza_hcl_report hcl = {0};
        enum aza_nv_state state = AZA_NV_ABSENT;

        if (aza_nv_read(call->tpm, AZA_NV_HCL_REPORT, &state, &report) != 0 ||
            !aza_hcl_report_parse(call->libctx, aza_bytes_span(&report), &unused, &hcl) ||
            hcl.type != AZA_HCL_TDX)
                return;
        step(c, "looking for Intel's documents about this platform");
        int r = aza_imds_td_quote(&call->config, &call->deadline, hcl.hardware, &file.td_quote);
        if (r == 0)
                r = aza_evidence_td_collateral(call->libctx, &call->config, &call->deadline, &file);
        aza_check_rows_collateral(&c->rows, &call->config,
                                  !aza_td_collateral_is_empty(&file.td_collateral), r);
        aza_evidence_file_free(&file);
}

/* ---- demands ---- */

/* Before anything is attested: a file that cannot be read is found out at once. */
static int read_demands(struct checked *c)
{
        const struct azattest_verify_options options = {.evidence = c->options.evidence};

        return c->options.evidence != NULL
                       ? aza_call_demands(c->call, &options, &c->with, &c->request)
                       : 0;
}

/* The policy is the token's matter (T13): what only MAA can say is not missed here. */
static int judge_file(struct checked *c, const struct aza_evidence_file *file,
                      struct aza_checks *checks)
{
        struct azattest_call *call = c->call;
        const struct aza_verifier verifier = aza_call_verifier(call);
        struct aza_judgement judgement = {0};
        int r = aza_call_fetch(call, c->options.evidence, file, &c->with, &c->request);

        if (r != 0)
                return r;
        c->request.nonce = nonce(c);
        c->request.judge.time = c->token->time;
        c->request.token_answers = true;
        r = aza_evidence_verify(&verifier, &c->request, file, checks, &judgement);
        c->judged = checks->count > 0;
        aza_judgement_free(&judgement);
        return r;
}

static void judge_demands(struct checked *c)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_evidence_file file = {0};
        int r;

        step(c, "collecting evidence");
        r = aza_call_collect(c->call, &c->uri, &file);
        if (r == 0)
                r = judge_file(c, &file, &checks);
        if (r != 0)
                c->unmet = *aza_last_error();
        /* Incomplete is neither met nor unmet. */
        aza_check_rows_demands(&c->rows, &c->with.demands->profile,
                               c->judged && aza_checks_verdict(&checks) == AZA_VERDICT_REJECT, r);
        aza_checks_append(&c->token->checks, &checks);
        aza_evidence_file_free(&file);
}

/* ---- the whole ---- */

/* Rows give a verdict when everything asked for was judged. */
static bool is_whole(const struct checked *c)
{
        return c->token->checks.count > 0 && (c->unmet.code == 0 || c->judged);
}

static int hand_out(const struct checked *c, const struct aza_error *why, char **ret_json)
{
        AZA_OWN(json_object_put) json_object *weakened = aza_call_weakened(c->call);
        AZA_OWN(json_object_put) json_object *result = NULL;
        const struct aza_call_outcome *o = c->token;

        if (weakened == NULL)
                return AZA_NO_MEMORY();
        if (is_whole(c))
                result = aza_result_json(&o->checks, o->subject, o->time, weakened,
                                         o->token != NULL ? o->token->claims : NULL);
        else
                result = aza_result_failure(o->subject, o->time, weakened,
                                            aza_result_undecided(why->code) ? AZA_VERDICT_INCOMPLETE
                                                                            : AZA_VERDICT_REJECT,
                                            why);
        if (result == NULL)
                return AZA_NO_MEMORY();
        aza_show_object(result, "findings", aza_check_rows_json(&c->rows));
        return aza_hand_out_json(result, ret_json);
}

static int check(struct checked *c, char **ret_json)
{
        int r = aza_now(&c->token->time);

        if (r != 0 || (r = aza_call_key_uri(c->call, &c->options, &c->uri)) != 0 ||
            (r = read_demands(c)) != 0)
                return r;
        judge_token(c);
        find_issuers(c);
        find_collateral(c);
        if (c->options.evidence != NULL)
                judge_demands(c);
        const struct aza_error why = c->refused.code != 0 ? c->refused : c->unmet;
        r = ret_json != NULL ? hand_out(c, &why, ret_json) : 0;
        if (r != 0)
                return r;
        return why.code != 0 ? aza_error_restore(&why) : 0;
}

int azattest_check(azattest_context *ctx, const struct azattest_attest_options *given,
                   char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZATTEST_OUTCOME struct aza_call_outcome outcome = {.subject = "token"};
        struct checked c = {.call = &call, .token = &outcome};
        int r;

        aza_clear_error();
        if ((r = aza_attest_options_take(given, &c.options, &c.evidence)) != 0 ||
            (r = aza_call_begin(ctx, true, &call)) != 0)
                return r;
        (void)ERR_set_mark();
        r = check(&c, ret_json);
        (void)ERR_pop_to_mark();
        aza_keyref_free(c.key);
        aza_call_evidence_free(&c.with);
        return r;
}
