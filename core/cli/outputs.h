/* SPDX-License-Identifier: Apache-2.0 */
/* The files that options say to write. */
#ifndef AZA_CLI_OUTPUTS_H
#define AZA_CLI_OUTPUTS_H

#include "cli/options.h"
#include "cli/output.h"

/* 0, or CLI_USAGE after a message: two of them are one file. */
int cli_outputs_check(const struct cli_options *options);

#endif
