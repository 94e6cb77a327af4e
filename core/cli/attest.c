/* SPDX-License-Identifier: Apache-2.0 */
/* azattest attest: attests a key of this VM and prints the verified token. */
#include "azattest.h"
#include "cli/cli.h"
#include "cli/result.h"

#include <string.h>

/* A line end only for people and pipes: a token file is exactly the token. */
static int write_token(const struct cli *cli, const char *jwt)
{
        int r = 0;

        if (cli->options.out == NULL && cli->options.json)
                return 0;
        r = cli_write(cli->options.out, aza_span_of(jwt, strlen(jwt)), 0644);
        return r == 0 && cli->options.out == NULL ? cli_write(NULL, aza_span_of("\n", 1), 0644) : r;
}

static int attest(struct cli *cli, const char *uri)
{
        struct azattest_attest_options options = AZATTEST_ATTEST_INIT;
        char *jwt = NULL, *result = NULL;
        int r;

        options.uri = uri;
        options.nonce = cli->options.nonce;
        options.payload = cli->options.payload;
        r = azattest_attest_with(cli->ctx, &options, &jwt, cli->options.json ? &result : NULL);
        if (r != 0)
                r = cli_called(r);
        else
                r = write_token(cli, jwt);
        azattest_free(jwt);
        if (r == 0 && result != NULL)
                return cli_result(cli, 0, result);
        azattest_free(result);
        return r;
}

static int run(struct cli *cli)
{
        char uri[CLI_URI_MAX];
        int r;

        cli->subject = "token";
        if ((r = cli_open(cli)) != 0 || (r = cli_key(cli, "decrypt", uri)) != 0)
                return r;
        return attest(cli, uri);
}

const struct cli_command cli_attest = {
        .name = "attest",
        .summary = "attest this VM's key, print the verified token",
        .about = "Attests a key in this VM's vTPM with MAA and prints the token that says so. The "
                 "token is\nverified first: signature, issuer, time, nonce, policy, and that its "
                 "key "
                 "is this VM's.\nWith --json the result of these checks is printed; add --out for "
                 "the token itself.",
        .options = "nonce payload purpose name hierarchy require policy pcrs out json",
        .example = "  azattest attest --nonce \"$(openssl rand -hex 16)\" --out token.jwt",
        .status = "  0  attested\n  1  refused or failed: one line says why",
        .judges = true,
        .run = run,
};
