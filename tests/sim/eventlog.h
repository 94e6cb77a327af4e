/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's TCG event log (crypto-agile): what a Hyper-V VM measures, with secure boot on
 * or off. */
#ifndef SIM_EVENTLOG_H
#define SIM_EVENTLOG_H

#include "sim/writer.h"

#include <openssl/evp.h>

/* The banks the vTPM has, in the log's order. */
#define SIM_BANKS 3
struct sim_bank {
        uint16_t algorithm; /* TPM_ALG_ID */
        const char *name;   /* OpenSSL's */
        size_t len;
};
extern const struct sim_bank sim_banks[SIM_BANKS];

struct sim_extend {
        uint32_t pcr;
        uint8_t digests[SIM_BANKS][EVP_MAX_MD_SIZE];
};

struct sim_event_log {
        struct aza_bytes file;      /* as securityfs gives it */
        struct sim_extend *extends; /* owned; in order */
        size_t count;
};

/* `db_certificate` (DER) stands in for the vendor's key in db. With secure boot off the keys are
 * there as well, but nothing is verified. 0, or -1 after a message. */
int sim_event_log_make(struct aza_span db_certificate, bool secure_boot, struct sim_event_log *ret);
void sim_event_log_free(struct sim_event_log *log);
/* Digests of `data` in all banks. 0 or -1. */
int sim_digests(struct aza_span data, struct sim_extend *ret);

#endif
