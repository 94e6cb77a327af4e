/* SPDX-License-Identifier: Apache-2.0 */
/* TD quotes; the last 1024 bytes are the TDREPORT. */
#include "fuzz.h"
#include "tdx/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_td td = {0};
        size_t len = size > AZA_TD_REPORT_LEN ? size - AZA_TD_REPORT_LEN : 0;
        struct aza_span tail = aza_span_of(data + len, size - len);
        (void)aza_td_report_read(tail, &td);
        bool good = aza_td_quote_verify(aza_span_of(data, len), tail, &checks, &td);
        fuzz_rows_agree(&checks, good);
        FUZZ_CHECK(aza_checks_verdict(&checks) != AZA_VERDICT_ACCEPT); /* H12 is never made */
        return 0;
}
