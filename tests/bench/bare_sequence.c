/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TPM commands that Microsoft's client sends for Attest and for Decrypt, in its order: 58 and
 * 14. The key is made anew each time it is used; a handle is looked up when it is opened, the
 * number of PCRs whenever some are chosen. One connection is kept where it opens five, and nothing
 * around the commands is done: no base64, no JSON, no network.
 */
#include "bench/bare_tpm_parts.h"

#include <string.h>

#define HCL_REPORT 0x01400001u
#define AK_CERT    0x01C101D0u
#define AK         0x81000003u
#define NV_CHUNK   512

static const TSS2L_SYS_AUTH_COMMAND password = {1, {{.sessionHandle = TPM2_RS_PW}}};
static const TSS2L_SYS_AUTH_COMMAND passwords = {
        2, {{.sessionHandle = TPM2_RS_PW}, {.sessionHandle = TPM2_RS_PW}}};

/* What opening a handle costs: ESYS looks at what is behind it. */
static TSS2_RC open_nv(struct bare_tpm *b, TPM2_HANDLE index, UINT16 *ret_size)
{
        TPM2B_NV_PUBLIC public = {0};
        TPM2B_NAME name = {0};
        const TSS2_RC rc = Tss2_Sys_NV_ReadPublic(b->sys, index, NULL, &public, &name, NULL);

        *ret_size = public.nvPublic.dataSize;
        return rc;
}

static TSS2_RC open_ak(struct bare_tpm *b)
{
        TPM2B_PUBLIC public = {0};
        TPM2B_NAME name = {0}, qualified = {0};

        return Tss2_Sys_ReadPublic(b->sys, AK, NULL, &public, &name, &qualified, NULL);
}

static TSS2_RC count_pcrs(struct bare_tpm *b)
{
        TPMS_CAPABILITY_DATA data = {0};
        TPMI_YES_NO more = 0;

        return Tss2_Sys_GetCapability(b->sys, NULL, TPM2_CAP_TPM_PROPERTIES, TPM2_PT_PCR_COUNT, 1,
                                      &more, &data, NULL);
}

static TSS2_RC read_nv(struct bare_tpm *b, TPM2_HANDLE index)
{
        TSS2L_SYS_AUTH_RESPONSE response = {0};
        UINT16 size = 0;
        TSS2_RC rc = open_nv(b, index, &size);

        rc = rc == TSS2_RC_SUCCESS ? open_nv(b, index, &size) : rc;
        for (UINT16 at = 0; rc == TSS2_RC_SUCCESS && at < size;) {
                const UINT16 n = (UINT16)(size - at < NV_CHUNK ? size - at : NV_CHUNK);
                TPM2B_MAX_NV_BUFFER data = {0};
                rc = Tss2_Sys_NV_Read(b->sys, TPM2_RH_OWNER, index, &password, n, at, &data,
                                      &response);
                at = (UINT16)(at + n);
        }
        return rc;
}

static TSS2_RC read_pcrs(struct bare_tpm *b)
{
        TPML_PCR_SELECTION read = {0};
        TPML_DIGEST values = {0};
        UINT32 counter = 0;
        const TSS2_RC rc = count_pcrs(b);

        return rc == TSS2_RC_SUCCESS ? Tss2_Sys_PCR_Read(b->sys, NULL, &b->selection, &counter,
                                                         &read, &values, NULL)
                                     : rc;
}

static TSS2_RC quote(struct bare_tpm *b)
{
        static const TPMT_SIG_SCHEME scheme = {.scheme = TPM2_ALG_NULL};
        const TPM2B_DATA none = {0};
        TPM2B_ATTEST attest = {0};
        TPMT_SIGNATURE signature = {0};
        TSS2L_SYS_AUTH_RESPONSE response = {0};

        return Tss2_Sys_Quote(b->sys, AK, &password, &none, &scheme, &b->selection, &attest,
                              &signature, &response);
}

static TSS2_RC certify(struct bare_tpm *b, TPM2_HANDLE key)
{
        static const TPMT_SIG_SCHEME scheme = {.scheme = TPM2_ALG_NULL};
        const TPM2B_DATA none = {0};
        TPM2B_ATTEST attest = {0};
        TPMT_SIGNATURE signature = {0};
        TSS2L_SYS_AUTH_RESPONSE response = {0};

        return Tss2_Sys_Certify(b->sys, key, AK, &passwords, &none, &scheme, &attest, &signature,
                                &response);
}

/* The policy of the PCR values in a trial session, and CreatePrimary. */
static TSS2_RC make(struct bare_tpm *b, TPM2_HANDLE *ret)
{
        const TPM2B_DIGEST current = {0};
        TPM2B_DIGEST policy = {0};
        TPM2_HANDLE trial = 0;
        TSS2_RC rc = count_pcrs(b);

        if (rc == TSS2_RC_SUCCESS)
                rc = bare_tpm_session(b, TPM2_SE_TRIAL, &trial);
        if (rc == TSS2_RC_SUCCESS)
                rc = Tss2_Sys_PolicyPCR(b->sys, trial, NULL, &current, &b->selection, NULL);
        if (rc == TSS2_RC_SUCCESS)
                rc = Tss2_Sys_PolicyGetDigest(b->sys, trial, NULL, &policy, NULL);
        if (trial != 0)
                (void)Tss2_Sys_FlushContext(b->sys, trial);
        return rc == TSS2_RC_SUCCESS ? bare_tpm_create(b, ret) : rc;
}

int bare_tpm_decrypt_anew(struct bare_tpm *b, const uint8_t in[AZA_RSA_BYTES])
{
        TPM2B_PUBLIC_KEY_RSA block = {.size = AZA_RSA_BYTES};
        TPM2_HANDLE key = 0, session = 0;
        TSS2_RC rc = read_pcrs(b);

        memcpy(block.buffer, in, AZA_RSA_BYTES);
        if (rc == TSS2_RC_SUCCESS)
                rc = make(b, &key);
        if (rc == TSS2_RC_SUCCESS)
                rc = count_pcrs(b);
        if (rc == TSS2_RC_SUCCESS)
                rc = bare_tpm_session(b, TPM2_SE_POLICY, &session);
        if (rc == TSS2_RC_SUCCESS)
                rc = bare_tpm_private(b, key, session, &block);
        if (session != 0)
                (void)Tss2_Sys_FlushContext(b->sys, session);
        if (key != 0)
                (void)Tss2_Sys_FlushContext(b->sys, key);
        return rc == TSS2_RC_SUCCESS ? 0 : bare_tpm_failed("decrypting with a key made anew", rc);
}

int bare_tpm_attest_anew(struct bare_tpm *b, const uint8_t in[AZA_RSA_BYTES])
{
        TPM2_HANDLE key = 0;
        TSS2_RC rc = read_nv(b, AK_CERT); /* is it to be renewed? */

        rc = rc == TSS2_RC_SUCCESS ? read_nv(b, HCL_REPORT) : rc;
        rc = rc == TSS2_RC_SUCCESS ? read_nv(b, AK_CERT) : rc;
        rc = rc == TSS2_RC_SUCCESS ? open_ak(b) : rc;
        rc = rc == TSS2_RC_SUCCESS ? open_ak(b) : rc; /* now to read it */
        rc = rc == TSS2_RC_SUCCESS ? open_ak(b) : rc;
        rc = rc == TSS2_RC_SUCCESS ? count_pcrs(b) : rc;
        rc = rc == TSS2_RC_SUCCESS ? quote(b) : rc;
        rc = rc == TSS2_RC_SUCCESS ? read_pcrs(b) : rc;
        rc = rc == TSS2_RC_SUCCESS ? make(b, &key) : rc;
        rc = rc == TSS2_RC_SUCCESS ? open_ak(b) : rc;
        rc = rc == TSS2_RC_SUCCESS ? certify(b, key) : rc;
        if (key != 0)
                (void)Tss2_Sys_FlushContext(b->sys, key);
        if (rc != TSS2_RC_SUCCESS)
                return bare_tpm_failed("attesting with a key made anew", rc);
        return bare_tpm_decrypt_anew(b, in); /* the service's answer */
}

int bare_tpm_attest_least(struct bare_tpm *b, const uint8_t in[AZA_RSA_BYTES])
{
        TPM2B_PUBLIC_KEY_RSA block = {.size = AZA_RSA_BYTES};
        TPM2_HANDLE key = 0;
        TSS2_RC rc = bare_tpm_create(b, &key);

        memcpy(block.buffer, in, AZA_RSA_BYTES);
        rc = rc == TSS2_RC_SUCCESS ? quote(b) : rc;
        rc = rc == TSS2_RC_SUCCESS ? certify(b, key) : rc;
        rc = rc == TSS2_RC_SUCCESS ? bare_tpm_private(b, key, b->session, &block) : rc;
        if (key != 0)
                (void)Tss2_Sys_FlushContext(b->sys, key);
        return rc == TSS2_RC_SUCCESS ? 0 : bare_tpm_failed("attesting with a key made once", rc);
}

int bare_tpm_create_once(struct bare_tpm *b)
{
        TPM2_HANDLE key = 0;
        const TSS2_RC rc = bare_tpm_create(b, &key);

        if (rc != TSS2_RC_SUCCESS)
                return bare_tpm_failed("CreatePrimary", rc);
        (void)Tss2_Sys_FlushContext(b->sys, key);
        return 0;
}
