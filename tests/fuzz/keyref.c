/* SPDX-License-Identifier: Apache-2.0 */
/* Key references: what decodes, encodes to the same bytes (PV59). */
#include "tpm/keyref.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_BYTES struct aza_bytes der = {0};
        if (aza_keyref_decode(fuzz_libctx(), aza_span_of(data, size), &ref) != 0)
                return 0;
        FUZZ_CHECK(aza_keyref_encode(fuzz_libctx(), ref, &der) == 0);
        FUZZ_CHECK(der.len == size && memcmp(der.data, data, size) == 0);
        return 0;
}
