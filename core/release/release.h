/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer of a key vault to a request for release: a JWS with its certificates, and in it the
 * key, wrapped to the attested key of this VM (CHECKS.md 8). Pure but for the one operation of the
 * TPM that aza_release_unwrap asks for.
 */
#ifndef AZA_RELEASE_RELEASE_H
#define AZA_RELEASE_RELEASE_H

#include "base/certs.h"
#include "base/checks.h"
#include "release/jwk.h"
#include "release/vault_key.h"
#include "token/token.h"

#include <openssl/x509_vfy.h>

struct aza_tpm;
struct aza_keyref;

#define AZA_RELEASE_TARGET "TpmEphemeralEncryptionKey" /* the attested key's kid in MAA's tokens */

enum aza_release_wrap {
        AZA_WRAP_SHA256, /* RSA_AES_KEY_WRAP_256 */
        AZA_WRAP_SHA384, /* RSA_AES_KEY_WRAP_384 */
        AZA_WRAP_SHA1,   /* CKM_RSA_AES_KEY_WRAP */
        AZA_WRAP_COUNT,
};
/* As `enc` has it; and back, false for what is none. */
const char *aza_release_wrap_name(enum aza_release_wrap wrap);
bool aza_release_wrap_find(const char *name, enum aza_release_wrap *ret);

/* A parsed answer. Nothing in it is trustworthy before aza_release_verify accepted it. Texts and
 * objects are borrowed from `jws`; NULL where the answer has none. */
struct aza_release {
        struct aza_token *jws;
        aza_certs *chain; /* x5c, the signer's first */
        const char *nonce;
        const char *enc;
        const char *request_kid;
        json_object *attributes;
        json_object *policy; /* {"contentType", "data"} */
        json_object *key;    /* the JWK */
        json_object *hsm;    /* key_hsm, decoded; owned */
        struct aza_bytes wrapped;
};
void aza_release_free(struct aza_release *r);
AZA_OWN_DEFINE(struct aza_release, aza_release_free);

struct aza_release_expect {
        const struct aza_vault_key *key;
        const char *nonce;
        enum aza_release_wrap wrap;
        const char *target; /* kid of the key that it is wrapped to */
        X509_STORE *trust;  /* the certificates that chains may end in */
        int64_t time;
};

/* Parses `jws` and makes rows K1 to K4 and K7. 0 with *ret, or AZATTEST_E_KEY_RELEASE,
 * AZATTEST_E_NO_MEMORY; `checks` has the rows in any case, K5 and K6 not made. */
int aza_release_verify(OSSL_LIB_CTX *libctx, struct aza_span jws,
                       const struct aza_release_expect *expect, struct aza_checks *checks,
                       struct aza_release **ret);

/* A key that came out. */
struct aza_released {
        enum aza_jwk_kind kind;
        struct aza_bytes bytes; /* DER PKCS#8; of AZA_JWK_OCT the key itself */
};
void aza_released_free(struct aza_released *key);

/* The RSA block of a verified answer: 256 bytes, of what has the length it must have (K5); else
 * empty. */
struct aza_span aza_release_block(const struct aza_release *r);

/* Rows K5 and K6: opens the answer with the AES key that its RSA block holds. What is no AES-256
 * key fails as a wrong one does. 0, AZATTEST_E_KEY_RELEASE, AZATTEST_E_NO_MEMORY. */
int aza_release_open(OSSL_LIB_CTX *libctx, const struct aza_release *r, struct aza_span aes_key,
                     struct aza_checks *checks, struct aza_released *ret);

/* The same with this VM's key `ref`, which opens the RSA block (wrapped as `wrap`). Also what the
 * TPM fails with. */
struct aza_release_key {
        struct aza_tpm *tpm;
        const struct aza_keyref *ref;
        enum aza_release_wrap wrap;
};
int aza_release_unwrap(OSSL_LIB_CTX *libctx, const struct aza_release *r,
                       const struct aza_release_key *with, struct aza_checks *checks,
                       struct aza_released *ret);

#endif
