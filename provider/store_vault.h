/* SPDX-License-Identifier: Apache-2.0 */
/* The store's objects that a key vault releases. */
#ifndef AZA_PROVIDER_STORE_VAULT_H
#define AZA_PROVIDER_STORE_VAULT_H

#include "context.h"
#include "tpm/uri.h"

struct aza_vault_load {
        const struct aza_uri *uri;
        const char *text; /* it was parsed from */
        bool public_half; /* is all that is wanted */
};

/* As a store's LOAD. */
int aza_vault_load(struct aza_prov *prov, const struct aza_vault_load *load,
                   OSSL_CALLBACK *callback, void *arg);

#endif
