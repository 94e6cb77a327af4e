/* SPDX-License-Identifier: Apache-2.0 */
/* Whole NV indices (PROTOCOL.md 2.5, 2.6). Does not know what is in them. */
#include "tpm/nv.h"

#include "tpm/command.h"

#include <string.h>

/* What a TPM takes at once: the TCG's own code 1024 bytes, and with it Azure's vTPM and swtpm;
 * every other one the PC Client profile's least (PROTOCOL.md 2.5). */
#define PIECE          1024
#define LEAST_PIECE    512
#define USER_DATA_SIZE 64
/* PROTOCOL.md 2.2 */
#define USER_DATA_ATTRIBUTES \
        (TPMA_NV_OWNERREAD | TPMA_NV_OWNERWRITE | TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE)

static UINT16 piece_of(const struct aza_connection *c, size_t left)
{
        const size_t most = c->small_pieces ? LEAST_PIECE : PIECE;

        return (UINT16)(left < most ? left : most);
}

/* Whether the TPM may have refused a piece for its length: from now on they are small ones, and
 * this one is to be sent again. Asking for the limit would cost as much as being refused once. */
static bool made_smaller(struct aza_connection *c, UINT16 piece, TSS2_RC rc)
{
        const TSS2_RC plain = aza_rc_plain(rc);

        if (piece <= LEAST_PIECE || (plain != TPM2_RC_VALUE && plain != TPM2_RC_SIZE))
                return false;
        c->small_pieces = true;
        return true;
}

static int read_content(struct aza_connection *c, uint32_t index, UINT16 size,
                        enum aza_nv_state *state, struct aza_bytes *content)
{
        AZA_BYTES struct aza_bytes all = {0};

        while (all.len < size) {
                const UINT16 want = piece_of(c, size - all.len);
                TPM2B_MAX_NV_BUFFER part;
                const struct aza_nv_part where = {index, want, (UINT16)all.len};
                TSS2_RC rc = aza_cmd_nv_read(c, &where, &part);
                int r;

                if (made_smaller(c, want, rc))
                        continue;
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
                TPM2B_MAX_NV_BUFFER part = {.size = piece_of(c, content.len - at)};
                const struct aza_nv_part where = {index, part.size, (UINT16)at};
                TSS2_RC rc;

                memcpy(part.buffer, content.data + at, part.size);
                rc = aza_cmd_nv_write(c, authority, &where, &part);
                if (aza_rc_plain(rc) == TPM2_RC_NV_AUTHORIZATION && authority == index) {
                        authority = TPM2_RH_OWNER;
                        continue;
                }
                if (made_smaller(c, part.size, rc))
                        continue;
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
