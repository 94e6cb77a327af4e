/* SPDX-License-Identifier: Apache-2.0 */
/* azattest decrypt: with this VM's decryption key. Needs the TPM, no network. */
#include "azattest.h"
#include "base/error.h"
#include "cli/algorithm.h"
#include "cli/cli.h"
#include "cli/stream.h"

#include <string.h>

#define JWE_MAX (90u << 20) /* of 64 MiB */
#define LOOK    64          /* bytes that show a CMS message */

/* The library takes a text: what stands behind a NUL would not be looked at. */
static int decrypt_jwe(struct cli *cli, const char *uri, const struct aza_bytes *in, uint8_t **out,
                       size_t *len)
{
        if (in->len == 0 || memchr(in->data, '\0', in->len) != NULL)
                return AZA_FAIL(AZATTEST_E_JWE, "not a JWE: %s",
                                in->len == 0 ? "it is empty" : "there are NUL bytes in it");
        return cli_called(azattest_decrypt_jwe(cli->ctx, uri, (const char *)in->data, out, len));
}

/* What is held in memory: a block, or a JWE. */
static int decrypt_held(struct cli *cli, const char *uri, const struct cli_algorithm *algorithm,
                        struct cli_stream *s)
{
        AZA_BYTES struct aza_bytes in = {0};
        uint8_t *out = NULL;
        size_t len = 0;
        int r = cli_stream_rest(s, JWE_MAX, &in);

        if (r != 0)
                return r;
        if (algorithm->jwe ||
            (cli->options.alg == NULL && azattest_kind_of(in.data, in.len) == AZATTEST_KIND_JWE))
                r = decrypt_jwe(cli, uri, &in, &out, &len);
        else
                r = cli_called(azattest_decrypt_key(cli->ctx, uri, in.data, in.len,
                                                    algorithm->scheme, algorithm->hash, &out,
                                                    &len));
        if (r == 0)
                r = cli_write(cli->options.out, aza_span_of(out, len), AZA_FILE_SECRET);
        azattest_free(out);
        return r;
}

static int decrypt_stream(struct cli *cli, const char *uri, struct cli_stream *s)
{
        const int r = cli_stream_out(cli, s);

        return r != 0 ? r : cli_stream_called(s, azattest_decrypt_cms(cli->ctx, uri, &s->stream));
}

static bool is_cms(const struct cli *cli, const struct cli_algorithm *algorithm,
                   const struct cli_stream *s)
{
        return algorithm->cms ||
               (cli->options.alg == NULL &&
                azattest_kind_of(s->ahead.data, s->ahead.len) == AZATTEST_KIND_CMS);
}

static int run(struct cli *cli)
{
        struct cli_stream s = {.out = {.mode = AZA_FILE_SECRET}};
        struct cli_algorithm algorithm;
        char uri[CLI_URI_MAX];
        int r;

        if ((r = cli_algorithm(cli->options.alg, &algorithm)) != 0 || (r = cli_open(cli)) != 0 ||
            (r = cli_key(cli, "decrypt", uri)) != 0 || (r = cli_stream_begin(cli, &s)) != 0)
                return r;
        if ((r = cli_stream_look(&s, LOOK)) == 0)
                r = is_cms(cli, &algorithm, &s) ? decrypt_stream(cli, uri, &s)
                                                : decrypt_held(cli, uri, &algorithm, &s);
        return cli_stream_end(&s, r);
}

const struct cli_command cli_decrypt = {
        .name = "decrypt",
        .summary = "decrypt in this VM",
        .about =
                "Decrypts what was encrypted to this VM's attested key: one RSA block, a JWE or a\n"
                "CMS message, which are recognised by their form. Needs the vTPM only. A CMS message is\n"
                "not held in memory; of more than 64 MiB the result has to go into a file (--out).",
        .options = "alg in out name purpose hierarchy pcrs",
        .purpose = "which key: decrypt (default) or any (decrypts and signs; weakens)",
        .example = "  azattest decrypt --in secret.jwe --out secret",
        .status =
                "  0  decrypted\n  1  not for this key, changed, or the vTPM no longer has the key",
        .run = run,
};
