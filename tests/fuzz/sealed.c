/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed keys: the PEM file, or the text of its JWE. What is accepted and names its key whole is a
 * reference. */
#include "key/sealed.h"
#include "fuzz.h"
#include "key/pkcs8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_BYTES struct aza_bytes text = {0};
        AZA_SEALED struct aza_sealed sealed = {0};
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_span in = aza_span_of(data, size);
        (void)aza_pkcs8_check(in);
        if (aza_sealed_of_pem(in, &text) == 0)
                in = aza_bytes_span(&text);
        if (aza_sealed_parse(in, &sealed) != 0)
                return 0;
        FUZZ_CHECK(sealed.text.len <= AZA_SEALED_MAX);
        FUZZ_CHECK(aza_key_name_valid(sealed.to.name));
        FUZZ_CHECK(sealed.to.pcrs.mask == 0 || (sealed.to.has_key && sealed.to.has_hierarchy));
        FUZZ_CHECK(sealed.to.pcrs.mask < 1u << AZA_PCR_COUNT);
        FUZZ_CHECK(aza_sealed_reference(fuzz_libctx(), &sealed.to, &ref) == 0);
        return 0;
}
