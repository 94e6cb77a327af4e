/* SPDX-License-Identifier: Apache-2.0 */
/* Dated data: the lowest security levels a profile accepts, per silicon line (D21), and whose
 * paravisors (S34). No code decides anything here. */
#ifndef AZA_SNP_FLOORS_H
#define AZA_SNP_FLOORS_H

#include "snp/report.h"

/* Values that nobody states are "no floor". */
#define AZA_NO_FLOOR (-1)

struct aza_snp_floor {
        enum aza_snp_product product;
        uint8_t family, model_low, model_high;
        int stepping;     /* -1: any */
        const char *line; /* "Genoa-X" */
        int bootloader, tee, snp, microcode;
        const char *source; /* which advisory the microcode value is about */
};

/* A list of allowed byte strings; count 0: not demanded. */
struct aza_span_list {
        const struct aza_span *items;
        size_t count;
};

struct aza_profile {
        const char *name;  /* "azure-baseline" */
        const char *date;  /* of the data */
        int64_t old_after; /* seconds since 1970: from then on results say it is old */
        const char *note;
        const struct aza_snp_floor *floors; /* ends with line NULL; NULL: the profile has none */
        uint32_t guest_svn;                 /* 0: none */
        uint64_t platform_required;         /* PLATFORM_INFO bits (S30) */
        uint32_t excluded_products;         /* bit n: enum aza_snp_product n (S36) */
        uint32_t second_root;   /* likewise: AMD's word alone is not enough, A3 must accept too */
        bool no_provisional;    /* S25 */
        bool no_td_collateral;  /* of TDX: I8 to I13 and most of I14 are not asked for */
        uint32_t td_evaluation; /* I13; 0: none */
        struct aza_span_list id_keys; /* who signs ID blocks of paravisors (S34) */
};

/* "azure-baseline" (also for NULL and ""), "strict", "none"; NULL for another word. */
const struct aza_profile *aza_profile_find(const char *name);
/* The names, NULL-terminated. */
extern const char *const aza_profile_names[];

/* The next row of this silicon behind `after` (NULL: the first); a profile of the caller's may have
 * several, all of which count. Without CPUID (version 2) the product's first row alone, whose
 * microcode value then says nothing: *ret_line_known is false. NULL: no more, or the table does not
 * know it. */
const struct aza_snp_floor *aza_snp_floor_find(const struct aza_profile *profile,
                                               const struct aza_snp_report *report,
                                               enum aza_snp_product product,
                                               const struct aza_snp_floor *after,
                                               bool *ret_line_known);

/* Silicon by its name ("Genoa-X") or its CPUID: family, model or models in hexadecimal, and
 * stepping, e.g. "19/A0-AF/1"; "*" is any stepping. The row has no floors; its `line` is `name`.
 * False: neither. */
bool aza_snp_line(const char *name, struct aza_snp_floor *ret);

#endif
