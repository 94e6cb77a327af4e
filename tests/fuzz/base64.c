/* SPDX-License-Identifier: Apache-2.0 */
/* Each byte string has exactly one spelling; hex likewise, but for case. */
#include "base/base64.h"
#include "fuzz.h"

static void decode(enum aza_base64_form form, const uint8_t *data, size_t size)
{
        AZA_BYTES struct aza_bytes bytes = {0};
        AZA_BYTES struct aza_bytes text = {0};
        if (aza_base64_decode(form, (const char *)data, size, &bytes) != 0)
                return;
        FUZZ_CHECK(aza_base64_encode(form, aza_bytes_span(&bytes), &text) == 0);
        FUZZ_CHECK(text.len == size && (size == 0 || memcmp(text.data, data, size) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint8_t raw[512];
        decode(AZA_BASE64, data, size);
        decode(AZA_BASE64URL, data, size);
        if (size / 2 <= sizeof raw)
                (void)aza_unhex((const char *)data, size, raw, size / 2);
        return 0;
}
