/* SPDX-License-Identifier: Apache-2.0 */
/* `azattest inspect` of any file: told by its first bytes, shown without being judged. */
#include "show/show.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct aza_span content = aza_span_of(data, size);
        enum azattest_kind kind = aza_kind_of(content);
        AZA_OWN(json_object_put) json_object *said = NULL;

        FUZZ_CHECK(aza_kind_text(kind) != NULL);
        aza_clear_error();
        said = aza_show_content(fuzz_libctx(), kind, content);
        if (said != NULL)
                FUZZ_CHECK(json_object_to_json_string_ext(said, JSON_C_TO_STRING_PLAIN) != NULL);
        else
                FUZZ_CHECK(kind == AZATTEST_KIND_UNKNOWN || aza_last_error()->code != 0);
        return 0;
}
