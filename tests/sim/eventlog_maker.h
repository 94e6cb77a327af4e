/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that make an event log share: eventlog.c (firmware), eventlog_windows.c. */
#ifndef SIM_EVENTLOG_MAKER_H
#define SIM_EVENTLOG_MAKER_H

#include "sim/eventlog.h"

enum sim_event_type {
        EV_NO_ACTION = 0x3,
        EV_SEPARATOR = 0x4,
        EV_EVENT_TAG = 0x6,
        EV_S_CRTM_VERSION = 0x8,
        EV_COMPACT_HASH = 0xC,
        EV_EFI_VARIABLE_DRIVER_CONFIG = (int)0x80000001,
        EV_EFI_VARIABLE_BOOT = (int)0x80000002,
        EV_EFI_BOOT_SERVICES_APPLICATION = (int)0x80000003,
        EV_EFI_GPT_EVENT = (int)0x80000006,
        EV_EFI_ACTION = (int)0x80000007,
        EV_EFI_PLATFORM_FIRMWARE_BLOB = (int)0x80000008,
        EV_EFI_VARIABLE_AUTHORITY = (int)0x800000E0,
};

struct sim_log_maker {
        struct sim_writer log;
        struct sim_extend *extends;
        size_t count;
        size_t room;
        bool failed;
};

/* An event whose digests are those of `hashed`, with `data` beside them. */
void sim_log_event(struct sim_log_maker *m, uint32_t pcr, enum sim_event_type type,
                   struct aza_span hashed, struct aza_span data);
/* ASCII as UTF-16LE, without an end. */
void sim_put_utf16(struct sim_writer *w, const char *text);
/* What Windows' boot manager and loader measure into PCR 11-14. */
void sim_log_windows(struct sim_log_maker *m, const struct sim_windows_boot *boot);

#endif
