/* SPDX-License-Identifier: Apache-2.0 */
/* azattest explain FILE: the chain of trust, link by link. Explains, decides nothing: exit status 0 also
 * where a link is refused. */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/judge.h"
#include "cli/judge_evidence.h"
#include "cli/links.h"
#include "cli/show.h"

#include <string.h>

#define EXPLAIN_MAX (64u << 20)

static void print_links(json_object *links)
{
        for (size_t i = 0; i < json_object_array_length(links); i++) {
                json_object *link = json_object_array_get_idx(links, i);
                const char *reason = aza_json_string(link, "reason");
                char shown[1024];

                (void)printf("%-38s %-22s by %s\n", aza_json_string(link, "link"),
                             aza_json_string(link, "state"), aza_json_string(link, "signed by"));
                (void)printf("    shows: %s\n", aza_json_string(link, "shows"));
                if (reason != NULL && *reason != '\0')
                        (void)printf("    because: %s\n",
                                     aza_printable(reason, strlen(reason), shown, sizeof(shown)));
        }
        (void)puts("physical access to the machine         out of scope           of every check");
}

static int print(struct cli *cli, json_object *subject, json_object *links)
{
        if (links == NULL)
                return AZA_NO_MEMORY();
        cli_progress_end();
        if (cli->options.json) {
                show_object(subject, "links", json_object_get(links));
                return cli_print_json(subject);
        }
        (void)cli_print_tree(subject);
        (void)putchar('\n');
        print_links(links);
        return cli_flush();
}

/* The hash of the AK that the claims name, so that it can be compared with the VM's. */
static void show_token_keys(struct cli *cli, json_object *out, const struct aza_token *token)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;

        if (token->kid != NULL)
                show_text(out, "signing key", "kid %s", token->kid);
        if (aza_token_key(cli->libctx, token, &key) == 0)
                show_key(cli->libctx, out, "attested key", key);
}

static int explain_token(struct cli *cli, struct aza_bytes *jwt)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(json_object_put) json_object *links = NULL;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        struct cli_judgement how = {.any_purpose = true};
        const struct aza_check *signature;
        bool launch;

        if (out == NULL)
                return AZA_NO_MEMORY();
        cli_trim(jwt);
        (void)cli_token_judge(cli, (const char *)jwt->data, &how, &checks, NULL);
        show_text(out, "kind", "MAA token");
        if (aza_token_parse((const char *)jwt->data, jwt->len, NULL, &token) == 0) {
                show_text(out, "issuer", "%s", token->issuer != NULL ? token->issuer : "none");
                show_token_keys(cli, out, token);
        }
        launch = token != NULL && aza_json_object(token->claims, "x-ms-isolation-tee") == NULL;
        signature = aza_checks_get(&checks, AZA_CHECK_T8);
        links = links_json(links_of_token(launch), &checks,
                           signature != NULL && signature->outcome == AZA_ACCEPT);
        return print(cli, out, links);
}

static int explain_evidence(struct cli *cli, struct aza_span content)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(json_object_put) json_object *links = NULL;
        struct aza_evidence_file file = {0};
        struct aza_judgement judgement = {0};
        int r = aza_evidence_file_decode(content, &file);

        if (out == NULL)
                return AZA_NO_MEMORY();
        if (r != 0)
                return aza_context(r, "%s", cli->options.operand);
        r = cli_evidence_judge(cli, &file, false, &checks, &judgement);
        if (r == 0) {
                show_text(out, "kind", "evidence file");
                show_text(out, "vm", "%s", aza_vm_text(judgement.vm));
                if (judgement.ak != NULL)
                        show_key(cli->libctx, out, "AK", judgement.ak);
                if (judgement.key != NULL)
                        show_key(cli->libctx, out, "attested key", judgement.key);
                links = links_json(links_of_evidence(aza_vm_text(judgement.vm)), &checks, false);
                r = print(cli, out, links);
        }
        aza_judgement_free(&judgement);
        aza_evidence_file_free(&file);
        return r;
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes content = {0};
        int r;

        if ((r = cli_open(cli)) != 0 ||
            (r = aza_file_read(cli->options.operand, EXPLAIN_MAX, &content)) != 0)
                return r;
        switch (show_kind_of(aza_bytes_span(&content))) {
        case SHOW_TOKEN:
                return explain_token(cli, &content);
        case SHOW_EVIDENCE:
                return explain_evidence(cli, aza_bytes_span(&content));
        default:
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "%s is neither token nor evidence file: there is no chain to explain",
                        cli->options.operand);
        }
}

const struct cli_command cli_explain = {
        .name = "explain",
        .operand = "FILE",
        .summary = "the chain of trust of a token or evidence file, link by link",
        .about = "Draws the chain of trust of a token or evidence file: each link, who signs it, "
                 "what "
                 "it shows, and\nwhether it is proven here, vouched for by MAA, not checked, or "
                 "refused.",
        .options = "nonce policy require jwks time profile pcrs certs fetch crl json",
        .example = "  azattest explain token.jwt",
        .status = "  0  explained, whatever the verdict\n  1  the file could not be read",
        .run = run,
};
