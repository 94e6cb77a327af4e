/* SPDX-License-Identifier: Apache-2.0 */
/* Whole NV indices (PROTOCOL.md 2.5, 2.6). Does not know what is in them. */
#include "tpm/nv.h"

#include "tpm/command.h"

#include <string.h>

/* What the reference client asks for at once; every TPM grants it. */
#define CHUNK          512
#define USER_DATA_SIZE 64
/* PROTOCOL.md 2.2 */
#define USER_DATA_ATTRIBUTES \
        (TPMA_NV_OWNERREAD | TPMA_NV_OWNERWRITE | TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE)

static int read_content(struct aza_connection *c, uint32_t index, UINT16 size,
                        enum aza_nv_state *state, struct aza_bytes *content)
{
        AZA_BYTES struct aza_bytes all = {0};

        while (all.len < size) {
                UINT16 left = (UINT16)(size - all.len);
                UINT16 want = left < CHUNK ? left : CHUNK;
                TPM2B_MAX_NV_BUFFER part;
                const struct aza_nv_part where = {index, want, (UINT16)all.len};
                TSS2_RC rc = aza_cmd_nv_read(c, &where, &part);
                int r;

                if (aza_rc_plain(rc) == TPM2_RC_NV_UNINITIALIZED && all.len == 0) {
                        *state = AZA_NV_NEVER_WRITTEN;
                        return 0;
                }
                if (aza_rc_bad_auth(rc))
                        return AZA_TPM_FAILED(
                                rc,
                                "TPM2_NV_Read of 0x%08x: the TPM's owner has a password (tpm2_changeauth -c o), and the index may not be read without it",
                                index);
                if (rc != TSS2_RC_SUCCESS)
                        return AZA_TPM_FAILED(rc, "TPM2_NV_Read of 0x%08x", index);
                if (part.size == 0 || part.size > want)
                        return AZA_FAIL(
                                AZATTEST_E_TPM_INTERNAL,
                                "TPM2_NV_Read of 0x%08x gave %u bytes where %u were asked for",
                                index, part.size, want);
                r = aza_bytes_append(&all, part.buffer, part.size);
                if (r != 0)
                        return r;
        }
        aza_bytes_free(content);
        *content = aza_bytes_take(&all);
        *state = AZA_NV_PRESENT;
        return 0;
}

static int read_index(struct aza_connection *c, uint32_t index, enum aza_nv_state *state,
                      struct aza_bytes *content)
{
        TPMS_NV_PUBLIC public;
        TSS2_RC rc = aza_cmd_nv_read_public(c, index, &public);

        if (aza_rc_no_handle(rc)) {
                *state = AZA_NV_ABSENT;
                return 0;
        }
        if (rc != TSS2_RC_SUCCESS)
                return AZA_TPM_FAILED(rc, "TPM2_NV_ReadPublic of 0x%08x", index);
        if (public.dataSize == 0)
                return AZA_FAIL(AZATTEST_E_TPM_INTERNAL, "NV index 0x%08x has size 0", index);
        return read_content(c, index, public.dataSize, state, content);
}

int aza_nv_read(struct aza_tpm *tpm, uint32_t index, enum aza_nv_state *state,
                struct aza_bytes *content)
{
        struct aza_connection *c;
        int r = aza_tpm_enter(tpm, &c);

        if (r != 0)
                return r;
        r = read_index(c, index, state, content);
        aza_tpm_leave(tpm, c);
        return r;
}

int aza_nv_read_ak_cert(struct aza_tpm *tpm, struct aza_bytes *ret)
{
        enum aza_nv_state state = AZA_NV_ABSENT;
        const int r = aza_nv_read(tpm, AZA_NV_AK_CERT, &state, ret);

        if (r != 0)
                return aza_context(r, "reading the AK certificate (NV 0x01C101D0)");
        if (state == AZA_NV_PRESENT)
                return 0;
        return AZA_FAIL(
                AZATTEST_E_TPM_OPERATION,
                "AK certificate is not provisioned yet (NV 0x01C101D0 %s); try again in a few minutes",
                state == AZA_NV_ABSENT ? "is not defined" : "defined but never written");
}

/* An index of another size is one that another tool made for its own data: made anew. */
static int prepare_user_data(struct aza_connection *c)
{
        const TPMS_NV_PUBLIC wanted = {.nvIndex = AZA_NV_USER_DATA,
                                       .nameAlg = TPM2_ALG_SHA256,
                                       .attributes = USER_DATA_ATTRIBUTES,
                                       .dataSize = USER_DATA_SIZE};
        TPMS_NV_PUBLIC found;
        TSS2_RC rc = aza_cmd_nv_read_public(c, AZA_NV_USER_DATA, &found);

        if (rc == TSS2_RC_SUCCESS && found.dataSize == USER_DATA_SIZE)
                return 0;
        if (rc == TSS2_RC_SUCCESS) {
                rc = aza_cmd_nv_undefine(c, AZA_NV_USER_DATA);
                if (rc != TSS2_RC_SUCCESS)
                        return AZA_TPM_FAILED(rc,
                                              "TPM2_NV_UndefineSpace of 0x%08x (%u bytes, not %d)",
                                              AZA_NV_USER_DATA, found.dataSize, USER_DATA_SIZE);
        } else if (!aza_rc_no_handle(rc)) {
                return AZA_TPM_FAILED(rc, "TPM2_NV_ReadPublic of 0x%08x", AZA_NV_USER_DATA);
        }
        rc = aza_cmd_nv_define(c, &wanted);
        if (rc != TSS2_RC_SUCCESS)
                return AZA_TPM_FAILED(rc, "TPM2_NV_DefineSpace of 0x%08x", AZA_NV_USER_DATA);
        return 0;
}

int aza_nv_write_user_data(struct aza_tpm *tpm, const uint8_t data[64])
{
        TPM2B_MAX_NV_BUFFER content = {.size = USER_DATA_SIZE};
        struct aza_connection *c;
        int r;

        memcpy(content.buffer, data, USER_DATA_SIZE);
        r = aza_tpm_enter(tpm, &c);
        if (r != 0)
                return r;
        r = prepare_user_data(c);
        if (r == 0) {
                const struct aza_nv_part whole = {AZA_NV_USER_DATA, USER_DATA_SIZE, 0};
                TSS2_RC rc = aza_cmd_nv_write(c, TPM2_RH_OWNER, &whole, &content);

                if (rc != TSS2_RC_SUCCESS)
                        r = AZA_TPM_FAILED(rc, "TPM2_NV_Write of 0x%08x", AZA_NV_USER_DATA);
        }
        aza_tpm_leave(tpm, c);
        return r;
}

/* The platform's indices may be written with their own authorisation, those that other clients made
 * in their place with either. */
static int write_content(struct aza_connection *c, uint32_t index, struct aza_span content)
{
        TPM2_HANDLE authority = index;

        for (size_t at = 0; at < content.len;) {
                const size_t left = content.len - at;
                TPM2B_MAX_NV_BUFFER part = {.size = (UINT16)(left < CHUNK ? left : CHUNK)};
                const struct aza_nv_part where = {index, part.size, (UINT16)at};
                TSS2_RC rc;

                memcpy(part.buffer, content.data + at, part.size);
                rc = aza_cmd_nv_write(c, authority, &where, &part);
                if (aza_rc_plain(rc) == TPM2_RC_NV_AUTHORIZATION && authority == index) {
                        authority = TPM2_RH_OWNER;
                        continue;
                }
                if (rc != TSS2_RC_SUCCESS)
                        return AZA_TPM_FAILED(rc, "TPM2_NV_Write of 0x%08x", index);
                at += part.size;
        }
        return 0;
}

int aza_nv_overwrite(struct aza_tpm *tpm, uint32_t index, struct aza_span content)
{
        struct aza_connection *c;
        int r;

        if (content.len > UINT16_MAX)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "too much for an NV index");
        r = aza_tpm_enter(tpm, &c);
        if (r != 0)
                return r;
        r = write_content(c, index, content);
        aza_tpm_leave(tpm, c);
        return r;
}
