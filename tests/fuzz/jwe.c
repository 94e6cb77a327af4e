/* SPDX-License-Identifier: Apache-2.0 */
/* JWE from another machine, opened with a content key that is not the right one. */
#include "key/jwe.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const uint8_t key[32] = {0};
        AZA_BYTES struct aza_bytes plain = {0};
        struct aza_jwe jwe = {0};
        (void)aza_jwe_is(aza_span_of(data, size));
        if (aza_jwe_parse(aza_span_of(data, size), &jwe) == 0)
                (void)aza_jwe_open(fuzz_libctx(), &jwe, aza_span_of(key, sizeof key), &plain);
        aza_jwe_free(&jwe);
        return 0;
}
