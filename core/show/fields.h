/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed layouts of hardware reports, as tables of fields. Included by report.c only. */
#ifndef AZA_SHOW_FIELDS_H
#define AZA_SHOW_FIELDS_H

#include <stddef.h>
#include <stdint.h>

enum field_kind {
        FIELD_BYTES,
        FIELD_NUMBER, /* little-endian, 1 to 8 bytes */
        FIELD_HEX,    /* the same, shown as 0x... */
};

struct field {
        const char *name;
        uint16_t offset;
        uint16_t len;
        enum field_kind kind;
};

/* CHECKS.md 2: the 1184-byte SEV-SNP report. */
static const struct field snp_fields[] = {
        {"version", 0x000, 4, FIELD_NUMBER},
        {"guest-svn", 0x004, 4, FIELD_NUMBER},
        {"policy", 0x008, 8, FIELD_HEX},
        {"family-id", 0x010, 16, FIELD_BYTES},
        {"image-id", 0x020, 16, FIELD_BYTES},
        {"vmpl", 0x030, 4, FIELD_NUMBER},
        {"signature-algorithm", 0x034, 4, FIELD_NUMBER},
        {"platform-info", 0x040, 8, FIELD_HEX},
        {"flags", 0x048, 4, FIELD_HEX},
        {"report-data", 0x050, 64, FIELD_BYTES},
        {"measurement", 0x090, 48, FIELD_BYTES},
        {"host-data", 0x0C0, 32, FIELD_BYTES},
        {"id-key-digest", 0x0E0, 48, FIELD_BYTES},
        {"author-key-digest", 0x110, 48, FIELD_BYTES},
        {"report-id", 0x140, 32, FIELD_BYTES},
        {"report-id-ma", 0x160, 32, FIELD_BYTES},
        {"cpuid-family", 0x188, 1, FIELD_HEX},
        {"cpuid-model", 0x189, 1, FIELD_HEX},
        {"cpuid-stepping", 0x18A, 1, FIELD_HEX},
        {"chip-id", 0x1A0, 64, FIELD_BYTES},
        {"launch-mitigations", 0x1F8, 8, FIELD_HEX},
        {"current-mitigations", 0x200, 8, FIELD_HEX},
        {NULL, 0, 0, FIELD_BYTES},
};

/* PROTOCOL.md 5.5: the 1024-byte TDREPORT. */
static const struct field td_report_fields[] = {
        {"cpu-svn", 0x010, 16, FIELD_BYTES},
        {"report-data", 0x080, 64, FIELD_BYTES},
        {"tee-tcb-svn", 0x108, 16, FIELD_BYTES},
        {"mr-seam", 0x118, 48, FIELD_BYTES},
        {"tee-tcb-svn-2", 0x180, 16, FIELD_BYTES},
        {"attributes", 0x200, 8, FIELD_HEX},
        {"xfam", 0x208, 8, FIELD_HEX},
        {"mrtd", 0x210, 48, FIELD_BYTES},
        {"mr-config-id", 0x240, 48, FIELD_BYTES},
        {"mr-owner", 0x270, 48, FIELD_BYTES},
        {"mr-owner-config", 0x2A0, 48, FIELD_BYTES},
        {"rtmr0", 0x2D0, 48, FIELD_BYTES},
        {"rtmr1", 0x300, 48, FIELD_BYTES},
        {"rtmr2", 0x330, 48, FIELD_BYTES},
        {"rtmr3", 0x360, 48, FIELD_BYTES},
        {"mr-service-td", 0x390, 48, FIELD_BYTES},
        {NULL, 0, 0, FIELD_BYTES},
};

#endif
