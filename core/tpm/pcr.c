/* SPDX-License-Identifier: Apache-2.0 */
/* Reading PCR values of the SHA-256 bank from the TPM. Digests and policies are in pcr_policy.c. */
#include "tpm/pcr.h"

#include "tpm/command.h"

#include <string.h>
#include <time.h>

#define READ_TRIES 10

void aza_pcr_select(uint32_t mask, TPML_PCR_SELECTION *ret)
{
        *ret = (TPML_PCR_SELECTION){.count = 1};
        ret->pcrSelections[0] = (TPMS_PCR_SELECTION){
                .hash = TPM2_ALG_SHA256,
                .sizeofSelect = 3,
                .pcrSelect = {(BYTE)mask, (BYTE)(mask >> 8), (BYTE)(mask >> 16)}};
}

/* The PCRs that an answer holds; 0 when there is none of the SHA-256 bank. */
static uint32_t mask_of(const TPML_PCR_SELECTION *s)
{
        const TPMS_PCR_SELECTION *p = &s->pcrSelections[0];

        if (s->count != 1 || p->hash != TPM2_ALG_SHA256 || p->sizeofSelect < 3)
                return 0;
        return (uint32_t)p->pcrSelect[0] | (uint32_t)p->pcrSelect[1] << 8 |
               (uint32_t)p->pcrSelect[2] << 16;
}

/* Moves the values of one answer to `ret`; their PCRs leave `*missing`. */
static int take_values(uint32_t got, const TPML_DIGEST *values, uint32_t *missing,
                       struct aza_pcrs *ret)
{
        uint32_t used = 0;

        if (got == 0 || (got & ~*missing) != 0)
                return AZA_FAIL(
                        AZATTEST_E_TPM_INTERNAL,
                        "TPM2_PCR_Read gave no SHA-256 value of PCR %d: is the SHA-256 bank allocated?",
                        __builtin_ctz(*missing));
        for (unsigned int i = 0; i < AZA_PCR_COUNT; i++) {
                if ((got >> i & 1) == 0)
                        continue;
                if (used >= values->count || values->digests[used].size != AZA_PCR_SIZE)
                        return AZA_FAIL(AZATTEST_E_TPM_INTERNAL,
                                        "TPM2_PCR_Read gave no SHA-256 value of PCR %u", i);
                memcpy(ret->value[i], values->digests[used++].buffer, AZA_PCR_SIZE);
        }
        *missing &= ~got;
        ret->mask |= got;
        return 0;
}

/* Reads once over; *changed says that a PCR was extended in between. */
static int read_values(struct aza_connection *c, uint32_t mask, struct aza_pcrs *ret, bool *changed)
{
        uint32_t missing = mask;
        UINT32 counter = 0, first = 0;

        *ret = (struct aza_pcrs){0};
        *changed = false;
        while (missing != 0) {
                TPML_PCR_SELECTION wanted, got = {0};
                TPML_DIGEST values = {0};
                TSS2_RC rc;
                int r;

                aza_pcr_select(missing, &wanted);
                rc = aza_cmd_pcr_read(c, &wanted, &counter, &got, &values);
                if (rc != TSS2_RC_SUCCESS)
                        return AZA_TPM_FAILED(rc, "%s", "TPM2_PCR_Read");
                if (missing == mask)
                        first = counter;
                if (counter != first) {
                        *changed = true;
                        return 0;
                }
                r = take_values(mask_of(&got), &values, &missing, ret);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int read_consistent(struct aza_connection *c, uint32_t mask, struct aza_pcrs *ret)
{
        const struct timespec pause = {.tv_nsec = 1000000};

        for (int i = 0; i < READ_TRIES; i++) {
                bool changed;
                int r = read_values(c, mask, ret, &changed);

                if (r != 0 || !changed)
                        return r;
                (void)nanosleep(&pause, NULL);
        }
        return AZA_FAIL(
                AZATTEST_E_PCR_BUSY,
                "PCRs were extended during each of %d attempts to read them; look for what extends PCRs",
                READ_TRIES);
}

int aza_pcr_read(struct aza_tpm *tpm, uint32_t mask, struct aza_pcrs *ret)
{
        struct aza_connection *c;
        struct aza_pcrs pcrs;
        int r;

        if (mask == 0 || mask >> AZA_PCR_COUNT != 0)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "PCR selection 0x%x is empty or beyond 23", mask);
        r = aza_tpm_enter(tpm, &c);
        if (r != 0)
                return r;
        r = read_consistent(c, mask, &pcrs);
        aza_tpm_leave(tpm, c);
        if (r == 0)
                *ret = pcrs;
        return r;
}
