/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into MAA's request from the VM's owner: os-release and the client payload. */
#include "maa/request.h"
#include "fuzz.h"
#include "os/os_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        AZA_OWN(free) char *text = fuzz_text(data, size);
        AZA_OWN(json_object_put) json_object *payload = NULL;
        AZA_BYTES struct aza_bytes nonce = {0};
        struct aza_os_info os = {0};
        if (aza_os_info_parse(aza_span_of(data, size), &os) == 0)
                FUZZ_CHECK(os.distro[0] != '\0' && memchr(os.distro, 0, sizeof os.distro) != NULL);
        const struct aza_payload given = {.members = text, .purpose = AZA_PURPOSE_DECRYPT};
        if (aza_payload_build(fuzz_libctx(), &given, &payload, &nonce) == 0)
                FUZZ_CHECK(payload != NULL && nonce.len > 0);
        return 0;
}
