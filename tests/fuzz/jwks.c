/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets and their records: whatever they hold, a key that is found is a strong RSA key, and a
 * record takes what a set may be. */
#include "token/jwks.h"
#include "fuzz.h"
#include "token/jwks_record.h"
#include "token/rsa_quality.h"

#define FUZZ_NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const kids[] = {"k1", "k2", "", "a"};
        AZA_OWN(aza_jwks_free) struct aza_jwks *set = NULL;
        AZA_JWKS_RECORD struct aza_jwks_record record = {0};
        AZA_BYTES struct aza_bytes text = {0};

        if (aza_jwks_record_parse(aza_span_of(data, size), FUZZ_NOW, &record) == 0)
                (void)aza_jwks_of_record(fuzz_libctx(), &record, FUZZ_NOW, &set);
        if (aza_jwks_record_fetched(&record, aza_span_of(data, size), FUZZ_NOW) == 0)
                FUZZ_CHECK(aza_jwks_record_text(&record, &text) == 0);
        if (set == NULL && aza_jwks_parse(fuzz_libctx(), aza_span_of(data, size), &set) != 0) {
                FUZZ_CHECK(set == NULL);
                return 0;
        }
        for (size_t i = 0; i < sizeof kids / sizeof kids[0]; i++) {
                const struct aza_jwks_key found = aza_jwks_find(set, kids[i], FUZZ_NOW);
                FUZZ_CHECK(found.key != NULL || found.note != NULL);
                FUZZ_CHECK(found.key == NULL || aza_rsa_weakness(found.key) == NULL);
        }
        return 0;
}
