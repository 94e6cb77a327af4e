/* SPDX-License-Identifier: Apache-2.0 */
/* azattest explain FILE: the chain of trust, link by link. The library explains; exit status 0 also
 * where a link is refused. */
#include "azattest.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/page.h"
#include "cli/result.h"

#include <string.h>

#define EXPLAIN_MAX (64u << 20)

/* A link that is the verifier's own decision. */
static bool nobody_signs(json_object *link)
{
        const char *signer = aza_json_string(link, "signed-by");

        return signer != NULL && strncmp(signer, "nobody", strlen("nobody")) == 0;
}

static void print_links(json_object *links)
{
        for (size_t i = 0; i < json_object_array_length(links); i++) {
                json_object *link = json_object_array_get_idx(links, i);
                const char *reason = aza_json_string(link, "reason");
                const char *key = aza_json_string(link, "key-sha256");

                cli_line("%-38s %-22s by %s", aza_json_string(link, "link"),
                         aza_json_string(link, "state"),
                         nobody_signs(link) ? "comparison with what you demand; nobody signs it"
                                            : aza_json_string(link, "signed-by"));
                if (key != NULL)
                        cli_line("    key: SubjectPublicKeyInfo SHA-256 %s", key);
                cli_line("    shows: %s", aza_json_string(link, "shows"));
                if (reason != NULL && *reason != '\0')
                        cli_line("    because: %s", reason);
        }
        cli_line("physical access to the machine         out of scope           of every check");
}

/* Members first, then the links. */
static int print(struct cli *cli, char *text)
{
        AZA_OWN(json_object_put) json_object *said = cli_document(text);
        AZA_OWN(json_object_put) json_object *links = NULL;

        cli_progress_end();
        if (said == NULL)
                return AZA_NO_MEMORY();
        if (cli->options.json)
                return cli_print_json(said);
        links = json_object_get(aza_json_array(said, "links"));
        json_object_object_del(said, "links");
        json_object_object_del(said, "result");
        json_object_object_del(said, "result-name");
        if (strcmp(aza_json_string(said, "verdict"), "accept") == 0)
                json_object_object_del(said, "reason");
        (void)cli_print_tree(said);
        (void)putchar('\n');
        if (links != NULL)
                print_links(links);
        return cli_flush();
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes content = {0};
        char *text = NULL;
        const char *what;
        int r;

        if ((r = cli_page_options(cli)) != 0 || (r = cli_open(cli)) != 0 ||
            (r = cli_operand_read(cli, EXPLAIN_MAX, &content)) != 0)
                return r;
        what = cli_judged_by_policy(aza_bytes_span(&content));
        if (what != NULL && (r = cli_demands_none(cli, what)) != 0)
                return r;
        cli_progress(NULL, "verifying");
        r = cli_explain_file(cli, aza_bytes_span(&content), &text);
        if (r == CLI_USAGE)
                return r;
        if (r != 0)
                return cli_result(cli, r, text);
        r = cli_page_of_explanation(cli, text);
        const int printed = print(cli, text);
        return r != 0 ? r : printed;
}

const struct cli_command cli_explain = {
        .name = "explain",
        .operand = "FILE",
        .summary = "the chain of trust of a token, certificate, request or evidence file",
        .about = "Draws the chain of trust of a token, attested certificate or request, evidence "
                 "file or\n"
                 "report: "
                 "each link, who signs\nit and with which key, what it shows, and whether it is "
                 "proven here, vouched for by MAA, not checked,\nor refused. Demands are those of "
                 "'azattest verify' and are on evidence and reports.",
        .options =
                "nonce vmid any-vm policy require jwks delegated allow-stale-keys time pcrs json html " CLI_DEMANDS
                " " CLI_EVIDENCE,
        .example = "  azattest explain token.jwt --html chain.html",
        .status = "  0  explained, whatever the verdict\n  1  the file is none that has a chain of "
                  "trust",
        .judges = true,
        .run = run,
};
