/* SPDX-License-Identifier: Apache-2.0 */
/* azattest check: the platform checker (D35). The library checks; the rows are printed also when
 * the policy refuses the VM. */
#include "azattest.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/result.h"

/* Whether anything was said that a token cannot answer: then this VM's own evidence is judged
 * too. */
static bool demands(const struct cli *cli)
{
        const struct cli_options *o = &cli->options;

        return cli_demands_given(cli) || o->certs.count > 0 || o->fetch || o->crl != NULL ||
               o->allow_unchecked.count > 0;
}

static int print(struct cli *cli, int r, char *text)
{
        AZA_OWN(json_object_put) json_object *result = NULL;
        const struct aza_error why = *cli_library_error(r);
        int printed;

        if ((result = cli_document(text)) == NULL)
                return r == 0 ? AZA_NO_MEMORY() : aza_error_restore(&why);
        cli->judged = true;
        cli->verdict = aza_verdict_of(aza_json_string(result, "verdict"));
        cli_progress_end();
        printed = cli->options.json ? cli_print_json(result) : cli_findings(result, 14);
        return printed != 0 || r == 0 ? printed : aza_error_restore(&why);
}

static int run(struct cli *cli)
{
        struct azattest_attest_options options = AZATTEST_ATTEST_INIT;
        struct azattest_evidence_options evidence;
        char uri[CLI_URI_MAX], *text = NULL;
        int r;

        cli->subject = "token";
        if ((r = cli_open(cli)) != 0)
                return r;
        /* Nobody is asked for a row that is for people, unless that was asked for. */
        if (cli->options.json && !demands(cli))
                cli->options.no_fetch = true;
        if ((r = cli_choose_enclosed(cli)) != 0 || (r = cli_key(cli, "decrypt", uri)) != 0)
                return r;
        evidence = cli->evidence.options;
        evidence.nonce = NULL;
        options.uri = uri;
        options.nonce = cli->options.nonce;
        options.payload = cli->options.payload;
        options.evidence = demands(cli) ? &evidence : NULL;
        r = azattest_check(cli->ctx, &options, &text);
        return print(cli, r, text);
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
        .options =
                "nonce payload purpose name hierarchy require policy vmid pcrs json allow-unchecked no-fetch " CLI_DEMANDS
                " " CLI_EVIDENCE,
        .example = "  azattest check --require cvm --profile bank.json",
        .status = "  0  the policy is satisfied, the demands are met\n  1  they are not, or "
                  "attestation failed",
        .undecided = "or evidence is incomplete where something was demanded of it",
        .judges = true,
        .run = run,
};
