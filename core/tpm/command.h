/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Internal to core/tpm: one function for each TPM command we send, over SAPI (D1). Each resends
 * what the TPM was too busy for (1, 2, 4 ... ms, 1 s in all) unless its comment says otherwise.
 * They return the TSS's code; callers compare it with the aza_rc_* questions and report with
 * AZA_TPM_FAILED. The caller is between aza_tpm_enter and aza_tpm_leave.
 */
#ifndef AZA_TPM_COMMAND_H
#define AZA_TPM_COMMAND_H

#include "base/error.h"
#include "tpm/connection.h"

/* ---- return codes ---- */

/* The TPM's code without layer, and without the number of handle, session or parameter; what no TPM
 * (or its resource manager) said is returned as it is. */
TSS2_RC aza_rc_plain(TSS2_RC rc);
bool aza_rc_is_tpm(TSS2_RC rc); /* an answer of the TPM, so the connection is in step */
bool aza_rc_busy(TSS2_RC rc);   /* RETRY, YIELDED, TESTING */
bool aza_rc_handle_gone(
        TSS2_RC rc);             /* key or session unknown, TPM reset: 0x910, 0x918, 0x901, ... */
bool aza_rc_no_room(TSS2_RC rc); /* OBJECT_MEMORY, SESSION_MEMORY, OBJECT_HANDLES, ... */
bool aza_rc_no_handle(TSS2_RC rc);
bool aza_rc_bad_auth(TSS2_RC rc);
/* a password that is not the empty one */ /* TPM_RC_HANDLE: no such NV index or persistent key */
/* "tpm:handle(1):the handle is not correct for the use (0x18b)", with advice where there is some.
 * Valid until this thread's next call. */
const char *aza_rc_text(TSS2_RC rc);

#define AZA_TPM_FAILED(rc, what, ...)                                                 \
        AZA_FAIL_TPM(AZATTEST_E_TPM_OPERATION, (rc), what " failed: %s", __VA_ARGS__, \
                     aza_rc_text(rc))

/* Waits of a command that the TPM answers with "busy". */
struct aza_backoff {
        unsigned int next_ms;
        unsigned int slept_ms;
};
/* Sleeps once more; false when 1 s is used up. */
bool aza_backoff(struct aza_backoff *b);

/* ---- commands ---- */

/* The SHA-256 PCRs of `mask` as the commands take them. */
void aza_pcr_select(uint32_t mask, TPML_PCR_SELECTION *ret);

TSS2_RC aza_cmd_pcr_read(struct aza_connection *c, const TPML_PCR_SELECTION *wanted,
                         UINT32 *ret_counter, TPML_PCR_SELECTION *ret_read,
                         TPML_DIGEST *ret_values);
/* What everybody may know of an object. */
struct aza_object {
        TPM2B_PUBLIC public;
        TPM2B_NAME name;
};
TSS2_RC aza_cmd_read_public(struct aza_connection *c, TPM2_HANDLE handle, struct aza_object *ret);
TSS2_RC aza_cmd_create_primary(struct aza_connection *c, TPM2_HANDLE hierarchy,
                               const TPM2B_PUBLIC *template, TPM2_HANDLE *ret,
                               struct aza_object *ret_object);

/* What the AK signed, and its signature. */
struct aza_signed_attest {
        TPM2B_ATTEST message;
        TPMT_SIGNATURE signature;
};
TSS2_RC aza_cmd_quote(struct aza_connection *c, TPM2_HANDLE ak, const TPM2B_DATA *qualifying,
                      const TPML_PCR_SELECTION *pcrs, struct aza_signed_attest *ret);
TSS2_RC aza_cmd_certify(struct aza_connection *c, TPM2_HANDLE object, TPM2_HANDLE ak,
                        const TPM2B_DATA *qualifying, struct aza_signed_attest *ret);

TSS2_RC aza_cmd_context_load(struct aza_connection *c, const TPMS_CONTEXT *context,
                             TPM2_HANDLE *ret);
TSS2_RC aza_cmd_context_save(struct aza_connection *c, TPM2_HANDLE object, TPMS_CONTEXT *ret);
/* These four do not resend: a policy is repeated as a whole (key_use.c). */
TSS2_RC aza_cmd_start_policy_session(struct aza_connection *c, TPM2_HANDLE *ret);
TSS2_RC aza_cmd_policy_restart(struct aza_connection *c, TPM2_HANDLE session);
TSS2_RC aza_cmd_policy_pcr(struct aza_connection *c, TPM2_HANDLE session,
                           const TPML_PCR_SELECTION *pcrs);
TSS2_RC aza_cmd_rsa_decrypt(struct aza_connection *c, TPM2_HANDLE key, TPM2_HANDLE session,
                            const TPM2B_PUBLIC_KEY_RSA *in, TPM2B_PUBLIC_KEY_RSA *ret);

/* Owner authorisation with the empty password. */
TSS2_RC aza_cmd_nv_read_public(struct aza_connection *c, TPM2_HANDLE index, TPMS_NV_PUBLIC *ret);
/* Bytes of an index. */
struct aza_nv_part {
        TPM2_HANDLE index;
        UINT16 size, offset;
};
/* With the owner's authorisation; where that has a password, which nobody gives us, with the
 * index's own (D56). */
TSS2_RC aza_cmd_nv_read(struct aza_connection *c, const struct aza_nv_part *part,
                        TPM2B_MAX_NV_BUFFER *ret);
/* `data` at the part's offset, with the empty authorisation of `authority`: the owner's
 * hierarchy or the index itself. */
TSS2_RC aza_cmd_nv_write(struct aza_connection *c, TPM2_HANDLE authority,
                         const struct aza_nv_part *part, const TPM2B_MAX_NV_BUFFER *data);
TSS2_RC aza_cmd_nv_define(struct aza_connection *c, const TPMS_NV_PUBLIC *index);
TSS2_RC aza_cmd_nv_undefine(struct aza_connection *c, TPM2_HANDLE index);

/* Flush what this connection loaded, whatever the TPM says to it, and forget it. */
void aza_key_flush(struct aza_connection *c);
void aza_session_flush(struct aza_connection *c);

#endif
