/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's side of TDX: the certificate of a platform's key (PCK), and what Intel publishes about
 * the platform (TCB info, QE identity, revocation lists). All simulated platforms are of one
 * model. */
#ifndef SIM_INTEL_H
#define SIM_INTEL_H

#include "sim/fault.h"
#include "sim/pki.h"
#include "sim/writer.h"

#define SIM_QE_SIGNER  0x51 /* each byte of MRSIGNER of the simulated quoting enclave */
#define SIM_QE_SVN     6
#define SIM_PCK_SERIAL 0x50434B01

/* PEM of PCK, its CA and root, as a quote carries them (malloc'd), with what faults are set.
 * NULL after a message. */
char *sim_pck_chain(const struct sim_pki *pki, EVP_PKEY *pck_key, struct sim_faults *faults);

/* The members of a collateral file (azattest(1)), good for 30 days from yesterday, with what
 * faults are set. The caller puts it. NULL after a message. */
struct json_object *sim_td_collateral(const struct sim_pki *pki, struct sim_faults *faults);
#define SIM_FMSPC "5A806F000000"
/* What they say of the platform's TCB: "UpToDate", "OutOfDate" or "Revoked". */
const char *sim_td_status(struct sim_faults *faults);

/* ECDSA P-256 with SHA-256, raw r and s. */
bool sim_put_p256(struct sim_writer *w, EVP_PKEY *key, struct aza_span message);

#endif
