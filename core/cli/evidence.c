/* SPDX-License-Identifier: Apache-2.0 */
/* azattest evidence: what `azattest verify` judges elsewhere, collected without MAA. */
#include "azattest.h"
#include "base/json.h"
#include "cli/cli.h"

#include <string.h>

#define EVIDENCE_MAX (64u << 20)

/* Whether the setting ak-issuers is `value`. */
static bool issuers_are(const struct cli *cli, const char *value)
{
        char *now = NULL;
        const bool same = azattest_context_get(cli->ctx, "ak-issuers", &now) == 0 && now != NULL &&
                          strcmp(now, value) == 0;

        azattest_free(now);
        return same;
}

int cli_choose_issuers(struct cli *cli)
{
        if (cli->options.fetch && cli->options.no_fetch) {
                cli_error("--fetch and --no-fetch contradict each other: give one of them");
                return CLI_USAGE;
        }
        if (cli->options.fetch)
                return cli_called(azattest_context_set(cli->ctx, "ak-issuers", "fetch"));
        return cli->options.no_fetch && issuers_are(cli, "fetch")
                       ? cli_called(azattest_context_set(cli->ctx, "ak-issuers", "none"))
                       : 0;
}

/* Who judges it must have them: better said now than found out there. */
static void remark(const struct cli *cli, struct aza_span evidence)
{
        AZA_OWN(json_object_put) json_object *file = NULL;

        if (issuers_are(cli, "none") || aza_json_parse(evidence, EVIDENCE_MAX, &file) != 0 ||
            json_object_object_get_ex(file, "ak-chain", NULL))
                return;
        cli_error(
                "collected without the issuers of the AK certificate, which could not be fetched (--verbose says why): whoever judges it may need --certs or --fetch");
}

static int run(struct cli *cli)
{
        char *json = NULL, uri[CLI_URI_MAX];
        int r;

        if ((r = cli_open(cli)) != 0 || (r = cli_choose_issuers(cli)) != 0 ||
            (r = cli_key(cli, "decrypt", uri)) != 0)
                return r;
        cli_progress(NULL, "collecting evidence");
        r = cli_called(azattest_evidence_collect(cli->ctx, uri, cli->options.nonce, &json));
        if (r != 0)
                return r;
        const struct aza_span evidence = aza_span_of(json, strlen(json));
        remark(cli, evidence);
        r = cli_write(cli->options.out, evidence, 0644);
        azattest_free(json);
        return r;
}

const struct cli_command cli_evidence = {
        .name = "evidence",
        .summary = "collect evidence without MAA, as one JSON file",
        .about =
                "Collects what proves this VM and its key without MAA: hardware report and its "
                "certificates, AK and\nits certificate, quote, PCR values, event log, certified "
                "key. "
                "With --nonce quote and certification\nare bound to it; the AK "
                "certificate's issuers are fetched\nwhere it names them and included; without them "
                "(--no-fetch, no network) the file is complete but\nfor them. 'azattest verify' "
                "judges the file on any machine.",
        .options = "nonce purpose name hierarchy require pcrs fetch no-fetch out",
        .example = "  azattest evidence --nonce \"$nonce\" --out evidence.json",
        .status = "  0  collected\n  1  failed: one line says why",
        .run = run,
};
