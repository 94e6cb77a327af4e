/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens by content: header JSON, NUL, claims JSON; encoded here, so that mutations reach them. */
#include "base/base64.h"
#include "token_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
        if (nul == NULL)
                return 0;
        size_t header = (size_t)(nul - data);
        struct aza_span claims = aza_span_of(nul + 1, size - header - 1);
        FUZZ_CHECK(aza_base64_encode(AZA_BASE64URL, aza_span_of(data, header), &jwt) == 0);
        FUZZ_CHECK(aza_bytes_append_text(&jwt, ".") == 0);
        FUZZ_CHECK(aza_base64_encode(AZA_BASE64URL, claims, &jwt) == 0);
        FUZZ_CHECK(aza_bytes_append_text(&jwt, ".AAAA") == 0);
        fuzz_verify((const char *)jwt.data, jwt.len);
        return 0;
}
