/* SPDX-License-Identifier: Apache-2.0 */
/* T17: the runtime JSON that the SNP report vouches for, rebuilt from the token's claims. */
#ifndef AZA_TOKEN_INNER_HASH_H
#define AZA_TOKEN_INNER_HASH_H

#include "base/own.h"

enum aza_inner_hash {
        AZA_INNER_EQUAL,
        AZA_INNER_DIFFERENT,
        AZA_INNER_UNAVAILABLE, /* claims missing, or no memory */
};

/* `tee` is the claim x-ms-isolation-tee of an SEV-SNP or TDX token. */
enum aza_inner_hash aza_inner_hash_check(OSSL_LIB_CTX *libctx, json_object *tee);

#endif
