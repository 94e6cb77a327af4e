/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by demands.c and demands_members.c only. */
#ifndef AZA_EVIDENCE_DEMANDS_PARTS_H
#define AZA_EVIDENCE_DEMANDS_PARTS_H

/* AZATTEST_E_INPUT: `member` is not what is `wanted`. */
int aza_demand_wrong(const char *member, const char *wanted);

#endif
