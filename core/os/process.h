/* SPDX-License-Identifier: Apache-2.0 */
/* This process: its id, its environment, the signals that others' mistakes send it. */
#ifndef AZA_OS_PROCESS_H
#define AZA_OS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Another one after a fork. */
int64_t aza_process_id(void);

/* The variable `name`; NULL: not set, or the program has more rights than its caller
 * (privilege.h). */
const char *aza_environment(const char *name);
/* Sets it for libraries that read theirs, unless it is set. */
void aza_environment_default(const char *name, const char *value);

/* Calls `work` while no peer that hangs up can end the program: OpenSSL writes to sockets without
 * asking for an error instead. Only this thread is guarded, and what was pending stays. Returns
 * what `work` does. */
int aza_without_pipe_signal(int (*work)(void *arg), void *arg);
/* The same for good and for the whole program, which must be ours: the first thing in its main. The
 * arguments become UTF-8 where the system has others. False: out of memory. */
bool aza_program_begin(int *argc, char ***argv);
/* Whether a write to stdout failed with `error` because its reader went away. */
bool aza_reader_went_away(int error);
/* The first Ctrl-C calls `handler` (in a signal handler's terms), the second one ends the
 * program. */
void aza_on_interrupt(void (*handler)(int number));

/* Whether standard error is a terminal. */
bool aza_stderr_is_terminal(void);
/* Whether the process has a terminal on which somebody can be asked, wherever its streams go. */
bool aza_has_terminal(void);

#endif
