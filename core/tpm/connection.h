/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Internal to core/tpm: one process's connection to the TPM, what is loaded over it, and the lock
 * around both. Every operation runs between aza_tpm_enter and aza_tpm_leave; in between no
 * callback, no network and no OpenSSL (PV26, PV27).
 */
#ifndef AZA_TPM_CONNECTION_H
#define AZA_TPM_CONNECTION_H

#include "os/descriptor.h"
#include "tpm/device.h"
#include "tpm/keyref.h"
#include "tpm/pcr.h"

#include <pthread.h>
#include <stdatomic.h>
#include <tss2/tss2_sys.h>

/* How a TCTI is opened and closed. The product has one (transport.c); tests put theirs in front. */
struct aza_transport {
        int (*open)(void *arg, const char *tcti, TSS2_TCTI_CONTEXT **ret);
        void (*close)(void *arg, TSS2_TCTI_CONTEXT *tcti);
        /* In a forked child, instead of close: closes the inherited descriptor and releases the
         * rest where that can be done without the peer noticing. `tcti` is gone afterwards. */
        void (*abandon)(void *arg, TSS2_TCTI_CONTEXT *tcti,
                        const struct aza_descriptor *descriptor);
        void *arg;
};

/* The one key that is loaded; handle 0: none. */
struct aza_loaded_key {
        TPM2_HANDLE handle;
        uint8_t id[32]; /* digest of hierarchy and template */
        uint8_t name[34];
        uint8_t modulus[AZA_RSA_BYTES];
        bool created; /* by CreatePrimary here, not loaded from a saved context */
        bool has_secret;
        uint8_t secret[32]; /* implicit rejection (PV42) */
};

/* Belongs to the process that made it. Replaced as a unit after a fork, never unlocked there. */
struct aza_connection {
        int64_t pid;
        struct aza_connection *inherited; /* the parent's; only its memory is ours */
        pthread_mutex_t mutex;
        TSS2_TCTI_CONTEXT *tcti; /* NULL: not open */
        struct aza_descriptor descriptor;
        TSS2_SYS_CONTEXT *sys;
        size_t sys_size;
        bool broken;       /* out of step with the TPM: closed when the operation ends */
        bool small_pieces; /* of NV: this TPM refused a larger one */
        struct aza_loaded_key key;
        TPM2_HANDLE session;   /* 0: none */
        bool session_dirty;    /* holds a policy digest: restart before the next use */
        struct aza_pcrs known; /* PCR values behind known_policy, for messages; mask 0: none */
        uint8_t known_policy[32];
};

struct aza_tpm {
        OSSL_LIB_CTX *libctx;
        char *tcti;
        char *runtime_dir;
        struct aza_transport transport;
        _Atomic(struct aza_connection *) connection;
};

/* Locks this process's connection and opens it when needed. Undo with aza_tpm_leave. On failure
 * nothing is locked. AZATTEST_E_TPM_INTERNAL when this thread is inside already (PV23). */
int aza_tpm_enter(struct aza_tpm *tpm, struct aza_connection **ret);
void aza_tpm_leave(struct aza_tpm *tpm, struct aza_connection *c);

/* Instead of aza_transport_default, before the first operation. */
void aza_tpm_set_transport(struct aza_tpm *tpm, const struct aza_transport *transport);

/* ---- transport.c ---- */

/* TCTIs of our own for what has a name, which print nothing and say what is missing or forbidden
 * (PV33, PV34); the loader for the rest. */
extern const struct aza_transport aza_transport_default;

/* Finds the descriptor of an open TCTI and sets FD_CLOEXEC. */
struct aza_descriptor aza_descriptor_of(TSS2_TCTI_CONTEXT *tcti);

#endif
