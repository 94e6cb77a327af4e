/* SPDX-License-Identifier: Apache-2.0 */
/* The TCG event log (crypto-agile): what a Hyper-V VM's firmware measures, with secure boot on or
 * off, and what Windows adds when it starts. */
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

/* How Windows was told to start. */
struct sim_windows_boot {
        bool boot_debugging, kernel_debugging, test_signing;
        bool bad_tag; /* its loader measured a tagged event whose sizes do not fit */
};

struct sim_boot_plan {
        struct aza_span db_certificate; /* DER: stands in for the vendor's key in db */
        bool secure_boot;               /* off: the keys are there as well, nothing is verified */
        bool windows;
        struct sim_windows_boot windows_boot;
};

/* 0, or -1 after a message. */
int sim_event_log_make(const struct sim_boot_plan *plan, struct sim_event_log *ret);
void sim_event_log_free(struct sim_event_log *log);
/* Digests of `data` in all banks. 0 or -1. */
int sim_digests(struct aza_span data, struct sim_extend *ret);

#endif
