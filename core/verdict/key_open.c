/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a key by URI without network: with a stored token that still verifies, or without any
 * when the configuration says never (D36, PV73). */
#include "verdict/key_open.h"
#include "base/error.h"
#include "base/log.h"
#include "tpm/key.h"
#include "verdict/token.h"

#include <string.h>

/* The stored token of `key` when it verifies as `uri` wants it; NULL in *ret otherwise. */
static int stored_token(const struct aza_verifier *verifier, const struct aza_uri *uri,
                        const struct aza_keyref *key, int64_t now, char **ret)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes jwt = {0};
        const struct aza_verify_request request = {
                .nonce = uri->nonce[0] != '\0' ? uri->nonce : NULL,
                .time = now,
                .own_modulus = key->modulus,
                .purpose = key->purpose,
        };
        struct aza_config own = *verifier->config;
        struct aza_verifier narrow = *verifier;
        uint8_t name[34];

        narrow.config = &own;
        own.issuers[0] = '\0';
        own.vmid[0] = '\0';
        own.pcr_mask = uri->pcr_mask;
        int r = aza_keyref_tpm_name(verifier->libctx, key, name);
        if (r != 0)
                return r;
        if (aza_token_cache_read(verifier->libctx, own.runtime_dir, name, own.issuer, &jwt) != 0 ||
            aza_verify_token(&narrow, &request, (const char *)jwt.data, &checks, NULL) != 0) {
                AZA_LOG(DEBUG, "no stored token can be used: %s", aza_last_error()->message);
                aza_clear_error();
                return 0;
        }
        *ret = strdup((const char *)jwt.data);
        return *ret != NULL ? 0 : AZA_NO_MEMORY();
}

int aza_key_open_cached(const struct aza_config *config, struct aza_tpm *tpm,
                        const struct aza_uri *uri, int64_t now, struct aza_keyref **ret)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *key = NULL;
        const struct aza_key_spec spec = {
                .purpose = uri->purpose,
                .name = uri->name,
                .hierarchy = uri->hierarchy,
                .pcr_mask = uri->pcr_mask,
        };
        const struct aza_verifier verifier = {aza_tpm_libctx(tpm), config, aza_find_cached, NULL};

        *ret = NULL;
        if (uri->attest == AZA_ATTEST_ALWAYS)
                return 0;
        /* Nothing can be stored: attesting makes the key anyway. */
        if (uri->attest == AZA_ATTEST_AUTO && config->runtime_dir[0] == '\0')
                return 0;
        int r = aza_key_derive(tpm, &spec, NULL, &key);
        if (r == 0 && uri->attest == AZA_ATTEST_AUTO)
                r = stored_token(&verifier, uri, key, now, &key->token);
        if (r != 0)
                return r;
        if (key->token != NULL || uri->attest == AZA_ATTEST_NEVER)
                *ret = aza_take(&key);
        return 0;
}
