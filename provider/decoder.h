/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoders of key files (decoder.c) and of token files (decoder_jwt.c) share. */
#ifndef AZA_PROVIDER_DECODER_H
#define AZA_PROVIDER_DECODER_H

#include "key.h"
#include "token/token.h"

/* The only thing a decoder's context holds is the way to the provider. */
struct aza_decoder {
        struct aza_prov *prov;
};

extern OSSL_FUNC_decoder_newctx_fn aza_decoder_newctx;
extern OSSL_FUNC_decoder_freectx_fn aza_decoder_freectx;

/* Hands DER of ours to the core, which gives it to our DER decoder. */
int aza_decoder_emit_der(unsigned char *der, size_t len, OSSL_CALLBACK *callback, void *arg);

/* ---- decoder_jwt.c ---- */

/* A token on its way between our two decoders: SEQUENCE { INTEGER 1, VisibleString description,
 * UTF8String token }. Nobody writes it to a file, and nothing in it is trusted. */
#define AZA_TOKEN_DESCRIPTION "azattest token v1; to be verified"

/* The public key of that structure's token, once the token was verified. NULL after raising. */
struct aza_key *aza_token_open(struct aza_prov *prov, struct aza_span der);
/* The same of a token's text; takes `jwt` over, also when it fails. */
struct aza_key *aza_token_take(struct aza_prov *prov, char *jwt);

#endif
