/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration files in DIR, for env.c. */
#ifndef SIM_ENV_FILES_H
#define SIM_ENV_FILES_H

#include "sim/env.h"
#include "sim/tree.h"

/* Each: 0, or -1 after a message. */
int sim_env_write_ca(const struct sim_site *site);
int sim_env_write_issuers(const struct sim_site *site);
/* Intel's collateral for TDX; nothing for others. */
int sim_env_write_collateral(const struct sim_site *site);
int sim_env_write_policy(const struct sim_site *site);
/* `modules` "": the provider was not built; openssl.cnf names it but does not activate it. */
int sim_env_write_cnf(const struct sim_site *site, const char *modules);

#endif
