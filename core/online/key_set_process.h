/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the threads of this process share about key sets (T7): who fetches which one now, and the
 * texts of records that could not be written to a runtime directory. At most 8 issuers; a forked
 * child starts with none (PV30). Only key_set.c includes this.
 */
#ifndef AZA_ONLINE_KEY_SET_PROCESS_H
#define AZA_ONLINE_KEY_SET_PROCESS_H

#include "token/jwks_record.h"

enum aza_turn {
        AZA_TURN_MINE,  /* to be given back with aza_turn_end */
        AZA_TURN_OTHER, /* another thread's: try again later */
        AZA_TURN_NONE,  /* no waiting: this very thread fetches already, or there is no room */
};

/* Whose turn it is to fetch the set `name`. Never blocks, and no mutex is held in between. */
enum aza_turn aza_turn_take(const char *name);
void aza_turn_end(const char *name);

/* The text that was kept last. 0, or AZATTEST_E_INPUT: none. */
int aza_kept_read(const char *name, int64_t now, struct aza_jwks_record *ret);
void aza_kept_write(const char *name, const struct aza_jwks_record *record);
void aza_kept_drop(const char *name);

#endif
