/* SPDX-License-Identifier: Apache-2.0 */
/* The AMD chip: its VCEK certificate and attestation reports (CHECKS.md 2). */
#ifndef SIM_SNP_H
#define SIM_SNP_H

#include "sim/pki.h"

#include <stdint.h>

#define SIM_SNP_REPORT_LEN 1184

/* A Milan chip at the firmware level of Azure's fleet. */
struct sim_chip {
        EVP_PKEY *vcek_key;
        char *vcek_pem;
        uint8_t id[64];
        uint8_t report_id[32]; /* of the one VM that runs on it */
};

/* A new chip. 0, or -1 after a message. */
int sim_chip_make(const struct sim_pki *pki, struct sim_chip *ret);
void sim_chip_free(struct sim_chip *chip);
/* The digest of the key that signs ID blocks of Azure's paravisor. */
extern const uint8_t sim_snp_azure_id_key[48];
/* The report of a VM whose paravisor was started with an ID block under `id_key`. */
int sim_snp_report(const struct sim_chip *chip, const uint8_t id_key[48],
                   const uint8_t report_data[64], uint8_t out[SIM_SNP_REPORT_LEN]);

#endif
