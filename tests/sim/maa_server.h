/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated attestation service: HTTPS (PROTOCOL.md 7 to 9, 11). */
#ifndef SIM_MAA_SERVER_H
#define SIM_MAA_SERVER_H

#include "sim/maa_keys.h"
#include "sim/templates.h"
#include "sim/web.h"

struct sim_maa;

struct sim_maa_options {
        const struct sim_pki *pki; /* borrowed */
        const char *url;           /* as clients know it; the issuer. Copied */
        int listen_fd;             /* taken over */
        struct sim_maa_keys *keys; /* borrowed */
        struct sim_faults *faults; /* borrowed */
        struct sim_web_counts *counts;
        struct sim_templates *templates; /* borrowed; what this host's VM made. May be NULL */
        bool lenient;                    /* takes every client's dialect */
        bool verbose;
};

/* 0, or -1 after a message. */
int sim_maa_start(const struct sim_maa_options *options, struct sim_maa **ret);
void sim_maa_stop(struct sim_maa *maa);

/* A key and a certificate for the server at `url` (its host, localhost and 127.0.0.1), signed by
 * the pki's TLS authority, in PEM (malloc'd). maa_tls.c. 0, or -1 after a message. */
int sim_maa_tls(const struct sim_pki *pki, const char *url, char **ret_key, char **ret_certificate);

#endif
