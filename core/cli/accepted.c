/* SPDX-License-Identifier: Apache-2.0 */
/* Files that `azattest verify` writes of what it accepted. */
#include "cli/accepted.h"

#include <string.h>

int cli_accepted_options(const struct cli *cli)
{
        const char *out = cli->options.out, *key = cli->options.pubkey_out;

        if ((out != NULL && strcmp(out, "-") == 0) || (key != NULL && strcmp(key, "-") == 0)) {
                cli_error("%s -: standard output shows the checks; name a file",
                          out != NULL && strcmp(out, "-") == 0 ? "--out" : "--pubkey-out");
                return CLI_USAGE;
        }
        if ((out != NULL || key != NULL) && cli->options.operands.count > 1) {
                cli_error("%s takes what was accepted of one FILE, and there are %zu",
                          out != NULL ? "--out" : "--pubkey-out", cli->options.operands.count);
                return CLI_USAGE;
        }
        return 0;
}

int cli_accepted_no_key(const struct cli *cli, const char *what)
{
        if (cli->options.pubkey_out == NULL)
                return 0;
        cli_error(
                "--pubkey-out is for a token or certificate; what %s proves of a key is in its result (--json, \"attested-key\")",
                what);
        return CLI_USAGE;
}

static int write_both(const struct cli *cli, struct aza_span content, const char *pem)
{
        struct aza_file_new files[2];
        size_t count = 0;

        if (cli->options.out != NULL)
                files[count++] = (struct aza_file_new){cli->options.out, content, 0644};
        if (pem != NULL)
                files[count++] = (struct aza_file_new){cli->options.pubkey_out,
                                                       aza_span_of(pem, strlen(pem)), 0644};
        return count == 0 ? 0 : cli_write_files(files, count);
}

int cli_accepted_token(const struct cli *cli, struct aza_span jwt, const char *pem)
{
        AZA_BYTES struct aza_bytes line = {0};
        int r = aza_bytes_set(&line, jwt.data, jwt.len);

        if (r == 0 && (r = aza_bytes_append(&line, "\n", 1)) == 0)
                r = write_both(cli, aza_bytes_span(&line), pem);
        return r;
}

int cli_accepted_certificate(const struct cli *cli, struct aza_span content, const char *pem)
{
        char *canonical = NULL;
        int r = cli_called(
                azattest_certificate_canonical(cli->ctx, content.data, content.len, &canonical));

        if (r == 0)
                r = write_both(cli, aza_span_of(canonical, strlen(canonical)), pem);
        azattest_free(canonical);
        return r;
}

int cli_accepted_bytes(const struct cli *cli, struct aza_span content)
{
        return cli->options.out == NULL ? 0 : cli_write(cli->options.out, content, 0644);
}
