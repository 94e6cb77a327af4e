/* SPDX-License-Identifier: Apache-2.0 */
/* The process that holds vTPM, metadata service and attestation service of one simulated VM. */
#ifndef SIM_DAEMON_H
#define SIM_DAEMON_H

#include "sim/options.h"

/* Starts everything in `dir`, writes "ok" to `ready_fd` and closes it, and serves until SIGTERM.
 * With `log`: from then on standard error is DIR/log. Exit status. */
int sim_daemon(const struct sim_options *options, const char *dir, int ready_fd, bool log);

#endif
