/* SPDX-License-Identifier: Apache-2.0 */
/* TCG event log, crypto-agile or in the older form that knows SHA-1 only: reading, replay against
 * quoted PCRs, and what of it may be believed (CHECKS.md 6). Pure, fuzzed. */
#ifndef AZA_BOOT_EVENT_LOG_H
#define AZA_BOOT_EVENT_LOG_H

#include "base/checks.h"
#include "base/own.h"
#include "tpm/pcr.h"

/* Event types that mean something here. */
#define AZA_EV_NO_ACTION              0x00000003u
#define AZA_EV_SEPARATOR              0x00000004u
#define AZA_EV_ACTION                 0x00000005u
#define AZA_EV_EFI_VARIABLE_CONFIG    0x80000001u
#define AZA_EV_EFI_VARIABLE_BOOT      0x80000002u
#define AZA_EV_EFI_GPT                0x80000006u
#define AZA_EV_EFI_ACTION             0x80000007u
#define AZA_EV_EFI_VARIABLE_BOOT2     0x8000000Cu
#define AZA_EV_EFI_VARIABLE_AUTHORITY 0x800000E0u
const char *aza_event_type_text(uint32_t type); /* "EV_SEPARATOR"; "unknown" */

#define AZA_EVENT_BANKS 8

/* One event; spans point into the log. `digest` is that of the bank asked for. */
struct aza_event {
        uint32_t number; /* from 0, the header not counted */
        uint32_t pcr, type;
        struct aza_span digest, data;
};

/* Goes through a log. */
struct aza_events {
        struct aza_reader reader;
        uint16_t bank;  /* TPM2_ALG_SHA256, ... */
        bool sha1_form; /* TCG_PCClientPCREvent: one SHA-1 digest an event, no table at its head */
        struct {
                uint16_t algorithm, size;
        } banks[AZA_EVENT_BANKS];
        uint32_t bank_count;
        uint32_t next;
        const char *fault; /* why it stopped early, or NULL */
};
/* Reads the header (E2); a log that does not begin with "Spec ID Event03" is one of the SHA-1 form,
 * whose only bank is SHA-1. `bank` 0: SHA-256 when the log has it, else its first. NULL when fine,
 * else the reason. */
const char *aza_events_begin(struct aza_span log, uint16_t bank, struct aza_events *ret);
/* The next event (E3). False at the end, or with `fault` set. */
bool aza_events_next(struct aza_events *events, struct aza_event *ret);

/* The digest of `data` in `bank`. False: there is no such hash. */
bool aza_event_hash(OSSL_LIB_CTX *libctx, uint16_t bank, struct aza_span data,
                    uint8_t out[EVP_MAX_MD_SIZE], size_t *ret_len);
/* True when hashing the event's data gives its digest, in one of the ways that real firmware and
 * loaders do; `ret` (may be NULL) is the part of it that was hashed. Only that may be believed
 * (E9): the event's type is in no hash. */
bool aza_event_hashed(OSSL_LIB_CTX *libctx, const struct aza_event *event, uint16_t bank,
                      struct aza_span *ret);

/* UEFI_VARIABLE_DATA: GUID, name (UTF-16LE) and content. Older loaders leave bytes behind it. */
struct aza_variable {
        struct aza_span guid, name, content, rest;
};
bool aza_event_variable(const struct aza_event *event, struct aza_variable *ret);

enum aza_secure_boot {
        AZA_SECURE_BOOT_UNDECIDED,
        AZA_SECURE_BOOT_OFF,
        AZA_SECURE_BOOT_ON,
};

struct aza_event_options {
        uint16_t bank;          /* 0: SHA-256 */
        uint32_t mask;          /* which PCRs `values` holds: those of the verified quote */
        struct aza_span values; /* ascending, without gaps */
        uint32_t scope; /* PCRs to replay; 0: 0-7. Those of `mask` above 7 that the log has events
                                   for come to them, */
        uint32_t demanded;     /* but for these: the verifier demands their value (Q9) */
        bool required;         /* a missing log rejects (E1) */
        bool wanted;           /* without a log E1 is required and not checked */
        bool need_secure_boot; /* off or undecided rejects (E13) */
};

/* How Windows was told to start. */
enum aza_windows_flag {
        AZA_WINDOWS_BOOT_DEBUG,
        AZA_WINDOWS_KERNEL_DEBUG,
        AZA_WINDOWS_HYPERVISOR_DEBUG,
        AZA_WINDOWS_TEST_SIGNING,
        AZA_WINDOWS_FLIGHT_SIGNING,
};

/* What PCR 12-14 of a replayed log prove about a start of Windows. */
struct aza_windows_facts {
        bool present;      /* PCR 12 has the separator that Windows measures when it has started */
        const char *fault; /* what Windows does not measure, or is not shown as it was; or NULL */
        uint32_t said;     /* bits by enum aza_windows_flag: it was told so or not, */
        uint32_t set;      /* and it was */
};

/* What PCR 7 of a replayed log proves about secure boot and the debugger. */
struct aza_boot_facts {
        enum aza_secure_boot secure_boot;
        const char *undecided; /* why, when undecided; static text */
        const char
                *forged; /* what no firmware measures: somebody extended PCR 7 later, to look like
                                  another boot; static text, or NULL. Then it is undecided, too */
        bool debugger;   /* "UEFI Debug Mode" was measured */
        bool dma_protection_disabled;
        struct aza_windows_facts windows;
};

/* E1-E16. True when nothing rejects. `ret` (may be NULL) is set when the log replays. */
bool aza_event_log_verify(OSSL_LIB_CTX *libctx, struct aza_span log,
                          const struct aza_event_options *options, struct aza_checks *checks,
                          struct aza_boot_facts *ret);

/* A log that replays. */
struct aza_replayed {
        struct aza_span log;
        uint16_t bank;        /* TPM2_ALG_SHA256, ... */
        uint32_t scope;       /* PCRs that were replayed */
        uint32_t unexplained; /* quoted and extended, without an event, their value not demanded */
};
/* E9-E16; called by aza_event_log_verify (event_facts.c). */
bool aza_event_facts(OSSL_LIB_CTX *libctx, const struct aza_replayed *replayed,
                     bool need_secure_boot, struct aza_checks *checks, struct aza_boot_facts *ret);

/* Reads PCR 7 of `log`, whose digests in `bank` were replayed against a quoted PCR 7
 * (event_pcr7.c). Root in the VM may have written all of the log, and extended PCR 7 as he liked
 * after the boot: he cannot take back what the firmware measured first. So an event counts as what
 * its hashed bytes are, never as its label says, and what cannot be understood leaves secure boot
 * undecided. */
void aza_event_pcr7(OSSL_LIB_CTX *libctx, struct aza_span log, uint16_t bank,
                    struct aza_boot_facts *ret);

/* Reads PCR 12-14, as far as they were replayed (windows.c). As in PCR 7, root may append to them,
 * and cannot take back what Windows measured while it started. That Windows did shows by the digest
 * of its separator, which no relabelling takes out of the log. `ret` stays as it is where PCR 12
 * shows no start of Windows. */
void aza_event_windows(OSSL_LIB_CTX *libctx, const struct aza_replayed *replayed,
                       struct aza_windows_facts *ret);

#endif
