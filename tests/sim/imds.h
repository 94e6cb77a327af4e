/* SPDX-License-Identifier: Apache-2.0 */
/* The instance metadata service of one simulated VM: plain HTTP (PROTOCOL.md 6, 11.5). */
#ifndef SIM_IMDS_H
#define SIM_IMDS_H

#include "sim/vault_login.h"
#include "sim/vm.h"
#include "sim/web.h"

struct sim_imds;

struct sim_imds_options {
        enum sim_kind kind;
        struct sim_vm *vm;         /* borrowed */
        const struct sim_pki *pki; /* borrowed */
        struct sim_faults *faults; /* borrowed */
        struct sim_web_counts *counts;
        const struct sim_vault_login *login; /* borrowed */
        int listen_fd;                       /* taken over */
        bool verbose;
};

/* 0, or -1 after a message. */
int sim_imds_start(const struct sim_imds_options *options, struct sim_imds **ret);
void sim_imds_stop(struct sim_imds *imds);

#endif
