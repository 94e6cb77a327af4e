/* SPDX-License-Identifier: Apache-2.0 */
/* azattest evidence: what `azattest verify` judges elsewhere, collected without MAA. */
#include "evidence/file.h"

#include "base/error.h"
#include "cli/cli.h"
#include "cli/judge_evidence.h"
#include "evidence/nonce.h"
#include "online/ak_issuers.h"
#include "online/collect.h"

#include <string.h>

int cli_evidence_collect(struct cli *cli, const struct aza_uri *uri, struct aza_evidence_file *ret)
{
        const struct aza_span nonce = aza_span_of(uri->nonce, strlen(uri->nonce));
        const struct aza_key_spec spec = {.purpose = uri->purpose,
                                          .name = uri->name,
                                          .hierarchy = uri->hierarchy,
                                          .pcr_mask = uri->pcr_mask};
        struct aza_span qualifying = {0};
        struct aza_evidence e = {0};
        uint8_t hash[AZA_SHA256_LEN];
        int64_t now;
        int r = aza_now(&now);

        if (r == 0 && nonce.len > 0) {
                r = aza_nonce_evidence(cli->libctx, nonce, hash);
                qualifying = aza_span_of(hash, sizeof(hash));
        }
        if (r != 0)
                return r;
        cli_progress(NULL, "collecting evidence");
        r = aza_evidence_collect(cli->libctx, &cli->config, cli->tpm, &spec, qualifying,
                                 &cli->deadline, &e);
        if (r == 0)
                r = aza_evidence_file_of(cli->libctx, &e, nonce, now, ret);
        if (r == 0)
                r = aza_evidence_issuers(cli->libctx, &cli->config, &cli->deadline, ret);
        aza_evidence_free(&e);
        return r;
}

/* --fetch: fetched, whatever is configured. --no-fetch: nobody is asked; a configured file stays. */
static int choose_issuers(struct cli *cli)
{
        static const char fetch[] = "fetch", none[] = "none";
        char *issuers = cli->config.ak_issuers;

        if (cli->options.fetch && cli->options.no_fetch) {
                cli_error("--fetch and --no-fetch contradict each other: give one of them");
                return CLI_USAGE;
        }
        if (cli->options.fetch)
                memcpy(issuers, fetch, sizeof(fetch));
        else if (cli->options.no_fetch && strcmp(issuers, fetch) == 0)
                memcpy(issuers, none, sizeof(none));
        return 0;
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes text = {0};
        struct aza_evidence_file file = {0};
        struct aza_uri uri;
        int r;

        if ((r = cli_open(cli)) != 0 || (r = choose_issuers(cli)) != 0 ||
            (r = cli_key(cli, AZA_PURPOSE_DECRYPT, &uri)) != 0 || (r = cli_tpm(cli)) != 0)
                return r;
        r = cli_evidence_collect(cli, &uri, &file);
        if (r == 0 && file.ak_chain.len == 0 && strcmp(cli->config.ak_issuers, "none") != 0)
                cli_error("collected without the issuers of the AK certificate, which could not be "
                          "fetched (--verbose says why): whoever judges it may need --certs or "
                          "--fetch");
        if (r == 0)
                r = aza_evidence_file_encode(&file, &text);
        aza_evidence_file_free(&file);
        return r != 0 ? r : cli_write(cli->options.out, aza_bytes_span(&text), 0644);
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
