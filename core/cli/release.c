/* SPDX-License-Identifier: Apache-2.0 */
/* azattest release: a key that a key vault releases to this VM. */
#include "azattest.h"
#include "base/base64.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/result.h"

#include <string.h>

#define PEM_COLUMNS 64

static int pem(struct aza_span der, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes text = {0};
        int r = aza_base64_encode(AZA_BASE64, der, &text);

        r = r == 0 ? aza_bytes_append_text(ret, "-----BEGIN PRIVATE KEY-----\n") : r;
        for (size_t at = 0; r == 0 && at < text.len; at += PEM_COLUMNS) {
                const size_t left = text.len - at;
                r = aza_bytes_append(ret, text.data + at, left < PEM_COLUMNS ? left : PEM_COLUMNS);
                r = r == 0 ? aza_bytes_append_text(ret, "\n") : r;
        }
        return r == 0 ? aza_bytes_append_text(ret, "-----END PRIVATE KEY-----\n") : r;
}

static bool is_symmetric(json_object *result)
{
        const char *kty = aza_json_string(aza_json_object(result, "claims"), "kty");

        return kty != NULL && strncmp(kty, "oct", 3) == 0;
}

static int write_key(const struct cli *cli, json_object *result, struct aza_span key)
{
        AZA_BYTES struct aza_bytes text = {0};
        int r = 0;

        if (cli->options.out == NULL && cli->options.json)
                return 0;
        if (cli->options.plain && is_symmetric(result)) {
                cli_error("a symmetric key has no PEM form; use --raw, or neither: a JWE");
                return CLI_USAGE;
        }
        if (cli->options.plain && (r = pem(key, &text)) == 0)
                key = aza_bytes_span(&text);
        const bool secret = cli->options.plain || cli->options.raw;
        r = r == 0 ? cli_write(cli->options.out, key, secret ? AZA_FILE_SECRET : 0600) : r;
        if (r == 0 && secret)
                cli_error(
                        "the key is written unencrypted: whoever reads it has it, also without this VM");
        return r;
}

/* Why the vault refused, in front of what it said. */
static void say_why(const char *text)
{
        AZA_OWN(json_object_put)
        json_object *result = text != NULL ? json_tokener_parse(text) : NULL;
        json_object *findings = aza_json_array(result, "findings");
        const size_t n = findings != NULL ? json_object_array_length(findings) : 0;

        for (size_t i = 0; i < n; i++) {
                json_object *row = json_object_array_get_idx(findings, i);

                cli_error("%-14s %-8s %s", aza_json_string(row, "name"),
                          aza_json_string(row, "state"), aza_json_string(row, "text"));
        }
}

static int explain(struct cli *cli, const struct azattest_release_options *options)
{
        AZA_OWN(json_object_put) json_object *document = NULL;
        char *text = NULL;
        int r = azattest_key_release_explain(cli->ctx, cli->options.operand, options, &text);

        if (r != 0)
                return cli_usage(cli_called(r));
        document = cli_document(text);
        if (document == NULL)
                return AZA_NO_MEMORY();
        r = cli->options.json ? cli_print_json(document) : cli_findings(document, 14);
        if (r != 0)
                return r;
        return strcmp(aza_json_string(document, "verdict"), "ok") == 0 ? 0 : CLI_NO;
}

static int run(struct cli *cli)
{
        struct azattest_release_options options = AZATTEST_RELEASE_INIT;
        AZA_OWN(json_object_put) json_object *result = NULL;
        char uri[CLI_URI_MAX], *text = NULL;
        uint8_t *key = NULL;
        size_t len = 0;
        int r;

        cli->subject = "released key";
        if (cli->options.plain && cli->options.raw) {
                cli_error(
                        "--plain is PEM, --raw the bytes: give one of them, or none to have it sealed");
                return CLI_USAGE;
        }
        if ((r = cli_open(cli)) != 0 || (r = cli_key(cli, "decrypt", uri)) != 0)
                return r;
        options.uri = uri;
        options.wrapping = cli->options.wrapping;
        options.sealed = !cli->options.plain && !cli->options.raw;
        if (cli->options.why)
                return explain(cli, &options);
        r = azattest_key_release(cli->ctx, cli->options.operand, &options, &key, &len, &text);
        if (r == 0 && text != NULL)
                result = json_tokener_parse(text);
        const int written = r == 0 ? write_key(cli, result, aza_span_of(key, len)) : 0;
        azattest_free(key);
        if (r != 0 && !cli->options.json)
                say_why(text);
        if (written != 0 || !cli->options.json) {
                azattest_free(text);
                return r != 0 ? cli_usage(cli_called(r)) : written;
        }
        return cli_result(cli, r, text);
}

const struct cli_command cli_release = {
        .name = "release",
        .operand = "URL",
        .summary = "a key that a key vault releases to this VM",
        .about =
                "Attests this VM, asks an Azure key vault or managed HSM to release the key that "
                "URL names\n(https://NAME.vault.azure.net/keys/KEY[/VERSION]), verifies the "
                "vault's answer, unwraps the\nkey in the vTPM and writes it: sealed to that vTPM's key, as "
                "'azattest seal' does\n(a symmetric key as JWE, which 'azattest decrypt' opens), "
                "unless --plain or --raw is\ngiven. Who asks is "
                "'vault-identity': the VM's managed identity.\nWith --json the result of the "
                "checks is printed; add --out for the key itself. With --explain nothing is "
                "released: the key's\nattributes and its release policy are compared with this "
                "VM, condition by condition; a refusal (403)\nsays the same.",
        .options = "plain raw explain wrapping name hierarchy out json",
        .example = "  azattest release --out key.pem https://NAME.vault.azure.net/keys/KEY",
        .status =
                "  0  released; nothing is in the way\n  1  the vault refuses or would, or its answer is not accepted: one line "
                "says why",
        .judges = true,
        .run = run,
};
