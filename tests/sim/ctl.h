/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket DIR/ctl: one line in, a status line and text out. */
#ifndef SIM_CTL_H
#define SIM_CTL_H

#include "base/bytes.h"
#include "sim/fault.h"
#include "sim/maa_keys.h"
#include "sim/vm.h"
#include "sim/web.h"

struct sim_ctl;

struct sim_ctl_options {
        const char *dir;
        struct sim_vm *vm; /* this and the following are borrowed */
        struct sim_faults *faults;
        struct sim_maa_keys *keys; /* NULL: this VM uses another's MAA */
        struct sim_web_counts *counts;
        const char *kind; /* of the VM, as --vm says it */
};

/* A thread that serves the socket; event "stop" sends SIGTERM to this process. 0, or -1 after a
 * message. */
int sim_ctl_start(const struct sim_ctl_options *options, struct sim_ctl **ret);
void sim_ctl_stop(struct sim_ctl *ctl);

/* The other end: sends `event` to the VM in `dir`. 0 done, 1 refused (`ret` says why),
 * SIM_CTL_USAGE (it is no event; the same), -1 nobody answers (no message). */
#define SIM_CTL_USAGE 2
int sim_ctl_send(const char *dir, const char *event, struct aza_bytes *ret);

#endif
