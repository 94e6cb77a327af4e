/* SPDX-License-Identifier: Apache-2.0 */
/* TD quotes; the last 1024 bytes are the TDREPORT. */
#include "fuzz.h"
#include "tdx/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_CHECKS struct aza_checks checks = {0}, signatures = {0};
        struct aza_td td = {0};
        struct aza_td_quote parsed;
        struct aza_td_certification certification;
        size_t len = size > AZA_TD_REPORT_LEN ? size - AZA_TD_REPORT_LEN : 0;
        struct aza_span quote = aza_span_of(data, len), tail = aza_span_of(data + len, size - len);
        const struct aza_td_options options = {.time = 1800000000, .no_collateral = true};
        struct aza_td_tcb tcb;

        (void)aza_td_report_read(tail, &td);
        bool good = aza_td_quote_verify(quote, tail, &checks, &td);
        fuzz_rows_agree(&checks, good);
        (void)aza_td_report_hashes(fuzz_libctx(), tail, &checks);
        if (aza_td_quote_parse(quote, &parsed) == NULL) {
                FUZZ_CHECK(parsed.text.data == data && parsed.key.len == AZA_P256_LEN);
                FUZZ_CHECK(aza_td_quote_read(quote, &td));
                (void)aza_td_certification_parse(&parsed, &certification);
                (void)aza_td_fields_check(&parsed.td, &options, &checks);
        }
        /* Nobody has Intel's keys. */
        FUZZ_CHECK(!aza_td_signature_verify(fuzz_libctx(), quote, &options, &signatures, &tcb));
        FUZZ_CHECK(aza_checks_verdict(&signatures) != AZA_VERDICT_ACCEPT);
        return 0;
}
