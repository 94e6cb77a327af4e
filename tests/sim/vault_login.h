/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask the simulated vault: one access token, which the VM's metadata service gives to
 * everybody in it and the login service to one application. Both belong to the service, not to
 * one VM. */
#ifndef SIM_VAULT_LOGIN_H
#define SIM_VAULT_LOGIN_H

#include "sim/web.h"

#define SIM_VAULT_RESOURCE  "https://vault.localhost"
#define SIM_VAULT_TENANT    "sim-tenant"
#define SIM_VAULT_CLIENT    "sim-client"    /* AZURE_CLIENT_ID, also of the VM's identity */
#define SIM_VAULT_SECRET    "sim-secret"    /* AZURE_CLIENT_SECRET */
#define SIM_VAULT_ASSERTION "sim-assertion" /* in AZURE_FEDERATED_TOKEN_FILE */

struct sim_vault_login {
        char token[80];
};

/* Made in `dir` (the pki's), or what is there. 0, or -1 after a message. */
int sim_vault_login_open(const char *dir, struct sim_vault_login *ret);

/* GET /metadata/identity/oauth2/token. */
void sim_vault_login_imds(const struct sim_vault_login *login, struct sim_faults *faults,
                          const struct sim_web_request *request, struct sim_web_reply *reply);
/* POST /TENANT/oauth2/v2.0/token. */
void sim_vault_login_form(const struct sim_vault_login *login,
                          const struct sim_web_request *request, struct sim_web_reply *reply);
bool sim_vault_login_knows(const struct sim_vault_login *login,
                           const struct sim_web_request *request);

#endif
