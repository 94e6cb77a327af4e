/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters that encryption and signatures share: padding modes and digests by name. */
#ifndef AZA_PROVIDER_RSA_PARAMS_H
#define AZA_PROVIDER_RSA_PARAMS_H

#include "base/own.h"
#include "context.h"

/* Reads a padding mode, given as number or as word. True, or false after raising. */
bool aza_padding_get(const struct aza_prov *prov, const OSSL_PARAM *p, int *ret);
/* Answers with a number or a word, as asked. */
bool aza_padding_set(OSSL_PARAM *p, int mode);

/* The digest of the name in `p`, from the provider's own library context; the application's
 * property query for it does not apply there. Replaces *md. True, or false after raising. */
bool aza_digest_get(struct aza_prov *prov, const OSSL_PARAM *p, EVP_MD **md);
/* The same by name. */
bool aza_digest_fetch(struct aza_prov *prov, const char *name, EVP_MD **md);

/* Copies the reference; either may be NULL. */
void aza_digest_share(EVP_MD *from, EVP_MD **to);

/* Sets *p (may be NULL) to the digest's name, "" when there is none. */
bool aza_digest_name(OSSL_PARAM *p, const EVP_MD *md);

#endif
