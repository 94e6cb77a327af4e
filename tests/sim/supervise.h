/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: the daemon, the supervisor above it, and the command that `run` runs. */
#ifndef SIM_SUPERVISE_H
#define SIM_SUPERVISE_H

#include "sim/options.h"

#include <sys/types.h>

/* Forks the supervisor, which forks the daemon; returns when that is ready. `tied`: both end with
 * this process; else they stay. The supervisor removes `dir` when the daemon has ended, however it
 * did. 0, or -1 after a message. */
int sim_supervise(const struct sim_options *options, const char *dir, bool tied,
                  pid_t *ret_supervisor);

/* The verbs (lifecycle.c). Exit status. */
int sim_run(const struct sim_options *options);
int sim_start(const struct sim_options *options);
int sim_stop(const struct sim_options *options);
int sim_send_event(const struct sim_options *options);

#endif
