/* SPDX-License-Identifier: Apache-2.0 */
/*
 * azattest check: the platform checker (D35). Attests, then says row by row what MAA found, also
 * when the policy refuses it; demands are made of evidence that it collects beside. What a refused
 * token says is shown and goes nowhere else.
 */
#include "online/ak_issuers.h"
#include "online/attest.h"

#include "base/error.h"
#include "base/json.h"
#include "cli/check_rows.h"
#include "cli/cli.h"
#include "cli/judge.h"
#include "cli/judge_evidence.h"
#include "evidence/ak_cert.h"
#include "token/token.h"
#include "tpm/nv.h"

#include <string.h>

/* Attests with every kind of VM and claim allowed, so that there are claims to show; the verdict
 * comes from the real configuration afterwards. Nothing is stored. */
static int attest_any(struct cli *cli, const struct aza_uri *uri, struct aza_keyref **ret)
{
        struct aza_config lenient = cli->config;
        struct aza_attest_request request = {
                .uri = uri, .payload = cli->options.payload, .progress = cli_progress};

        lenient.require = AZA_REQUIRE_ANY;
        lenient.allow_debug = true;
        lenient.secure_boot = AZA_SECURE_BOOT_REPORT;
        lenient.policy[0] = '\0';
        lenient.vmid[0] = '\0';
        lenient.runtime_dir[0] = '\0';
        return aza_attest(cli->libctx, &lenient, cli->tpm, &request, &cli->deadline, ret);
}

/* ---- demands ---- */

/* Whether anything was said that a token cannot answer: then this VM's own evidence is judged
 * too. */
static bool demands(const struct cli *cli)
{
        const struct cli_options *o = &cli->options;

        return cli_demands_given(cli) || o->certs.count > 0 || o->fetch || o->crl != NULL ||
               o->allow_unchecked.count > 0;
}

/* 0 when the evidence meets what was demanded, else why not; *judged: there are rows that say so.
 * The policy is the token's matter (T13): what only MAA can say is not missed here. */
static int judge_demands(struct cli *cli, const struct aza_uri *uri, struct aza_checks *checks,
                         bool *judged)
{
        struct aza_evidence_file file = {0};
        struct aza_judgement judgement = {0};
        char *json = NULL;
        int r = cli_evidence_collect(cli, uri, &json);

        *judged = false;
        if (r == 0)
                r = aza_evidence_file_decode(aza_span_of(json, strlen(json)), &file);
        azattest_free(json);
        if (r == 0)
                r = cli_evidence_judge(cli, &file, false, checks, &judgement);
        *judged = r == 0;
        if (r == 0) {
                aza_checks_allow_unchecked(checks, AZA_CHECK_P8);
                r = aza_checks_result(checks, "evidence");
        }
        aza_judgement_free(&judgement);
        aza_evidence_file_free(&file);
        return r;
}

/* For whoever looks at the rows: what evidence of this VM will bring along for its judges (D46). */
static void find_issuers(struct cli *cli, struct check_rows *rows)
{
        struct aza_evidence_file file = {0};
        enum aza_nv_state state = AZA_NV_ABSENT;
        int r;

        cli_progress(NULL, "looking for the AK certificate's issuers");
        r = aza_nv_read(cli->tpm, AZA_NV_AK_CERT, &state, &file.ak_certificate);
        if (r == 0)
                r = aza_ak_cert_usable(cli->libctx, aza_bytes_span(&file.ak_certificate));
        if (r == 0)
                r = aza_evidence_issuers(cli->libctx, &cli->config, &cli->deadline, &file);
        check_rows_issuers(rows, &cli->config, file.ak_chain.len > 0, r);
        aza_evidence_file_free(&file);
}

/* ---- the whole ---- */

/* `whole`: everything asked for was judged, so that `checks` give a verdict. */
static int finish(struct cli *cli, const struct check_rows *rows, const struct aza_checks *checks,
                  json_object *claims, int64_t now, bool whole)
{
        cli_progress_end();
        if (cli->options.json)
                return whole ? cli_verdict(cli, checks, "token", now, claims) : 0;
        cli->judged = whole;
        cli->verdict = aza_checks_verdict(checks);
        check_rows_print(rows);
        return cli_flush();
}

/* `token` is what came out of attesting, or NULL when `verdict` says why there is none. */
static int conclude(struct cli *cli, const struct aza_uri *uri, const struct aza_keyref *ref,
                    const struct aza_token *token, struct aza_checks *checks, int64_t now,
                    int verdict)
{
        AZA_CHECKS struct aza_checks more = {0};
        const struct aza_error why = *aza_last_error();
        json_object *claims = token != NULL ? token->claims : NULL;
        struct check_rows rows = {0};
        bool judged = false;
        int demanded = 0;

        check_rows_make(cli->libctx, &rows, &cli->config, claims, ref, now, verdict);
        if (!cli->options.json)
                find_issuers(cli, &rows);
        if (demands(cli)) {
                demanded = judge_demands(cli, uri, &more, &judged);
                if (demanded == CLI_USAGE)
                        return demanded;
                /* Incomplete is neither met nor unmet. */
                check_rows_demands(&rows, &cli->demands->profile,
                                   judged && aza_checks_verdict(&more) == AZA_VERDICT_REJECT,
                                   demanded);
                aza_checks_append(checks, &more);
        }
        const struct aza_error unmet = *aza_last_error();
        int r = finish(cli, &rows, checks, claims, now,
                       checks->count > 0 && (demanded == 0 || judged));
        const struct aza_error *first = verdict != 0 ? &why : &unmet;
        if (verdict == 0 && demanded == 0)
                return r;
        return aza_fail(first->file, first->line, first->function, first->code, first->tpm_rc, "%s",
                        first->message);
}

static int run(struct cli *cli)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_CHECKS struct aza_checks checks = {0};
        struct cli_judgement how = {0};
        struct aza_uri uri;
        int64_t now;
        int verdict, r;

        cli->subject = "token";
        if ((r = cli_open(cli)) != 0 || (r = cli_choose_issuers(cli)) != 0 ||
            (r = cli_time(cli, &now)) != 0 || (r = cli_key(cli, AZA_PURPOSE_DECRYPT, &uri)) != 0 ||
            (r = cli_tpm(cli)) != 0)
                return r;
        verdict = attest_any(cli, &uri, &ref);
        if (verdict == 0) {
                how.purpose = ref->purpose;
                how.own_modulus = ref->modulus;
                if ((r = aza_token_parse(ref->token, strlen(ref->token), NULL, &token)) != 0)
                        return r;
                verdict = cli_token_judge(cli, ref->token, &how, &checks, NULL);
        }
        return conclude(cli, &uri, ref, token, &checks, now, verdict);
}

const struct cli_command cli_check = {
        .name = "check",
        .summary = "is this a confidential VM, and does it satisfy the policy?",
        .about = "Attests this VM and shows what MAA says about it, one row each: hardware, "
                 "compliance, debug,\nsecure boot, vTPM, PCRs, VM id, OS, key, expiry, whether "
                 "the policy is satisfied,\nwhether evidence of this VM will hold the AK "
                 "certificate's issuers (fetched, unless --no-fetch).\nThe rows are printed also "
                 "when it is not. Demands "
                 "(those "
                 "of 'azattest verify') are not MAA's\nmatter: where there are any, evidence of "
                 "this "
                 "VM is collected and judged by them, as a relying party\nwould with the same "
                 "profile.",
        .options = "nonce payload purpose name require policy vmid pcrs json "
                   "allow-unchecked no-fetch " CLI_DEMANDS " " CLI_EVIDENCE,
        .example = "  azattest check --require cvm --profile bank.json",
        .status = "  0  the policy is satisfied, the demands are met\n  1  they are not, or "
                  "attestation failed",
        .undecided = "or evidence is incomplete where something was demanded of it",
        .run = run,
};
