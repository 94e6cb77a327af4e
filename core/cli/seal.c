/* SPDX-License-Identifier: Apache-2.0 */
/* azattest seal: a private key in a file that only one vTPM opens. */
#include "azattest.h"
#include "base/error.h"
#include "base/printable.h"
#include "cli/cli.h"
#include "cli/passin.h"
#include "cli/result.h"
#include "os/file.h"
#include "os/process.h"

#include <string.h>

#define KEY_FILE_MAX 262144

struct asked {
        const struct aza_bytes *passphrase; /* by --passin; else empty */
        const char *file;                   /* of the key */
        bool nobody; /* the key is encrypted, and there is no terminal to ask on */
};

/* As openssl asks: on the terminal, unless --passin said it. Where there is none OpenSSL would take
 * a line of standard input, which is not said to be the passphrase. */
static int ask(void *arg, char *out, int room)
{
        struct asked *asked = arg;
        char shown[56], prompt[80];

        cli_progress_end();
        if (asked->passphrase->len == 0 && !aza_has_terminal()) {
                asked->nobody = true;
                return 0;
        }
        if (asked->passphrase->len == 0) {
                (void)snprintf(
                        prompt, sizeof(prompt), "Enter pass phrase for %s:",
                        aza_printable(asked->file, strlen(asked->file), shown, sizeof(shown)));
                EVP_set_pw_prompt(prompt);
                return PEM_def_callback(out, room, 0, NULL);
        }
        if (asked->passphrase->len > (size_t)room)
                return 0;
        memcpy(out, asked->passphrase->data, asked->passphrase->len);
        return (int)asked->passphrase->len;
}

static int not_sealed(const struct cli *cli, const struct asked *asked, int r)
{
        if (r == AZATTEST_E_INPUT && asked->nobody)
                return AZA_FAIL(
                        r,
                        "%s: the private key is encrypted, and there is no terminal to ask for its passphrase on: say where it is, as in --passin file:PATH",
                        asked->file);
        return r == AZATTEST_E_INPUT && cli->options.in != NULL
                       ? aza_context(r, "%s", cli->options.in)
                       : cli_usage(r);
}

static int seal(struct cli *cli, const struct aza_bytes *jwt)
{
        AZA_BYTES struct aza_bytes key = {0};
        AZA_BYTES struct aza_bytes passphrase = {0};
        struct azattest_verify_options options = AZATTEST_VERIFY_OPTIONS_INIT;
        struct azattest_sealing sealing = AZATTEST_SEALING_INIT;
        const struct cli_options *o = &cli->options;
        const bool named = o->in != NULL && strcmp(o->in, "-") != 0;
        struct asked asked = {&passphrase, named ? o->in : "standard input", false};
        char *pem = NULL;
        int r;

        options.nonce = o->nonce;
        options.jwks_file = o->jwks;
        if ((o->time != NULL && (r = cli_time(cli, &options.time)) != 0) ||
            (o->passin != NULL && (r = cli_passin(o, &passphrase)) != 0) ||
            (r = aza_file_read(o->in != NULL ? o->in : "-", KEY_FILE_MAX, &key)) != 0)
                return r;
        sealing.key = key.data;
        sealing.key_len = key.len;
        sealing.passphrase = ask;
        sealing.passphrase_arg = &asked;
        sealing.name = o->name;
        sealing.hierarchy = o->hierarchy;
        if (jwt->len > 0) {
                sealing.jwt = (const char *)jwt->data;
                sealing.options = &options;
                cli_progress(NULL, "verifying the token");
        }
        if ((r = cli_called(azattest_seal(cli->ctx, &sealing, &pem))) != 0)
                return not_sealed(cli, &asked, r);
        cli_progress_end();
        r = cli_write(o->out, aza_span_of(pem, strlen(pem)), 0600);
        azattest_free(pem);
        return r;
}

/* They would demand nothing without a token. */
static int check_demands(const struct cli_options *o)
{
        if (o->token != NULL ||
            (o->vmid == NULL && !o->any_vm && o->policy == NULL && o->require == NULL &&
             o->nonce == NULL && o->jwks == NULL && !o->allow_stale_keys && o->time == NULL))
                return 0;
        cli_error(
                "what is demanded of a token needs --token FILE; without it the key is sealed to this VM");
        return CLI_USAGE;
}

static int run(struct cli *cli)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        int r;

        if ((r = check_demands(&cli->options)) != 0 || (r = cli_open(cli)) != 0)
                return r;
        if (cli->options.token != NULL && (r = cli_token_read(cli->options.token, &jwt)) != 0)
                return r;
        return seal(cli, &jwt);
}

const struct cli_command cli_seal = {
        .name = "seal",
        .summary = "a private key in a file that only one vTPM opens",
        .about =
                "Seals a private key of any type (RSA, EC, Ed25519, X25519 ...), PEM or DER, to this\n"
                "VM's decryption key, or with --token to that of another VM, whose token is verified\n"
                "first as 'azattest encrypt' does. Programs with OpenSSL load the file where that\n"
                "vTPM is; from then on the private key lies in their memory. A key of the null\n"
                "hierarchy ends at the next restart, and the file with it; one of the owner hierarchy\n"
                "opens it as long as the PCRs are as they were. The passphrase of an encrypted key is\n"
                "asked for on the terminal unless --passin says where it is; without a terminal it must.",
        .options =
                "in passin out name hierarchy pcrs token vmid any-vm policy require nonce jwks allow-stale-keys time",
        .out = "the sealed key, standard output by default",
        .example =
                "  azattest seal --in server.key --hierarchy owner --out server-sealed.pem\n"
                "  azattest seal --in encrypted.key --passin file:passphrase --out server-sealed.pem",
        .status = "  0  sealed\n  1  the token is refused: one line says why",
        .undecided = "or there is no private key to seal",
        .run = run,
};
