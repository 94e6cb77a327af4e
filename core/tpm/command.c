/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPM commands over SAPI: sessions, resending while busy, and noticing a connection that is out of
 * step. No decisions: what a code means is the caller's business.
 */
#include "tpm/command.h"

#include <openssl/crypto.h>

/* Empty password; Certify takes two. */
static const TSS2L_SYS_AUTH_COMMAND password = {1, {{.sessionHandle = TPM2_RH_PW}}};
static const TSS2L_SYS_AUTH_COMMAND two_passwords = {
        2, {{.sessionHandle = TPM2_RH_PW}, {.sessionHandle = TPM2_RH_PW}}};

/* After an error that is no answer of the TPM, what comes next on the line is unknown. */
static TSS2_RC finish(struct aza_connection *c, TSS2_RC rc)
{
        if (!aza_rc_is_tpm(rc))
                c->broken = true;
        return rc;
}

static bool resend(struct aza_backoff *b, TSS2_RC rc)
{
        return aza_rc_busy(rc) && aza_backoff(b);
}

TSS2_RC aza_cmd_pcr_read(struct aza_connection *c, const TPML_PCR_SELECTION *wanted,
                         UINT32 *ret_counter, TPML_PCR_SELECTION *ret_read, TPML_DIGEST *ret_values)
{
        struct aza_backoff b = {0};
        TSS2_RC rc;

        do
                rc = Tss2_Sys_PCR_Read(c->sys, NULL, wanted, ret_counter, ret_read, ret_values,
                                       NULL);
        while (resend(&b, rc));
        return finish(c, rc);
}

TSS2_RC aza_cmd_read_public(struct aza_connection *c, TPM2_HANDLE handle, struct aza_object *ret)
{
        struct aza_backoff b = {0};
        TPM2B_NAME qualified;
        TSS2_RC rc;

        do {
                *ret = (struct aza_object){0};
                qualified = (TPM2B_NAME){0};
                rc = Tss2_Sys_ReadPublic(c->sys, handle, NULL, &ret->public, &ret->name, &qualified,
                                         NULL);
        } while (resend(&b, rc));
        return finish(c, rc);
}

TSS2_RC aza_cmd_quote(struct aza_connection *c, TPM2_HANDLE ak, const TPM2B_DATA *qualifying,
                      const TPML_PCR_SELECTION *pcrs, struct aza_signed_attest *ret)
{
        const TPMT_SIG_SCHEME own = {.scheme = TPM2_ALG_NULL};
        struct aza_backoff b = {0};
        TSS2_RC rc;

        do {
                ret->message = (TPM2B_ATTEST){0};
                rc = Tss2_Sys_Quote(c->sys, ak, &password, qualifying, &own, pcrs, &ret->message,
                                    &ret->signature, NULL);
        } while (resend(&b, rc));
        return finish(c, rc);
}

TSS2_RC aza_cmd_certify(struct aza_connection *c, TPM2_HANDLE object, TPM2_HANDLE ak,
                        const TPM2B_DATA *qualifying, struct aza_signed_attest *ret)
{
        const TPMT_SIG_SCHEME own = {.scheme = TPM2_ALG_NULL};
        struct aza_backoff b = {0};
        TSS2_RC rc;

        do {
                ret->message = (TPM2B_ATTEST){0};
                rc = Tss2_Sys_Certify(c->sys, object, ak, &two_passwords, qualifying, &own,
                                      &ret->message, &ret->signature, NULL);
        } while (resend(&b, rc));
        return finish(c, rc);
}

TSS2_RC aza_cmd_create_primary(struct aza_connection *c, TPM2_HANDLE hierarchy,
                               const TPM2B_PUBLIC *template, TPM2_HANDLE *ret,
                               struct aza_object *ret_object)
{
        const TPM2B_SENSITIVE_CREATE sensitive = {0};
        const TPM2B_DATA outside = {0};
        const TPML_PCR_SELECTION creation_pcrs = {0};
        TPM2B_CREATION_DATA data;
        TPM2B_DIGEST hash;
        TPMT_TK_CREATION ticket;
        struct aza_backoff b = {0};
        TSS2_RC rc;

        do {
                *ret_object = (struct aza_object){0};
                data = (TPM2B_CREATION_DATA){0};
                hash = (TPM2B_DIGEST){0};
                ticket = (TPMT_TK_CREATION){0};
                rc = Tss2_Sys_CreatePrimary(c->sys, hierarchy, &password, &sensitive, template,
                                            &outside, &creation_pcrs, ret, &ret_object->public,
                                            &data, &hash, &ticket, &ret_object->name, NULL);
        } while (resend(&b, rc));
        return finish(c, rc);
}

TSS2_RC aza_cmd_context_load(struct aza_connection *c, const TPMS_CONTEXT *context,
                             TPM2_HANDLE *ret)
{
        struct aza_backoff b = {0};
        TSS2_RC rc;

        do
                rc = Tss2_Sys_ContextLoad(c->sys, context, ret);
        while (resend(&b, rc));
        return finish(c, rc);
}

TSS2_RC aza_cmd_context_save(struct aza_connection *c, TPM2_HANDLE object, TPMS_CONTEXT *ret)
{
        struct aza_backoff b = {0};
        TSS2_RC rc;

        do {
                *ret = (TPMS_CONTEXT){0};
                rc = Tss2_Sys_ContextSave(c->sys, object, ret);
        } while (resend(&b, rc));
        return finish(c, rc);
}

TSS2_RC aza_cmd_start_policy_session(struct aza_connection *c, TPM2_HANDLE *ret)
{
        /* Unsalted, unbound, no HMAC (PV24): the nonce protects nothing here. */
        const TPM2B_NONCE nonce = {.size = 32};
        const TPM2B_ENCRYPTED_SECRET salt = {0};
        const TPMT_SYM_DEF symmetric = {.algorithm = TPM2_ALG_NULL};
        TPM2B_NONCE tpm_nonce = {0};

        return finish(c, Tss2_Sys_StartAuthSession(c->sys, TPM2_RH_NULL, TPM2_RH_NULL, NULL, &nonce,
                                                   &salt, TPM2_SE_POLICY, &symmetric,
                                                   TPM2_ALG_SHA256, ret, &tpm_nonce, NULL));
}

TSS2_RC aza_cmd_policy_restart(struct aza_connection *c, TPM2_HANDLE session)
{
        return finish(c, Tss2_Sys_PolicyRestart(c->sys, session, NULL, NULL));
}

TSS2_RC aza_cmd_policy_pcr(struct aza_connection *c, TPM2_HANDLE session,
                           const TPML_PCR_SELECTION *pcrs)
{
        const TPM2B_DIGEST current = {0}; /* empty: the TPM takes the PCRs' present values */

        return finish(c, Tss2_Sys_PolicyPCR(c->sys, session, NULL, &current, pcrs, NULL));
}

TSS2_RC aza_cmd_rsa_decrypt(struct aza_connection *c, TPM2_HANDLE key, TPM2_HANDLE session,
                            const TPM2B_PUBLIC_KEY_RSA *in, TPM2B_PUBLIC_KEY_RSA *ret)
{
        const TSS2L_SYS_AUTH_COMMAND policy = {
                1, {{.sessionHandle = session, .sessionAttributes = TPMA_SESSION_CONTINUESESSION}}};
        const TPMT_RSA_DECRYPT raw = {.scheme = TPM2_ALG_NULL};
        const TPM2B_DATA label = {0};

        *ret = (TPM2B_PUBLIC_KEY_RSA){0};
        return finish(c, Tss2_Sys_RSA_Decrypt(c->sys, key, &policy, in, &raw, &label, ret, NULL));
}

TSS2_RC aza_cmd_nv_read_public(struct aza_connection *c, TPM2_HANDLE index, TPMS_NV_PUBLIC *ret)
{
        TPM2B_NV_PUBLIC public;
        TPM2B_NAME name;
        struct aza_backoff b = {0};
        TSS2_RC rc;

        do {
                public = (TPM2B_NV_PUBLIC){0};
                name = (TPM2B_NAME){0};
                rc = Tss2_Sys_NV_ReadPublic(c->sys, index, NULL, &public, &name, NULL);
        } while (resend(&b, rc));
        if (rc == TSS2_RC_SUCCESS)
                *ret = public.nvPublic;
        return finish(c, rc);
}

static TSS2_RC nv_read_as(struct aza_connection *c, TPM2_HANDLE authority,
                          const struct aza_nv_part *part, TPM2B_MAX_NV_BUFFER *ret)
{
        struct aza_backoff b = {0};
        TSS2_RC rc;

        do {
                *ret = (TPM2B_MAX_NV_BUFFER){0};
                rc = Tss2_Sys_NV_Read(c->sys, authority, part->index, &password, part->size,
                                      part->offset, ret, NULL);
        } while (resend(&b, rc));
        return finish(c, rc);
}

/* Each chunk asks the owner first: there is no state to keep, and a set password is rare. */
TSS2_RC aza_cmd_nv_read(struct aza_connection *c, const struct aza_nv_part *part,
                        TPM2B_MAX_NV_BUFFER *ret)
{
        TSS2_RC rc = nv_read_as(c, TPM2_RH_OWNER, part, ret);

        if (!aza_rc_bad_auth(rc))
                return rc;
        TSS2_RC own = nv_read_as(c, part->index, part, ret);

        /* Where the index may not be read by itself, the owner's answer says what is in the way. */
        const TSS2_RC plain = aza_rc_plain(own);
        return aza_rc_bad_auth(own) || plain == TPM2_RC_NV_AUTHORIZATION ||
                               plain == TPM2_RC_AUTH_UNAVAILABLE
                       ? rc
                       : own;
}

TSS2_RC aza_cmd_nv_write(struct aza_connection *c, TPM2_HANDLE authority,
                         const struct aza_nv_part *part, const TPM2B_MAX_NV_BUFFER *data)
{
        struct aza_backoff b = {0};
        TSS2_RC rc;

        do
                rc = Tss2_Sys_NV_Write(c->sys, authority, part->index, &password, data,
                                       part->offset, NULL);
        while (resend(&b, rc));
        return finish(c, rc);
}

TSS2_RC aza_cmd_nv_define(struct aza_connection *c, const TPMS_NV_PUBLIC *index)
{
        const TPM2B_NV_PUBLIC public = {.nvPublic = *index};
        const TPM2B_AUTH auth = {0};
        struct aza_backoff b = {0};
        TSS2_RC rc;

        do
                rc = Tss2_Sys_NV_DefineSpace(c->sys, TPM2_RH_OWNER, &password, &auth, &public,
                                             NULL);
        while (resend(&b, rc));
        return finish(c, rc);
}

TSS2_RC aza_cmd_nv_undefine(struct aza_connection *c, TPM2_HANDLE index)
{
        struct aza_backoff b = {0};
        TSS2_RC rc;

        do
                rc = Tss2_Sys_NV_UndefineSpace(c->sys, TPM2_RH_OWNER, index, &password, NULL);
        while (resend(&b, rc));
        return finish(c, rc);
}

static void flush(struct aza_connection *c, TPM2_HANDLE handle)
{
        struct aza_backoff b = {0};
        TSS2_RC rc;

        if (c->broken)
                return;
        do
                rc = Tss2_Sys_FlushContext(c->sys, handle);
        while (resend(&b, rc));
        (void)finish(c, rc);
}

void aza_key_flush(struct aza_connection *c)
{
        if (c->key.handle != 0)
                flush(c, c->key.handle);
        OPENSSL_cleanse(&c->key, sizeof(c->key));
}

void aza_session_flush(struct aza_connection *c)
{
        if (c->session != 0)
                flush(c, c->session);
        c->session = 0;
        c->session_dirty = false;
}
