/* SPDX-License-Identifier: Apache-2.0 */
/* Judging a token with the options and configuration of the command: key set, policy, identity. */
#ifndef AZA_CLI_JUDGE_H
#define AZA_CLI_JUDGE_H

#include "base/checks.h"
#include "cli/cli.h"
#include "token/token.h"

struct cli_judgement {
        bool foreign;     /* a decision about another VM: identity needed (D12) */
        bool inspect;     /* nothing is done with its key: platform tokens are judged too */
        bool any_purpose; /* else `purpose` */
        enum aza_purpose purpose;
        const uint8_t *own_modulus; /* or NULL */
};

/* Reads a token file ("-": standard input), without a line end after it. */
int cli_token_read(const char *path, struct aza_bytes *ret);

/* Rows to `checks`, also when refused; *ret (may be NULL) is the token when accepted. 0, the first
 * rejection's code, or a failure to get key set or policy. `jwt` is NUL-terminated. */
int cli_token_judge(struct cli *cli, const char *jwt, const struct cli_judgement *how,
                    struct aza_checks *checks, struct aza_token **ret);

/* Prints rows as table or JSON (D33) and turns the verdict into the command's result: 0, or the
 * code of the first rejection with its message raised. `claims` may be NULL. */
int cli_verdict(struct cli *cli, const struct aza_checks *checks, const char *subject, int64_t time,
                json_object *claims);

/* The same of what the library made: prints `text` (may be NULL; released) and returns `r`, the
 * code it belongs to, with this thread's last failure; CLI_USAGE after a message where the call was
 * wrong. */
int cli_result(struct cli *cli, int r, char *text);

/* What the library handed out (released), parsed; NULL: there was nothing, or no memory. */
json_object *cli_document(char *text);

#endif
