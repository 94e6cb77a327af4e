/* SPDX-License-Identifier: Apache-2.0 */
/* azattest encrypt: to the attested key of a token that was verified first. */
#include "azattest.h"
#include "cli/algorithm.h"
#include "cli/cli.h"
#include "cli/result.h"
#include "cli/stream.h"
#include "os/file.h"

#define PLAIN_MAX (64u << 20) /* of a JWE */

/* A message that ends early is none, so that half of it in a pipe does no harm. */
static int encrypt_stream(struct cli *cli, struct azattest_encryption *encryption)
{
        struct cli_stream s = {.out = {.mode = 0644, .early = true}};
        int r = cli_stream_begin(cli, &s);

        if (r != 0)
                return r;
        encryption->data = NULL;
        encryption->data_len = 0;
        cli_progress(NULL, "verifying the token, encrypting");
        if ((r = cli_stream_out(cli, &s)) == 0)
                r = cli_stream_called(&s, azattest_encrypt_cms(cli->ctx, encryption, &s.stream));
        return cli_stream_end(&s, r);
}

static int encrypt(struct cli *cli, const struct aza_bytes *jwt,
                   const struct cli_algorithm *algorithm)
{
        AZA_BYTES struct aza_bytes in = {0};
        struct azattest_verify_options options = AZATTEST_VERIFY_OPTIONS_INIT;
        struct azattest_encryption encryption = AZATTEST_ENCRYPTION_INIT;
        const struct cli_options *o = &cli->options;
        uint8_t *out = NULL;
        size_t len = 0;
        int r;

        options.nonce = o->nonce;
        options.jwks_file = o->jwks;
        if ((o->time != NULL && (r = cli_time(cli, &options.time)) != 0) ||
            (!algorithm->cms &&
             (r = aza_file_read(o->in != NULL ? o->in : "-", PLAIN_MAX, &in)) != 0))
                return r;
        encryption.jwt = (const char *)jwt->data;
        encryption.options = &options;
        encryption.data = in.data;
        encryption.data_len = in.len;
        encryption.jwe = algorithm->jwe;
        encryption.scheme = algorithm->scheme;
        encryption.hash = algorithm->hash;
        if (algorithm->cms)
                return encrypt_stream(cli, &encryption);
        cli_progress(NULL, "verifying the token");
        if ((r = cli_called(azattest_encrypt_with(cli->ctx, &encryption, &out, &len))) != 0)
                return r;
        cli_progress_end();
        r = cli_write(o->out, aza_span_of(out, len), 0644);
        azattest_free(out);
        return r;
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        struct cli_algorithm algorithm;
        int r;

        if (cli->options.token == NULL) {
                cli_error("encrypt needs --token FILE, the token of the VM that shall decrypt");
                return CLI_USAGE;
        }
        if ((r = cli_algorithm(cli->options.alg, &algorithm)) != 0 || (r = cli_open(cli)) != 0 ||
            (r = cli_token_read(cli->options.token, &jwt)) != 0)
                return r;
        return encrypt(cli, &jwt, &algorithm);
}

const struct cli_command cli_encrypt = {
        .name = "encrypt",
        .summary = "encrypt to the attested key of a verified token",
        .about =
                "Verifies the token (signature, issuer, time, policy, that its key is for decryption,\n"
                "and which VM it is), then encrypts to its key. On a shared MAA every customer has\n"
                "VMs that pass the built-in policy, so say which one: --vmid, --policy, or a\n"
                "configured policy or vmid. RSA algorithms take one block, at most 190 bytes with\n"
                "RSA-OAEP-256; JWE takes up to 64 MiB, CMS any size, of which little is held at a time\n"
                "('openssl cms -decrypt' reads it, too).",
        .options = "token alg in out vmid any-vm policy require nonce jwks allow-stale-keys time",
        .example =
                "  azattest encrypt --token vm.jwt --vmid 8A1B... --alg JWE --in secret --out secret.jwe",
        .status = "  0  encrypted\n  1  token refused, or encryption failed: one line says why",
        .run = run,
};
