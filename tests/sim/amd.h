/* SPDX-License-Identifier: Apache-2.0 */
/* AMD's certificate extensions as the servers read them. */
#ifndef SIM_AMD_H
#define SIM_AMD_H

#include "base/bytes.h"

#include <openssl/x509.h>
#include <stdbool.h>

#define SIM_AMD_OID "1.3.6.1.4.1.3704.1"

struct sim_amd_tcb {
        uint8_t bootloader, tee, snp, microcode;
};

/* False when an extension is missing or not an INTEGER of one byte. */
bool sim_amd_certificate_tcb(const X509 *certificate, struct sim_amd_tcb *ret);
/* Content of extension `oid` as it stands, borrowed; empty when absent. */
struct aza_span sim_amd_extension(const X509 *certificate, const char *oid);

#endif
