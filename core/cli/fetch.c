/* SPDX-License-Identifier: Apache-2.0 */
/* azattest fetch FILE: the public certificates, revocation lists and documents that a VM's evidence
 * lacks, for who judges it without network. The library fetches. */
#include "azattest.h"
#include "base/json.h"
#include "cli/cli.h"

#include <string.h>

#define EVIDENCE_MAX (64u << 20)

/* A TD quote without Intel's documents about its platform, alone or in evidence. */
static bool lacks_documents(struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *file = NULL;

        if (azattest_kind_of(content.data, content.len) == AZATTEST_KIND_TD_QUOTE)
                return true;
        return aza_json_parse(content, EVIDENCE_MAX, &file) == 0 &&
               json_object_object_get_ex(file, "td-quote", NULL) &&
               !json_object_object_get_ex(file, "td-collateral", NULL);
}

/* Nothing is no PEM file: --certs refuses one without certificates. */
static int fetch_pem(struct cli *cli, struct aza_span content)
{
        char *pem = NULL;
        int r = cli_called(azattest_fetch(cli->ctx, content.data, content.len, &pem));

        if (r == AZATTEST_E_INPUT)
                cli_refused(cli);
        if (r == 0 && pem[0] != '\0')
                r = cli_write(cli->options.out, aza_span_of(pem, strlen(pem)), 0644);
        else if (r == 0)
                cli_error("no certificate or revocation list was found lacking in %s%s%s",
                          cli_operand_name(cli), cli->options.out != NULL ? "; not written: " : "",
                          cli->options.out != NULL ? cli->options.out : "");
        azattest_free(pem);
        return r;
}

static int fetch_collateral(struct cli *cli, struct aza_span content)
{
        char *json = NULL;
        int r;

        if (cli->options.collateral_out == NULL) {
                if (lacks_documents(content))
                        cli_error(
                                "%s lacks td-collateral, Intel's documents about its TDX platform; 'azattest fetch %s --collateral-out intel.json' fetches them, for --collateral",
                                cli_operand_name(cli), cli_operand_name(cli));
                return 0;
        }
        r = cli_called(azattest_fetch_collateral(cli->ctx, content.data, content.len, &json));
        if (r == 0 && json[0] == '\0') {
                cli_error("--collateral-out: %s has no TD quote that names a platform",
                          cli_operand_name(cli));
                r = AZATTEST_E_INPUT;
                cli_refused(cli);
        }
        if (r == 0)
                r = cli_write(cli->options.collateral_out, aza_span_of(json, strlen(json)), 0644);
        azattest_free(json);
        return r;
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes content = {0};
        int r;

        if ((r = cli_open(cli)) != 0 || (r = cli_operand_read(cli, EVIDENCE_MAX, &content)) != 0)
                return r;
        cli_progress(NULL, "fetching certificates");
        r = fetch_pem(cli, aza_bytes_span(&content));
        return r != 0 ? r : fetch_collateral(cli, aza_bytes_span(&content));
}

const struct cli_command cli_fetch = {
        .name = "fetch",
        .operand = "FILE",
        .summary = "fetch the certificates, lists and documents that evidence lacks",
        .about = "Fetches what AMD and Microsoft publish about FILE, an evidence file or a bare "
                 "report, and it\nlacks: the chip's certificate and its issuers, the AK "
                 "certificate's issuers, AMD's\nrevocation list. The PEM text that comes of it "
                 "is for 'azattest verify --certs' and\n'--crl' on a machine without network. "
                 "--collateral-out takes what Intel publishes about a\nTDX platform now, for "
                 "--collateral there. Nothing is judged: what is used is trusted\nthrough pinned "
                 "roots only.",
        .options = "out collateral-out",
        .example = "  azattest fetch evidence.json --out amd.pem\n"
                   "  azattest verify evidence.json --certs amd.pem --crl amd.pem --vmid 8A1B...\n"
                   "  azattest fetch tdx.json --collateral-out intel.json",
        .status =
                "  0  fetched, or nothing is lacking but what was not asked for\n  1  FILE is no evidence and no report",
        .undecided = "it could not be fetched",
        .out = "where the PEM text goes; to standard output by default",
        .run = run,
};
