/* SPDX-License-Identifier: Apache-2.0 */
/* Faults: NAME[=VALUE][xCOUNT], set by --fault and `ctl fault`. One table (fault.c) holds every
 * name with its line of help; whoever implements a fault asks sim_fault_take at the place it
 * strikes. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct sim_faults;

struct sim_faults *sim_faults_new(void);
void sim_faults_free(struct sim_faults *f);
/* Adds one; false with a message in `error` for an unknown name or a bad value. Thread-safe.
 * An 'x' and digits at the end are the count, except where they are a hexadecimal number of a TPM
 * return code ("tpm-rc=NV_Read:0x149", "tpm-rc=NV_Read:0x149x2"). */
bool sim_faults_add(struct sim_faults *f, const char *text, char *error, size_t error_size);
void sim_faults_clear(struct sim_faults *f);
/* Whether such a fault can strike in this VM at all; false with a message in `error`, also for what
 * sim_faults_add would refuse. */
struct sim_fault_vm {
        const char *kind; /* as --vm says it, also "windows" */
        bool running;     /* what it does when it starts is done */
};
bool sim_fault_fits(const char *text, const struct sim_fault_vm *vm, char *error,
                    size_t error_size);
/* True when fault `name` strikes now (its count goes down by one). `value` (may be NULL)
 * receives the text after '=', "" when none. Thread-safe. `f` may be NULL: nothing strikes. */
bool sim_fault_take(struct sim_faults *f, const char *name, char *value, size_t value_size);
/* The same for a fault that strikes only where its value fits: `applies` decides (called under the
 * lock, must not call back); one that does not apply keeps its count. */
bool sim_fault_take_if(struct sim_faults *f, const char *name,
                       bool (*applies)(const char *value, const void *arg), const void *arg,
                       char *value, size_t value_size);
/* True when fault `name` would strike; leaves its count alone. */
bool sim_fault_is_set(struct sim_faults *f, const char *name);
/* The help: every fault, a line each. */
void sim_faults_help(FILE *out);

#endif
