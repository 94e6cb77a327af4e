/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures whose name says the digest ("RSA-SHA2-256"), as OpenSSL 3.4 and later fetch them:
 * PKCS#1 v1.5 over a message that comes at once or piece by piece. Settings are fixed by the name.
 * Built where OpenSSL has these functions; offered to cores that know them (provider.c).
 */
#include "signature.h"

#include "algorithms.h"
#include "params.h"

#ifdef OSSL_FUNC_SIGNATURE_QUERY_KEY_TYPES

#include <openssl/core_names.h>
#include <openssl/params.h>

#define PARAM_SIGNATURE "signature" /* the one to verify when the message comes in pieces */

static OSSL_FUNC_signature_sign_fn composite_sign;
static OSSL_FUNC_signature_verify_fn composite_verify;
static OSSL_FUNC_signature_verify_message_final_fn composite_verify_final;
static OSSL_FUNC_signature_query_key_types_fn composite_query_key_types;
static OSSL_FUNC_signature_set_ctx_params_fn composite_set_ctx_params;
static OSSL_FUNC_signature_settable_ctx_params_fn composite_settable_ctx_params;

static int composite_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
        struct aza_signature *ctx = vctx;
        const OSSL_PARAM *p =
                params == NULL ? NULL : OSSL_PARAM_locate_const(params, PARAM_SIGNATURE);
        struct aza_span signature;

        if (p == NULL)
                return 1;
        if (!aza_param_octets(p, &signature))
                return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER, "a signature is an octet string");
        return aza_bytes_set(&ctx->expected, signature.data, signature.len) == 0
                       ? 1
                       : aza_raise_last(ctx->prov);
}

static const OSSL_PARAM *composite_settable_ctx_params(void *vctx, void *provctx)
{
        static const OSSL_PARAM settable[] = {
                OSSL_PARAM_octet_string(PARAM_SIGNATURE, NULL, 0),
                OSSL_PARAM_END,
        };

        (void)vctx;
        (void)provctx;
        return settable;
}

static const char **composite_query_key_types(void)
{
        static const char *types[] = {"RSA", NULL};

        return types;
}

/* After aza_signature_begin. `open`: a message will be hashed here; else the caller hands in a
 * digest. */
static int begin_digest(void *vctx, const char *md, bool open, const OSSL_PARAM params[])
{
        return aza_signature_begin_digest(vctx, md, open, NULL) &&
               composite_set_ctx_params(vctx, params);
}

/* In one call: the whole message, or its digest after the plain init. */
static int composite_sign(void *vctx, unsigned char *sig, size_t *siglen, size_t sigsize,
                          const unsigned char *tbs, size_t tbslen)
{
        const struct aza_signature *ctx = vctx;

        if (sig == NULL || ctx->md_ctx == NULL)
                return aza_signature_sign(vctx, sig, siglen, sigsize, tbs, tbslen);
        return aza_signature_update(vctx, tbs, tbslen) &&
               aza_signature_sign_final(vctx, sig, siglen, sigsize);
}

static int composite_verify(void *vctx, const unsigned char *sig, size_t siglen,
                            const unsigned char *tbs, size_t tbslen)
{
        const struct aza_signature *ctx = vctx;

        if (ctx->md_ctx == NULL)
                return aza_signature_verify(vctx, sig, siglen, tbs, tbslen);
        return aza_signature_update(vctx, tbs, tbslen) &&
               aza_signature_verify_final(vctx, sig, siglen);
}

static int composite_verify_final(void *vctx)
{
        const struct aza_signature *ctx = vctx;

        return aza_signature_verify_final(vctx, ctx->expected.data, ctx->expected.len);
}

/* The four inits of one digest; the names of the functions are not used elsewhere. */
#define INITS(id, digest, names)                                                             \
        static OSSL_FUNC_signature_sign_init_fn sign_init_##id;                              \
        static OSSL_FUNC_signature_sign_message_init_fn sign_message_init_##id;              \
        static OSSL_FUNC_signature_verify_init_fn verify_init_##id;                          \
        static OSSL_FUNC_signature_verify_message_init_fn verify_message_init_##id;          \
        static int sign_init_##id(void *ctx, void *key, const OSSL_PARAM params[])           \
        {                                                                                    \
                return aza_signature_begin(ctx, key, EVP_PKEY_OP_SIGN) &&                    \
                       begin_digest(ctx, digest, false, params);                             \
        }                                                                                    \
        static int sign_message_init_##id(void *ctx, void *key, const OSSL_PARAM params[])   \
        {                                                                                    \
                return aza_signature_begin(ctx, key, EVP_PKEY_OP_SIGN) &&                    \
                       begin_digest(ctx, digest, true, params);                              \
        }                                                                                    \
        static int verify_init_##id(void *ctx, void *key, const OSSL_PARAM params[])         \
        {                                                                                    \
                return aza_signature_begin(ctx, key, EVP_PKEY_OP_VERIFY) &&                  \
                       begin_digest(ctx, digest, false, params);                             \
        }                                                                                    \
        static int verify_message_init_##id(void *ctx, void *key, const OSSL_PARAM params[]) \
        {                                                                                    \
                return aza_signature_begin(ctx, key, EVP_PKEY_OP_VERIFY) &&                  \
                       begin_digest(ctx, digest, true, params);                              \
        }

AZA_COMPOSITE_SIGNATURES(INITS)

#define TABLE(id, digest, names)                                                                   \
        const OSSL_DISPATCH aza_rsa_##id##_signature[] = {                                         \
                {OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))aza_signature_newctx},                \
                {OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void))aza_signature_freectx},              \
                {OSSL_FUNC_SIGNATURE_DUPCTX, (void (*)(void))aza_signature_dupctx},                \
                {OSSL_FUNC_SIGNATURE_QUERY_KEY_TYPES, (void (*)(void))composite_query_key_types},  \
                {OSSL_FUNC_SIGNATURE_SIGN_INIT, (void (*)(void))sign_init_##id},                   \
                {OSSL_FUNC_SIGNATURE_SIGN, (void (*)(void))composite_sign},                        \
                {OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_INIT, (void (*)(void))sign_message_init_##id},   \
                {OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_UPDATE, (void (*)(void))aza_signature_update},   \
                {OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_FINAL,                                           \
                 (void (*)(void))aza_signature_sign_final},                                        \
                {OSSL_FUNC_SIGNATURE_VERIFY_INIT, (void (*)(void))verify_init_##id},               \
                {OSSL_FUNC_SIGNATURE_VERIFY, (void (*)(void))composite_verify},                    \
                {OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_INIT,                                          \
                 (void (*)(void))verify_message_init_##id},                                        \
                {OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_UPDATE, (void (*)(void))aza_signature_update}, \
                {OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_FINAL,                                         \
                 (void (*)(void))composite_verify_final},                                          \
                {OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (void (*)(void))aza_signature_get_params},    \
                {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS,                                          \
                 (void (*)(void))aza_signature_gettable_params},                                   \
                {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void))composite_set_ctx_params},    \
                {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS,                                          \
                 (void (*)(void))composite_settable_ctx_params},                                   \
                {0, NULL},                                                                         \
        };

AZA_COMPOSITE_SIGNATURES(TABLE)

#endif
