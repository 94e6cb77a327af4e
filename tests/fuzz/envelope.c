/* SPDX-License-Identifier: Apache-2.0 */
/* MAA's answer: parsed, then opened with a key that is not the right one. */
#include "maa/envelope.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const uint8_t key[32] = {0};
        AZA_BYTES struct aza_bytes jwt = {0};
        struct aza_envelope envelope = {0};
        int r = aza_envelope_parse(aza_span_of(data, size), &envelope);
        FUZZ_CHECK(r == 0 || r == AZATTEST_E_RESPONSE_NOT_JSON || r == AZATTEST_E_JWT_DECRYPTION);
        if (r == 0) {
                FUZZ_CHECK(envelope.key_len == 16 || envelope.key_len == 32);
                FUZZ_CHECK(envelope.wrapped_key.len == 256);
                r = aza_envelope_open(fuzz_libctx(), &envelope, key, &jwt);
                FUZZ_CHECK(r == 0 || r == AZATTEST_E_JWT_DECRYPTION);
        }
        aza_envelope_free(&envelope);
        return 0;
}
