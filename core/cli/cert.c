/* SPDX-License-Identifier: Apache-2.0 */
/* azattest cert: an attested certificate (or request) and the key reference that goes with it. The
 * library makes them. */
#include "azattest.h"
#include "cli/cli.h"
#include "os/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATE_MAX 262144

static int parse_seconds(const struct cli *cli, int64_t *ret)
{
        const char *text = cli->options.renew_before;
        char *end = NULL;
        long seconds;

        errno = 0;
        seconds = strtol(text, &end, 10);
        if (errno != 0 || end == text || *end != '\0' || seconds < 0 || cli->options.out == NULL) {
                cli_error("--renew-before takes seconds and needs --out, the certificate to renew");
                return CLI_USAGE;
        }
        *ret = seconds;
        return 0;
}

/* The certificate in --out. Nothing when it is not there or cannot be read, or the file of its key
 * is not there: then both are made. */
static void read_present(const struct cli *cli, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes key = {0};

        if (aza_file_read(cli->options.out, CERTIFICATE_MAX, ret) != 0 ||
            memchr(ret->data != NULL ? ret->data : (const uint8_t *)"", '\0', ret->len) != NULL ||
            (cli->options.key_out != NULL &&
             aza_file_read(cli->options.key_out, CERTIFICATE_MAX, &key) != 0))
                aza_bytes_free(ret);
}

/* The reference holds no secret, so servers of other users may read it. */
static int write_both(const struct cli *cli, const char *pem, const char *key)
{
        int r = 0;

        if (cli->options.key_out != NULL)
                r = cli_write(cli->options.key_out, aza_span_of(key, strlen(key)), 0644);
        return r != 0 ? r : cli_write(cli->options.out, aza_span_of(pem, strlen(pem)), 0644);
}

static int make(struct cli *cli, const char *uri, int64_t seconds)
{
        AZA_BYTES struct aza_bytes present = {0};
        struct azattest_certificate_options options = AZATTEST_CERTIFICATE_INIT;
        const struct cli_options *o = &cli->options;
        char *pem = NULL, *key = NULL;
        int r;

        options.uri = uri;
        options.san = o->san.item;
        options.san_count = o->san.count;
        options.nonce = o->nonce;
        options.payload = o->payload;
        options.csr = o->csr;
        if (o->renew_before != NULL) {
                read_present(cli, &present);
                options.present = (const char *)present.data;
                options.renew_before = seconds;
        }
        r = cli_called(azattest_certificate_make(cli->ctx, &options, &pem, &key));
        if (r == 0 && pem != NULL)
                r = write_both(cli, pem, key);
        azattest_free(pem);
        azattest_free(key);
        return r;
}

static int run(struct cli *cli)
{
        char uri[CLI_URI_MAX];
        int64_t seconds = 0;
        int r;

        if ((r = cli_open(cli)) != 0 || (r = cli_key(cli, "sign", uri)) != 0 ||
            (r = cli->options.renew_before != NULL ? parse_seconds(cli, &seconds) : 0) != 0)
                return r;
        if (cli->options.purpose != NULL && strcmp(cli->options.purpose, "any") == 0) {
                cli_error(
                        "--purpose any: certificates are for keys of one purpose, sign or decrypt");
                return CLI_USAGE;
        }
        return make(cli, uri, seconds);
}

const struct cli_command cli_cert = {
        .name = "cert",
        .summary = "attested certificate and key reference for TLS servers",
        .about = "Attests the signing key and makes an X.509 certificate of it that carries its "
                 "token "
                 "(extension\nid-pe-cmw), signed by the key in the vTPM, valid as long as the "
                 "token. "
                 "--key-out writes the\nkey reference servers load as their private key; it holds "
                 "no "
                 "secret. With --purpose decrypt the\ncertificate is one to encrypt to (openssl "
                 "cms), "
                 "issued by the signing key.",
        .options =
                "out key-out san csr renew-before purpose name nonce payload require policy pcrs",
        .purpose = "which key: sign (default) or decrypt",
        .example = "  azattest cert --san DNS:web.example --out web.crt --key-out web.key\n"
                   "  azattest cert --san DNS:web.example --out web.crt --renew-before 7200",
        .status = "  0  made, or not due (--renew-before) and no file touched\n"
                  "  1  refused or failed: one line says why",
        .run = run,
};
