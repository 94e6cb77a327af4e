/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCR digests and policies computed off the TPM (PROTOCOL.md 3.3). Pure code: no TPM, no network.
 */
#include "base/crypto.h"
#include "base/error.h"
#include "tpm/pcr.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

void aza_pcr_selection(uint32_t mask, uint8_t out[10])
{
        const uint8_t selection[10] = {
                0,
                0,
                0,
                1, /* count */
                0,
                TPM2_ALG_SHA256,
                3, /* hash, sizeofSelect */
                (uint8_t)mask,
                (uint8_t)(mask >> 8),
                (uint8_t)(mask >> 16),
        };

        memcpy(out, selection, sizeof(selection));
}

int aza_pcr_digest(OSSL_LIB_CTX *libctx, const struct aza_pcrs *pcrs, uint8_t out[32])
{
        uint8_t values[AZA_PCR_COUNT * AZA_PCR_SIZE];
        size_t len = 0;

        for (unsigned int i = 0; i < AZA_PCR_COUNT; i++) {
                if ((pcrs->mask >> i & 1) == 0)
                        continue;
                memcpy(values + len, pcrs->value[i], AZA_PCR_SIZE);
                len += AZA_PCR_SIZE;
        }
        return aza_sha256(libctx, aza_span_of(values, len), out);
}

int aza_pcr_state_policy(OSSL_LIB_CTX *libctx, const struct aza_pcr_state *state, uint8_t out[32])
{
        /* old digest of a fresh session || TPM_CC_PolicyPCR || selection || digest of the values */
        uint8_t input[32 + 4 + 10 + 32] = {0};

        input[34] = (uint8_t)(TPM2_CC_PolicyPCR >> 8);
        input[35] = (uint8_t)TPM2_CC_PolicyPCR;
        aza_pcr_selection(state->mask, input + 36);
        memcpy(input + 46, state->digest, sizeof(state->digest));
        return aza_sha256(libctx, aza_span_of(input, sizeof(input)), out);
}

int aza_pcr_policy(OSSL_LIB_CTX *libctx, const struct aza_pcrs *pcrs, uint8_t out[32])
{
        struct aza_pcr_state state = {.mask = pcrs->mask};
        int r = aza_pcr_digest(libctx, pcrs, state.digest);

        return r != 0 ? r : aza_pcr_state_policy(libctx, &state, out);
}
