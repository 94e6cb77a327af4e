/* SPDX-License-Identifier: Apache-2.0 */
/* Makes swtpm look like Azure's vTPM: banks, EK, AK (PROTOCOL.md 2.4), PCRs. */
#ifndef SIM_PROVISION_H
#define SIM_PROVISION_H

#include "sim/eventlog.h"
#include "sim/swtpm.h"

struct sim_identity {
        uint8_t ak[256]; /* moduli */
        uint8_t ek[256];
};

/* Once, on a fresh TPM: leaves the AK at 0x81000003 and the EK at 0x81010001. 0, or -1 after a
 * message. */
int sim_provision(struct sim_swtpm *tpm, struct sim_identity *ret);
/* After each reset: extends the PCRs as the log says. */
int sim_boot(struct sim_swtpm *tpm, const struct sim_event_log *log);
/* Extends one PCR in all banks with digests of `data`. 0, or -1 after a message. */
int sim_pcr_extend(struct sim_swtpm *tpm, unsigned int pcr, struct aza_span data);

#endif
