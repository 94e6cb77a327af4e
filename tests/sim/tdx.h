/* SPDX-License-Identifier: Apache-2.0 */
/* The Intel side of a TDX VM: TDREPORTs of its module and quotes of its host. */
#ifndef SIM_TDX_H
#define SIM_TDX_H

#include "base/bytes.h"
#include "base/own.h"
#include "sim/fault.h"
#include "sim/pki.h"

#define SIM_TDREPORT_LEN 1024

struct sim_td {
        struct sim_faults *faults; /* borrowed; may be NULL */
        int quote_version;         /* 4, or 5 with a body of TD 1.5 */
        uint8_t mac_key[32];       /* binds reports to this machine */
        uint8_t mrtd[48];
        EVP_PKEY *attestation_key; /* P-256 of the quoting enclave */
        EVP_PKEY *pck_key;         /* P-256 of the platform */
        char *pck_pem;             /* with CA and root */
};

/* With `faults` and `quote_version` of *ret. 0, or -1 after a message. */
int sim_td_make(const struct sim_pki *pki, struct sim_td *ret);
void sim_td_free(struct sim_td *td);
int sim_td_report(const struct sim_td *td, const uint8_t report_data[64],
                  uint8_t out[SIM_TDREPORT_LEN]);
/* A quote of a report this machine made; -1 for any other report. */
int sim_td_quote(const struct sim_td *td, struct aza_span report, struct aza_bytes *ret);

#endif
