/* SPDX-License-Identifier: Apache-2.0 */
/* azattest cert: an attested certificate (or request) and the key reference that goes with it. The
 * library makes them. */
#include "azattest.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/result.h"
#include "os/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATE_MAX 262144

static bool is_file(const char *path)
{
        return path != NULL && strcmp(path, "-") != 0;
}

/* What is compared with what is asked for has to be there to be read. */
static int check_files(const struct cli *cli)
{
        const struct cli_options *o = &cli->options;

        if ((o->renew_before != NULL || o->json || o->exit_code) &&
            (!is_file(o->out) || (o->key_out != NULL && !is_file(o->key_out)))) {
                cli_error(
                        "--renew-before, --json and --exit-code need --out FILE (and --key-out, if given, a file), as standard output says what was done");
                return CLI_USAGE;
        }
        if (o->exit_code && o->renew_before == NULL) {
                cli_error("--exit-code says whether --renew-before had something to do: give both");
                return CLI_USAGE;
        }
        return 0;
}

static int parse_seconds(const struct cli *cli, int64_t *ret)
{
        const char *text = cli->options.renew_before;
        char *end = NULL;
        long seconds;

        errno = 0;
        seconds = strtol(text, &end, 10);
        if (errno != 0 || end == text || *end != '\0' || seconds < 0) {
                cli_error("--renew-before takes seconds");
                return CLI_USAGE;
        }
        *ret = seconds;
        return 0;
}

/* The file's text, "" when it is not there or cannot be read. What no text can hold is no PEM
 * either way. */
static const char *present(const char *path, struct aza_bytes *content)
{
        if (aza_file_read(path, CERTIFICATE_MAX, content) != 0)
                return "";
        for (size_t i = 0; i < content->len; i++)
                if (content->data[i] == '\0')
                        content->data[i] = '?';
        return (const char *)content->data;
}

/* A reference holds no secret, so servers of other users may read it; of a leaf's key, sealed or
 * not, others have no need. */
static unsigned int key_mode(const struct cli *cli)
{
        if (cli->options.leaf == NULL)
                return 0644;
        return cli->options.plain ? AZA_FILE_SECRET : 0600;
}

/* A key without its certificate, or one with the other's, serves nobody. */
static int write_both(const struct cli *cli, const char *pem, const char *key)
{
        const struct cli_options *o = &cli->options;
        const struct aza_file_new chain = {o->out != NULL ? o->out : "-",
                                           aza_span_of(pem, strlen(pem)), 0644};
        struct aza_file_new files[2] = {chain};
        size_t count = 1;

        if (o->key_out != NULL && key != NULL) {
                files[0] = (struct aza_file_new){o->key_out, aza_span_of(key, strlen(key)),
                                                 key_mode(cli)};
                files[count++] = chain;
        }
        if (count > 1 && o->plain)
                cli_error("the leaf's key is written unencrypted: whoever reads it has it");
        return cli_write_files(files, count);
}

static int say(const struct cli *cli, json_object *done)
{
        if (cli->options.json)
                return cli_print_json(done);
        if (cli->options.renew_before == NULL)
                return 0;
        cli_line("%s: %s", aza_json_string(done, "action"), aza_json_string(done, "reason"));
        return cli_flush();
}

/* Writes first, so that nothing is said to be done that is not. */
static int finish(const struct cli *cli, const char *pem, const char *key, char *text)
{
        AZA_OWN(json_object_put) json_object *done = cli_document(text);
        int r = done == NULL ? AZA_NO_MEMORY() : pem != NULL ? write_both(cli, pem, key) : 0;

        if (r == 0)
                r = say(cli, done);
        return r == 0 && pem == NULL && cli->options.exit_code ? CLI_KEPT : r;
}

/* A word, or a file's text, which ends up in `file`. */
static int read_leaf(const struct cli *cli, struct aza_bytes *file, const char **ret)
{
        static const char *const words[] = {"ec", "ed25519", "rsa"};
        const char *leaf = cli->options.leaf;

        for (size_t i = 0; leaf != NULL && i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(leaf, words[i]) == 0)
                        *ret = leaf;
        if (leaf == NULL || *ret != NULL)
                return 0;
        int r = aza_file_read(leaf, CERTIFICATE_MAX, file);
        if (r == 0 && (file->len == 0 || memchr(file->data, '\0', file->len) != NULL))
                r = AZA_FAIL(AZATTEST_E_INPUT, "%s is no key or request in PEM", leaf);
        if (r != 0)
                return aza_context(r, "--leaf is ec, ed25519, rsa, or a file");
        *ret = (const char *)file->data;
        if (cli->options.key_out == NULL ||
            azattest_kind_of(file->data, file->len) != AZATTEST_KIND_REQUEST)
                return 0;
        cli_error("--key-out with a request: whoever made it has the private key");
        return CLI_USAGE;
}

/* A key that nobody keeps would be certified for nothing. */
static int check_leaf(const struct cli *cli)
{
        const struct cli_options *o = &cli->options;

        if (o->leaf == NULL && o->plain) {
                cli_error("--plain is for --leaf: a key in the vTPM has no other form");
                return CLI_USAGE;
        }
        if (o->leaf == NULL)
                return 0;
        if (o->csr || o->purpose != NULL) {
                cli_error("--leaf does not go with %s: the leaf stands below a key that issues",
                          o->csr ? "--csr" : "--purpose");
                return CLI_USAGE;
        }
        if (o->key_out == NULL && (strcmp(o->leaf, "ec") == 0 || strcmp(o->leaf, "rsa") == 0 ||
                                   strcmp(o->leaf, "ed25519") == 0)) {
                cli_error("--leaf %s makes a new key: say with --key-out where it goes", o->leaf);
                return CLI_USAGE;
        }
        return 0;
}

static int make(struct cli *cli, const char *uri, int64_t seconds)
{
        AZA_BYTES struct aza_bytes leaf = {0};
        AZA_BYTES struct aza_bytes certificate = {0};
        AZA_BYTES struct aza_bytes reference = {0};
        struct azattest_certificate_options options = AZATTEST_CERTIFICATE_INIT;
        const struct cli_options *o = &cli->options;
        char *pem = NULL, *key = NULL, *text = NULL;
        int r;

        options.uri = uri;
        options.san = o->san.item;
        options.san_count = o->san.count;
        options.nonce = o->nonce;
        options.payload = o->payload;
        options.csr = o->csr;
        options.plain = o->plain;
        if ((r = read_leaf(cli, &leaf, &options.leaf)) != 0)
                return r;
        if (o->renew_before != NULL) {
                options.present = present(o->out, &certificate);
                options.present_key = o->key_out != NULL ? present(o->key_out, &reference) : NULL;
                options.renew_before = seconds;
        }
        r = cli_called(azattest_certificate_renew(cli->ctx, &options, &pem, &key, &text));
        if (r == 0)
                r = finish(cli, pem, key, text);
        azattest_free(pem);
        azattest_free(key);
        return r;
}

static int run(struct cli *cli)
{
        char uri[CLI_URI_MAX];
        int64_t seconds = 0;
        int r;

        cli->subject = "certificate";
        if ((r = check_files(cli)) != 0 || (r = check_leaf(cli)) != 0 ||
            (r = cli->options.renew_before != NULL ? parse_seconds(cli, &seconds) : 0) != 0 ||
            (r = cli_open(cli)) != 0 ||
            (r = cli_key(cli, cli->options.leaf != NULL ? "issue" : "sign", uri)) != 0)
                return r;
        if (cli->options.purpose != NULL && (strcmp(cli->options.purpose, "any") == 0 ||
                                             strcmp(cli->options.purpose, "issue") == 0)) {
                cli_error("--purpose %s: certificates are for keys of purpose sign or decrypt",
                          cli->options.purpose);
                return CLI_USAGE;
        }
        return make(cli, uri, seconds);
}

const struct cli_command cli_cert = {
        .name = "cert",
        .summary = "attested certificate and key reference for TLS servers",
        .about =
                "Attests the signing key and makes an X.509 certificate of it that carries its "
                "token "
                "(extension\nid-pe-cmw), signed by the key in the vTPM, valid as long as the "
                "token. "
                "--key-out writes the\nkey reference servers load as their private key; it holds "
                "no "
                "secret. With --purpose decrypt the\ncertificate is one to encrypt to (openssl "
                "cms), issued by the signing key. With --leaf\n"
                "a key in memory gets a certificate below that of an attested key: --out is the "
                "chain, --key-out the\nprivate key, sealed to this VM unless --plain is given. Its handshakes need no TPM; "
                "a verifier must allow it (--delegated).",
        .options =
                "out key-out san leaf plain csr renew-before exit-code purpose name hierarchy nonce payload require policy pcrs json",
        .purpose = "which key: sign (default) or decrypt",
        .example =
                "  azattest cert --san DNS:web.example --out web.crt --key-out web.key\n"
                "  azattest cert --san DNS:web.example --out web.crt --key-out web.key --renew-before 7200\n"
                "  azattest cert --leaf ec --san DNS:web.example --out web.crt --key-out web.key",
        .status = "  0  made; or kept (--renew-before) and no file touched\n"
                  "  1  refused or failed: one line says why\n"
                  "  4  kept, where --exit-code asks for it",
        .judges = true,
        .run = run,
};
