/* SPDX-License-Identifier: Apache-2.0 */
/* The faults that concern HTTP only (PREFIX-status, -dead, ...), for web.c. */
#ifndef SIM_WEB_FAULT_H
#define SIM_WEB_FAULT_H

#include "sim/web.h"

#include <microhttpd.h>
#include <stdatomic.h>

struct sim_web_fault_context {
        struct sim_faults *faults;
        const char *prefix;
        const char *redirect_url;
        const atomic_bool *stopping; /* ends waits */
};

/* True when a fault answered (or swallowed) the request; *ret is what the access handler
 * returns. */
bool sim_web_fault(const struct sim_web_fault_context *context, struct MHD_Connection *connection,
                   enum MHD_Result *ret);
/* Faults that change a finished reply: garbage, empty. */
void sim_web_fault_body(const struct sim_web_fault_context *context, struct sim_web_reply *reply);
/* Another Date than now, when a fault says so. False: out of memory. */
bool sim_web_fault_date(const struct sim_web_fault_context *context, struct MHD_Response *response);
/* True when the reply was sent, but only its first half. */
bool sim_web_fault_truncate(const struct sim_web_fault_context *context,
                            struct MHD_Connection *connection, const struct sim_web_reply *reply);

#endif
