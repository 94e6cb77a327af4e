/* SPDX-License-Identifier: Apache-2.0 */
/* azattest attest: attests a key of this VM and prints the verified token. */
#include "online/attest.h"

#include "base/error.h"
#include "cli/cli.h"
#include "cli/judge.h"

#include <string.h>

static int print_result(struct cli *cli, const struct aza_keyref *ref)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        struct cli_judgement how = {.purpose = ref->purpose, .own_modulus = ref->modulus};
        int64_t now;
        int r;

        if ((r = cli_time(cli, &now)) != 0 ||
            (r = cli_token_judge(cli, ref->token, &how, &checks, &token)) != 0)
                return r;
        return cli_verdict(cli, &checks, "token", now, token->claims);
}

static int run(struct cli *cli)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_attest_request request = {.payload = cli->options.payload,
                                             .progress = cli_progress};
        struct aza_uri uri;
        int r;

        cli->subject = "token";
        if ((r = cli_open(cli)) != 0 || (r = cli_key(cli, AZA_PURPOSE_DECRYPT, &uri)) != 0 ||
            (r = cli_tpm(cli)) != 0)
                return r;
        request.uri = &uri;
        r = aza_attest(cli->libctx, &cli->config, cli->tpm, &request, &cli->deadline, &ref);
        if (r != 0)
                return r;
        if (cli->options.out != NULL || !cli->options.json) {
                /* A line end only for people and pipes: a token file is exactly the token. */
                r = cli_write(cli->options.out, aza_span_of(ref->token, strlen(ref->token)), 0644);
                if (r == 0 && cli->options.out == NULL)
                        r = cli_write(NULL, aza_span_of("\n", 1), 0644);
        }
        return r == 0 && cli->options.json ? print_result(cli, ref) : r;
}

const struct cli_command cli_attest = {
        .name = "attest",
        .summary = "attest this VM's key, print the verified token",
        .about = "Attests a key in this VM's vTPM with MAA and prints the token that says so. The "
                 "token is\nverified first: signature, issuer, time, nonce, policy, and that its "
                 "key "
                 "is this VM's.\nWith --json the result of these checks is printed; add --out for "
                 "the "
                 "token itself.",
        .options = "nonce payload purpose name require policy pcrs out json",
        .example = "  azattest attest --nonce \"$(openssl rand -hex 16)\" --out token.jwt",
        .status = "  0  attested\n  1  refused or failed: one line says why",
        .run = run,
};
