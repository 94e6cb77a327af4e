/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the metadata service. */
#include "evidence/imds.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_BYTES struct aza_bytes pem = {0};
        AZA_BYTES struct aza_bytes quote = {0};
        if (aza_imds_parse_vcek(aza_span_of(data, size), &pem) == 0)
                FUZZ_CHECK(pem.len > 0);
        if (aza_imds_parse_td_quote(aza_span_of(data, size), &quote) == 0)
                FUZZ_CHECK(quote.len > 0);
        return 0;
}
