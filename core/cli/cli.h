/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the subcommands of azattest(1) share: options as given, and what is made from configuration
 * and options once. One file a subcommand; main.c calls them.
 */
#ifndef AZA_CLI_CLI_H
#define AZA_CLI_CLI_H

#include "azattest.h"
#include "base/checks.h"
#include "base/clock.h"
#include "base/own.h"
#include "cli/options.h"
#include "cli/output.h"
#include "config/config.h"
#include "tpm/key.h"
#include "tpm/uri.h"
#include "verdict/demands.h"

/* The options on evidence as the library takes them, and where they are kept (demands.c). */
struct cli_evidence {
        struct azattest_evidence_options options;
        char *demands;
        const char *certificates[CLI_LIST_MAX + 1], *unchecked[CLI_LIST_MAX + 1];
};

struct cli {
        const struct cli_command *command;
        struct cli_options options;
        /* after cli_open: */
        azattest_context *ctx;
        struct aza_config config; /* that of the context */
        OSSL_LIB_CTX *libctx;
        struct aza_deadline deadline;
        json_object *weakened; /* D13, array of texts */
        struct cli_evidence evidence;
        struct aza_demands *demands; /* as the library reads them */
        /* what a failure is about ("token"), as results name it; NULL: the file that was given */
        const char *subject;
        bool judged; /* then the exit status follows the verdict, else the result code */
        enum aza_verdict verdict;
        /* after cli_tpm: */
        struct aza_tpm *tpm;
};

/* Reads the configuration, lets options override it, names weakened settings on stderr. 0,
 * CLI_USAGE (a bad value of an option) or AZATTEST_E_CONFIGURATION. */
int cli_open(struct cli *cli);
/* Only a library context: for what reads files and decides nothing. */
int cli_open_plain(struct cli *cli);
/* The TPM object; nothing is opened yet. */
int cli_tpm(struct cli *cli);
void cli_close(struct cli *cli);

/* From the options on evidence to cli->evidence and cli->demands (demands.c). 0, CLI_USAGE, or the
 * failure to read the profile. */
int cli_demands(struct cli *cli);
/* What the library calls a wrong parameter is a wrong option here: prints the message, CLI_USAGE.
 * Else `r`. */
int cli_usage(int r);
/* The options that demand, for tables of commands that judge evidence; and those that help to judge
 * it. */
#define CLI_DEMANDS                                                                      \
        "profile require-secure-boot require-event-log require-ak-certificate "          \
        "require-attested-key measurement id-key host-data user-data guest-svn product " \
        "exclude-product pcr ignore-crl"
#define CLI_EVIDENCE "certs fetch crl"
/* Whether anything was demanded, --profile included. */
bool cli_demands_given(const struct cli *cli);
/* CLI_USAGE after a message when something was, or --crl or --allow-unchecked: `what` is not judged
 * by them, and ignoring them would be a silent accept. */
int cli_demands_none(const struct cli *cli, const char *what);

/* The operand as messages name it; its content. 0, or AZATTEST_E_INPUT: unreadable, larger than
 * `max` bytes, or empty. */
const char *cli_operand_name(const struct cli *cli);
int cli_operand_read(const struct cli *cli, size_t max, struct aza_bytes *ret);
/* What was read is nothing of what was asked for: the verdict is reject, whatever the result
 * code. */
void cli_refused(struct cli *cli);

/* --time, else now. 0, CLI_USAGE, or AZATTEST_E_TOKEN_TIME (the clock is wrong). */
int cli_time(const struct cli *cli, int64_t *ret);
/* The key that --purpose, --name and --nonce mean. 0 or CLI_USAGE. */
int cli_key(struct cli *cli, enum aza_purpose fallback, struct aza_uri *ret);
/* Its reference as it can be derived from this vTPM, without token. */
int cli_key_derive(struct cli *cli, const struct aza_uri *uri, struct aza_keyref **ret);

/* Sets a key of the context, above everything else, and reads cli->config again. */
int cli_override(struct cli *cli, const char *key, const char *value);
/* `uri` as the library takes it, without nonce. Returns `out`. */
#define CLI_URI_MAX 128
const char *cli_uri(const struct aza_uri *uri, char out[CLI_URI_MAX]);
/* Evidence of this VM, of the key and with the nonce that `uri` names (evidence.c): released with
 * azattest_free. */
int cli_evidence_collect(struct cli *cli, const struct aza_uri *uri, char **ret_json);
/* What --fetch and --no-fetch make of `ak-issuers`. --fetch: fetched, whatever is configured.
 * --no-fetch: nobody is asked; a configured file stays. 0, CLI_USAGE for both, or a failure. */
int cli_choose_issuers(struct cli *cli);

extern const struct cli_command cli_attest, cli_check, cli_verify, cli_encrypt, cli_decrypt,
        cli_evidence, cli_inspect, cli_explain, cli_doctor, cli_cert;

#endif
