/* SPDX-License-Identifier: Apache-2.0 */
/* TPMS_ATTEST and signatures: a part of signature, a part of TPM2B_PUBLIC, then the message. */
#include "evidence/attest_struct.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct aza_span rest = aza_span_of(data, size);
        struct aza_span signature = fuzz_part(&rest);
        struct aza_span public = fuzz_part(&rest);
        static struct aza_pcrs pcrs = {.mask = 0xFF};
        const struct aza_quote_expect expect = {.pcrs = &pcrs, .nonce = {data, 1}};
        AZA_CHECKS struct aza_checks quote = {0};
        AZA_CHECKS struct aza_checks certify = {0};
        struct aza_quote_info info = {0};
        struct aza_span raw = {0};
        TPMS_ATTEST attest;
        bool end;

        (void)aza_attest_parse(rest, TPM2_ST_ATTEST_QUOTE, &attest, &end);
        (void)aza_attest_parse(rest, TPM2_ST_ATTEST_CERTIFY, &attest, &end);
        if (aza_attest_signature(fuzz_rsa(), signature, &raw) == NULL)
                FUZZ_CHECK(raw.len <= signature.len);
        (void)aza_quote_shows(fuzz_libctx(), rest, &pcrs);
        FUZZ_CHECK(!aza_quote_verify(fuzz_libctx(), fuzz_rsa(), rest, signature, &expect, &quote,
                                     &info));
        FUZZ_CHECK(!aza_certify_verify(fuzz_libctx(), fuzz_rsa(), rest, signature, public, &pcrs,
                                       expect.nonce, &certify));
        return 0;
}
