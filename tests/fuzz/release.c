/* SPDX-License-Identifier: Apache-2.0 */
/* A vault's answer as text: nobody is trusted, so none may be accepted. */
#include "release/release.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_OWN(X509_STORE_free) X509_STORE *nobody = X509_STORE_new();
        AZA_OWN(aza_release_free) struct aza_release *r = NULL;
        AZA_CHECKS struct aza_checks rows = {0};
        struct aza_vault_key key;

        FUZZ_CHECK(nobody != NULL);
        FUZZ_CHECK(aza_vault_key_parse("https://v.example/keys/k", &key) == 0);
        const struct aza_release_expect expect = {.key = &key,
                                                  .nonce = "nonce",
                                                  .wrap = AZA_WRAP_SHA256,
                                                  .target = AZA_RELEASE_TARGET,
                                                  .trust = nobody,
                                                  .time = 1800000000};
        int code = aza_release_verify(fuzz_libctx(), aza_span_of(data, size), &expect, &rows, &r);
        FUZZ_CHECK(code == AZATTEST_E_KEY_RELEASE && r == NULL);
        FUZZ_CHECK(aza_checks_get(&rows, AZA_CHECK_K1)->outcome == AZA_REJECT);
        FUZZ_CHECK(rows.count == 7);
        return 0;
}
