/* SPDX-License-Identifier: Apache-2.0 */
/* `azattest inspect` of any file: told by its first bytes, shown without being judged. */
#include "show/show.h"
#include "base/pem_parts.h"
#include "fuzz.h"

/* What a PEM file's parts are made of stands in it, and nothing twice. */
static void split(struct aza_span content)
{
        AZA_BYTES struct aza_bytes key = {0}, certificates = {0};

        FUZZ_CHECK(aza_split_pem(content, &key, &certificates) == 0);
        FUZZ_CHECK(key.len + certificates.len <= content.len);
        FUZZ_CHECK(key.len == 0 || aza_has_private_key(content));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct aza_span content = aza_span_of(data, size);
        enum azattest_kind kind = aza_kind_of(content);
        AZA_OWN(json_object_put) json_object *said = NULL;

        FUZZ_CHECK(aza_kind_text(kind) != NULL);
        split(content);
        aza_clear_error();
        said = aza_show_content(fuzz_libctx(), kind, content);
        if (said != NULL)
                FUZZ_CHECK(json_object_to_json_string_ext(said, JSON_C_TO_STRING_PLAIN) != NULL);
        else
                FUZZ_CHECK(kind == AZATTEST_KIND_UNKNOWN || aza_last_error()->code != 0);
        return 0;
}
