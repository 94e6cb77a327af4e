/* SPDX-License-Identifier: Apache-2.0 */
/* Runtime JSON (H13, H14) and its binding to a report. */
#include "evidence/hcl_report.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_CHECKS struct aza_checks bound = {0};
        struct aza_runtime runtime = {0};
        uint8_t report_data[64] = {0};
        bool good = aza_runtime_parse(fuzz_libctx(), aza_span_of(data, size), &checks, &runtime);
        fuzz_rows_agree(&checks, good);
        FUZZ_CHECK(!good || EVP_PKEY_get_bits(runtime.ak) == 2048);
        aza_runtime_free(&runtime);
        FUZZ_CHECK(aza_sha256(fuzz_libctx(), aza_span_of(data, size), report_data) == 0);
        if (size > 0)
                FUZZ_CHECK(aza_runtime_binding(fuzz_libctx(), aza_span_of(data, size), 1,
                                               aza_span_of(report_data, 64), &bound));
        return 0;
}
