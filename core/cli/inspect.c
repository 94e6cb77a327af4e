/* SPDX-License-Identifier: Apache-2.0 */
/* azattest inspect FILE: what a file says, without judging it. */
#include "cli/cli.h"

#include "base/error.h"
#include "cli/show.h"

#define INSPECT_MAX (64u << 20)

static int inspect(OSSL_LIB_CTX *libctx, struct aza_span content, const char *file, bool json)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        enum show_kind kind = show_kind_of(content);
        json_object *said;

        if (out == NULL)
                return AZA_NO_MEMORY();
        if (kind == SHOW_UNKNOWN)
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "%s is nothing azattest knows: no token, HCL, SEV-SNP or TDX report, "
                        "quote, event log, evidence file, key file, certificate or request",
                        file);
        aza_clear_error();
        said = show_content(libctx, kind, content);
        if (said == NULL)
                return aza_context(aza_last_error()->code, "%s", file);
        show_text(out, "kind", "%s", show_kind_text(kind));
        show_text(out, "verified", "no (inspect only reads; 'azattest verify' judges)");
        show_object(out, "says", said);
        return json ? cli_print_json(out) : cli_print_tree(out);
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes content = {0};
        int r = cli_open_plain(cli);

        if (r == 0)
                r = cli_operand_read(cli, INSPECT_MAX, &content);
        if (r != 0)
                return r;
        r = inspect(cli->libctx, aza_bytes_span(&content), cli_operand_name(cli),
                    cli->options.json);
        if (r != 0)
                cli_refused(cli);
        return r;
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
