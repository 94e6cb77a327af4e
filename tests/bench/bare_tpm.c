/* SPDX-License-Identifier: Apache-2.0 */
/* Independent of core/tpm on purpose: what is measured must not measure itself. */
#include "bench/bare_tpm_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

int bare_tpm_failed(const char *what, TSS2_RC rc)
{
        (void)fprintf(stderr, "bench: %s: %s\n", what, Tss2_RC_Decode(rc));
        return -1;
}

static int connect_tpm(struct bare_tpm *bare, const char *tcti)
{
        TSS2_ABI_VERSION version = TSS2_ABI_VERSION_CURRENT;
        size_t size = Tss2_Sys_GetContextSize(0);
        TSS2_RC rc = Tss2_TctiLdr_Initialize(tcti, &bare->tcti);

        if (rc != TSS2_RC_SUCCESS)
                return bare_tpm_failed("open TPM", rc);
        bare->sys = calloc(1, size);
        if (bare->sys == NULL)
                return bare_tpm_failed("memory", TSS2_SYS_RC_GENERAL_FAILURE);
        rc = Tss2_Sys_Initialize(bare->sys, size, bare->tcti, &version);
        return rc == TSS2_RC_SUCCESS ? 0 : bare_tpm_failed("Sys_Initialize", rc);
}

TSS2_RC bare_tpm_create(struct bare_tpm *bare, TPM2_HANDLE *ret)
{
        const TSS2L_SYS_AUTH_COMMAND password = {1, {{.sessionHandle = TPM2_RS_PW}}};
        TPM2B_SENSITIVE_CREATE sensitive = {0};
        const TPML_PCR_SELECTION no_pcrs = {0};
        const TPM2B_DATA no_data = {0};
        TPM2B_PUBLIC out = {0};

        return Tss2_Sys_CreatePrimary(bare->sys, bare->hierarchy, &password, &sensitive,
                                      &bare->template, &no_data, &no_pcrs, ret, &out, NULL, NULL,
                                      NULL, NULL, NULL);
}

static int make_key(struct bare_tpm *bare, OSSL_LIB_CTX *libctx, const struct aza_keyref *ref)
{
        AZA_BYTES struct aza_bytes template = {0};
        size_t offset = 0;

        if (aza_keyref_template(libctx, ref, &template) != 0)
                return bare_tpm_failed("template", TSS2_SYS_RC_GENERAL_FAILURE);
        bare->hierarchy = ref->hierarchy;
        TSS2_RC rc = Tss2_MU_TPMT_PUBLIC_Unmarshal(template.data, template.len, &offset,
                                                   &bare->template.publicArea);
        if (rc == TSS2_RC_SUCCESS)
                rc = bare_tpm_create(bare, &bare->key);
        return rc == TSS2_RC_SUCCESS ? 0 : bare_tpm_failed("CreatePrimary", rc);
}

TSS2_RC bare_tpm_session(struct bare_tpm *bare, TPM2_SE type, TPM2_HANDLE *ret)
{
        const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};
        TPM2B_NONCE nonce = {.size = 32};
        const TPM2B_ENCRYPTED_SECRET unsalted = {0};
        TPM2B_NONCE tpm_nonce = {0};

        return Tss2_Sys_StartAuthSession(bare->sys, TPM2_RH_NULL, TPM2_RH_NULL, NULL, &nonce,
                                         &unsalted, type, &none, TPM2_ALG_SHA256, ret, &tpm_nonce,
                                         NULL);
}

static int start_session(struct bare_tpm *bare)
{
        TSS2_RC rc = bare_tpm_session(bare, TPM2_SE_POLICY, &bare->session);

        return rc == TSS2_RC_SUCCESS ? 0 : bare_tpm_failed("StartAuthSession", rc);
}

int bare_tpm_open(OSSL_LIB_CTX *libctx, const char *tcti, const struct aza_keyref *ref,
                  struct bare_tpm **ret)
{
        struct bare_tpm *bare = calloc(1, sizeof(*bare));

        if (bare == NULL)
                return -1;
        bare->selection.count = 1;
        bare->selection.pcrSelections[0] = (TPMS_PCR_SELECTION){
                TPM2_ALG_SHA256,
                3,
                {(BYTE)ref->pcr_mask, (BYTE)(ref->pcr_mask >> 8), (BYTE)(ref->pcr_mask >> 16)},
        };
        if (connect_tpm(bare, tcti) != 0 || make_key(bare, libctx, ref) != 0 ||
            start_session(bare) != 0) {
                bare_tpm_close(bare);
                return -1;
        }
        *ret = bare;
        return 0;
}

TSS2_RC bare_tpm_private(struct bare_tpm *bare, TPM2_HANDLE key, TPM2_HANDLE session,
                         TPM2B_PUBLIC_KEY_RSA *block)
{
        const TSS2L_SYS_AUTH_COMMAND policy = {
                1,
                {{.sessionHandle = session, .sessionAttributes = TPMA_SESSION_CONTINUESESSION}},
        };
        TPMT_RSA_DECRYPT scheme = {0};
        const TPM2B_DATA no_label = {0};
        const TPM2B_DIGEST current = {0}; /* the PCRs as they are */
        TPM2B_PUBLIC_KEY_RSA plain = {0};
        TSS2L_SYS_AUTH_RESPONSE response = {0};

        scheme.scheme = TPM2_ALG_NULL;
        TSS2_RC rc = Tss2_Sys_PolicyPCR(bare->sys, session, NULL, &current, &bare->selection, NULL);
        if (rc == TSS2_RC_SUCCESS)
                rc = Tss2_Sys_RSA_Decrypt(bare->sys, key, &policy, block, &scheme, &no_label,
                                          &plain, &response);
        *block = plain;
        return rc;
}

int bare_tpm_rsadp(struct bare_tpm *bare, const uint8_t in[AZA_RSA_BYTES],
                   uint8_t out[AZA_RSA_BYTES])
{
        TPM2B_PUBLIC_KEY_RSA block = {.size = AZA_RSA_BYTES};

        memcpy(block.buffer, in, AZA_RSA_BYTES);
        TSS2_RC rc = bare_tpm_private(bare, bare->key, bare->session, &block);
        if (rc != TSS2_RC_SUCCESS)
                return bare_tpm_failed("PolicyPCR + RSA_Decrypt", rc);
        memset(out, 0, AZA_RSA_BYTES);
        memcpy(out + AZA_RSA_BYTES - block.size, block.buffer, block.size);
        return 0;
}

void bare_tpm_close(struct bare_tpm *bare)
{
        if (bare == NULL)
                return;
        if (bare->session != 0)
                (void)Tss2_Sys_FlushContext(bare->sys, bare->session);
        if (bare->key != 0)
                (void)Tss2_Sys_FlushContext(bare->sys, bare->key);
        if (bare->sys != NULL)
                Tss2_Sys_Finalize(bare->sys);
        free(bare->sys);
        Tss2_TctiLdr_Finalize(&bare->tcti);
        free(bare);
}
