/* SPDX-License-Identifier: Apache-2.0 */
/* Demands: lists, and what is said of a value that is none of its member. */
#include "verdict/demands_parts.h"

#include "base/error.h"
#include "base/printable.h"

#include <string.h>

json_object *aza_demand_element(json_object *value, size_t n)
{
        if (!json_object_is_type(value, json_type_array))
                return n == 0 ? value : NULL;
        return n < json_object_array_length(value) ? json_object_array_get_idx(value, n) : NULL;
}

size_t aza_demand_elements(json_object *value)
{
        return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 1;
}

int aza_demand_wrong(const char *member, const char *wanted)
{
        char shown[65];

        return AZA_FAIL(AZATTEST_E_INPUT, "\"%s\" is not %s",
                        aza_printable(member, strlen(member), shown, sizeof(shown)), wanted);
}
