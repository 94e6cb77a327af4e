/* SPDX-License-Identifier: Apache-2.0 */
/* The public half of a vault's key: a JSON Web Key (RFC 7517) as an EVP_PKEY. Pure. */
#ifndef AZA_RELEASE_JWK_H
#define AZA_RELEASE_JWK_H

#include "base/json.h"
#include "base/own.h"

enum aza_jwk_kind {
        AZA_JWK_OTHER,
        AZA_JWK_RSA,
        AZA_JWK_EC,
        AZA_JWK_OCT, /* symmetric: has no public half */
};

/* Of `kty`, with or without the "-HSM" behind it that says where the key is kept. */
enum aza_jwk_kind aza_jwk_kind(const char *kty);

/* The RSA (2048 to 4096 bits) or EC (P-256, P-384, P-521, P-256K) public key in `jwk`, usable. 0,
 * AZATTEST_E_KEY_RELEASE (says what is wrong), AZATTEST_E_NO_MEMORY. */
int aza_jwk_public(OSSL_LIB_CTX *libctx, json_object *jwk, EVP_PKEY **ret);

#endif
