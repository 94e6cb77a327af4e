/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of this VM: from its TPM, its boot log and IMDS. */
#ifndef AZA_ONLINE_COLLECT_H
#define AZA_ONLINE_COLLECT_H

#include "base/clock.h"
#include "config/config.h"
#include "evidence/evidence.h"

/* This VM (RFC 9334), and how long it may take. Borrowed. */
struct aza_attester {
        OSSL_LIB_CTX *libctx;
        const struct aza_config *config;
        struct aza_tpm *tpm;
        const struct aza_deadline *deadline;
};

/* The boot log that `event-log` names. AZATTEST_E_EVENT_LOG: there is none, or it is empty or
 * cannot be read; AZATTEST_E_NO_MEMORY. */
int aza_event_log_read(const struct aza_config *config, struct aza_bytes *ret);

/*
 * Collects everything. `spec` names the key; `qualifying` goes into quote and certify (empty for
 * the MAA flow). Network: IMDS only. The kind of VM is what the report says; it must be what
 * config->require allows, and Trusted Launch needs a report index that is really absent: else
 * AZATTEST_E_REQUIREMENT with what was required and what was found. Without boot log
 * AZATTEST_E_EVENT_LOG, unless secure-boot = report.
 */
int aza_evidence_collect(const struct aza_attester *vm, const struct aza_key_spec *spec,
                         struct aza_span qualifying, struct aza_evidence *ret);

#endif
