/* SPDX-License-Identifier: Apache-2.0 */
/* Explanations as the library makes them, by the command's options. */
#include "azattest.h"
#include "cli/cli.h"

/* What no demands on evidence apply to; NULL: evidence, a report, or nothing known. */
const char *cli_judged_by_policy(struct aza_span content)
{
        switch (azattest_kind_of(content.data, content.len)) {
        case AZATTEST_KIND_TOKEN:
                return "token";
        case AZATTEST_KIND_CERTIFICATE:
                return "certificate";
        case AZATTEST_KIND_REQUEST:
                return "request";
        default:
                return NULL;
        }
}

int cli_explain_file(struct cli *cli, struct aza_span content, char **ret_json)
{
        struct azattest_verify_options options = AZATTEST_VERIFY_OPTIONS_INIT;
        struct azattest_evidence_options demands = cli->evidence.options;
        const char *no_demands = cli_judged_by_policy(content);
        int r;

        options.nonce = cli->options.nonce;
        options.jwks_file = cli->options.jwks;
        if (cli->options.time != NULL && (r = cli_time(cli, &options.time)) != 0)
                return r;
        demands.nonce = NULL;
        options.evidence = no_demands == NULL ? &demands : NULL;
        return cli_called(
                azattest_explain(cli->ctx, content.data, content.len, &options, ret_json));
}
