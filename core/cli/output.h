/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What azattest(1) prints: errors, progress on a terminal, results as JSON or for people. Nothing
 * else in the command writes to stdout or stderr.
 */
#ifndef AZA_CLI_OUTPUT_H
#define AZA_CLI_OUTPUT_H

#include "azattest.h"
#include "base/bytes.h"
#include "os/file.h"

#include <json-c/json.h>

/* A command's result when there is nothing more to say: exit status 1 without a message. */
#define CLI_NO (-1000)

/* "azattest: MESSAGE" and a line end on stderr, after the progress line was erased. */
void cli_error(const char *format, ...) AZATTEST_PRINTF(1, 2);
/* The same on stdout, without the name in front. */
void cli_line(const char *format, ...) AZATTEST_PRINTF(1, 2);
/* One line on stderr about a setting that weakens a result (D13). */
void cli_weakened(const char *text);

/* A short text on the terminal, in place of the one before; nothing when stderr is no terminal. */
void cli_progress(void *arg, const char *step);
void cli_progress_end(void);

/* Prints JSON on stdout. 0 or AZATTEST_E_INPUT when it could not be written. */
int cli_print_json(json_object *value);
/* Whether it was. */
bool cli_json_printed(void);
/* Between begin and end it is kept as {"file", "result"} of the file named last, and end prints the
 * list. 0 or what cli_print_json returns. */
void cli_json_begin(void);
void cli_json_of(const char *file);
int cli_json_end(void);
/* The same content for people: nested "name: value" lines, everything from outside made
 * printable. */
int cli_print_tree(json_object *value);

/* To `path` (NULL or "-": standard output). */
int cli_write(const char *path, struct aza_span content, unsigned int mode);
int cli_write_files(const struct aza_file_new *files, size_t count);
/* Whoever counts on reading what becomes a secret learns why he no longer can. */
void cli_say_closed(const char *path, unsigned int mode);
/* 0, or AZATTEST_E_INPUT when something written to stdout was lost. */
int cli_flush(void);

#endif
