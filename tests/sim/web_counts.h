/* SPDX-License-Identifier: Apache-2.0 */
/* The counting side of web.h's sim_web_counts, for web.c only. */
#ifndef SIM_WEB_COUNTS_H
#define SIM_WEB_COUNTS_H

struct sim_web_counts;

void sim_web_counts_add(struct sim_web_counts *counts, const char *server, const char *method,
                        const char *path);

#endif
