/* SPDX-License-Identifier: Apache-2.0 */
/* The swtpm child: start, one command at a time, power cycle, stop. */
#ifndef SIM_SWTPM_H
#define SIM_SWTPM_H

#include "base/bytes.h"

struct sim_swtpm;

/* Starts swtpm with its state in `dir`/swtpm and does TPM2_Startup(CLEAR). The child ends with
 * the thread that calls this (PDEATHSIG), so that must be one that lives as long as the
 * simulator. 0, or -1 after a message. */
int sim_swtpm_start(const char *dir, struct sim_swtpm **ret);
void sim_swtpm_stop(struct sim_swtpm *tpm);
/* Sends one command, receives its answer. Not thread-safe: the caller serialises. 0, or -1 after a
 * message (the child is gone). */
int sim_swtpm_transmit(struct sim_swtpm *tpm, struct aza_span command, struct aza_bytes *ret);
/* TPM reset: power off and on, TPM2_Startup(CLEAR). */
int sim_swtpm_reset(struct sim_swtpm *tpm);

/* Builds and sends a command whose handles are authorised by `sessions` empty passwords. Returns
 * the TPM's return code (0x101 when the TPM did not answer). `ret` (may be NULL) receives all
 * that follows the answer's header. */
uint32_t sim_tpm_call(struct sim_swtpm *tpm, uint32_t command, struct aza_span handles,
                      unsigned int sessions, struct aza_span parameters, struct aza_bytes *ret);
/* The same for a command with one handle. */
uint32_t sim_tpm_call1(struct sim_swtpm *tpm, uint32_t command, uint32_t handle,
                       unsigned int sessions, struct aza_span parameters, struct aza_bytes *ret);

#endif
