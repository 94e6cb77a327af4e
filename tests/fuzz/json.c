/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted JSON renders to JSON that is accepted again and equal. */
#include "base/json.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_OWN(json_object_put) json_object *value = NULL;
        AZA_OWN(json_object_put) json_object *again = NULL;
        if (aza_json_parse(aza_span_of(data, size), 65536, &value) != 0)
                return 0;
        const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
        FUZZ_CHECK(aza_json_parse(aza_span_of(text, strlen(text)), SIZE_MAX, &again) == 0);
        FUZZ_CHECK(json_object_equal(value, again));
        json_object *found = NULL;
        (void)aza_json_path(value, "a.b.c", &found);
        (void)aza_json_string(value, "a");
        return 0;
}
