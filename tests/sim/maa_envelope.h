/* SPDX-License-Identifier: Apache-2.0 */
/* The encrypted answer of the simulated MAA (PROTOCOL.md 8.1, 11.4). */
#ifndef SIM_MAA_ENVELOPE_H
#define SIM_MAA_ENVELOPE_H

#include "base/bytes.h"
#include "base/own.h"
#include "sim/fault.h"

/* {"token": base64url(envelope)} for `token`, its AES key encrypted to `key`; or what an envelope
 * fault makes of it (`faults` may be NULL). 0, or -1 after a message. */
int sim_maa_envelope(EVP_PKEY *key, struct aza_span token, struct sim_faults *faults,
                     struct aza_bytes *ret);

#endif
