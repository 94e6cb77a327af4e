/* SPDX-License-Identifier: Apache-2.0 */
/* HCL reports and the runtime JSON inside. */
#include "evidence/hcl_report.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_CHECKS struct aza_checks inner = {0};
        struct aza_hcl_report report = {0};
        struct aza_runtime runtime = {0};
        bool good = aza_hcl_report_parse(fuzz_libctx(), aza_span_of(data, size), &checks, &report);
        fuzz_rows_agree(&checks, good);
        FUZZ_CHECK(!good || (report.report_data.len == 64 && report.runtime.len < size));
        if (report.runtime.data == NULL)
                return 0;
        if (aza_runtime_parse(fuzz_libctx(), report.runtime, &inner, &runtime))
                FUZZ_CHECK(runtime.ak != NULL && runtime.json != NULL);
        aza_runtime_free(&runtime);
        return 0;
}
