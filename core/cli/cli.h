/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the subcommands of azattest(1) share: options as given, and what is made from configuration
 * and options once. One file a subcommand; main.c calls them.
 */
#ifndef AZA_CLI_CLI_H
#define AZA_CLI_CLI_H

#include "azattest.h"
#include "base/bytes.h"
#include "base/checks.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/own.h"
#include "cli/options.h"
#include "cli/output.h"

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
        json_object *weakened; /* D13, array of texts */
        struct cli_evidence evidence;
        /* what a failure is about ("token"), as results name it; NULL: the file that was given */
        const char *subject;
        struct aza_span content; /* what is judged or explained, once it was read */
        bool judged; /* then the exit status follows the verdict, else the result code */
        enum aza_verdict verdict;
};

/* Reads the configuration, lets options override it, names weakened settings on stderr. 0,
 * CLI_USAGE (a bad value of an option), AZATTEST_E_CONFIGURATION, or the failure to read the
 * profile. */
int cli_open(struct cli *cli);
void cli_close(struct cli *cli);

/* What a call of the library came to: a failure becomes this thread's last one here, too. Returns
 * `r`; and that failure. */
int cli_called(int r);
const struct aza_error *cli_library_error(int r);
/* What the library handed out (released), parsed; NULL: there was nothing, or no memory. */
json_object *cli_document(char *text);

/* From the options on evidence to cli->evidence (demands.c). 0 or AZATTEST_E_NO_MEMORY. */
int cli_demands(struct cli *cli);
/* What the library calls a wrong parameter is a wrong option here: prints the message, CLI_USAGE.
 * Else `r`. */
int cli_usage(int r);
/* The options that demand, for tables of commands that judge evidence; and those that help to judge
 * it. */
#define CLI_DEMANDS                                                                      \
        "profile require-secure-boot require-event-log require-ak-certificate "          \
        "require-attested-key measurement id-key host-data user-data guest-svn product " \
        "exclude-product pcr ignore-crl accept-tcb"
#define CLI_EVIDENCE "certs fetch crl collateral"
/* Whether anything was demanded, --profile included. */
bool cli_demands_given(const struct cli *cli);
/* CLI_USAGE after a message when something was, or --crl or --allow-unchecked: `what` is not judged
 * by them, and ignoring them would be a silent accept. */
int cli_demands_none(const struct cli *cli, const char *what);

/* The operand as messages name it; its content. 0, or AZATTEST_E_INPUT: unreadable, larger than
 * `max` bytes, or empty. */
const char *cli_operand_name(const struct cli *cli);
int cli_operand_read(const struct cli *cli, size_t max, struct aza_bytes *ret);
/* The explanation of `content` by the options that demand (explanation.c): azattest_explain's
 * result, or CLI_USAGE. What no demands on evidence apply to, by name; NULL: evidence, a report, or
 * nothing known. */
const char *cli_judged_by_policy(struct aza_span content);
int cli_explain_file(struct cli *cli, struct aza_span content, char **ret_json);

/* The names that --pin gives, ended by NULL (policy.c). 0 or CLI_USAGE; freed either way. */
struct cli_pins {
        const char *pins[CLI_LIST_MAX + 1];
        size_t count;
        char *texts[CLI_LIST_MAX];
};
int cli_pins(const struct cli *cli, struct cli_pins *ret);
void cli_pins_free(struct cli_pins *pins);

/* What was read is nothing of what was asked for: the verdict is reject, whatever the result
 * code. */
void cli_refused(struct cli *cli);

/* --time, else now. 0, CLI_USAGE, or AZATTEST_E_TOKEN_TIME (the clock is wrong). */
int cli_time(const struct cli *cli, int64_t *ret);
/* The key that --purpose and --name mean, as the library names keys; the form of --nonce. 0 or
 * CLI_USAGE. */
#define CLI_URI_MAX 128
int cli_key(struct cli *cli, const char *fallback_purpose, char ret[CLI_URI_MAX]);

/* --fetch and --no-fetch, as the settings ak-issuers and td-collateral (evidence.c). 0 or
 * CLI_USAGE. */
int cli_choose_enclosed(struct cli *cli);

extern const struct cli_command cli_attest, cli_policy, cli_profile, cli_check, cli_verify,
        cli_encrypt, cli_decrypt, cli_evidence, cli_fetch, cli_inspect, cli_explain, cli_doctor,
        cli_status, cli_cert, cli_release, cli_seal, cli_ak_renew;

#endif
