/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets: whatever they hold, a key that is found is a strong RSA key. */
#include "token/jwks.h"
#include "fuzz.h"
#include "token/rsa_quality.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const kids[] = {"k1", "k2", "", "a"};
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;
        if (aza_jwks_parse(fuzz_libctx(), aza_span_of(data, size), &set) != 0) {
                FUZZ_CHECK(set == NULL);
                return 0;
        }
        for (size_t i = 0; i < sizeof kids / sizeof kids[0]; i++) {
                const char *reason = NULL;
                EVP_PKEY *key = aza_jwks_find(set, kids[i], 1800000000, &reason);
                FUZZ_CHECK(key != NULL || reason != NULL);
                FUZZ_CHECK(key == NULL || aza_rsa_weakness(key) == NULL);
        }
        return 0;
}
