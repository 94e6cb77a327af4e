/* SPDX-License-Identifier: Apache-2.0 */
/* azattest decrypt: with this VM's decryption key. Needs the TPM, no network. */
#include "key/crypt.h"

#include "base/error.h"
#include "cli/algorithm.h"
#include "cli/cli.h"
#include "key/jwe.h"
#include "os/file.h"

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes in = {0};
        AZA_BYTES struct aza_bytes out = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct cli_algorithm algorithm;
        struct aza_uri uri;
        int r;

        if ((r = cli_algorithm(cli->options.alg, &algorithm)) != 0 || (r = cli_open(cli)) != 0 ||
            (r = cli_key(cli, AZA_PURPOSE_DECRYPT, &uri)) != 0 || (r = cli_tpm(cli)) != 0 ||
            (r = aza_file_read(cli->options.in != NULL ? cli->options.in : "-", AZA_JWE_TEXT_MAX,
                               &in)) != 0 ||
            (r = cli_key_derive(cli, &uri, &ref)) != 0)
                return r;
        if (algorithm.jwe || (cli->options.alg == NULL && aza_jwe_is(aza_bytes_span(&in))))
                r = aza_jwe_decrypt(cli->libctx, cli->tpm, ref, aza_bytes_span(&in), &out);
        else
                r = aza_decrypt(cli->libctx, cli->tpm, ref, &algorithm.padding, aza_bytes_span(&in),
                                &out);
        return r != 0 ? r : cli_write(cli->options.out, aza_bytes_span(&out), 0600);
}

const struct cli_command cli_decrypt = {
        .name = "decrypt",
        .summary = "decrypt in this VM",
        .about = "Decrypts what was encrypted to this VM's attested key: one RSA block, or a JWE, "
                 "which is\nrecognised by its form. Needs the vTPM only.",
        .options = "alg in out name purpose pcrs",
        .purpose = "which key: decrypt (default) or any (decrypts and signs; weakens)",
        .example = "  azattest decrypt --in secret.jwe --out secret",
        .status =
                "  0  decrypted\n  1  not for this key, changed, or the vTPM no longer has the key",
        .run = run,
};
