/* SPDX-License-Identifier: Apache-2.0 */
/* azattest evidence: what `azattest verify` judges elsewhere, collected without MAA. */
#include "azattest.h"
#include "base/json.h"
#include "cli/cli.h"

#include <string.h>

#define EVIDENCE_MAX (64u << 20)

int cli_evidence_collect(struct cli *cli, const struct aza_uri *uri, char **ret_json)
{
        char text[CLI_URI_MAX];

        cli_progress(NULL, "collecting evidence");
        return azattest_evidence_collect(cli->ctx, cli_uri(uri, text),
                                         uri->nonce[0] != '\0' ? uri->nonce : NULL, ret_json);
}

int cli_choose_issuers(struct cli *cli)
{
        const bool asks = strcmp(cli->config.ak_issuers, "fetch") == 0;

        if (cli->options.fetch && cli->options.no_fetch) {
                cli_error("--fetch and --no-fetch contradict each other: give one of them");
                return CLI_USAGE;
        }
        if (cli->options.fetch)
                return cli_override(cli, "ak-issuers", "fetch");
        return cli->options.no_fetch && asks ? cli_override(cli, "ak-issuers", "none") : 0;
}

/* Who judges it must have them: better said now than found out there. */
static void remark(const struct cli *cli, struct aza_span evidence)
{
        AZA_OWN(json_object_put) json_object *file = NULL;

        if (strcmp(cli->config.ak_issuers, "none") == 0 ||
            aza_json_parse(evidence, EVIDENCE_MAX, &file) != 0 ||
            json_object_object_get_ex(file, "ak-chain", NULL))
                return;
        cli_error("collected without the issuers of the AK certificate, which could not be "
                  "fetched (--verbose says why): whoever judges it may need --certs or --fetch");
}

static int run(struct cli *cli)
{
        char *json = NULL;
        struct aza_uri uri;
        int r;

        if ((r = cli_open(cli)) != 0 || (r = cli_choose_issuers(cli)) != 0 ||
            (r = cli_key(cli, AZA_PURPOSE_DECRYPT, &uri)) != 0 ||
            (r = cli_evidence_collect(cli, &uri, &json)) != 0)
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
        .options = "nonce purpose name require pcrs fetch no-fetch out",
        .example = "  azattest evidence --nonce \"$nonce\" --out evidence.json",
        .status = "  0  collected\n  1  failed: one line says why",
        .run = run,
};
