/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of azattest-sim. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "sim/vm.h"

#include <stdbool.h>
#include <stdio.h>

enum sim_verb {
        SIM_VERB_NONE,
        SIM_VERB_HELP,
        SIM_VERB_RUN,
        SIM_VERB_START,
        SIM_VERB_STOP,
        SIM_VERB_CTL,
};

#define SIM_MAX_FAULTS 64

struct sim_options {
        enum sim_verb verb;
        enum sim_kind kind;
        bool windows; /* the system of the VM; else Linux */
        bool secure_boot_off;
        bool tcp;          /* the vTPM at a port, too */
        int quote_version; /* of TD quotes; 0: not said */
        const char *faults[SIM_MAX_FAULTS];
        size_t fault_count;
        const char *maa_listen;
        const char *imds_listen;
        const char *join; /* DIR1, or NULL */
        bool lenient;     /* MAA takes every client's dialect */
        bool verbose;
        const char *dir; /* start, stop, ctl */
        char **rest;     /* run: COMMAND, NULL-terminated; ctl: EVENT */
};

/* Options may stand before or after the verb, until `--`, COMMAND or EVENT. Checks fault names.
 * 0, or -1 after a message. */
int sim_options_parse(int argc, char **argv, struct sim_options *ret);
void sim_options_help(FILE *out);
const char *sim_kind_word(enum sim_kind kind);
/* The VM as --vm says it. */
const char *sim_options_vm(const struct sim_options *o);

#endif
