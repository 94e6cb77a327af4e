/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted JSON is what json-c's own parser makes of it too, and renders to JSON that is accepted again
 * and equal. */
#include "base/json.h"
#include "fuzz.h"

/* json-c stops at the end of a bare number only when it sees the NUL behind it. */
static void same_as_json_c(const uint8_t *data, size_t size, json_object *value)
{
        AZA_OWN(free) char *text = fuzz_text(data, size);
        json_tokener *tokener = json_tokener_new_ex(AZA_JSON_MAX_DEPTH + 2);
        FUZZ_CHECK(tokener != NULL);
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        AZA_OWN(json_object_put)
        json_object *theirs = json_tokener_parse_ex(tokener, text, (int)size + 1);
        FUZZ_CHECK(json_tokener_get_error(tokener) == json_tokener_success);
        FUZZ_CHECK(json_object_equal(value, theirs));
        json_tokener_free(tokener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_OWN(json_object_put) json_object *value = NULL;
        AZA_OWN(json_object_put) json_object *again = NULL;
        if (aza_json_parse(aza_span_of(data, size), 65536, &value) != 0)
                return 0;
        same_as_json_c(data, size, value);
        const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
        FUZZ_CHECK(aza_json_parse(aza_span_of(text, strlen(text)), SIZE_MAX, &again) == 0);
        FUZZ_CHECK(json_object_equal(value, again));
        json_object *found = NULL;
        (void)aza_json_path(value, "a.b.c", &found);
        (void)aza_json_string(value, "a");
        return 0;
}
