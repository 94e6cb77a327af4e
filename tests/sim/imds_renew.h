/* SPDX-License-Identifier: Apache-2.0 */
/* Renewal of the AK certificate (PROTOCOL.md 6.3), at IMDS. */
#ifndef SIM_IMDS_RENEW_H
#define SIM_IMDS_RENEW_H

#include "sim/imds.h"

#define SIM_IMDS_RENEW "/metadata/THIM/tvm/certificate/"

/* Answers a request below SIM_IMDS_RENEW. Strict: parameters as the reference client sends them,
 * and of this VM. */
void sim_imds_renew(const struct sim_imds_options *o, const struct sim_web_request *request,
                    struct sim_web_reply *reply);

#endif
