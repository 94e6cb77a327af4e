/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the lists of handles a client sees with TPM2_GetCapability. */
#include "sim/rm_internal.h"
#include "sim/writer.h"

#include <stdlib.h>
#include <tss2/tss2_tpm2_types.h>

static int compare(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a;
        uint32_t y = *(const uint32_t *)b;
        return (x > y) - (x < y);
}

/* Whether `e` belongs in the list that starts at `first`: 0x80.. objects, 0x02.. loaded sessions
 * (also those we swapped out), 0x03.. sessions the client saved. */
static bool listed(const struct rm_entry *e, const struct rm_client *client, uint32_t first)
{
        uint32_t type = first >> 24;

        if (e->owner != client || e->session != (type != TPM2_HT_TRANSIENT) ||
            (e->handle & 0xFFFFFF) < (first & 0xFFFFFF))
                return false;
        return !e->session || e->saved_by_client == (type == TPM2_HT_SAVED_SESSION);
}

static void put_answer(const uint32_t *handles, size_t n, size_t wanted, struct aza_bytes *answer)
{
        SIM_WRITER struct sim_writer w = {0};
        bool more = n > wanted;

        if (more)
                n = wanted;
        sim_put_be16(&w, TPM2_ST_NO_SESSIONS);
        sim_put_be32(&w, (uint32_t)(10 + 1 + 4 + 4 + 4 * n));
        sim_put_be32(&w, TPM2_RC_SUCCESS);
        sim_put_u8(&w, more);
        sim_put_be32(&w, TPM2_CAP_HANDLES);
        sim_put_be32(&w, (uint32_t)n);
        for (size_t i = 0; i < n; i++)
                sim_put_be32(&w, handles[i]);
        if (sim_writer_take(&w, answer) != 0)
                rm_answer_code(answer, TPM2_RC_FAILURE);
}

bool rm_list_handles(struct sim_rm *rm, struct rm_client *client, struct aza_span command,
                     struct aza_bytes *answer)
{
        struct aza_reader r = aza_reader_of(command);
        uint32_t handles[2 * RM_MAX_OBJECTS];
        size_t n = 0;

        uint16_t tag = aza_read_be16(&r);
        (void)aza_read(&r, 8);
        uint32_t capability = aza_read_be32(&r);
        uint32_t first = aza_read_be32(&r);
        uint32_t wanted = aza_read_be32(&r);
        uint32_t type = first >> 24;
        if (!aza_reader_done(&r) || tag != TPM2_ST_NO_SESSIONS || capability != TPM2_CAP_HANDLES ||
            (type != TPM2_HT_TRANSIENT && type != TPM2_HT_LOADED_SESSION &&
             type != TPM2_HT_SAVED_SESSION))
                return false;
        for (const struct rm_entry *e = rm->entries; e != NULL; e = e->next) {
                if (n < sizeof(handles) / sizeof(handles[0]) && listed(e, client, first))
                        handles[n++] = e->handle;
        }
        qsort(handles, n, sizeof(handles[0]), compare);
        put_answer(handles, n, wanted < TPM2_MAX_CAP_HANDLES ? wanted : TPM2_MAX_CAP_HANDLES,
                   answer);
        return true;
}
