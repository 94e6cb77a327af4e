/* SPDX-License-Identifier: Apache-2.0 */
/* Azure's cache of what Intel publishes about TDX platforms, as instance metadata serves it
 * (PROTOCOL.md 6.4), for imds.c. */
#ifndef SIM_IMDS_THIM_H
#define SIM_IMDS_THIM_H

#include "sim/imds.h"

/* True: the request was for it, and is answered. */
bool sim_imds_thim(const struct sim_imds_options *options, const struct sim_web_request *request,
                   struct sim_web_reply *reply);

#endif
