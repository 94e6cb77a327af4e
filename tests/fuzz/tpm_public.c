/* SPDX-License-Identifier: Apache-2.0 */
/* TPM2B_PUBLIC from NV, evidence and key files. */
#include "evidence/attest_struct.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        for (int trailing = 0; trailing < 2; trailing++) {
                struct aza_tpm_public public = {0};
                if (aza_tpm_public_parse(fuzz_libctx(), aza_span_of(data, size), trailing != 0,
                                         &public) == 0)
                        FUZZ_CHECK(public.key != NULL && EVP_PKEY_is_a(public.key, "RSA"));
                aza_tpm_public_free(&public);
        }
        return 0;
}
