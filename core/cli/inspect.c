/* SPDX-License-Identifier: Apache-2.0 */
/* azattest inspect FILE: what a file says, without judging it. The library reads it. */
#include "azattest.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/result.h"

#define INSPECT_MAX (64u << 20)

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes content = {0};
        AZA_OWN(json_object_put) json_object *said = NULL;
        char *text = NULL;
        int r = cli_operand_read(cli, INSPECT_MAX, &content);

        if (r != 0)
                return r;
        if ((r = cli_called(azattest_inspect(content.data, content.len, &text))) != 0) {
                cli_refused(cli);
                return aza_context(r, "%s", cli_operand_name(cli));
        }
        if ((said = cli_document(text)) == NULL)
                return AZA_NO_MEMORY();
        return cli->options.json ? cli_print_json(said) : cli_print_tree(said);
}

const struct cli_command cli_inspect = {
        .name = "inspect",
        .operand = "FILE",
        .summary = "show what a token, report, quote, log, evidence or key file says",
        .about = "Shows what FILE says, whatever it is: MAA token, HCL report, SEV-SNP report, TDX "
                 "report or\nquote, TPM quote, event log, evidence file, key file, "
                 "certificate,\ncertificate request. "
                 "Nothing is verified.",
        .options = "json",
        .example = "  azattest inspect token.jwt",
        .status = "  0  the file could be read\n  1  it is nothing that can be shown",
        .run = run,
};
