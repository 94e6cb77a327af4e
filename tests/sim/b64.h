/* SPDX-License-Identifier: Apache-2.0 */
/* The servers' side of base64: whatever the clients send (PROTOCOL.md 7.4). */
#ifndef SIM_B64_H
#define SIM_B64_H

#include "base/base64.h"

/* Either alphabet, padded or not. False for NULL and for anything else. */
bool sim_b64_decode(const char *text, struct aza_bytes *ret);

#endif
