/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key object every operation shares: a native public key and, for keys of this VM, the
 * reference to their private half. Immutable once in use, counted; nothing in it belongs to a
 * process.
 */
#ifndef AZA_PROVIDER_KEY_H
#define AZA_PROVIDER_KEY_H

#include "base/own.h"
#include "context.h"
#include "key/rsa_decrypt.h"

#include <stdatomic.h>

struct aza_key {
        struct aza_prov *prov;
        atomic_int refs;
        EVP_PKEY *pub;          /* in the provider's library context; NULL while empty */
        struct aza_keyref *ref; /* NULL: a public or foreign key, no private half in the vTPM */
        bool foreign_pair; /* `pub` has its private half, too: an ordinary key, imported or made
                                   * here because EVP came to us (PV18, D51); the delegate's */
        char *token;       /* a public key that came out of a token: that token, or NULL */
        int64_t expires;   /* its `exp`; 0: no limit */
        enum aza_purpose purpose; /* what it says the key is for; counts while `expires` is set */
};

/* Empty, one reference. NULL when out of memory. */
struct aza_key *aza_key_new(struct aza_prov *prov);
struct aza_key *aza_key_up(struct aza_key *key);
void aza_key_free(struct aza_key *key);
AZA_OWN_DEFINE(struct aza_key, aza_key_free);

/* A key of this VM. Takes *ref over on success. NULL after raising. */
struct aza_key *aza_key_from_ref(struct aza_prov *prov, struct aza_keyref **ref);
/* A public key. Takes *pub over on success. NULL after raising. */
struct aza_key *aza_key_from_public(struct aza_prov *prov, EVP_PKEY **pub);
/* An ordinary pair, all of whose work is the delegate's. Takes *pair over on success. NULL after
 * raising. */
struct aza_key *aza_key_from_pair(struct aza_prov *prov, EVP_PKEY **pair);
/* The same key without its private half; keeps the token as evidence. NULL after raising. */
struct aza_key *aza_key_public_half(const struct aza_key *key);

/* The token, of either kind of key, or NULL. */
const char *aza_key_token(const struct aza_key *key);

/* The token in words: "none", or when it expires. `out` has 64 bytes. Returns it. */
const char *aza_key_token_text(const struct aza_key *key, char out[64]);

/* Modulus length in bytes, 0 for an empty key. */
size_t aza_key_size(const struct aza_key *key);

/* True when the key can and may do private operations of `use` (AZA_PURPOSE_DECRYPT or _SIGN); else
 * false after raising what to use instead (PV48). No TPM. */
bool aza_key_may(const struct aza_key *key, enum aza_purpose use);

/* True unless the key came out of a token that has expired (D26) or says the key is for something
 * else (C5): encryption serves AZA_PURPOSE_DECRYPT, verification AZA_PURPOSE_SIGN. Raises. */
bool aza_key_may_public(const struct aza_key *key, enum aza_purpose use);

/* in^d mod n in the TPM (PV1). True, or false after raising. */
bool aza_key_private(const struct aza_key *key, const uint8_t in[AZA_RSA_BYTES],
                     uint8_t out[AZA_RSA_BYTES]);
/* Decrypts as `how` says (rsa_decrypt.h); its libctx, tpm and ref are set here. True, or false
 * after raising. */
bool aza_key_decrypt(const struct aza_key *key, struct aza_rsa_decryption *how, struct aza_span in,
                     uint8_t *out, size_t *len);

/* A context of the delegate, for public operations and those of foreign pairs; NULL after
 * raising. */
EVP_PKEY_CTX *aza_key_delegate(const struct aza_key *key);

/* For EXPORT_OBJECT of store and decoder and EXPORT of keymgmt: 0, silently, when the private half
 * is asked for (PV8, PV11, D26), unless it is a foreign one. */
int aza_key_export(const struct aza_key *key, int selection, OSSL_CALLBACK *callback, void *arg);

/* Hands a key to the core, as store and decoder do. Takes it over; NULL gives 0. */
int aza_key_deliver(struct aza_key *key, OSSL_CALLBACK *callback, void *arg);
/* Hands DER of a key to the core, for the decoders that know `structure` ("PrivateKeyInfo"):
 * whoever's they are, the key is then theirs. Not taken over. */
int aza_der_deliver(struct aza_span der, const char *structure, OSSL_CALLBACK *callback, void *arg);

#endif
