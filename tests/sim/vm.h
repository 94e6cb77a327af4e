/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One simulated confidential VM: swtpm behind the simulator's own resource manager, provisioned
 * like Azure's vTPM. Used by the servers (imds.c, maa_*.c) and by main.c; knows nothing about HTTP.
 */
#ifndef SIM_VM_H
#define SIM_VM_H

#include "base/bytes.h"
#include "sim/fault.h"
#include "sim/pki.h"
#include "sim/templates.h"

enum sim_kind {
        SIM_SEVSNP,
        SIM_TRUSTEDLAUNCH,
        SIM_TDX,
};

struct sim_vm;

struct sim_vm_options {
        enum sim_kind kind;
        bool windows; /* its system: what it measures of its boot, and no contexts of the TPM */
        bool secure_boot_off;
        bool tcp;                        /* the vTPM at a port of 127.0.0.1, too */
        int quote_version;               /* of TD quotes: 4 (also 0), or 5 */
        const char *dir;                 /* exists, empty, 0755 */
        const struct sim_pki *pki;       /* borrowed */
        struct sim_faults *faults;       /* borrowed; consulted at each TPM command */
        struct sim_templates *templates; /* borrowed; may be NULL */
};

/* Starts swtpm and resource manager and provisions the vTPM. 0, or -1 after a message on stderr.
 * swtpm is killed when the calling thread ends: call it from one that lives as long as the VM. */
int sim_vm_start(const struct sim_vm_options *options, struct sim_vm **ret);
void sim_vm_stop(struct sim_vm *vm);

const char *sim_vm_tcti(const struct sim_vm *vm);      /* "swtpm:path=DIR/tpm" */
const char *sim_vm_tpm_port(const struct sim_vm *vm);  /* number; "": none */
const char *sim_vm_event_log(const struct sim_vm *vm); /* file in DIR */
const char *sim_vm_id(const struct sim_vm *vm);        /* upper-case GUID */
/* PEM of this VM's chip certificate (IMDS "vcekCert"); NULL unless kind sevsnp. A certificate of
 * another chip: sim_chip_make (snp.h). */
const char *sim_vm_vcek_pem(const struct sim_vm *vm);
/* A new certificate for this VM's AK, DER, or one that a careless authority could give instead. 0,
 * or -1 after a message. Thread-safe. */
struct sim_vm_ak {
        int days; /* that it lasts */
        bool other_key, other_issuer;
};
int sim_vm_ak_certificate(const struct sim_vm *vm, const struct sim_vm_ak *ak,
                          struct aza_bytes *ret);
/* Makes a TD quote for a TDREPORT of this VM (kind tdx); -1 for any other. Thread-safe. */
int sim_vm_td_quote(struct sim_vm *vm, struct aza_span td_report, struct aza_bytes *ret);

/*
 * Something happens to the VM; the answer's text in `reply`. 0, or -1 (unknown, failed).
 * Thread-safe.
 *   tpm-reset          power cycle: NULL-hierarchy seed, handles and saved contexts are void
 *   pcr-extend N       PCR N is extended
 *   count [COMMAND]    how many TPM commands (of that name) clients sent
 *   counts             the same for each command, a line each
 *   counts-clear       starts counting anew
 *   held               "OBJECTS SESSIONS": what clients hold in the TPM at the moment
 */
#define SIM_VM_NO_EVENT (-2) /* it is none of these */
int sim_vm_event(struct sim_vm *vm, const char *event, char *reply, size_t reply_size);

/* Commands that passed the resource manager since start (all clients), as text: one line per
 * command name with its count. */
void sim_vm_counts(const struct sim_vm *vm, struct aza_bytes *ret);

#endif
