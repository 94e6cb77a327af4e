/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON Web Key Set of RSA signing keys (RFC 7517; T6). Pure, fuzzed. */
#ifndef AZA_TOKEN_JWKS_H
#define AZA_TOKEN_JWKS_H

#include "base/bytes.h"
#include "base/certs.h"
#include "base/own.h"

#define AZA_JWKS_MAX   262144
#define AZA_JWKS_FRESH 86400  /* seconds after its fetch that a set is used without a further one */
#define AZA_JWKS_STALE 604800 /* and with `allow-stale-keys`, while no fetch succeeds */

struct aza_jwks;
struct aza_jwks_record;

/* n/e or x5c[0]; when both are there they must agree. Weak and unusable keys are skipped, the set
 * stays usable. A kid that occurs twice is unusable. 0 or AZATTEST_E_TOKEN_SIGNATURE. */
int aza_jwks_parse(OSSL_LIB_CTX *libctx, struct aza_span text, struct aza_jwks **ret);
void aza_jwks_free(struct aza_jwks *set);
/* One more holder, who calls aza_jwks_free too. A set never changes; returns it. */
struct aza_jwks *aza_jwks_share(struct aza_jwks *set);
AZA_OWN_DEFINE(struct aza_jwks, aza_jwks_free);

/* What a set has under a kid. */
struct aza_jwks_key {
        EVP_PKEY *key;    /* borrowed; NULL: none that may be used */
        const char *note; /* why there is none, or a remark; static text or NULL */
};

/* The key of `kid` (compared as bytes). When it came with a certificate its validity must include
 * `time`. Keys that the issuer has withdrawn are absent. */
struct aza_jwks_key aza_jwks_find(const struct aza_jwks *set, const char *kid, int64_t time);
/* The same for a token issued at `issued`: a key that was withdrawn after that is found too, and
 * noted. */
struct aza_jwks_key aza_jwks_find_issued(const struct aza_jwks *set, const char *kid,
                                         int64_t issued, int64_t time);
/* The certificates (x5c) of a key, its own first; borrowed. NULL: it has none. */
const aza_certs *aza_jwks_certificates(const struct aza_jwks *set, const char *kid);
/* Why these are no chain, each certificate valid at `time`, to one whose SHA-256 is among `pins`
 * (64 hex digits each): static text. NULL when they are; then `anchor` has its digits. */
const char *aza_jwks_chain_fault(OSSL_LIB_CTX *libctx, const aza_certs *certificates,
                                 const char *pins, int64_t time, char anchor[65]);

/* The set that a record has, with its withdrawn keys that may be used `now`. 0, AZATTEST_E_INPUT
 * when it has none, AZATTEST_E_TOKEN_SIGNATURE. */
int aza_jwks_of_record(OSSL_LIB_CTX *libctx, const struct aza_jwks_record *record, int64_t now,
                       struct aza_jwks **ret);
/* When the set was fetched from its issuer, seconds since 1970; 0: it was given. */
int64_t aza_jwks_fetched(const struct aza_jwks *set);
/* When it must not be held any longer: it is a day old, or a withdrawn key ends. */
int64_t aza_jwks_until(const struct aza_jwks *set);

#endif
