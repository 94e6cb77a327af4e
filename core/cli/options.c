/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of azattest(1), its parser and the help made from it. */
#include "cli/options.h"

#include "azattest.h"
#include "base/words.h"
#include "cli/output.h"
#include "os/defaults.h"

#include <getopt.h>
#include <stdint.h>
#include <string.h>

#define FIRST_LONG 256 /* beyond every letter */

enum kind {
        FLAG,
        TEXT,
        LIST,
};

struct option_row {
        const char *name;
        char letter; /* or 0 */
        enum kind kind;
        size_t offset;     /* of its field in struct cli_options */
        const char *value; /* what stands for its value in the help */
        const char *help;
};

/* The n-th row of the table at the end of this file, NULL past its last. */
static const struct option_row *row_at(size_t n);
static const char *const common = "config verbose debug help";

/* True when the space separated `words` contain `name`. */
static bool listed(const char *words, const char *name)
{
        size_t len = strlen(name);

        for (const char *at = words; at != NULL && (at = strstr(at, name)) != NULL; at += len) {
                bool begins = at == words || at[-1] == ' ';

                if (begins && (at[len] == '\0' || at[len] == ' '))
                        return true;
        }
        return false;
}

/* Two values of a demand are no demand for both: that the last one counted would be a guess. */
static int store_text(const struct option_row *row, const char *value, const char **field)
{
        if (*field != NULL) {
                cli_error("--%s was given twice ('%s' and '%s'): give it once", row->name, *field,
                          value);
                return CLI_USAGE;
        }
        *field = value;
        return 0;
}

static int store(const struct option_row *row, const char *value, struct cli_options *options)
{
        uint8_t *field = (uint8_t *)options + row->offset;

        /* "$unset": what was meant as a demand would be none. */
        if (row->kind != FLAG && *value == '\0') {
                cli_error("--%s is empty: leave it out, or give it a value", row->name);
                return CLI_USAGE;
        }
        switch (row->kind) {
        case FLAG:
                *(bool *)(void *)field = true;
                return 0;
        case TEXT:
                return store_text(row, value, (const char **)(void *)field);
        case LIST: {
                struct cli_list *list = (struct cli_list *)(void *)field;

                if (list->count == CLI_LIST_MAX) {
                        cli_error("--%s was given more than %d times", row->name, CLI_LIST_MAX);
                        return CLI_USAGE;
                }
                list->item[list->count++] = value;
                return 0;
        }
        }
        return CLI_USAGE;
}

/* What getopt_long could not read: argv[index], a letter, or a name without its value. */
static int misunderstood(const struct option *longs, const char *word, bool no_value,
                         const char *command)
{
        const char *names[64] = {NULL};
        const char *nearest = NULL;
        char asked[64];
        size_t n = 0;

        for (; longs[n].name != NULL && n + 1 < sizeof(names) / sizeof(names[0]); n++)
                names[n] = longs[n].name;
        if (strncmp(word, "--", 2) == 0) {
                (void)snprintf(asked, sizeof(asked), "%.*s", (int)strcspn(word + 2, "="), word + 2);
                nearest = aza_nearest_word(asked, names);
        }
        if (no_value)
                cli_error("option %s needs a value; 'azattest %s%s--help' explains it", word,
                          command, *command ? " " : "");
        else if (nearest != NULL)
                cli_error("unknown option %s; did you mean --%s? 'azattest %s%s--help' lists them",
                          word, nearest, command, *command ? " " : "");
        else
                cli_error("unknown option %s; 'azattest %s%s--help' lists them", word, command,
                          *command ? " " : "");
        return CLI_USAGE;
}

/* The row of what getopt_long returned. */
static const struct option_row *row_of(int c)
{
        if (c >= FIRST_LONG)
                return row_at((size_t)(c - FIRST_LONG));
        for (size_t i = 0; row_at(i) != NULL; i++)
                if (row_at(i)->letter == c)
                        return row_at(i);
        return NULL;
}

/* What a command line may consist of. */
struct syntax {
        const char *command; /* for messages; "" before it is known */
        const char *names;   /* options, with a space between */
        const char *flags;   /* getopt's: "+" ends at the first operand */
};

static int parse(const struct syntax *syntax, int argc, char **argv, struct cli_options *options)
{
        struct option longs[64] = {{0}};
        char letters[32];
        size_t n = 0, l = 0;
        int c, which = 0;

        for (const char *f = syntax->flags; *f != '\0'; f++)
                letters[l++] = *f;
        letters[l++] = ':';
        for (size_t i = 0; row_at(i) != NULL; i++) {
                const struct option_row *row = row_at(i);

                if (!listed(syntax->names, row->name))
                        continue;
                longs[n++] = (struct option){row->name,
                                             row->kind == FLAG ? no_argument : required_argument,
                                             NULL, (int)i + FIRST_LONG};
                if (row->letter != 0)
                        letters[l++] = row->letter;
        }
        letters[l] = '\0';
        opterr = 0;
        optind = 0; /* glibc: start over, also with its hidden state */
        for (;;) {
                const struct option_row *row = NULL;
                int at = optind > 0 ? optind : 1;

                c = getopt_long(argc, argv, letters, longs, &which);
                if (c == -1)
                        return 0;
                if (c == '?' || c == ':')
                        return misunderstood(longs, argv[optind > at ? optind - 1 : at], c == ':',
                                             syntax->command);
                row = row_of(c);
                if (row == NULL || store(row, optarg, options) != 0)
                        return CLI_USAGE;
        }
}

int cli_options_global(int argc, char **argv, struct cli_options *options, int *index)
{
        const struct syntax syntax = {"", "config verbose debug help version", "+"};

        if (parse(&syntax, argc, argv, options) != 0)
                return CLI_USAGE;
        *index = optind;
        return 0;
}

static bool takes_many(const struct cli_command *command)
{
        return strstr(command->operand, "...") != NULL;
}

static void wrong_count(const struct cli_command *command, int count)
{
        const char *operand = command->operand;
        const bool file = strncmp(operand, "FILE", 4) == 0;

        cli_error("%s needs one %.*s%s%s, %s given", command->name, (int)strcspn(operand, " ."),
                  operand, file && takes_many(command) ? " or more" : "",
                  file ? " (- is standard input)" : "", count == 0 ? "none was" : "more were");
}

static int take_operands(const struct cli_command *command, int count, char *const *operands,
                         struct cli_options *options)
{
        const bool optional = *command->operand == '[';
        int from_stdin = 0;

        if (options->connect != NULL) {
                if (count > 0)
                        cli_error("--connect judges a server and no file; '%s' is one",
                                  operands[0]);
                options->operand = options->connect;
                return count > 0 ? CLI_USAGE : 0;
        }
        if ((count < 1 && !optional) || (count > 1 && !takes_many(command))) {
                wrong_count(command, count);
                return CLI_USAGE;
        }
        for (int i = 0; i < count; i++) {
                if (operands[i][0] == '\0') {
                        cli_error(
                                "%s was given an empty operand, as a variable that is not set makes it",
                                command->name);
                        return CLI_USAGE;
                }
                from_stdin += strcmp(operands[i], "-") == 0;
        }
        if (from_stdin > 1) {
                cli_error("- stands for standard input, which can be read only once");
                return CLI_USAGE;
        }
        options->operands = (struct cli_operands){operands, (size_t)count};
        options->operand = count > 0 ? operands[0] : NULL;
        return 0;
}

int cli_options_command(const struct cli_command *command, int argc, char **argv,
                        struct cli_options *options)
{
        char names[1024];
        const struct syntax syntax = {command->name, names, ""};
        int rest;

        (void)snprintf(names, sizeof(names), "%s %s", common, command->options);
        if (parse(&syntax, argc, argv, options) != 0)
                return CLI_USAGE;
        rest = argc - optind;
        if (options->help)
                return 0;
        if (options->vmid != NULL && options->any_vm) {
                cli_error(
                        "--vmid names the VM it must be, --any-vm accepts every VM: give one of them");
                return CLI_USAGE;
        }
        if (command->operand == NULL && rest > 0) {
                cli_error("%s takes no '%s'; 'azattest %s --help' shows how it is used",
                          command->name, argv[optind], command->name);
                return CLI_USAGE;
        }
        return command->operand != NULL ? take_operands(command, rest, argv + optind, options) : 0;
}

/* What an option means to this command. */
static const char *help_of(const struct cli_command *command, const struct option_row *row)
{
        if (command != NULL && command->purpose != NULL && strcmp(row->name, "purpose") == 0)
                return command->purpose;
        if (command != NULL && command->out != NULL && strcmp(row->name, "out") == 0)
                return command->out;
        return row->help;
}

static void help_option(FILE *out, const struct cli_command *command, const struct option_row *row)
{
        char left[64];

        (void)snprintf(left, sizeof(left), "%c%c%s--%s%s%s", row->letter ? '-' : ' ',
                       row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
                       row->value ? " " : "", row->value ? row->value : "");
        (void)fprintf(out, "  %-28s %s\n", left, help_of(command, row));
}

static void help_options(FILE *out, const struct cli_command *command, const char *names)
{
        for (size_t i = 0; row_at(i) != NULL; i++)
                if (listed(names, row_at(i)->name))
                        help_option(out, command, row_at(i));
}

void cli_help_command(FILE *out, const struct cli_command *command)
{
        (void)fprintf(out, "usage: azattest %s%s%s [OPTION]...\n\n%s\n\noptions:\n", command->name,
                      command->operand ? " " : "", command->operand ? command->operand : "",
                      command->about);
        help_options(out, command, command->options);
        help_options(out, command, common);
        (void)fprintf(
                out,
                "\nexample:\n%s\n\nexit status:\n%s\n  2  wrong usage\n"
                "  3  could not decide: no network, no time left, missing or unreadable input%s%s\n",
                command->example, command->status, command->undecided != NULL ? ",\n     " : "",
                command->undecided != NULL ? command->undecided : "");
}

void cli_help_program(FILE *out, const struct cli_command *const *commands)
{
        (void)fprintf(
                out, "usage: azattest [--config FILE] [-v] COMMAND [OPTION]...\n\n"
                     "Attested keys of Azure confidential VMs: prove that a key lives in this VM's "
                     "vTPM,\nencrypt to such keys, judge tokens and evidence of other VMs.\n\n"
                     "commands:\n");
        for (size_t i = 0; commands[i] != NULL; i++)
                (void)fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
        (void)fprintf(out, "\noptions:\n");
        help_options(out, NULL, "config verbose debug help version");
        (void)fprintf(out, "\nsettings (section azattest of openssl.cnf, or environment):\n");
        const char *key, *environment, *meaning;
        for (size_t i = 0; (key = azattest_setting(i, &environment, &meaning)) != NULL; i++)
                (void)fprintf(out, "  %-16s %-22s %s\n", key,
                              environment != NULL ? environment : "-", meaning);
        (void)fprintf(
                out,
                "\n'azattest help COMMAND' (or COMMAND --help) explains a command." AZA_SIMULATOR_HELP
                "\n"
                "exit status: 0 done or accepted, 1 failed or rejected, 2 wrong usage, 3 could not decide,\n4 nothing had to be done (--exit-code)\n");
}

#define FIELD(name) offsetof(struct cli_options, name)
static const struct option_row rows[] = {
        {"purpose", 0, TEXT, FIELD(purpose), "PURPOSE",
         "which key: decrypt (default), sign or any (decrypts and signs; weakens)"},
        {"name", 0, TEXT, FIELD(name), "NAME", "a key of its own for each service, e.g. web"},
        {"hierarchy", 0, TEXT, FIELD(hierarchy), "WORD",
         "null: a key that ends with the boot; owner: one that stays; instead of the configured one"},
        {"nonce", 0, TEXT, FIELD(nonce), "TEXT",
         "what the proof must be bound to, chosen by who asks"},
        {"payload", 0, TEXT, FIELD(payload), "JSON", "object of further members for the token"},
        {"token", 0, TEXT, FIELD(token), "FILE",
         "token of the VM to encrypt or seal to, or to try a policy on"},
        {"alg", 0, TEXT, FIELD(alg), "ALG",
         "RSA-OAEP-256 (default), RSA-OAEP, RSA1_5, JWE (to 64 MiB), CMS (any size)"},
        {"in", 0, TEXT, FIELD(in), "FILE", "input, standard input by default"},
        {"passin", 0, TEXT, FIELD(passin), "FROM",
         "its passphrase: pass:TEXT, env:NAME, file:PATH, fd:NUMBER or stdin, as openssl has it"},
        {"out", 0, TEXT, FIELD(out), "FILE", "output, standard output by default"},
        {"key-out", 0, TEXT, FIELD(key_out), "FILE",
         "where the key reference goes (no secret in it), or the leaf's private key"},
        {"pubkey-out", 0, TEXT, FIELD(pubkey_out), "FILE",
         "where the attested key goes, PEM; only when accepted"},
        {"collateral-out", 0, TEXT, FIELD(collateral_out), "FILE",
         "where what Intel publishes about a TDX platform goes"},
        {"from", 0, TEXT, FIELD(from), "FILE", "the token or evidence to make it of"},
        {"pin", 0, LIST, FIELD(pin), "NAME,...",
         "what it must be, beside its kind: vmid (default of a policy), measurement, ..."},
        {"html", 0, TEXT, FIELD(html), "FILE",
         "where a page for people goes: verdict, chain of trust, checks, claims"},
        {"connect", 0, TEXT, FIELD(connect), "HOST:PORT",
         "judge a live TLS server instead of a file, by one handshake"},
        {"plain", 0, FLAG, FIELD(plain), NULL, "the private key unencrypted, PEM"},
        {"raw", 0, FLAG, FIELD(raw), NULL,
         "the key's bytes unencrypted: DER PKCS#8, or the symmetric key itself"},
        {"explain", 0, FLAG, FIELD(why), NULL, "do not release: say what is in the way"},
        {"wrapping", 0, TEXT, FIELD(wrapping), "NAME",
         "RSA_AES_KEY_WRAP_256 (default), RSA_AES_KEY_WRAP_384 or CKM_RSA_AES_KEY_WRAP"},
        {"policy", 0, TEXT, FIELD(policy), "FILE", "claims policy instead of the configured one"},
        {"evidence", 0, TEXT, FIELD(evidence), "FILE",
         "evidence of the same VM: the token must say what it proves"},
        {"jwks", 0, TEXT, FIELD(jwks), "FILE", "the issuer's keys from a file, no network"},
        {"ca", 0, TEXT, FIELD(ca), "FILE",
         "a CA whose word on names and dates counts beside the attested key's: no demand"},
        {"vmid", 0, TEXT, FIELD(vmid), "ID", "the VM it must be (claim x-ms-azurevm-vmid)"},
        {"any-vm", 0, FLAG, FIELD(any_vm), NULL, "accept any VM: says nothing about whose it is"},
        {"delegated", 0, FLAG, FIELD(delegated), NULL,
         "WEAKENS: accept keys in memory for which an attested key vouches (C7)"},
        {"allow-stale-keys", 0, FLAG, FIELD(allow_stale_keys), NULL,
         "WEAKENS: use the issuer's keys for 7 days while it cannot be asked"},
        {"require", 0, TEXT, FIELD(require), "KIND",
         "kind of VM: sevsnp, tdx, trustedlaunch, cvm, any (weakens), instead of the configured one"},
        {"time", 0, TEXT, FIELD(time), "TIME", "judge as of 2026-01-31T12:00:00Z or seconds"},
        {"profile", 0, TEXT, FIELD(profile), "NAME|FILE",
         "firmware floors: azure-baseline (default), strict, none; or a file with demands"},
        {"require-secure-boot", 0, FLAG, FIELD(require_secure_boot), NULL,
         "the boot log must show secure boot on"},
        {"require-event-log", 0, FLAG, FIELD(require_event_log), NULL, "there must be a boot log"},
        {"require-ak-certificate", 0, FLAG, FIELD(require_ak_certificate), NULL,
         "Azure must have certified the AK"},
        {"require-attested-key", 0, FLAG, FIELD(require_attested_key), NULL,
         "the evidence must prove a key"},
        {"measurement", 0, LIST, FIELD(measurement), "HEX",
         "allowed launch measurement (repeatable)"},
        {"id-key", 0, LIST, FIELD(id_key), "HEX", "allowed ID key digest (repeatable)"},
        {"host-data", 0, TEXT, FIELD(host_data), "HEX", "host data it must have"},
        {"user-data", 0, TEXT, FIELD(user_data), "HEX", "64 bytes the report must carry"},
        {"guest-svn", 0, TEXT, FIELD(guest_svn), "N", "lowest paravisor version"},
        {"product", 0, LIST, FIELD(product), "NAME", "allowed: Milan, Genoa, Turin (repeatable)"},
        {"exclude-product", 0, LIST, FIELD(exclude_product), "NAME", "not allowed (repeatable)"},
        {"pcr", 0, LIST, FIELD(pcr), "sha256:N=HEX", "allowed value of PCR N (repeatable)"},
        {"ignore-crl", 0, FLAG, FIELD(ignore_crl), NULL, "WEAKENS: accept revoked certificates"},
        {"pcrs", 0, TEXT, FIELD(pcrs), "LIST",
         "PCRs that key, quote or token must be bound to, instead of the configured ones (0-7)"},
        {"certs", 0, LIST, FIELD(certs), "FILE|DIR", "certificates to build chains with"},
        {"fetch", 0, FLAG, FIELD(fetch), NULL, "fetch missing certificates (AIA, AMD's service)"},
        {"no-fetch", 0, FLAG, FIELD(no_fetch), NULL,
         "do not fetch what evidence encloses (ak-issuers, td-collateral)"},
        {"crl", 0, TEXT, FIELD(crl), "FILE", "AMD's revocation list for the report's chain"},
        {"collateral", 0, TEXT, FIELD(collateral), "FILE|DIR",
         "Intel's TCB info, QE identity and lists of a TDX platform"},
        {"accept-tcb", 0, LIST, FIELD(accept_tcb), "STATUS",
         "WEAKENS: accept TDX platforms that Intel says this of (repeatable)"},
        {"allow-unchecked", 0, LIST, FIELD(allow_unchecked), "ID",
         "accept although check ID could not be made (repeatable)"},
        {"san", 0, LIST, FIELD(san), "NAME",
         "DNS:name, IP:address or URI:... in the certificate (repeatable)"},
        {"leaf", 0, TEXT, FIELD(leaf), "KEY",
         "ec, ed25519, rsa, or a key's or request's file: a chain for a key in memory"},
        {"csr", 0, FLAG, FIELD(csr), NULL, "make a certificate request for your own CA instead"},
        {"renew-before", 0, TEXT, FIELD(renew_before), "SECONDS",
         "do nothing while the certificate in --out lasts longer and is what would be made; say what was done"},
        {"if-before", 0, TEXT, FIELD(if_before), "DAYS",
         "only if the certificate ends within so many days"},
        {"exit-code", 0, FLAG, FIELD(exit_code), NULL,
         "exit status 4 when --renew-before found nothing to do"},
        {"within", 0, TEXT, FIELD(within), "SECONDS", "say no of a certificate that ends so soon"},
        {"prometheus", 0, FLAG, FIELD(prometheus), NULL,
         "metrics for node_exporter's textfile collector"},
        {"json", 0, FLAG, FIELD(json), NULL, "the result as JSON"},
        {"quiet", 'q', FLAG, FIELD(quiet), NULL,
         "one line instead of the checks: verdict, VM, key, expiry"},
        {"config", 0, TEXT, FIELD(config), "FILE",
         "read this openssl.cnf instead of OpenSSL's own"},
        {"verbose", 'v', FLAG, FIELD(verbose), NULL, "say what is done; with verify, every check"},
        {"debug", 0, FLAG, FIELD(debug), NULL, "say it in detail"},
        {"help", 'h', FLAG, FIELD(help), NULL, "this text"},
        {"version", 'V', FLAG, FIELD(version), NULL, "the version"},
};

static const struct option_row *row_at(size_t n)
{
        return n < sizeof(rows) / sizeof(rows[0]) ? &rows[n] : NULL;
}
