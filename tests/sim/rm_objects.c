/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of transient objects and sessions: who has them, which are in the TPM's few slots,
 * saved contexts of the others. Knows nothing of sockets or commands. */
#include "sim/rm_internal.h"

#include <stdlib.h>
#include <tss2/tss2_tpm2_types.h>

#define MAX_ORPHANS 16U

struct rm_entry *rm_find(struct sim_rm *rm, const struct rm_client *client, uint32_t handle)
{
        for (struct rm_entry *e = rm->entries; e != NULL; e = e->next) {
                if (e->handle == handle && (e->owner == client || e->owner == NULL))
                        return e;
        }
        return NULL;
}

size_t rm_held(const struct sim_rm *rm, const struct rm_client *client, bool sessions)
{
        size_t n = 0;

        for (const struct rm_entry *e = rm->entries; e != NULL; e = e->next)
                n += (client == NULL || e->owner == client) && e->session == sessions;
        return n;
}

void rm_forget(struct sim_rm *rm, struct rm_entry *e)
{
        struct rm_entry **p = &rm->entries;

        while (*p != e)
                p = &(*p)->next;
        *p = e->next;
        aza_bytes_free(&e->blob);
        free(e);
}

void rm_forget_all(struct sim_rm *rm)
{
        while (rm->entries != NULL)
                rm_forget(rm, rm->entries);
}

static uint32_t flush_real(struct sim_rm *rm, uint32_t real)
{
        const uint8_t bytes[4] = {(uint8_t)(real >> 24), (uint8_t)(real >> 16),
                                  (uint8_t)(real >> 8), (uint8_t)real};
        return sim_tpm_call(rm->options.tpm, TPM2_CC_FlushContext, (struct aza_span){0}, 0,
                            aza_span_of(bytes, sizeof(bytes)), NULL);
}

void rm_flush(struct sim_rm *rm, struct rm_entry *e)
{
        if (e->session)
                (void)flush_real(rm, e->handle);
        else if (e->loaded)
                (void)flush_real(rm, e->real);
        rm_forget(rm, e);
}

struct rm_entry *rm_add(struct sim_rm *rm, struct rm_client *client, uint32_t real)
{
        struct rm_entry *e = calloc(1, sizeof(*e));

        if (e == NULL) {
                (void)flush_real(rm, real);
                return NULL;
        }
        e->session = real >> 24 != TPM2_HT_TRANSIENT;
        e->handle = e->session ? real : rm->next_handle--;
        if (rm->next_handle < RM_FIRST_HANDLE + 0x10000)
                rm->next_handle = RM_FIRST_HANDLE + 0xFFFFFF;
        e->real = real;
        e->loaded = true;
        e->owner = client;
        e->used = rm->now;
        e->next = rm->entries;
        rm->entries = e;
        return e;
}

/* A session leaves the TPM with its context, an object has to be flushed as well. */
static bool evict_one(struct sim_rm *rm, struct rm_entry *e)
{
        if (e->session || e->changes || e->blob.len == 0) {
                uint32_t rc = sim_tpm_call1(rm->options.tpm, TPM2_CC_ContextSave, e->real, 0,
                                            (struct aza_span){0}, &e->blob);
                if (rc != TPM2_RC_SUCCESS) {
                        aza_bytes_free(&e->blob);
                        return false;
                }
        }
        if (!e->session)
                (void)flush_real(rm, e->real);
        e->loaded = false;
        return true;
}

void rm_evict(struct sim_rm *rm, bool sessions)
{
        struct rm_entry *next = NULL;

        for (struct rm_entry *e = rm->entries; e != NULL; e = next) {
                next = e->next;
                if (e->session == sessions && e->loaded && e->used != rm->now)
                        (void)evict_one(rm, e);
        }
}

/* One slot: the entry that was not needed for the longest time. */
static bool evict_oldest(struct sim_rm *rm, bool sessions)
{
        struct rm_entry *oldest = NULL;

        for (struct rm_entry *e = rm->entries; e != NULL; e = e->next) {
                if (e->session == sessions && e->loaded && e->used != rm->now &&
                    (oldest == NULL || e->used < oldest->used))
                        oldest = e;
        }
        return oldest != NULL && evict_one(rm, oldest);
}

uint32_t rm_load(struct sim_rm *rm, struct rm_entry *e)
{
        AZA_BYTES struct aza_bytes answer = {0};
        uint32_t rc = 0;

        e->used = rm->now;
        if (e->loaded)
                return TPM2_RC_SUCCESS;
        do {
                rc = sim_tpm_call(rm->options.tpm, TPM2_CC_ContextLoad, (struct aza_span){0}, 0,
                                  aza_bytes_span(&e->blob), &answer);
        } while ((rc == TPM2_RC_OBJECT_MEMORY || rc == TPM2_RC_SESSION_MEMORY) &&
                 evict_oldest(rm, e->session));
        if (rc != TPM2_RC_SUCCESS)
                return rc;
        struct aza_reader r = aza_reader_of(aza_bytes_span(&answer));
        e->real = aza_read_be32(&r);
        e->loaded = true;
        return TPM2_RC_SUCCESS;
}

void rm_refresh_sessions(struct sim_rm *rm)
{
        for (struct rm_entry *e = rm->entries; e != NULL; e = e->next) {
                uint64_t used = e->used;
                if (!e->session || e->loaded || e->saved_by_client)
                        continue;
                if (rm_load(rm, e) == TPM2_RC_SUCCESS)
                        (void)evict_one(rm, e);
                e->used = used;
        }
}

/* Sessions whose process saved them and ended may be loaded by another one; a few are kept. */
static void limit_orphans(struct sim_rm *rm)
{
        size_t n = 0;
        struct rm_entry *oldest = NULL;

        for (struct rm_entry *e = rm->entries; e != NULL; e = e->next) {
                if (e->owner != NULL)
                        continue;
                n++;
                if (oldest == NULL || e->used < oldest->used)
                        oldest = e;
        }
        if (n > MAX_ORPHANS)
                rm_flush(rm, oldest);
}

void rm_flush_client(struct sim_rm *rm, const struct rm_client *client)
{
        struct rm_entry *next = NULL;

        for (struct rm_entry *e = rm->entries; e != NULL; e = next) {
                next = e->next;
                if (e->owner != client)
                        continue;
                if (e->saved_by_client)
                        e->owner = NULL;
                else
                        rm_flush(rm, e);
        }
        limit_orphans(rm);
}
