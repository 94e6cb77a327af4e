/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator's TPM resource manager (D7): serves the sockets PATH and PATH.ctrl to which the
 * TCTI `swtpm:path=PATH` connects, for any number of clients and users at once, and PATH.device,
 * where messages are exchanged as with the kernel's /dev/tpmrm0: a connection stays open and has
 * objects and sessions of its own. The same, for programs that have no such sockets (under wine),
 * at a port of 127.0.0.1: commands and answers one after the other, with nothing around them.
 *
 * tpm2-tss 3.2.1's swtpm TCTI opens a new connection for every command, so a client is not a
 * connection but a process (SO_PEERCRED): its transient objects and sessions are its own, have
 * virtual handles, are swapped in and out of swtpm's few slots as needed, and are flushed when the
 * process ends.
 */
#ifndef SIM_RM_H
#define SIM_RM_H

#include "base/bytes.h"
#include "sim/fault.h"
#include "sim/swtpm.h"
#include "sim/templates.h"

struct sim_rm;

struct sim_rm_options {
        const char *path;
        bool tcp;                  /* a port, too */
        bool no_contexts;          /* ContextSave and ContextLoad are refused as Windows does it */
        struct sim_swtpm *tpm;     /* borrowed; only the resource manager talks to it from now on */
        struct sim_faults *faults; /* borrowed */
        struct sim_templates *templates; /* borrowed: told of each primary key; may be NULL */
        /* Answers a command in the TPM's stead (NV indices swtpm cannot hold): true when it did and
         * `answer` holds the complete answer. Called with the lock held; may call the swtpm. */
        bool (*serve)(void *arg, uint32_t command_code, struct aza_span command,
                      struct aza_bytes *answer);
        /* After each TPM reset, with the lock held: what the firmware does. */
        int (*boot)(void *arg);
        void *arg;
};

/* 0, or -1 after a message. */
int sim_rm_start(const struct sim_rm_options *options, struct sim_rm **ret);
void sim_rm_stop(struct sim_rm *rm);
/* The number of the port, or "" when there is none. */
const char *sim_rm_port(const struct sim_rm *rm);

/* TPM reset: all handles and saved contexts are void, then `boot`. 0 or -1. */
int sim_rm_reset(struct sim_rm *rm);
/* Extends PCR `pcr` in all banks with a digest of fixed text. 0 or -1. */
int sim_rm_extend(struct sim_rm *rm, unsigned int pcr);

/* Commands received from clients since start or since the counters were cleared. */
uint64_t sim_rm_count(struct sim_rm *rm, uint32_t command_code); /* 0: all */
void sim_rm_counts(struct sim_rm *rm, struct aza_bytes *ret);    /* "NAME N\n" each */
void sim_rm_counts_clear(struct sim_rm *rm);
/* Transient objects and sessions that clients hold at the moment. */
void sim_rm_held(struct sim_rm *rm, size_t *ret_objects, size_t *ret_sessions);

/* "NV_Read" for 0x14E; NULL when there is no such command. And back: name (any case) or hexadecimal
 * number, 0 when neither. */
const char *sim_command_name(uint32_t command_code);
uint32_t sim_command_code(const char *name);

#endif
