/* SPDX-License-Identifier: Apache-2.0 */
/* --html FILE of commands that judge or explain one file: a page for people. */
#ifndef AZA_CLI_PAGE_H
#define AZA_CLI_PAGE_H

#include "cli/cli.h"

/* 0, or CLI_USAGE after a message: standard output shows the checks, and a page is about one
 * FILE. */
int cli_page_options(const struct cli *cli);

/* Each writes the page where --html says so: about a result, with the chain of trust of
 * cli->content; or about an explanation. 0, or what could not be made or written. */
int cli_page_of_result(struct cli *cli, json_object *result);
int cli_page_of_explanation(struct cli *cli, const char *explanation);

#endif
