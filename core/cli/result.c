/* SPDX-License-Identifier: Apache-2.0 */
/* Results of the library, for people and as JSON; tokens in files. */
#include "cli/result.h"

#include "azattest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/one.h"
#include "base/result.h"
#include "cli/page.h"
#include "os/file.h"

#define TOKEN_FILE_MAX 65538 /* a token has at most 64 KiB */

int cli_token_read(const char *path, struct aza_bytes *ret)
{
        int r = aza_file_read(path, TOKEN_FILE_MAX, ret);
        const enum azattest_kind kind = azattest_kind_of(ret->data, ret->len);

        if (r == 0 && kind != AZATTEST_KIND_TOKEN && kind != AZATTEST_KIND_JWE &&
            kind != AZATTEST_KIND_UNKNOWN)
                return AZA_FAIL(AZATTEST_E_TOKEN_FORM, "%s is a %s, not a token%s", path,
                                azattest_kind_name(kind),
                                kind == AZATTEST_KIND_REQUEST ? ": its key signs and cannot decrypt"
                                                              : "");
        if (r == 0 && (r = aza_one_token(ret)) != 0)
                r = aza_context(r, "%s", path);
        return r;
}

/* The rows of a result, and its verdict. */
static int print_table(const struct cli *cli, json_object *result)
{
        json_object *rows = aza_json_array(result, "checks");
        const bool all = cli->options.verbose || cli->options.debug;

        if (rows == NULL || json_object_array_length(rows) == 0)
                return 0;
        if (cli->options.operands.count > 1)
                cli_line("%s:", cli_operand_name(cli));
        const size_t left_out = aza_result_rows(stdout, rows, all);
        if (left_out > 0)
                cli_line(
                        "(%zu more checks, accepted or not asked for, are not shown: -v lists all)",
                        left_out);
        cli_line("%s: %s", aza_json_string(result, "subject"), aza_json_string(result, "verdict"));
        return cli_flush();
}

/* One line, which says why, too. */
static int print_quiet(const struct cli *cli, json_object *result)
{
        const bool many = cli->options.operands.count > 1;
        char *line = NULL;
        int r = cli_called(azattest_summary(json_object_to_json_string(result), &line));

        if (r != 0)
                return r;
        cli_line("%s%s%s", many ? cli_operand_name(cli) : "", many ? ": " : "", line);
        azattest_free(line);
        if ((r = cli_flush()) != 0)
                return r;
        return cli->verdict == AZA_VERDICT_ACCEPT ? 0 : CLI_NO;
}

/* What was to be judged is no such thing: which file that was, the library does not know. */
static int name_file(const struct cli *cli, json_object *result, int r)
{
        const bool unread = json_object_array_length(aza_json_array(result, "checks")) == 0 &&
                            cli->verdict == AZA_VERDICT_REJECT;

        return unread && cli->options.operand != NULL &&
                               (r == AZATTEST_E_INPUT || r == AZATTEST_E_CERTIFICATE ||
                                r == AZATTEST_E_TOKEN_FORM)
                       ? aza_context(r, "%s", cli_operand_name(cli))
                       : r;
}

int cli_result(struct cli *cli, int r, char *text)
{
        AZA_OWN(json_object_put) json_object *result = NULL;
        const struct aza_error why = *cli_library_error(r);

        cli_progress_end();
        result = cli_document(text);
        if (result == NULL || aza_json_array(result, "checks") == NULL)
                return r == 0 ? AZA_NO_MEMORY() : cli_usage(aza_error_restore(&why));
        cli->judged = true;
        cli->verdict = aza_verdict_of(aza_json_string(result, "verdict"));
        const int page = cli_page_of_result(cli, result);
        if (page != 0 && r == 0)
                return page;
        if (page != 0) /* the verdict is what counts */
                cli_error("%s", aza_last_error()->message);
        if (cli->options.quiet)
                return print_quiet(cli, result);
        int printed = cli->options.json ? cli_print_json(result) : print_table(cli, result);
        if (printed != 0 || r == 0)
                return printed;
        return name_file(cli, result, aza_error_restore(&why));
}

int cli_findings(json_object *document, int width)
{
        json_object *findings = aza_json_array(document, "findings");

        cli_progress_end();
        for (size_t i = 0; findings != NULL && i < json_object_array_length(findings); i++) {
                json_object *finding = json_object_array_get_idx(findings, i);

                cli_line("%-*s %-8s %s", width, aza_json_string(finding, "name"),
                         aza_json_string(finding, "state"), aza_json_string(finding, "text"));
        }
        return cli_flush();
}
