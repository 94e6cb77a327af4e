/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the subcommands of azattest(1) share: options as given, and the things they need made from the
 * configuration on first use. One file a subcommand; main.c calls them.
 */
#ifndef AZA_CLI_CLI_H
#define AZA_CLI_CLI_H

#include "base/own.h"
#include "cli/options.h"
#include "cli/output.h"

/* A verdict other than accept whose result was printed already: exit status 1, nothing more to say. */
#define CLI_NO (-1000)

struct cli {
        const struct cli_command *command;
        struct cli_options options;
};

extern const struct cli_command cli_attest, cli_check, cli_verify, cli_encrypt, cli_decrypt,
        cli_evidence, cli_inspect, cli_explain, cli_doctor, cli_cert;

#endif
