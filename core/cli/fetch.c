/* SPDX-License-Identifier: Apache-2.0 */
/* azattest fetch FILE: the public certificates and revocation list that a VM's evidence lacks, for
 * who judges it without network. The library fetches. */
#include "azattest.h"
#include "cli/cli.h"

#include <string.h>

#define EVIDENCE_MAX (64u << 20)

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes content = {0};
        char *pem = NULL;
        int r;

        if ((r = cli_open(cli)) != 0 || (r = cli_operand_read(cli, EVIDENCE_MAX, &content)) != 0)
                return r;
        cli_progress(NULL, "fetching certificates");
        r = cli_called(azattest_fetch(cli->ctx, content.data, content.len, &pem));
        if (r == AZATTEST_E_INPUT)
                cli_refused(cli);
        if (r == 0 && pem[0] == '\0')
                cli_error("nothing that is published was found lacking in %s",
                          cli_operand_name(cli));
        if (r == 0)
                r = cli_write(cli->options.out, aza_span_of(pem, strlen(pem)), 0644);
        azattest_free(pem);
        return r;
}

const struct cli_command cli_fetch = {
        .name = "fetch",
        .operand = "FILE",
        .summary = "fetch the certificates and revocation list that evidence lacks",
        .about = "Fetches what AMD and Microsoft publish about FILE, an evidence file or a bare "
                 "report, and it\nlacks: the chip's certificate and its issuers, the AK "
                 "certificate's issuers, AMD's\nrevocation list. The PEM text that comes of it "
                 "is for 'azattest verify --certs' and\n'--crl' on a machine without network. "
                 "Nothing is judged: what is used is trusted through\npinned roots only.",
        .options = "out",
        .example = "  azattest fetch evidence.json --out amd.pem\n"
                   "  azattest verify evidence.json --certs amd.pem --crl amd.pem --vmid 8A1B...",
        .status = "  0  fetched, or nothing is lacking\n  1  FILE is no evidence and no report",
        .undecided = "it could not be fetched",
        .out = "where the PEM text goes; to standard output by default",
        .run = run,
};
