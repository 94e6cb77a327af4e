/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the resource manager share: rm.c (sockets), rm_command.c (one command),
 * rm_objects.c (handles and swapping). */
#ifndef SIM_RM_INTERNAL_H
#define SIM_RM_INTERNAL_H

#include "sim/rm.h"

#include <pthread.h>
#include <sys/types.h>

#define RM_FIRST_COMMAND 0x11FU
#define RM_COMMANDS      256U
#define RM_MAX_OBJECTS   64U /* of one client */
/* TPM2_TRANSIENT_FIRST, without its shift of a signed number. */
#define RM_FIRST_HANDLE 0x80000000U

/* A process, or a connection to the device or the port. */
struct rm_client {
        pid_t pid; /* 0: of a connection */
        int pidfd; /* -1: its end is not noticed */
        bool dead;
        size_t connections;
        struct rm_client *next;
};

/* A transient object or a session. */
struct rm_entry {
        bool session;
        uint32_t handle; /* what the client sees */
        uint32_t real;   /* in the TPM, while loaded */
        bool loaded;
        bool changes;            /* a sequence: an old saved context is no longer good */
        bool saved_by_client;    /* a session the client saved itself: not ours to load */
        struct rm_client *owner; /* NULL: a saved session whose process has ended */
        struct aza_bytes blob;   /* TPMS_CONTEXT; empty when never saved */
        uint64_t used;           /* number of the last command that needed it */
        struct rm_entry *next;
};

struct sim_rm {
        struct sim_rm_options options;
        char *path;
        pthread_mutex_t lock; /* over everything below and the TPM */
        struct rm_entry *entries;
        uint64_t now; /* number of the current command */
        uint32_t next_handle;
        uint32_t attributes[RM_COMMANDS]; /* TPMA_CC, by command code - RM_FIRST_COMMAND */
        uint64_t counts[RM_COMMANDS];
        struct rm_client *clients; /* the loop's own, like the following */
        struct rm_connection *connections;
        pthread_t thread;
        int wake[2];
        int listen_data;
        int listen_control;
        int listen_device;
        int listen_tcp;
        char tcp[32]; /* its URL */
};

enum rm_outcome {
        RM_ANSWER, /* send `answer` */
        RM_HALF,   /* send half of it and close */
        RM_DROP,   /* close */
};

/* Executes one command of `client`. Lock held. */
enum rm_outcome rm_execute(struct sim_rm *rm, struct rm_client *client, struct aza_span command,
                           struct aza_bytes *answer);
/* Sets `answer` to a header with this return code. */
void rm_answer_code(struct aza_bytes *answer, uint32_t rc);
int rm_reset(struct sim_rm *rm);
int rm_extend(struct sim_rm *rm, unsigned int pcr);
/* Answers GetCapability(HANDLES) for transient objects and sessions. rm_capability.c */
bool rm_list_handles(struct sim_rm *rm, struct rm_client *client, struct aza_span command,
                     struct aza_bytes *answer);

/* The client's entry, or NULL. Sessions saved by a process that ended belong to everybody. */
struct rm_entry *rm_find(struct sim_rm *rm, const struct rm_client *client, uint32_t handle);
/* A new entry for what the TPM has just made; NULL: out of memory (flushed). */
struct rm_entry *rm_add(struct sim_rm *rm, struct rm_client *client, uint32_t real);
/* Makes sure it is in the TPM; a return code. */
uint32_t rm_load(struct sim_rm *rm, struct rm_entry *e);
/* Puts out all sessions or all objects the current command does not need. */
void rm_evict(struct sim_rm *rm, bool sessions);
/* Saves and loads every saved session, so that the TPM's context counter may go on. */
void rm_refresh_sessions(struct sim_rm *rm);
void rm_forget(struct sim_rm *rm, struct rm_entry *e); /* the TPM has already dropped it */
void rm_flush(struct sim_rm *rm, struct rm_entry *e);
void rm_flush_client(struct sim_rm *rm, const struct rm_client *client);
void rm_forget_all(struct sim_rm *rm);
size_t rm_held(const struct sim_rm *rm, const struct rm_client *client, bool sessions);

#endif
