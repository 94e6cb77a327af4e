/* SPDX-License-Identifier: Apache-2.0 */
/* Why a vault refuses, or would: what can be seen of the key from outside, and its release policy
 * over the token that is shown to it. */
#ifndef AZA_ONLINE_RELEASE_EXPLAIN_H
#define AZA_ONLINE_RELEASE_EXPLAIN_H

#include "online/vault.h"

/* Adds rows {name, state ("ok", "no", "unknown"), text} to `findings`; *ret_no: one says no. The
 * vault is open. 0, or what the network fails with; that the key may not be read is a row. */
int aza_release_explain(struct aza_vault *vault, const char *token, json_object *findings,
                        bool *ret_no);

#endif
