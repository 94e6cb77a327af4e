/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of TCB floors and of ID keys. Every floor is second-hand and to be confirmed with AMD's
 * bulletins. */
#include "snp/floors.h"

#include <stdlib.h>
#include <string.h>

#define DATE "2026-11-24"
#define OLD  1811116800 /* half a year later, 2027-05-24 */
#define NOTE "second-hand, confirm with AMD"

static const struct aza_snp_floor baseline[] = {
        {AZA_SNP_MILAN, 0x19, 0x01, 0x01, 1, "Milan", 4, 0, 0x17, 0xDB, "AMD-SB-3019"},
        {AZA_SNP_MILAN, 0x19, 0x01, 0x01, 2, "Milan-X", 4, 0, 0x17, 0x44, "AMD-SB-3019"},
        {AZA_SNP_GENOA, 0x19, 0x11, 0x11, 1, "Genoa", 9, 0, 0x17, 0x54, "AMD-SB-3019"},
        {AZA_SNP_GENOA, 0x19, 0x11, 0x11, 2, "Genoa-X", 9, 0, 0x17, 0x4F, "AMD-SB-3019"},
        {AZA_SNP_GENOA, 0x19, 0xA0, 0xAF, 2, "Bergamo/Siena", 9, 0, 0x17, 0x19, "AMD-SB-3019"},
        {AZA_SNP_TURIN, 0x1A, 0x00, 0x11, -1, "Turin", AZA_NO_FLOOR, AZA_NO_FLOOR, 4, 0x50,
         "AMD-SB-3019"},
        {AZA_SNP_UNKNOWN, 0, 0, 0, 0, NULL, 0, 0, 0, 0, NULL},
};

/* Milan and Milan-X are excluded by S36; the values remain for callers who list Milan
 * themselves. */
static const struct aza_snp_floor strict[] = {
        {AZA_SNP_MILAN, 0x19, 0x01, 0x01, 1, "Milan", 4, 0, 0x18, 0xDE, "AMD-SB-3020, 3027"},
        {AZA_SNP_MILAN, 0x19, 0x01, 0x01, 2, "Milan-X", 4, 0, 0x18, AZA_NO_FLOOR,
         "AMD-SB-3020, 3027"},
        {AZA_SNP_GENOA, 0x19, 0x11, 0x11, 1, "Genoa", 10, 0, 0x1B, 0x56, "AMD-SB-3020, 3027"},
        {AZA_SNP_GENOA, 0x19, 0x11, 0x11, 2, "Genoa-X", 10, 0, 0x1B, 0x51, "AMD-SB-3020, 3027"},
        {AZA_SNP_GENOA, 0x19, 0xA0, 0xAF, 2, "Bergamo/Siena", 10, 0, 0x1B, 0x1B,
         "AMD-SB-3020, 3027"},
        {AZA_SNP_TURIN, 0x1A, 0x00, 0x11, -1, "Turin", AZA_NO_FLOOR, AZA_NO_FLOOR, 4, 0x51,
         "AMD-SB-3020, 3027"},
        {AZA_SNP_UNKNOWN, 0, 0, 0, 0, NULL, 0, 0, 0, 0, NULL},
};

/* ID_KEY_DIGEST of the key under which Microsoft signs the ID block of Azure's paravisor: in every
 * report of an Azure VM seen from 2024 to 2026. The five keys of 2022-23 went with firmware and
 * paravisors that the floors refuse anyhow. */
static const uint8_t azure_id_key[48] = {0x94, 0x2f, 0xd9, 0x3e, 0xbd, 0xe6, 0xea, 0x7a, 0x96, 0xef,
                                         0xad, 0xea, 0xfc, 0x60, 0xf1, 0xc6, 0xb3, 0xd1, 0x0e, 0x70,
                                         0x3b, 0x1d, 0xaf, 0xd7, 0x55, 0x5b, 0x92, 0xf7, 0xf3, 0xd3,
                                         0x2d, 0x0e, 0x00, 0x67, 0x67, 0x64, 0x8c, 0xba, 0x5b, 0x10,
                                         0x2a, 0xf3, 0xd6, 0x57, 0x56, 0xaf, 0x41, 0x77};
static const struct aza_span azure_id_keys[1] = {{azure_id_key, sizeof(azure_id_key)}};

/* Platform bit 5: alias check complete (BadRAM, CVE-2024-21944). Whoever extracts the VCEK seed of
 * a Milan chip signs any report of it (AMD-SB-3045): Azure's word for the AK is wanted beside. */
static const struct aza_profile profiles[3] = {
        {.name = "azure-baseline",
         .date = DATE,
         .old_after = OLD,
         .note = NOTE,
         .floors = baseline,
         .guest_svn = 10,
         .platform_required = 1u << 5,
         .second_root = 1u << AZA_SNP_MILAN,
         .id_keys = {azure_id_keys, 1}},
        {.name = "strict",
         .date = DATE,
         .old_after = OLD,
         .note = NOTE ", excludes Milan",
         .floors = strict,
         .guest_svn = 10,
         .platform_required = 1u << 5,
         .excluded_products = 1u << AZA_SNP_MILAN,
         .second_root = 1u << AZA_SNP_MILAN,
         .no_provisional = true,
         .td_evaluation = 18, /* of Intel's documents from early 2026 */
         .id_keys = {azure_id_keys, 1}},
        {.name = "none",
         .date = DATE,
         .old_after = OLD,
         .note = "no floors, anybody's paravisor: old captures and debugging only",
         .no_td_collateral = true},
};

const char *const aza_profile_names[] = {"azure-baseline", "strict", "none", NULL};

const struct aza_profile *aza_profile_find(const char *name)
{
        if (name == NULL || *name == '\0')
                return &profiles[0];
        for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
                if (strcmp(profiles[i].name, name) == 0)
                        return &profiles[i];
        return NULL;
}

const struct aza_snp_floor *aza_snp_floor_find(const struct aza_profile *profile,
                                               const struct aza_snp_report *report,
                                               enum aza_snp_product product,
                                               const struct aza_snp_floor *after,
                                               bool *ret_line_known)
{
        const struct aza_snp_floor *f = after != NULL ? after + 1 : profile->floors;

        *ret_line_known = report->has_cpuid;
        for (; f != NULL && f->line != NULL; f++) {
                if (f->product != product)
                        continue;
                if (!report->has_cpuid)
                        return after == NULL ? f : NULL;
                if (report->family == f->family && report->model >= f->model_low &&
                    report->model <= f->model_high &&
                    (f->stepping < 0 || report->stepping == f->stepping))
                        return f;
        }
        return NULL;
}

/* A byte in hexadecimal, and the character behind it. */
static bool read_byte(const char **at, char end, uint8_t *ret)
{
        size_t digits = strspn(*at, "0123456789abcdefABCDEF");

        if (digits == 0 || digits > 2 || (*at)[digits] != end)
                return false;
        *ret = (uint8_t)strtoul(*at, NULL, 16);
        *at += digits + (end != '\0' ? 1 : 0);
        return true;
}

static bool read_cpuid(const char *at, struct aza_snp_floor *ret)
{
        uint8_t low = 0, high = 0;

        if (!read_byte(&at, '/', &ret->family))
                return false;
        if (read_byte(&at, '/', &low))
                high = low;
        else if (!read_byte(&at, '-', &low) || !read_byte(&at, '/', &high) || high < low)
                return false;
        ret->model_low = low;
        ret->model_high = high;
        ret->stepping = at[0] == '*' ? -1 : at[0] - '0';
        ret->product = aza_snp_product_of(ret->family, low);
        return (at[0] == '*' || (at[0] >= '0' && at[0] <= '9')) && at[1] == '\0' &&
               ret->product != AZA_SNP_UNKNOWN &&
               ret->product == aza_snp_product_of(ret->family, high);
}

bool aza_snp_line(const char *name, struct aza_snp_floor *ret)
{
        struct aza_snp_floor line = {.line = NULL};

        for (const struct aza_snp_floor *f = baseline; f->line != NULL; f++)
                if (strcmp(f->line, name) == 0)
                        line = *f;
        if (line.line == NULL && !read_cpuid(name, &line))
                return false;
        line.line = name;
        line.bootloader = line.tee = line.snp = line.microcode = AZA_NO_FLOOR;
        line.source = "as the profile demands";
        *ret = line;
        return true;
}
