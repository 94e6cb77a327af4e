/* SPDX-License-Identifier: Apache-2.0 */
/* What programs inside the simulated VM find: openssl.cnf, policy, environment. */
#ifndef SIM_ENV_H
#define SIM_ENV_H

#include "sim/pki.h"
#include "sim/vm.h"

struct sim_site {
        const char *dir;
        enum sim_kind kind;
        bool windows;
        const struct sim_pki *pki;
        struct sim_faults *faults;
        const char *maa_url;
        const char *imds_url;
        const char *vault_url;
        const char *tcti;
        const char *tpm_port; /* "": none */
        const char *event_log;
        const char *vm_id;
};

/* Writes DIR/ca.pem, openssl.cnf, policy.json, env, env.sh, and makes DIR/run. 0, or -1 after a
 * message. */
int sim_env_write(const struct sim_site *site);
/* Sets the environment of this process from DIR/env, and PATH. 0, or -1 after a message. */
int sim_env_apply(const char *dir);

/* Directory of this program, and of the module azattest.so that belongs to it ("" when there is
 * none). Both have room for 512 bytes. 0, or -1 after a message. */
int sim_env_places(char *ret_bin, char *ret_modules);

#endif
