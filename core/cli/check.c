/* SPDX-License-Identifier: Apache-2.0 */
/*
 * azattest check: the platform checker (D35). Attests, then says row by row what MAA found, also when
 * the policy refuses it. What a refused token says is shown and goes nowhere else.
 */
#include "attest.h"

#include "base/error.h"
#include "base/json.h"
#include "cli/check_rows.h"
#include "cli/cli.h"
#include "cli/judge.h"
#include "token/token.h"

#include <string.h>

/* Attests with every kind of VM and claim allowed, so that there are claims to show; the verdict comes
 * from the real configuration afterwards. Nothing is stored. */
static int attest_any(struct cli *cli, const struct aza_uri *uri, struct aza_keyref **ret)
{
        struct aza_config lenient = cli->config;
        struct aza_attest_request request = {
                .uri = uri, .payload = cli->options.payload, .progress = cli_progress};

        lenient.require = AZA_REQUIRE_ANY;
        lenient.policy[0] = '\0';
        lenient.vmid[0] = '\0';
        lenient.runtime_dir[0] = '\0';
        return aza_attest(cli->libctx, &lenient, cli->tpm, &request, &cli->deadline, ret);
}

static int finish(struct cli *cli, const struct check_rows *rows, const struct aza_checks *checks,
                  json_object *claims, int64_t now)
{
        cli_progress_end();
        if (cli->options.json)
                return cli_verdict(cli, checks, "token", now, claims);
        check_rows_print(rows);
        return cli_flush();
}

static int run(struct cli *cli)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_CHECKS struct aza_checks checks = {0};
        struct cli_judgement how = {0};
        struct check_rows rows = {0};
        struct aza_uri uri;
        int64_t now;
        int verdict, r;

        if ((r = cli_open(cli)) != 0 || (r = cli_time(cli, &now)) != 0 ||
            (r = cli_key(cli, AZA_PURPOSE_DECRYPT, &uri)) != 0 || (r = cli_tpm(cli)) != 0)
                return r;
        verdict = attest_any(cli, &uri, &ref);
        if (verdict == 0) {
                how.purpose = ref->purpose;
                how.own_modulus = ref->modulus;
                if ((r = aza_token_parse(ref->token, strlen(ref->token), NULL, &token)) != 0)
                        return r;
                verdict = cli_token_judge(cli, ref->token, &how, &checks, NULL);
        }
        check_rows_make(cli->libctx, &rows, &cli->config, token != NULL ? token->claims : NULL, ref,
                        now, verdict);
        r = finish(cli, &rows, &checks, token != NULL ? token->claims : NULL, now);
        return verdict != 0 ? verdict : r;
}

const struct cli_command cli_check = {
        .name = "check",
        .summary = "is this a confidential VM, and does it satisfy the policy?",
        .about = "Attests this VM and shows what MAA says about it, one row each: hardware, "
                 "compliance, debug,\nsecure boot, vTPM, PCRs, VM id, OS, key, expiry, and whether "
                 "the policy is satisfied.\nThe rows are printed also when it is not.",
        .options = "nonce payload purpose name require policy vmid pcrs json",
        .example = "  azattest check --require cvm",
        .status = "  0  the policy is satisfied\n  1  it is not, or attestation failed",
        .run = run,
};
