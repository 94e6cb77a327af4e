/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process's part of the key-set cache. One state, made at first use and replaced as a unit in a
 * forked child, whose copy of the mutex may be locked for ever (PV30); never freed. The mutex is
 * held for look-ups in a table of 8: never across network, log, or parsing.
 */
#include "online/key_set_process.h"

#include "base/error.h"
#include "os/process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define SLOTS 8

struct slot {
        char name[AZA_JWKS_NAME]; /* "": free */
        struct aza_bytes text;    /* empty: no record is kept */
        uint64_t used;
        pthread_t owner;
        bool busy;
};

struct state {
        int64_t pid;
        pthread_mutex_t mutex;
        uint64_t clock; /* counts look-ups */
        struct slot slots[SLOTS];
        struct state *inherited; /* the parent's, so that it is not lost */
};

static _Atomic(struct state *) current;

/* This process's state, locked; NULL when out of memory. */
static struct state *enter(void)
{
        struct state *seen = atomic_load(&current);

        if (seen == NULL || seen->pid != aza_process_id()) {
                struct state *mine = calloc(1, sizeof(*mine));
                if (mine == NULL || pthread_mutex_init(&mine->mutex, NULL) != 0) {
                        free(mine);
                        return NULL;
                }
                mine->pid = aza_process_id();
                mine->inherited = seen;
                if (atomic_compare_exchange_strong(&current, &seen, mine)) {
                        seen = mine;
                } else {
                        (void)pthread_mutex_destroy(&mine->mutex);
                        free(mine); /* another thread of this process was first */
                }
        }
        (void)pthread_mutex_lock(&seen->mutex);
        return seen;
}

static void leave(struct state *state)
{
        (void)pthread_mutex_unlock(&state->mutex);
}

/* The slot of `name`. With `make`, else the one unused for longest, emptied; NULL when there is
 * none. */
static struct slot *find_slot(struct state *state, const char *name, bool make)
{
        struct slot *oldest = NULL;

        for (size_t i = 0; i < SLOTS; i++) {
                struct slot *slot = &state->slots[i];
                if (strcmp(slot->name, name) == 0) {
                        slot->used = ++state->clock;
                        return slot;
                }
                if (!slot->busy && (oldest == NULL || slot->used < oldest->used))
                        oldest = slot;
        }
        if (!make || oldest == NULL)
                return NULL;
        aza_bytes_free(&oldest->text);
        memcpy(oldest->name, name, AZA_JWKS_NAME);
        oldest->used = ++state->clock;
        return oldest;
}

enum aza_turn aza_turn_take(const char *name)
{
        enum aza_turn turn = AZA_TURN_NONE;
        struct state *state = enter();
        struct slot *slot = state != NULL ? find_slot(state, name, true) : NULL;

        if (slot != NULL && !slot->busy) {
                slot->busy = true;
                slot->owner = pthread_self();
                turn = AZA_TURN_MINE;
        } else if (slot != NULL && pthread_equal(slot->owner, pthread_self()) == 0) {
                turn = AZA_TURN_OTHER;
        }
        if (state != NULL)
                leave(state);
        return turn;
}

void aza_turn_end(const char *name)
{
        struct state *state = enter();
        struct slot *slot = state != NULL ? find_slot(state, name, false) : NULL;

        if (slot != NULL)
                slot->busy = false;
        if (state != NULL)
                leave(state);
}

int aza_kept_read(const char *name, int64_t now, struct aza_jwks_record *ret)
{
        AZA_BYTES struct aza_bytes text = {0};
        struct state *state = enter();
        struct slot *slot = state != NULL ? find_slot(state, name, false) : NULL;
        int r = 0;

        if (slot != NULL)
                r = aza_bytes_set(&text, slot->text.data, slot->text.len);
        if (state != NULL)
                leave(state);
        if (r == 0 && text.len == 0)
                r = AZATTEST_E_INPUT;
        return r != 0 ? r : aza_jwks_record_parse(aza_bytes_span(&text), now, ret);
}

void aza_kept_write(const char *name, const struct aza_jwks_record *record)
{
        AZA_BYTES struct aza_bytes text = {0};

        if (aza_jwks_record_text(record, &text) != 0)
                return;
        struct state *state = enter();
        struct slot *slot = state != NULL ? find_slot(state, name, true) : NULL;
        if (slot != NULL) {
                aza_bytes_free(&slot->text);
                slot->text = aza_bytes_take(&text);
        }
        if (state != NULL)
                leave(state);
}

void aza_kept_drop(const char *name)
{
        struct state *state = enter();
        struct slot *slot = state != NULL ? find_slot(state, name, false) : NULL;

        if (slot != NULL)
                aza_bytes_free(&slot->text);
        if (state != NULL)
                leave(state);
}
