/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how NV commands on the platform's two indices are answered, with libtpms' codes and order of
 * checks. What is in them comes from vm.c. Called through the resource manager, lock held. */
#include "sim/nv.h"

#include "sim/cert.h"
#include "sim/nv_session.h"
#include "sim/say.h"
#include "sim/writer.h"

#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

/* OWNERREAD | AUTHREAD | AUTHWRITE | NO_DA | PLATFORMCREATE, as Azure's (PROTOCOL.md 2.2). */
#define ATTRIBUTES 0x42060004U
#define MAX_CHUNK  1024U

#define RC_NOT_DEFINED   (TPM2_RC_HANDLE + TPM2_RC_1)
#define RC_BAD_SIZE      (TPM2_RC_VALUE + TPM2_RC_P + TPM2_RC_1)
#define RC_WRONG_SESSION (TPM2_RC_ATTRIBUTES + TPM2_RC_S + TPM2_RC_1)

struct nv_command {
        uint32_t auth;
        struct sim_nv_sessions sessions;
        struct aza_reader parameters;
};

static const struct sim_nv_sessions no_sessions = {0};

static struct sim_nv_index *find(struct sim_nv *nv, uint32_t index)
{
        for (size_t i = 0; i < 2; i++) {
                if (nv->indices[i].index == index && index != 0)
                        return &nv->indices[i];
        }
        return NULL;
}

static bool code_answer(struct aza_bytes *answer, uint32_t rc)
{
        SIM_WRITER struct sim_writer w = {0};

        sim_put_be16(&w, TPM2_ST_NO_SESSIONS);
        sim_put_be32(&w, 10);
        sim_put_be32(&w, rc);
        return sim_writer_take(&w, answer) == 0;
}

/* --- NV_ReadPublic --- */

static bool read_public(struct sim_nv *nv, const struct sim_nv_index *x, uint16_t tag,
                        struct aza_bytes *answer)
{
        SIM_WRITER struct sim_writer public = {0};
        SIM_WRITER struct sim_writer w = {0};
        uint8_t digest[32];
        bool written = nv->is_written(nv->arg, x->index);

        sim_put_be32(&public, x->index);
        sim_put_be16(&public, TPM2_ALG_SHA256);
        sim_put_be32(&public, ATTRIBUTES | (written ? TPMA_NV_WRITTEN : 0));
        sim_put_be16(&public, 0);
        sim_put_be16(&public, x->size);
        if (tag != TPM2_ST_NO_SESSIONS)
                return code_answer(answer, RC_WRONG_SESSION);
        if (public.failed || EVP_Q_digest(sim_libctx(), "SHA256", NULL, public.bytes.data,
                                          public.bytes.len, digest, NULL) != 1)
                return code_answer(answer, TPM2_RC_FAILURE);
        sim_put_be16(&w, (uint16_t) public.bytes.len);
        sim_put_span(&w, aza_bytes_span(&public.bytes));
        sim_put_be16(&w, 2 + sizeof(digest));
        sim_put_be16(&w, TPM2_ALG_SHA256);
        sim_put(&w, digest, sizeof(digest));
        return sim_nv_answer(TPM2_CC_NV_ReadPublic, &no_sessions, aza_bytes_span(&w.bytes),
                             answer) == 0;
}

/* --- NV_Read, NV_Write --- */

/* Whether swtpm's owner would let this session pass. It is asked for something that changes
 * nothing: ClockRateAdjust by 0. Only a password can be handed on; it is "" as long as an HMAC
 * has no secret. */
static uint32_t check_owner(const struct sim_nv *nv, const struct sim_nv_session *s)
{
        AZA_BYTES struct aza_bytes command = {0};
        AZA_BYTES struct aza_bytes answer = {0};
        SIM_WRITER struct sim_writer w = {0};
        const struct aza_span password = s->handle == TPM2_RS_PW ? s->hmac : (struct aza_span){0};

        sim_put_be16(&w, TPM2_ST_SESSIONS);
        sim_put_be32(&w, (uint32_t)(10 + 4 + 4 + 9 + password.len + 1));
        sim_put_be32(&w, TPM2_CC_ClockRateAdjust);
        sim_put_be32(&w, TPM2_RH_OWNER);
        sim_put_be32(&w, (uint32_t)(9 + password.len));
        sim_put_be32(&w, TPM2_RS_PW);
        sim_put_be16(&w, 0);
        sim_put_u8(&w, 0);
        sim_put_be16(&w, (uint16_t)password.len);
        sim_put_span(&w, password);
        sim_put_u8(&w, 0);
        if (sim_writer_take(&w, &command) != 0 ||
            sim_swtpm_transmit(nv->tpm, aza_bytes_span(&command), &answer) != 0)
                return TPM2_RC_FAILURE;
        struct aza_reader r = aza_reader_of(aza_bytes_span(&answer));
        (void)aza_read(&r, 6);
        uint32_t rc = aza_read_be32(&r);
        return r.failed ? TPM2_RC_FAILURE : rc;
}

static uint32_t check_access(const struct sim_nv *nv, const struct sim_nv_index *x,
                             const struct nv_command *c, bool write)
{
        const bool owner = c->auth == TPM2_RH_OWNER;
        uint32_t rc = sim_nv_sessions_check(&c->sessions, owner);

        if (rc == TPM2_RC_SUCCESS && owner)
                rc = check_owner(nv, &c->sessions.list[0]);
        if (rc != TPM2_RC_SUCCESS)
                return rc;
        return c->auth == x->index || (owner && !write) ? TPM2_RC_SUCCESS
                                                        : TPM2_RC_NV_AUTHORIZATION;
}

static uint32_t refill(struct sim_nv *nv, struct sim_nv_index *x)
{
        AZA_BYTES struct aza_bytes content = {0};

        uint32_t rc = nv->fill(nv->arg, x->index, &content);
        if (rc != TPM2_RC_SUCCESS)
                return rc;
        if (aza_bytes_resize(&content, x->size) != 0)
                return TPM2_RC_MEMORY;
        aza_bytes_free(&x->content);
        x->content = aza_bytes_take(&content);
        return TPM2_RC_SUCCESS;
}

static bool read_data(struct sim_nv *nv, struct sim_nv_index *x, struct nv_command *c,
                      struct aza_bytes *answer)
{
        SIM_WRITER struct sim_writer w = {0};
        uint16_t size = aza_read_be16(&c->parameters);
        uint16_t offset = aza_read_be16(&c->parameters);

        if (!aza_reader_done(&c->parameters))
                return code_answer(answer, TPM2_RC_COMMAND_SIZE);
        uint32_t rc = check_access(nv, x, c, false);
        if (rc == TPM2_RC_SUCCESS && size > MAX_CHUNK)
                rc = RC_BAD_SIZE;
        if (rc == TPM2_RC_SUCCESS && offset == 0)
                rc = refill(nv, x);
        if (rc == TPM2_RC_SUCCESS && x->content.len == 0)
                rc = TPM2_RC_NV_UNINITIALIZED;
        if (rc == TPM2_RC_SUCCESS && (uint32_t)offset + size > x->size)
                rc = TPM2_RC_NV_RANGE;
        if (rc != TPM2_RC_SUCCESS)
                return code_answer(answer, rc);
        if (sim_fault_take(nv->faults, "tpm-nv-zero-read", NULL, 0))
                size = 0;
        sim_put_be16(&w, size);
        sim_put(&w, x->content.data + offset, size);
        return sim_nv_answer(TPM2_CC_NV_Read, &c->sessions, aza_bytes_span(&w.bytes), answer) == 0;
}

/* What a client may write: the index's own authorisation lets it. */
static bool write_data(struct sim_nv *nv, const struct sim_nv_index *x, struct nv_command *c,
                       struct aza_bytes *answer)
{
        const struct aza_span data = aza_read(&c->parameters, aza_read_be16(&c->parameters));
        const uint16_t offset = aza_read_be16(&c->parameters);
        uint32_t rc = check_access(nv, x, c, true);

        if (!aza_reader_done(&c->parameters))
                return code_answer(answer, TPM2_RC_COMMAND_SIZE);
        if (rc == TPM2_RC_SUCCESS && data.len > MAX_CHUNK)
                rc = RC_BAD_SIZE;
        if (rc == TPM2_RC_SUCCESS && offset + data.len > x->size)
                rc = TPM2_RC_NV_RANGE;
        if (rc == TPM2_RC_SUCCESS)
                rc = nv->store(nv->arg, x->index, data, offset);
        if (rc != TPM2_RC_SUCCESS)
                return code_answer(answer, rc);
        return sim_nv_answer(TPM2_CC_NV_Write, &c->sessions, (struct aza_span){0}, answer) == 0;
}

/* --- the handles a client sees --- */

static int compare(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a;
        uint32_t y = *(const uint32_t *)b;
        return (x > y) - (x < y);
}

/* swtpm's list of NV indices with ours among them. */
static bool list_indices(struct sim_nv *nv, struct aza_span command, struct aza_bytes *answer)
{
        struct aza_reader r = aza_reader_of(command);
        SIM_WRITER struct sim_writer w = {0};
        uint32_t list[TPM2_MAX_CAP_HANDLES + 2];
        size_t n = 0;

        uint16_t tag = aza_read_be16(&r);
        (void)aza_read(&r, 8);
        uint32_t capability = aza_read_be32(&r);
        uint32_t first = aza_read_be32(&r);
        uint32_t wanted = aza_read_be32(&r);
        if (!aza_reader_done(&r) || tag != TPM2_ST_NO_SESSIONS || capability != TPM2_CAP_HANDLES ||
            first >> 24 != TPM2_HT_NV_INDEX || sim_swtpm_transmit(nv->tpm, command, answer) != 0)
                return false;
        r = aza_reader_of(aza_bytes_span(answer));
        (void)aza_read(&r, 10);
        bool more = aza_read_u8(&r) != 0;
        (void)aza_read_be32(&r);
        uint32_t theirs = aza_read_be32(&r);
        while (!r.failed && n < theirs && n < TPM2_MAX_CAP_HANDLES)
                list[n++] = aza_read_be32(&r);
        if (r.failed)
                return true; /* an error: as it is */
        for (size_t i = 0; i < 2; i++) {
                if (nv->indices[i].index != 0 && nv->indices[i].index >= first)
                        list[n++] = nv->indices[i].index;
        }
        qsort(list, n, sizeof(list[0]), compare);
        if (n > wanted) {
                n = wanted;
                more = true;
        }
        sim_put_u8(&w, more);
        sim_put_be32(&w, TPM2_CAP_HANDLES);
        sim_put_be32(&w, (uint32_t)n);
        for (size_t i = 0; i < n; i++)
                sim_put_be32(&w, list[i]);
        return sim_nv_answer(TPM2_CC_GetCapability, &no_sessions, aza_bytes_span(&w.bytes),
                             answer) == 0;
}

/* --- dispatch --- */

static bool serve_authorized(struct sim_nv *nv, struct sim_nv_index *x, uint32_t code, uint16_t tag,
                             uint32_t auth, struct aza_reader *r, struct aza_bytes *answer)
{
        struct nv_command c = {.auth = auth};
        uint32_t rc = sim_nv_sessions_parse(tag, r, &c.sessions);

        c.parameters = *r;

        if (rc != TPM2_RC_SUCCESS)
                return code_answer(answer, rc);
        if (code == TPM2_CC_NV_Read)
                return read_data(nv, x, &c, answer);
        if (code == TPM2_CC_NV_Write)
                return write_data(nv, x, &c, answer);
        rc = check_access(nv, x, &c, true);
        /* The platform owns them: the guest cannot undefine them. */
        return code_answer(answer, rc == TPM2_RC_SUCCESS ? TPM2_RC_NV_LOCKED : rc);
}

bool sim_nv_serve(struct sim_nv *nv, uint32_t command_code, struct aza_span command,
                  struct aza_bytes *answer)
{
        struct aza_reader r = aza_reader_of(command);
        uint16_t tag = aza_read_be16(&r);

        (void)aza_read(&r, 8);
        uint32_t first = aza_read_be32(&r);
        if (r.failed)
                return false;
        if (command_code == TPM2_CC_GetCapability)
                return list_indices(nv, command, answer);
        if (command_code == TPM2_CC_NV_ReadPublic) {
                const struct sim_nv_index *x = find(nv, first);
                return x != NULL && read_public(nv, x, tag, answer);
        }
        if (command_code == TPM2_CC_NV_DefineSpace) {
                /* auth area, TPM2B_AUTH, TPM2B_NV_PUBLIC */
                (void)aza_read(&r, aza_read_be32(&r));
                (void)aza_read(&r, aza_read_be16(&r));
                (void)aza_read_be16(&r);
                return find(nv, aza_read_be32(&r)) != NULL &&
                       code_answer(answer, TPM2_RC_NV_DEFINED);
        }
        if (command_code != TPM2_CC_NV_Read && command_code != TPM2_CC_NV_Write &&
            command_code != TPM2_CC_NV_UndefineSpace)
                return false;
        struct sim_nv_index *x = find(nv, aza_read_be32(&r));
        return x != NULL && serve_authorized(nv, x, command_code, tag, first, &r, answer);
}

void sim_nv_free(struct sim_nv *nv)
{
        for (size_t i = 0; i < 2; i++)
                aza_bytes_free(&nv->indices[i].content);
}

void sim_nv_user_data(struct sim_swtpm *tpm, uint8_t out[64])
{
        static const uint8_t handles[8] = {0x40, 0, 0, 1, 0x01, 0x40, 0, 2};
        AZA_BYTES struct aza_bytes answer = {0};

        memset(out, 0, 64);
        if (sim_tpm_call1(tpm, TPM2_CC_NV_ReadPublic, SIM_NV_USER, 0, (struct aza_span){0},
                          &answer) != TPM2_RC_SUCCESS)
                return;
        struct aza_reader r = aza_reader_of(aza_bytes_span(&answer));
        (void)aza_read(&r, 2 + 4 + 2 + 4);
        (void)aza_read(&r, aza_read_be16(&r));
        uint16_t size = aza_read_be16(&r);
        if (r.failed)
                return;
        const uint8_t parameters[4] = {0, size < 64 ? (uint8_t)size : 64, 0, 0};
        if (sim_tpm_call(tpm, TPM2_CC_NV_Read, aza_span_of(handles, sizeof(handles)), 1,
                         aza_span_of(parameters, sizeof(parameters)), &answer) != TPM2_RC_SUCCESS)
                return;
        r = aza_reader_of(aza_bytes_span(&answer));
        (void)aza_read_be32(&r);
        struct aza_span data = aza_read(&r, aza_read_be16(&r));
        if (!r.failed && data.len <= 64 && data.len > 0)
                memcpy(out, data.data, data.len);
}
