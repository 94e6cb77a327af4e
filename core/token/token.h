/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MAA tokens: parsed strictly, then verified by the one function that handshake, provider, command
 * and relying parties share (CHECKS.md 7). Pure: bytes and a key set in, checks and claims out.
 */
#ifndef AZA_TOKEN_TOKEN_H
#define AZA_TOKEN_TOKEN_H

#include "base/checks.h"
#include "config/config.h"
#include "token/jwks.h"
#include "tpm/keyref.h"

#define AZA_TOKEN_MAX 65536

/* A parsed compact JWS. Nothing in it is trustworthy before aza_token_verify accepted it. */
struct aza_token {
        char *jwt;                     /* as received */
        struct aza_span signing_input; /* into jwt */
        json_object *header;
        json_object *claims;
        struct aza_bytes signature;
        const char *kid;    /* into header, or NULL */
        const char *issuer; /* into claims, or NULL */
        int64_t exp;        /* 0 when absent */
};
void aza_token_free(struct aza_token *t);
AZA_OWN_DEFINE(struct aza_token, aza_token_free);

/* T1-T3. 0 (and no row: aza_token_verify adds them), or AZATTEST_E_TOKEN_FORM with a row for every
 * check in `checks` (may be NULL), those that could not be made as `not checked`. No white space
 * around the token: whoever reads a file trims it. */
int aza_token_parse(const char *jwt, size_t len, struct aza_checks *checks, struct aza_token **ret);

/* The attested key of the token: x-ms-runtime.keys[kid = TpmEphemeralEncryptionKey] (T14). 0,
 * AZATTEST_E_JWK_EXTRACTION (no such key), AZATTEST_E_JWK_TO_RSA (weak or malformed). */
int aza_token_key(OSSL_LIB_CTX *libctx, const struct aza_token *t, EVP_PKEY **ret);
/* The same key as numbers: its modulus, big-endian, without leading zeros. */
int aza_token_modulus(const struct aza_token *t, struct aza_bytes *ret);
/* Member `name` of x-ms-runtime.client-payload, base64-decoded. 0; AZATTEST_E_INPUT when absent or
 * not base64. */
int aza_token_payload(const struct aza_token *t, const char *name, struct aza_bytes *ret);
/* client-payload "azattest-purpose"; absent means decrypt (C5). 0 or AZATTEST_E_TOKEN_FORM. */
int aza_token_purpose(const struct aza_token *t, enum aza_purpose *ret);

/* True when `issuer` is https and config->issuer or one of config->issuers, compared as text (T4,
 * D18). */
bool aza_issuer_accepted(const struct aza_config *config, const char *issuer);

/* The key in `set` that has to have signed the token; none also when the token names none. */
struct aza_jwks_key aza_token_signer(const struct aza_jwks *set, const struct aza_token *t,
                                     int64_t time);

struct aza_policy;

struct aza_token_expect {
        const struct aza_config *config;    /* issuer, issuers, require */
        const struct aza_jwks *jwks;        /* NULL: T5 is not checked, and required */
        const struct aza_error *jwks_fault; /* why there is none; NULL: nobody looked for one */
        const char *jwks_from;              /* where it came from, for T7; NULL: a caller's file */
        const struct aza_policy *policy;    /* NULL: the built-in one of config->require */
        int64_t time;                       /* evaluation time */
        const char *nonce;                  /* plain text; NULL: T11 not required */
        const uint8_t *own_modulus;         /* AZA_RSA_BYTES; NULL: T15 not applicable */
        const char *vmid;                   /* NULL: identity is judged by `foreign` */
        bool foreign;                       /* token of another VM: identity needed (D12, row G4) */
        bool inspect;     /* no use of its key follows: platform tokens are judged too (D54) */
        bool any_purpose; /* else `purpose` must match */
        enum aza_purpose purpose;
};

/* A token, readable or not, gets all of its rows: T1-T20 (T18 says that it was not made:
 * evidence_token.h makes it), G4, C5. */
#define AZA_TOKEN_ROWS 22

/* Why rows on claims, and on whose key it is that they name, are not checked without T8. */
#define AZA_TOKEN_UNPROVEN "as T8: not shown to be the issuer's words"

/* Makes those rows. What contradicts the demands is refused whoever signed it; what meets them
 * counts only under the issuer's signature. 0 when the verdict is accept, else the first rejecting
 * check's code. T7 is made where the key set is fetched or stored; its row says what `jwks_from`
 * tells. */
int aza_token_verify(OSSL_LIB_CTX *libctx, const struct aza_token *t,
                     const struct aza_token_expect *expect, struct aza_checks *checks);

/* ---- token cache in the runtime directory (D36) ---- */

/* The stored token of the key with TPM Name `name` and of `issuer`, unverified. AZATTEST_E_INPUT
 * when there is none. `ret` is NUL-terminated text. */
int aza_token_cache_read(OSSL_LIB_CTX *libctx, const char *runtime_dir, const uint8_t name[34],
                         const char *issuer, struct aza_bytes *ret);
int aza_token_cache_write(OSSL_LIB_CTX *libctx, const char *runtime_dir, const uint8_t name[34],
                          const char *issuer, const char *jwt);

#endif
