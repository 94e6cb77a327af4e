/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a key by URI. A valid stored token is enough for that in most cases and needs the TPM
 * only. Else the key has to be attested (library.c).
 */
#include "open.h"

#include "base/clock.h"
#include "base/log.h"
#include "library.h"
#include "online/attest.h"
#include "verdict/key_open.h"

struct aza_keyref *aza_open_key(struct aza_prov *prov, const struct aza_open_request *request)
{
        const struct aza_state *state = aza_prov_state(prov);
        OSSL_LIB_CTX *libctx = state == NULL ? NULL : aza_prov_libctx(prov);
        struct aza_keyref *ref = NULL;
        struct aza_uri uri;
        int64_t now;

        if (libctx == NULL)
                return NULL;
        if (aza_uri_parse(request->uri, &state->config, &uri) != 0) {
                AZA_RAISE(prov, AZA_R_BAD_URI, "%s", aza_last_error()->message);
                return NULL;
        }
        if (uri.attest == AZA_ATTEST_NEVER)
                AZA_LOG(WARN, "%s is opened without attestation (attest=never)", request->uri);
        if (aza_now(&now) != 0 ||
            aza_key_open_cached(&state->config, state->tpm, &uri, now, &ref) != 0) {
                aza_raise_last(prov);
                return NULL;
        }
        return ref != NULL ? ref : aza_library_attest(prov, request);
}
