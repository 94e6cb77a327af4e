/* SPDX-License-Identifier: Apache-2.0 */
/* The attestation key at 0x81000003: reading it and quoting with it. It is never created: what
 * vouches for it (HCL report, certificate) is the platform's (rule 22 of PROTOCOL.md 13). */
#include "base/own.h"
#include "tpm/attestation.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#define QUALIFYING_MAX 50

void aza_attestation_free(struct aza_attestation *a)
{
        aza_bytes_free(&a->message);
        aza_bytes_free(&a->signature);
}

int aza_qualifying(struct aza_span data, TPM2B_DATA *ret)
{
        *ret = (TPM2B_DATA){0};
        if (data.len > QUALIFYING_MAX)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "qualifying data of %zu bytes, allowed are %d", data.len,
                                QUALIFYING_MAX);
        if (data.len > 0)
                memcpy(ret->buffer, data.data, data.len);
        ret->size = (UINT16)data.len;
        return 0;
}

int aza_attestation_take(const struct aza_signed_attest *made, struct aza_attestation *ret)
{
        const TPMS_SIGNATURE_RSA *rsa = &made->signature.signature.rsassa;
        struct aza_attestation taken = {0};
        int r;

        if (made->signature.sigAlg != TPM2_ALG_RSASSA || rsa->hash != TPM2_ALG_SHA256 ||
            rsa->sig.size != AZA_RSA_BYTES)
                return AZA_FAIL(
                        AZATTEST_E_TPM_INTERNAL,
                        "the AK 0x%08x signs with algorithm 0x%04x, not RSASSA with SHA-256 and 2048 bits",
                        AZA_AK_HANDLE, made->signature.sigAlg);
        r = aza_bytes_set(&taken.message, made->message.attestationData, made->message.size);
        r = r != 0 ? r : aza_bytes_set(&taken.signature, rsa->sig.buffer, rsa->sig.size);
        if (r != 0) {
                aza_attestation_free(&taken);
                return r;
        }
        aza_attestation_free(ret);
        *ret = taken;
        return 0;
}

int aza_ak_failed(TSS2_RC rc, unsigned int ak_position, const char *command)
{
        if (aza_rc_no_handle(rc) && (rc >> 8 & 7) == ak_position)
                return AZA_FAIL_TPM(
                        AZATTEST_E_TPM_OPERATION, rc,
                        "this vTPM has no attestation key at 0x%08x: not an Azure vTPM, not provisioned yet, or the TPM was cleared",
                        AZA_AK_HANDLE);
        return AZA_TPM_FAILED(rc, "%s with the AK 0x%08x", command, AZA_AK_HANDLE);
}

int aza_ak_read(struct aza_tpm *tpm, struct aza_bytes *tpm2b_public)
{
        uint8_t buffer[sizeof(TPM2B_PUBLIC)];
        struct aza_object ak;
        struct aza_connection *c;
        size_t len = 0;
        TSS2_RC rc;
        int r;

        r = aza_tpm_enter(tpm, &c);
        if (r != 0)
                return r;
        rc = aza_cmd_read_public(c, AZA_AK_HANDLE, &ak);
        aza_tpm_leave(tpm, c);
        if (rc != TSS2_RC_SUCCESS)
                return aza_ak_failed(rc, 1, "TPM2_ReadPublic");
        ak.public.size = 0; /* the marshaller computes it */
        rc = Tss2_MU_TPM2B_PUBLIC_Marshal(&ak.public, buffer, sizeof(buffer), &len);
        if (rc != TSS2_RC_SUCCESS)
                return AZA_FAIL_TPM(AZATTEST_E_TPM_INTERNAL, rc,
                                    "the AK 0x%08x cannot be marshalled: %s", AZA_AK_HANDLE,
                                    aza_rc_text(rc));
        return aza_bytes_set(tpm2b_public, buffer, len);
}

int aza_quote(struct aza_tpm *tpm, uint32_t mask, struct aza_span qualifying,
              struct aza_attestation *ret)
{
        TPML_PCR_SELECTION pcrs;
        TPM2B_DATA data;
        struct aza_signed_attest made = {0};
        struct aza_connection *c;
        TSS2_RC rc;
        int r;

        if (mask == 0 || mask >> AZA_PCR_COUNT != 0)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "PCR selection 0x%x is empty or beyond 23", mask);
        r = aza_qualifying(qualifying, &data);
        if (r != 0)
                return r;
        aza_pcr_select(mask, &pcrs);
        r = aza_tpm_enter(tpm, &c);
        if (r != 0)
                return r;
        rc = aza_cmd_quote(c, AZA_AK_HANDLE, &data, &pcrs, &made);
        aza_tpm_leave(tpm, c);
        if (rc != TSS2_RC_SUCCESS)
                return aza_ak_failed(rc, 1, "TPM2_Quote");
        return aza_attestation_take(&made, ret);
}
