/* SPDX-License-Identifier: Apache-2.0 */
/* What the library handed out, printed; and tokens read from files. */
#ifndef AZA_CLI_RESULT_H
#define AZA_CLI_RESULT_H

#include "cli/cli.h"

/* Reads a token file ("-": standard input), without a line end after it. */
int cli_token_read(const char *path, struct aza_bytes *ret);

/* Prints a result (D33), `text` (may be NULL; released), as table or JSON, and returns `r`, the
 * code it belongs to, with the library's message; CLI_USAGE after a message where the call was
 * wrong. */
int cli_result(struct cli *cli, int r, char *text);

/* The lines of a member "findings", names padded to `width`. */
int cli_findings(json_object *document, int width);

#endif
