/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSASVE (SP 800-56B 7.2.1): a random number, encrypted raw. Encapsulation is the delegate's,
 * decapsulation the TPM's raw operation. Its result is a shared secret that no protocol sends back,
 * so decryption keys offer it although they refuse padding "none" (D28); azattest-security(7),
 * "What a token does not prove", says what that means for a program that shows it to others all the
 * same.
 */
#include "algorithms.h"
#include "key.h"
#include "params.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>
#include <strings.h>

struct kem {
        struct aza_prov *prov;
        struct aza_key *key;
};

static OSSL_FUNC_kem_newctx_fn rsa_newctx;
static OSSL_FUNC_kem_freectx_fn rsa_freectx;
static OSSL_FUNC_kem_dupctx_fn rsa_dupctx;
static OSSL_FUNC_kem_encapsulate_init_fn rsa_encapsulate_init;
static OSSL_FUNC_kem_encapsulate_fn rsa_encapsulate;
static OSSL_FUNC_kem_decapsulate_init_fn rsa_decapsulate_init;
static OSSL_FUNC_kem_decapsulate_fn rsa_decapsulate;
static OSSL_FUNC_kem_set_ctx_params_fn rsa_set_ctx_params;
static OSSL_FUNC_kem_settable_ctx_params_fn rsa_settable_ctx_params;

static void *rsa_newctx(void *provctx)
{
        struct kem *ctx = calloc(1, sizeof(*ctx));

        if (ctx != NULL)
                ctx->prov = provctx;
        return ctx;
}

static void rsa_freectx(void *vctx)
{
        struct kem *ctx = vctx;

        if (ctx == NULL)
                return;
        aza_key_free(ctx->key);
        free(ctx);
}

static void *rsa_dupctx(void *vctx)
{
        const struct kem *from = vctx;
        struct kem *to = rsa_newctx(from->prov);

        if (to != NULL && from->key != NULL)
                to->key = aza_key_up(from->key);
        return to;
}

static int init(struct kem *ctx, struct aza_key *key, const OSSL_PARAM params[])
{
        if (key != NULL) {
                (void)aza_key_up(key);
                aza_key_free(ctx->key);
                ctx->key = key;
        }
        if (ctx->key == NULL)
                return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER, "no key");
        return rsa_set_ctx_params(ctx, params);
}

static int rsa_encapsulate_init(void *vctx, void *provkey, const OSSL_PARAM params[])
{
        struct kem *ctx = vctx;

        return init(ctx, provkey, params) && aza_key_may_public(ctx->key, AZA_PURPOSE_DECRYPT);
}

static int rsa_decapsulate_init(void *vctx, void *provkey, const OSSL_PARAM params[])
{
        struct kem *ctx = vctx;

        return init(ctx, provkey, params) && aza_key_may(ctx->key, AZA_PURPOSE_DECRYPT);
}

static int rsa_encapsulate(void *vctx, unsigned char *out, size_t *outlen, unsigned char *secret,
                           size_t *secretlen)
{
        const struct kem *ctx = vctx;
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *delegate = aza_key_delegate(ctx->key);

        return delegate != NULL && aza_key_may_public(ctx->key, AZA_PURPOSE_DECRYPT) &&
               EVP_PKEY_encapsulate_init(delegate, NULL) == 1 &&
               EVP_PKEY_CTX_set_kem_op(delegate, OSSL_KEM_PARAM_OPERATION_RSASVE) == 1 &&
               EVP_PKEY_encapsulate(delegate, out, outlen, secret, secretlen) == 1;
}

static int delegate_decapsulate(const struct kem *ctx, unsigned char *out, size_t *outlen,
                                struct aza_span in)
{
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *delegate = aza_key_delegate(ctx->key);

        return delegate != NULL && EVP_PKEY_decapsulate_init(delegate, NULL) == 1 &&
               EVP_PKEY_CTX_set_kem_op(delegate, OSSL_KEM_PARAM_OPERATION_RSASVE) == 1 &&
               EVP_PKEY_decapsulate(delegate, out, outlen, in.data, in.len) == 1;
}

static int rsa_decapsulate(void *vctx, unsigned char *out, size_t *outlen, const unsigned char *in,
                           size_t inlen)
{
        const struct kem *ctx = vctx;
        struct aza_rsa_decryption d = {.unpad = AZA_RSA_SECRET};

        if (ctx->key->foreign_pair)
                return delegate_decapsulate(ctx, out, outlen, aza_span_of(in, inlen));
        if (outlen == NULL)
                return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER,
                                 "no place for the secret's length");
        if (out == NULL) {
                *outlen = AZA_RSA_BYTES;
                return 1;
        }
        if (*outlen < AZA_RSA_BYTES)
                return AZA_RAISE(ctx->prov, AZA_R_BUFFER_TOO_SMALL,
                                 "buffer of %zu bytes for a secret of %d", *outlen, AZA_RSA_BYTES);
        return aza_key_decrypt(ctx->key, &d, aza_span_of(in, inlen), out, outlen) ? 1 : 0;
}

static int rsa_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
        const struct kem *ctx = vctx;
        const OSSL_PARAM *p =
                params == NULL ? NULL : OSSL_PARAM_locate_const(params, OSSL_KEM_PARAM_OPERATION);
        AZA_OWN(free) char *word = p == NULL ? NULL : aza_param_text(p);

        if (p == NULL || (word != NULL && strcasecmp(word, OSSL_KEM_PARAM_OPERATION_RSASVE) == 0))
                return 1;
        return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER, "key encapsulation \"%s\": only RSASVE",
                         word != NULL ? word : "?");
}

static const OSSL_PARAM *rsa_settable_ctx_params(void *vctx, void *provctx)
{
        static const OSSL_PARAM settable[] = {
                OSSL_PARAM_utf8_string(OSSL_KEM_PARAM_OPERATION, NULL, 0),
                OSSL_PARAM_END,
        };

        (void)vctx;
        (void)provctx;
        return settable;
}

const OSSL_DISPATCH aza_rsa_kem[] = {
        {OSSL_FUNC_KEM_NEWCTX, (void (*)(void))rsa_newctx},
        {OSSL_FUNC_KEM_FREECTX, (void (*)(void))rsa_freectx},
        {OSSL_FUNC_KEM_DUPCTX, (void (*)(void))rsa_dupctx},
        {OSSL_FUNC_KEM_ENCAPSULATE_INIT, (void (*)(void))rsa_encapsulate_init},
        {OSSL_FUNC_KEM_ENCAPSULATE, (void (*)(void))rsa_encapsulate},
        {OSSL_FUNC_KEM_DECAPSULATE_INIT, (void (*)(void))rsa_decapsulate_init},
        {OSSL_FUNC_KEM_DECAPSULATE, (void (*)(void))rsa_decapsulate},
        {OSSL_FUNC_KEM_SET_CTX_PARAMS, (void (*)(void))rsa_set_ctx_params},
        {OSSL_FUNC_KEM_SETTABLE_CTX_PARAMS, (void (*)(void))rsa_settable_ctx_params},
        {0, NULL},
};
