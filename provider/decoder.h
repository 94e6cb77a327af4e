/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoders of key files (decoder.c), of token files (decoder_jwt.c) and of sealed keys
 * (decoder_sealed.c) share. */
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

/*
 * Text on its way between two decoders of ours: SEQUENCE { INTEGER 1, VisibleString description,
 * UTF8String text }, because only DER reaches a key decoder. Nobody writes it to a file, and
 * nothing in it is trusted.
 */
#define AZA_KEYREF_DESCRIPTION "azattest key reference v1; contains no secret"
#define AZA_TOKEN_DESCRIPTION  "azattest token v1; to be verified"
#define AZA_SEALED_DESCRIPTION "azattest sealed key v1; to be opened"

/* 0 or AZATTEST_E_NO_MEMORY; AZATTEST_E_INPUT: larger than a token may be. */
int aza_decoder_wrap(const char *description, struct aza_span text, struct aza_bytes *ret_der);
/* Points into `der`; length 0: it is no such thing. */
struct aza_span aza_decoder_unwrap(const char *description, struct aza_span der);
/* Reads one DER SEQUENCE that begins like one of ours, AzAttestKey included. Its description, or
 * NULL for anything else, of which no more than its beginning was read. */
const char *aza_decoder_read(BIO *in, struct aza_bytes *ret_der);

/* ---- decoder_jwt.c ---- */

/* The public key of a wrapped token, once the token was verified. NULL after raising. */
struct aza_key *aza_token_open(struct aza_prov *prov, struct aza_span der);
/* The same of a token's text; takes `jwt` over, also when it fails. */
struct aza_key *aza_token_take(struct aza_prov *prov, char *jwt);

/* ---- decoder_sealed.c ---- */

/* Hands the JWE's text in a sealed key's PEM block to the core, which gives it to the decoder that
 * opens it. */
int aza_sealed_emit(const struct aza_decoder *ctx, struct aza_span text, OSSL_CALLBACK *callback,
                    void *arg);

#endif
