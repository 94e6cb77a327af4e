/* SPDX-License-Identifier: Apache-2.0 */
/* The chip certificate as THIM serves it, for imds.c. */
#ifndef SIM_IMDS_VCEK_H
#define SIM_IMDS_VCEK_H

#include "base/bytes.h"
#include "sim/pki.h"

#include <stdbool.h>

/* The JSON of /metadata/THIM/amd/certification. `other_chip`: a genuine certificate, but for
 * another key and chip than `vcek_pem`. 0, or -1 after a message. */
int sim_imds_certification(const struct sim_pki *pki, const char *vcek_pem, bool other_chip,
                           struct aza_bytes *ret);

#endif
