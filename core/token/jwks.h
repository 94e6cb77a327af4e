/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON Web Key Set of RSA signing keys (RFC 7517; verification.md T6). Pure, fuzzed. */
#ifndef AZA_TOKEN_JWKS_H
#define AZA_TOKEN_JWKS_H

#include "base/bytes.h"
#include "base/own.h"

#define AZA_JWKS_MAX 262144

struct aza_jwks;

/* n/e or x5c[0]; when both are there they must agree. Weak and unusable keys are skipped, the set
 * stays usable. A kid that occurs twice is unusable. 0 or AZATTEST_E_TOKEN_SIGNATURE. */
int aza_jwks_parse(OSSL_LIB_CTX *libctx, struct aza_span text, struct aza_jwks **ret);
void aza_jwks_free(struct aza_jwks *set);
/* One more holder, who calls aza_jwks_free too. A set never changes; returns it. */
struct aza_jwks *aza_jwks_share(struct aza_jwks *set);
AZA_OWN_DEFINE(struct aza_jwks, aza_jwks_free);

/* Borrowed key of `kid` (compared as bytes), NULL when absent. When the key came with a certificate
 * its validity must include `time`; *reason says why not (static text). */
EVP_PKEY *aza_jwks_find(const struct aza_jwks *set, const char *kid, int64_t time,
                        const char **reason);

/* The cached set of `issuer` from the runtime directory (offline half). *ret_age in seconds.
 * AZATTEST_E_INPUT when there is none. Verified again by being parsed. */
int aza_jwks_cache_read(OSSL_LIB_CTX *libctx, const char *runtime_dir, const char *issuer,
                        int64_t now, struct aza_jwks **ret, int64_t *ret_age);
int aza_jwks_cache_write(OSSL_LIB_CTX *libctx, const char *runtime_dir, const char *issuer,
                         struct aza_span text);

#endif
