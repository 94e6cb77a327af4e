/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a relying party demands of evidence beyond a built-in profile: read from a profile file, or
 * set one by one under the same names by options. Demands are added to those of a built-in profile
 * and never lower them (a list of ID keys replaces the profile's, S34); the few that weaken are
 * called allow-... or ignore-... . Pure, fuzzed.
 */
#ifndef AZA_VERDICT_DEMANDS_H
#define AZA_VERDICT_DEMANDS_H

#include "evidence/judge.h"

#define AZA_DEMANDS_FILE_MAX 65536u
#define AZA_DEMANDS_LIST     32 /* values of one list */
#define AZA_DEMANDS_FLOORS   16
#define AZA_DEMANDS_PCRS     96 /* PCR values, of all PCRs together */
#define AZA_DEMANDS_MEMBERS  48

/* A list of byte strings and where they are kept. */
struct aza_demands_list {
        uint8_t bytes[AZA_DEMANDS_LIST][64];
        struct aza_span spans[AZA_DEMANDS_LIST];
        size_t count;
};

/* Points into itself: on the heap, never copied. */
struct aza_demands {
        char name[65], date[11];
        const struct aza_profile *base;
        struct aza_profile profile; /* the base's, raised; named after the file */
        struct aza_snp_floor floors[AZA_DEMANDS_FLOORS];
        char lines[AZA_DEMANDS_FLOORS][24]; /* names of those that the base does not know */
        struct aza_judge_options judge;     /* what is demanded; the rest is for the call to say */
        /* where it points to */
        struct aza_pcr_value pcrs[AZA_DEMANDS_PCRS];
        uint8_t user_data_bytes[64];
        uint8_t fixed[6][64];
        uint8_t td_fields[3][48];
        char csp_id[65];
        struct aza_snp_tcb launch;
        struct aza_snp_firmware firmware;
        struct aza_demands_list measurements, id_keys, author_keys, chips;
        bool given[AZA_DEMANDS_MEMBERS]; /* which members were set: none is set twice */
};
void aza_demands_free(struct aza_demands *d);
AZA_OWN_DEFINE(struct aza_demands, aza_demands_free);

/* Nothing but the built-in profile `base` (NULL: azure-baseline). 0 or AZATTEST_E_NO_MEMORY. */
int aza_demands_new(const struct aza_profile *base, struct aza_demands **ret);

/* Reads a profile file: strict JSON, {"azattest-profile": 1, "name", "date": "2026-11-24", "base"
 * (optional) and members as of aza_demands_set}. 0 or AZATTEST_E_INPUT, which names the member. */
int aza_demands_parse(struct aza_span text, struct aza_demands **ret);

/* Adds demands of a call: a JSON object with members as of aza_demands_set. 0 or
 * AZATTEST_E_INPUT. */
int aza_demands_add(struct aza_demands *d, struct aza_span text);

/* Sets one demand, e.g. "measurement" to a string of hex digits or an array of them,
 * "require-secure-boot" to true. 0; AZATTEST_E_INPUT: unknown, set before, or of the wrong form. */
int aza_demands_set(struct aza_demands *d, const char *member, json_object *value);

/* Adds a text for each demand that weakens (base.h: aza_weaken). False: out of memory. */
bool aza_demands_weakened(const struct aza_demands *d, json_object *list);

#endif
