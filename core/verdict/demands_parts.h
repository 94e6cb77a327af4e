/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by demands*.c only. */
#ifndef AZA_VERDICT_DEMANDS_PARTS_H
#define AZA_VERDICT_DEMANDS_PARTS_H

#include "verdict/demands.h"

/* `value` is an element or an array with some of them: the n-th, NULL past the last; how many. */
json_object *aza_demand_element(json_object *value, size_t n);
size_t aza_demand_elements(json_object *value);

/* The member "pcr" (demands_pcrs.c). 0 or AZATTEST_E_INPUT. */
int aza_demand_pcrs(struct aza_demands *d, json_object *value);

/* AZATTEST_E_INPUT: `member` is not what is `wanted`. */
int aza_demand_wrong(const char *member, const char *wanted);

#endif
