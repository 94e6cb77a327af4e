/* SPDX-License-Identifier: Apache-2.0 */
/* azattest evidence: what `azattest verify` judges elsewhere, collected without MAA. */
#include "evidence/evidence_file.h"

#include "base/error.h"
#include "certificate.h"
#include "cli/cli.h"
#include "cli/judge_evidence.h"
#include "evidence/collateral.h"
#include "nonce.h"

#include <string.h>

/* On Trusted Launch nothing else vouches for the AK, and the vTPM holds the leaf alone. */
static int fetch_issuers(struct cli *cli, struct aza_evidence_file *file)
{
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();

        if (!cli->options.fetch)
                return 0;
        if (pile == NULL)
                return AZA_NO_MEMORY();
        cli_progress(NULL, "fetching the AK certificate's issuers");
        int r = aza_fetch_ak_issuers(cli->libctx, &cli->deadline, "", file, pile);
        for (int i = 0; r == 0 && i < sk_X509_num(pile); i++) {
                AZA_BYTES struct aza_bytes pem = {0};

                r = aza_certificate_pem(sk_X509_value(pile, i), &pem);
                if (r == 0)
                        r = aza_bytes_append(&file->ak_chain, pem.data, pem.len);
        }
        return r;
}

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
        aza_evidence_free(&e);
        return r;
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes text = {0};
        struct aza_evidence_file file = {0};
        struct aza_uri uri;
        int r;

        if ((r = cli_open(cli)) != 0 || (r = cli_key(cli, AZA_PURPOSE_DECRYPT, &uri)) != 0 ||
            (r = cli_tpm(cli)) != 0 || (r = cli_evidence_collect(cli, &uri, &file)) != 0)
                return r;
        r = fetch_issuers(cli, &file);
        if (r == 0)
                r = aza_evidence_file_encode(&file, &text);
        aza_evidence_file_free(&file);
        return r != 0 ? r : cli_write(cli->options.out, aza_bytes_span(&text), 0644);
}

const struct cli_command cli_evidence = {
        .name = "evidence",
        .summary = "collect evidence without MAA, as one JSON file",
        .about = "Collects what proves this VM and its key without MAA: hardware report and its "
                 "certificates, AK and\nits certificate, quote, PCR values, event log, certified "
                 "key. "
                 "With --nonce quote and certification\nare bound to it; with --fetch the "
                 "issuers of the AK certificate that it names are included.\n'azattest verify' "
                 "judges the file on any machine.",
        .options = "nonce purpose name require pcrs fetch out",
        .example = "  azattest evidence --nonce \"$nonce\" --out evidence.json",
        .status = "  0  collected\n  1  failed: one line says why",
        .run = run,
};
