/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of Intel's service and of Azure's cache of it: by the first byte a header with a chain,
 * or a revocation list. */
#include "fuzz.h"
#include "tdx/chain.h"
#include "tdx/collateral.h"

static void chain(struct aza_bytes *text)
{
        struct aza_intel_chain certs;
        const size_t len = text->len;
        aza_td_served_chain(text);
        FUZZ_CHECK(text->len <= len && (len - text->len) % 2 == 0);
        if (aza_intel_chain_parse(fuzz_libctx(), aza_bytes_span(text), 2, NULL, &certs) == NULL) {
                struct aza_intel_chain again;
                FUZZ_CHECK(certs.count == 2);
                /* The same text again is the same certificates, not read anew. */
                FUZZ_CHECK(aza_intel_chain_parse(fuzz_libctx(), aza_bytes_span(text), 2, &certs,
                                                 &again) == NULL);
                FUZZ_CHECK(again.certs[0] == certs.certs[0] && again.count == 2);
                aza_intel_chain_free(&again);
        }
        aza_intel_chain_free(&certs);
}

static void list(struct aza_bytes *text)
{
        AZA_BYTES struct aza_bytes first = {0};
        if (aza_td_served_list(fuzz_libctx(), text) != 0)
                return;
        FUZZ_CHECK(text->len > 0 && text->data[0] == 0x30);
        FUZZ_CHECK(aza_bytes_set(&first, text->data, text->len) == 0);
        FUZZ_CHECK(aza_td_served_list(fuzz_libctx(), text) == 0);
        FUZZ_CHECK(aza_span_equal(aza_bytes_span(&first), aza_bytes_span(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_BYTES struct aza_bytes text = {0};
        if (size == 0)
                return 0;
        FUZZ_CHECK(aza_bytes_set(&text, data + 1, size - 1) == 0);
        if (data[0] == 'c')
                chain(&text);
        else
                list(&text);
        aza_clear_error();
        return 0;
}
