/* SPDX-License-Identifier: Apache-2.0 */
/* Demands on a TD: its measurements, statuses of Intel's that are accepted, and how new Intel's
 * documents must be. */
#include "verdict/demands_parts.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

static int set_hash(struct aza_demands *d, const char *member, json_object *value, size_t at)
{
        struct aza_span *const fields[] = {&d->judge.td.mrtd, &d->judge.td.mrseam,
                                           &d->judge.td.mrservicetd};
        const char *text = aza_json_text(value);

        if (text == NULL ||
            aza_unhex(text, strlen(text), d->td_fields[at], sizeof(d->td_fields[at])) != 0)
                return aza_demand_wrong(member, "96 hexadecimal digits");
        *fields[at] = aza_span_of(d->td_fields[at], sizeof(d->td_fields[at]));
        d->judge.td_demanded = true;
        return 0;
}

/* What is revoked, and what Intel knows nothing of, no word accepts. */
static int set_accept(struct aza_demands *d, const char *member, json_object *value)
{
        uint32_t accept = 0;

        for (size_t i = 0; i < aza_demand_elements(value); i++) {
                enum aza_tcb_status status =
                        aza_tcb_status_of(aza_json_text(aza_demand_element(value, i)));
                if (status == AZA_TCB_UNKNOWN || status == AZA_TCB_REVOKED)
                        accept = UINT32_MAX;
                accept |= accept == UINT32_MAX ? 0 : 1u << (unsigned int)status;
        }
        if (accept == 0 || accept == UINT32_MAX)
                return aza_demand_wrong(
                        member,
                        "SWHardeningNeeded, ConfigurationNeeded, ConfigurationAndSWHardeningNeeded, OutOfDate or OutOfDateConfigurationNeeded (or a list of such)");
        d->judge.td.accept = accept;
        return 0;
}

static int set_evaluation(struct aza_demands *d, const char *member, json_object *value)
{
        const int64_t number =
                json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : 0;

        if (number <= 0 || number > 0xFFFF || number < d->base->td_evaluation)
                return aza_demand_wrong(member, "a whole number, at least the base's");
        d->judge.td.evaluation = (uint32_t)number;
        return 0;
}

int aza_demand_td(struct aza_demands *d, const char *member, json_object *value)
{
        static const char *const hashes[] = {"mrtd", "mrseam", "mrservicetd"};

        for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
                if (strcmp(member, hashes[i]) == 0)
                        return set_hash(d, member, value, i);
        return strcmp(member, "accept-tcb") == 0 ? set_accept(d, member, value)
                                                 : set_evaluation(d, member, value);
}

const char *aza_demands_accepted(const struct aza_demands *d, char out[160])
{
        out[0] = '\0';
        for (unsigned int status = 1; status < AZA_TCB_REVOKED; status++)
                if ((d->judge.td.accept >> status & 1) != 0) {
                        size_t used = strlen(out);
                        (void)snprintf(out + used, 160 - used, "%s%s", used > 0 ? ", " : "",
                                       aza_tcb_status_text((enum aza_tcb_status)status));
                }
        return out;
}
