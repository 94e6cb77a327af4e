/* SPDX-License-Identifier: Apache-2.0 */
/* Demands: the values that PCRs must have. */
#include "verdict/demands_parts.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define BANK "sha256:" /* the only one that is quoted */

/* "sha256:7=" and the value in hex. */
static bool read_pcr(const char *text, struct aza_pcr_value *ret)
{
        const size_t hex = 2 * sizeof(ret->value);

        if (text == NULL || strncmp(text, BANK, strlen(BANK)) != 0)
                return false;
        text += strlen(BANK);
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 2 || text[digits] != '=')
                return false;
        ret->pcr = (unsigned int)strtoul(text, NULL, 10);
        text += digits + 1;
        return ret->pcr < AZA_PCR_COUNT && strlen(text) == hex &&
               aza_unhex(text, hex, ret->value, sizeof(ret->value)) == 0;
}

int aza_demand_pcrs(struct aza_demands *d, json_object *value)
{
        size_t n = aza_demand_elements(value);

        if (n == 0 || n > AZA_DEMANDS_PCRS)
                return aza_demand_wrong("pcr", "a list of 1 to 96 values");
        for (size_t i = 0; i < n; i++)
                if (!read_pcr(aza_json_text(aza_demand_element(value, i)), &d->pcrs[i]))
                        return aza_demand_wrong(
                                "pcr",
                                "like sha256:7=HEX with a PCR of 0 to 23 and 64 hexadecimal digits (or a list of such)");
        d->judge.pcr_values = (struct aza_pcr_values){d->pcrs, n};
        return 0;
}
