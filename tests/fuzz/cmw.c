/* SPDX-License-Identifier: Apache-2.0 */
/* The CMW extension's value. */
#include "certificate/cmw.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        AZA_BYTES struct aza_bytes der = {0};
        AZA_BYTES struct aza_bytes again = {0};
        if (aza_cmw_decode(aza_span_of(data, size), &jwt) != 0)
                return 0;
        FUZZ_CHECK(strlen((const char *)jwt.data) == jwt.len);
        if (aza_cmw_encode((const char *)jwt.data, &der) == 0) {
                FUZZ_CHECK(aza_cmw_decode(aza_bytes_span(&der), &again) == 0);
                FUZZ_CHECK(aza_span_equal(aza_bytes_span(&jwt), aza_bytes_span(&again)));
        }
        return 0;
}
