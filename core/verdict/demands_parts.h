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

/* A member about TDX (demands_tdx.c). 0 or AZATTEST_E_INPUT. */
int aza_demand_td(struct aza_demands *d, const char *member, json_object *value);
/* The TCB statuses that are accepted beside UpToDate, by name; "" when none is. */
const char *aza_demands_accepted(const struct aza_demands *d, char out[160]);

/* AZATTEST_E_INPUT: `member` is not what is `wanted`. */
int aza_demand_wrong(const char *member, const char *wanted);

#endif
