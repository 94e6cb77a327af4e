/* SPDX-License-Identifier: Apache-2.0 */
/* Files that `azattest verify` writes of what it accepted. */
#include "cli/accepted.h"

#include "base/error.h"
#include "certificate/certificate.h"

#include <string.h>

int cli_accepted_options(const struct cli *cli)
{
        const char *out = cli->options.out, *key = cli->options.pubkey_out;

        if ((out != NULL && strcmp(out, "-") == 0) || (key != NULL && strcmp(key, "-") == 0)) {
                cli_error("%s -: standard output shows the checks; name a file",
                          out != NULL && strcmp(out, "-") == 0 ? "--out" : "--pubkey-out");
                return CLI_USAGE;
        }
        if (out != NULL && key != NULL && strcmp(out, key) == 0) {
                cli_error("--out and --pubkey-out name the same file: give each its own");
                return CLI_USAGE;
        }
        return 0;
}

int cli_accepted_no_key(const struct cli *cli, const char *what)
{
        if (cli->options.pubkey_out == NULL)
                return 0;
        cli_error("--pubkey-out is for a token or certificate; what %s proves of a key is in its "
                  "result (--json, \"attested-key\")",
                  what);
        return CLI_USAGE;
}

/* The key is made before anything is written: one that cannot be had leaves no file behind. */
static int write_both(const struct cli *cli, const struct aza_token *token, struct aza_span content)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes pem = {0};
        int r = 0;

        if (cli->options.pubkey_out != NULL) {
                if ((r = aza_token_key(cli->libctx, token, &key)) != 0 ||
                    (r = aza_public_key_pem(key, &pem)) != 0)
                        return r;
        }
        if (cli->options.out != NULL)
                r = cli_write(cli->options.out, content, 0644);
        if (r == 0 && cli->options.pubkey_out != NULL)
                r = cli_write(cli->options.pubkey_out, aza_bytes_span(&pem), 0644);
        return r;
}

int cli_accepted_token(const struct cli *cli, const struct aza_token *token, struct aza_span jwt)
{
        AZA_BYTES struct aza_bytes line = {0};
        int r = aza_bytes_set(&line, jwt.data, jwt.len);

        r = r != 0 ? r : aza_bytes_append(&line, "\n", 1);
        return r != 0 ? r : write_both(cli, token, aza_bytes_span(&line));
}

int cli_accepted_certificate(const struct cli *cli, const struct aza_token *token,
                             X509 *certificate)
{
        AZA_BYTES struct aza_bytes pem = {0};
        int r = aza_certificate_pem(certificate, &pem);

        return r != 0 ? r : write_both(cli, token, aza_bytes_span(&pem));
}

int cli_accepted_bytes(const struct cli *cli, struct aza_span content)
{
        return cli->options.out == NULL ? 0 : cli_write(cli->options.out, content, 0644);
}
