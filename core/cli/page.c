/* SPDX-License-Identifier: Apache-2.0 */
/* --html FILE: one page for people. The library makes it. */
#include "cli/page.h"

#include "base/error.h"
#include "base/json.h"

#include <string.h>

/* The chain of trust by the same demands; NULL where there is none. */
static char *explanation_of(struct cli *cli)
{
        char *text = NULL;

        if (cli_explain_file(cli, cli->content, &text) == 0)
                return text;
        azattest_free(text);
        return NULL;
}

static int write_page(struct cli *cli, const char *result, const char *explanation)
{
        char *page = NULL;
        int r = cli_called(azattest_html(cli_operand_name(cli), result, explanation, &page));

        if (r == 0)
                r = cli_write(cli->options.html, aza_span_of(page, strlen(page)), 0644);
        azattest_free(page);
        return r != 0 ? aza_context(r, "--html %s", cli->options.html) : 0;
}

int cli_page_options(const struct cli *cli)
{
        const char *html = cli->options.html;

        if (html == NULL)
                return 0;
        if (strcmp(html, "-") == 0 || cli->options.operands.count > 1) {
                cli_error("--html writes a page about one FILE to a file of its own");
                return CLI_USAGE;
        }
        return 0;
}

int cli_page_of_result(struct cli *cli, json_object *result)
{
        char *explanation;
        int r;

        if (cli->options.html == NULL)
                return 0;
        explanation = cli->content.len > 0 ? explanation_of(cli) : NULL;
        r = write_page(cli, json_object_to_json_string(result), explanation);
        azattest_free(explanation);
        return r;
}

int cli_page_of_explanation(struct cli *cli, const char *explanation)
{
        return cli->options.html != NULL ? write_page(cli, NULL, explanation) : 0;
}
