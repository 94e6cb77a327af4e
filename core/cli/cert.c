/* SPDX-License-Identifier: Apache-2.0 */
/* azattest cert: an attested certificate (or request) and the key reference that goes with it. */
#include "certificate/certificate.h"

#include "base/error.h"
#include "cli/cli.h"
#include "online/attest.h"
#include "os/file.h"

#include <errno.h>
#include <stdlib.h>

#define CERTIFICATE_MAX 262144

/* The reference holds no secret, so servers of other users may read it. */
static int write_key(struct cli *cli, const struct aza_keyref *ref)
{
        AZA_BYTES struct aza_bytes pem = {0};
        int r = aza_keyref_pem(cli->libctx, ref, &pem);

        return r != 0 ? r : cli_write(cli->options.key_out, aza_bytes_span(&pem), 0644);
}

static int make_pem(struct cli *cli, const struct aza_certificate_spec *spec, struct aza_bytes *ret)
{
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_OWN(X509_REQ_free) X509_REQ *request = NULL;
        int r;

        if (cli->options.csr) {
                r = aza_certificate_request(cli->libctx, cli->tpm, spec, &request);
                return r != 0 ? r : aza_certificate_request_pem(request, ret);
        }
        r = aza_certificate_make(cli->libctx, cli->tpm, spec, &certificate);
        return r != 0 ? r : aza_certificate_pem(certificate, ret);
}

static int write_certificate(struct cli *cli, const struct aza_certificate_spec *spec)
{
        AZA_BYTES struct aza_bytes pem = {0};
        int r = make_pem(cli, spec, &pem);

        return r != 0 ? r : cli_write(cli->options.out, aza_bytes_span(&pem), 0644);
}

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

/* The certificate in --out; NULL when it is not there or cannot be read, or the file of its key is not
 * there: then both are made. */
static X509 *present_certificate(struct cli *cli)
{
        AZA_BYTES struct aza_bytes pem = {0};
        AZA_BYTES struct aza_bytes key = {0};
        X509 *certificate = NULL;

        if (aza_file_read(cli->options.out, CERTIFICATE_MAX, &pem) != 0 ||
            (cli->options.key_out != NULL &&
             aza_file_read(cli->options.key_out, CERTIFICATE_MAX, &key) != 0))
                return NULL;
        return aza_one_certificate(cli->libctx, aza_bytes_span(&pem), &certificate) == 0
                       ? certificate
                       : NULL;
}

/* Whether that certificate lasts longer than `seconds` and its key still is the one of that name: a restart
 * or other PCR values make another. */
static int still_good(struct cli *cli, const struct aza_uri *uri, int64_t now, int64_t seconds,
                      bool *ret)
{
        AZA_OWN(X509_free) X509 *certificate = present_certificate(cli);
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        int64_t expiry;
        int r;

        *ret = false;
        if (certificate == NULL || aza_certificate_expiry(certificate, &expiry) != 0 ||
            expiry - now <= seconds)
                return 0;
        if ((r = cli_key_derive(cli, uri, &ref)) != 0 ||
            (r = aza_keyref_pkey(cli->libctx, ref, &key)) != 0)
                return r;
        *ret = EVP_PKEY_eq(key, X509_get0_pubkey(certificate)) == 1;
        return 0;
}

static int make(struct cli *cli, const struct aza_uri *uri, int64_t now)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *subject = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *issuer = NULL;
        struct aza_attest_request request = {
                .uri = uri, .payload = cli->options.payload, .progress = cli_progress};
        struct aza_uri signer = *uri;
        struct aza_certificate_spec spec = {
                .san = cli->options.san.item, .san_count = cli->options.san.count, .now = now};
        int r = aza_attest(cli->libctx, &cli->config, cli->tpm, &request, &cli->deadline, &subject);

        if (r != 0)
                return r;
        if (uri->purpose == AZA_PURPOSE_DECRYPT && !cli->options.csr) {
                signer.purpose = AZA_PURPOSE_SIGN;
                signer.object = AZA_URI_SIGN;
                request.uri = &signer; /* its token goes in, too (C8) */
                r = aza_attest(cli->libctx, &cli->config, cli->tpm, &request, &cli->deadline,
                               &issuer);
                if (r != 0)
                        return r;
        }
        spec.subject = subject;
        spec.issuer = issuer;
        cli_progress(NULL, "signing");
        r = cli->options.key_out != NULL ? write_key(cli, subject) : 0;
        return r != 0 ? r : write_certificate(cli, &spec);
}

static int run(struct cli *cli)
{
        struct aza_uri uri;
        int64_t now, seconds = 0;
        bool good = false;
        int r;

        if ((r = cli_open(cli)) != 0 || (r = cli_time(cli, &now)) != 0 ||
            (r = cli_key(cli, AZA_PURPOSE_SIGN, &uri)) != 0 ||
            (r = cli->options.renew_before != NULL ? parse_seconds(cli, &seconds) : 0) != 0)
                return r;
        if (uri.purpose == AZA_PURPOSE_ANY) {
                cli_error(
                        "--purpose any: certificates are for keys of one purpose, sign or decrypt");
                return CLI_USAGE;
        }
        if ((r = cli_tpm(cli)) != 0)
                return r;
        if (cli->options.renew_before != NULL)
                r = still_good(cli, &uri, now, seconds, &good);
        return r != 0 || good ? r : make(cli, &uri, now);
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
