/* SPDX-License-Identifier: Apache-2.0 */
/* Judging evidence files with the options and configuration of the command: no network but for
 * --fetch, no TPM; and collecting this VM's. */
#ifndef AZA_CLI_JUDGE_EVIDENCE_H
#define AZA_CLI_JUDGE_EVIDENCE_H

#include "cli/cli.h"
#include "token/token.h"
#include "verdict/evidence.h"

/*
 * Rows to `checks`; *ret is always set and freed by the caller with aza_judgement_free. `foreign`:
 * a decision about another VM. 0 when rows were made, whatever they say; CLI_USAGE or a failure to
 * read options' files.
 */
int cli_evidence_judge(struct cli *cli, const struct aza_evidence_file *file, bool foreign,
                       struct aza_checks *checks, struct aza_judgement *ret);

#endif
