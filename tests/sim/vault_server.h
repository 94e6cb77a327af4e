/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated key vault: HTTPS, REST API 7.4 as far as keys and their release go, and the login
 * service of its tenant. */
#ifndef SIM_VAULT_SERVER_H
#define SIM_VAULT_SERVER_H

#include "sim/maa_keys.h"
#include "sim/vault_login.h"

#define SIM_VAULT_HOST "sim.vault.localhost"

struct sim_vault;

struct sim_vault_options {
        const struct sim_pki *pki;           /* borrowed */
        const char *url;                     /* https://SIM_VAULT_HOST:PORT; copied */
        int listen_fd;                       /* taken over */
        struct sim_maa_keys *keys;           /* borrowed: whose tokens it believes */
        const struct sim_vault_login *login; /* borrowed */
        struct sim_faults *faults;           /* borrowed */
        struct sim_web_counts *counts;
        bool verbose;
};

/* 0, or -1 after a message. */
int sim_vault_start(const struct sim_vault_options *options, struct sim_vault **ret);
void sim_vault_stop(struct sim_vault *vault);

#endif
