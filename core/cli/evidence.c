/* SPDX-License-Identifier: Apache-2.0 */
/* azattest evidence: what `azattest verify` judges elsewhere, collected without MAA. */
#include "azattest.h"
#include "base/json.h"
#include "cli/cli.h"

#include <string.h>

#define EVIDENCE_MAX (64u << 20)

static bool setting_is(const struct cli *cli, const char *setting, const char *value)
{
        char *now = NULL;
        const bool same = azattest_context_get(cli->ctx, setting, &now) == 0 && now != NULL &&
                          strcmp(now, value) == 0;

        azattest_free(now);
        return same;
}

/* What is enclosed for who judges it. */
static const char *const enclosed[] = {"ak-issuers", "td-collateral"};

int cli_choose_enclosed(struct cli *cli)
{
        int r = 0;

        if (cli->options.fetch && cli->options.no_fetch) {
                cli_error("--fetch and --no-fetch contradict each other: give one of them");
                return CLI_USAGE;
        }
        for (size_t i = 0; r == 0 && i < sizeof(enclosed) / sizeof(enclosed[0]); i++) {
                if (cli->options.fetch)
                        r = cli_called(azattest_context_set(cli->ctx, enclosed[i], "fetch"));
                else if (cli->options.no_fetch && setting_is(cli, enclosed[i], "fetch"))
                        r = cli_called(azattest_context_set(cli->ctx, enclosed[i], "none"));
        }
        return r;
}

/* Who judges it must have them: better said now than found out there. */
static void remark(const struct cli *cli, struct aza_span evidence)
{
        AZA_OWN(json_object_put) json_object *file = NULL;

        if (aza_json_parse(evidence, EVIDENCE_MAX, &file) != 0)
                return;
        if (!setting_is(cli, "ak-issuers", "none") &&
            !json_object_object_get_ex(file, "ak-chain", NULL))
                cli_error(
                        "collected without the issuers of the AK certificate, which could not be fetched (--verbose says why): whoever judges it may need --certs or --fetch");
        const char *vm = aza_json_string(file, "vm");
        if (vm != NULL && strcmp(vm, "tdx") == 0 && !setting_is(cli, "td-collateral", "none") &&
            !json_object_object_get_ex(file, "td-collateral", NULL))
                cli_error(
                        "collected without Intel's documents about this platform (td-collateral), which could not be fetched (--verbose says why): whoever judges it needs --collateral or --fetch");
}

static int run(struct cli *cli)
{
        char *json = NULL, uri[CLI_URI_MAX];
        int r;

        if ((r = cli_open(cli)) != 0 || (r = cli_choose_enclosed(cli)) != 0 ||
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
                "certificate's issuers are fetched\nwhere it names them, Intel's documents about a TDX "
                "platform from Azure's cache, and included; without\nthem (--no-fetch, no network) "
                "the file is complete but for them. 'azattest verify' judges the file\non any "
                "machine.",
        .options = "nonce purpose name hierarchy require pcrs fetch no-fetch out",
        .example = "  azattest evidence --nonce \"$nonce\" --out evidence.json",
        .status = "  0  collected\n  1  failed: one line says why",
        .run = run,
};
