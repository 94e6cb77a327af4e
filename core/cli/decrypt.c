/* SPDX-License-Identifier: Apache-2.0 */
/* azattest decrypt: with this VM's decryption key. Needs the TPM, no network. */
#include "azattest.h"
#include "base/error.h"
#include "cli/algorithm.h"
#include "cli/cli.h"
#include "os/file.h"

#include <string.h>

#define JWE_MAX (90u << 20) /* of 64 MiB */

/* The library takes a text: what stands behind a NUL would not be looked at. */
static int decrypt_jwe(struct cli *cli, const char *uri, const struct aza_bytes *in, uint8_t **out,
                       size_t *len)
{
        if (in->len == 0 || memchr(in->data, '\0', in->len) != NULL)
                return AZA_FAIL(AZATTEST_E_JWE, "not a JWE: %s",
                                in->len == 0 ? "it is empty" : "there are NUL bytes in it");
        return cli_called(azattest_decrypt_jwe(cli->ctx, uri, (const char *)in->data, out, len));
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes in = {0};
        struct cli_algorithm algorithm;
        char uri[CLI_URI_MAX];
        uint8_t *out = NULL;
        size_t len = 0;
        int r;

        if ((r = cli_algorithm(cli->options.alg, &algorithm)) != 0 || (r = cli_open(cli)) != 0 ||
            (r = cli_key(cli, "decrypt", uri)) != 0 ||
            (r = aza_file_read(cli->options.in != NULL ? cli->options.in : "-", JWE_MAX, &in)) != 0)
                return r;
        if (algorithm.jwe ||
            (cli->options.alg == NULL && azattest_kind_of(in.data, in.len) == AZATTEST_KIND_JWE))
                r = decrypt_jwe(cli, uri, &in, &out, &len);
        else
                r = cli_called(azattest_decrypt_key(cli->ctx, uri, in.data, in.len,
                                                    algorithm.scheme, algorithm.hash, &out, &len));
        r = r != 0 ? r : cli_write(cli->options.out, aza_span_of(out, len), 0600);
        azattest_free(out);
        return r;
}

const struct cli_command cli_decrypt = {
        .name = "decrypt",
        .summary = "decrypt in this VM",
        .about = "Decrypts what was encrypted to this VM's attested key: one RSA block, or a JWE, "
                 "which is\nrecognised by its form. Needs the vTPM only.",
        .options = "alg in out name purpose hierarchy pcrs",
        .purpose = "which key: decrypt (default) or any (decrypts and signs; weakens)",
        .example = "  azattest decrypt --in secret.jwe --out secret",
        .status =
                "  0  decrypted\n  1  not for this key, changed, or the vTPM no longer has the key",
        .run = run,
};
