/* SPDX-License-Identifier: Apache-2.0 */
/* Intel's extension of PCK certificates. */
#include "tdx/pck.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct aza_pck pck;

        /* 16 components, PCESVN, CPUSVN, FMSPC and PCE-ID do not fit in less. */
        if (aza_pck_parse(aza_span_of(data, size), &pck) == NULL)
                FUZZ_CHECK(size > 350);
        return 0;
}
