/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA signatures. Signing: the block is made in software (signature_encode.c), one raw private
 * operation in the TPM turns it into a signature, and the public key checks that before anybody
 * gets it (PV47). Hashing is software too. Verifying is the delegate's, as are foreign pairs.
 * Nothing is cached: a size query answers from the public key (PV7).
 */
#include "signature.h"

#include "algorithms.h"
#include "rsa_params.h"

#include <openssl/core_names.h>
#include <string.h>

static OSSL_FUNC_signature_sign_init_fn rsa_sign_init;
static OSSL_FUNC_signature_verify_init_fn rsa_verify_init;
static OSSL_FUNC_signature_verify_recover_init_fn rsa_verify_recover_init;
static OSSL_FUNC_signature_verify_recover_fn rsa_verify_recover;
static OSSL_FUNC_signature_digest_sign_init_fn rsa_digest_sign_init;
static OSSL_FUNC_signature_digest_sign_fn rsa_digest_sign;
static OSSL_FUNC_signature_digest_verify_init_fn rsa_digest_verify_init;
static OSSL_FUNC_signature_digest_verify_fn rsa_digest_verify;
static OSSL_FUNC_signature_get_ctx_md_params_fn rsa_get_ctx_md_params;
static OSSL_FUNC_signature_gettable_ctx_md_params_fn rsa_gettable_ctx_md_params;
static OSSL_FUNC_signature_set_ctx_md_params_fn rsa_set_ctx_md_params;
static OSSL_FUNC_signature_settable_ctx_md_params_fn rsa_settable_ctx_md_params;

/* ---- contexts ---- */

void *aza_signature_newctx(void *provctx, const char *propq)
{
        struct aza_signature *ctx = calloc(1, sizeof(*ctx));

        (void)propq; /* the application's query; our digests come from the delegate */
        if (ctx != NULL)
                ctx->prov = provctx;
        return ctx;
}

static void release(struct aza_signature *ctx)
{
        aza_key_free(aza_take(&ctx->key));
        EVP_MD_CTX_free(aza_take(&ctx->md_ctx));
        EVP_MD_free(aza_take(&ctx->md));
        EVP_MD_free(aza_take(&ctx->mgf1_md));
        aza_bytes_free(&ctx->expected);
}

void aza_signature_freectx(void *vctx)
{
        struct aza_signature *ctx = vctx;

        if (ctx == NULL)
                return;
        release(ctx);
        free(ctx);
}

void *aza_signature_dupctx(void *vctx)
{
        const struct aza_signature *from = vctx;
        struct aza_signature *to = malloc(sizeof(*to));

        if (to == NULL)
                return NULL;
        *to = *from;
        to->md = NULL;
        to->mgf1_md = NULL;
        to->md_ctx = NULL;
        to->expected = (struct aza_bytes){0};
        if (to->key != NULL)
                (void)aza_key_up(to->key);
        aza_digest_share(from->md, &to->md);
        aza_digest_share(from->mgf1_md, &to->mgf1_md);
        bool good = from->expected.len == 0 ||
                    aza_bytes_set(&to->expected, from->expected.data, from->expected.len) == 0;
        if (good && from->md_ctx != NULL) {
                to->md_ctx = EVP_MD_CTX_new();
                good = to->md_ctx != NULL && EVP_MD_CTX_copy_ex(to->md_ctx, from->md_ctx) == 1;
        }
        if (good)
                return to;
        aza_signature_freectx(to);
        return NULL;
}

/* EVP initialises a context again without freeing it first (PV81). The purpose is checked here, not
 * when it is too late (PV48). */
int aza_signature_begin(struct aza_signature *ctx, struct aza_key *key, int operation)
{
        struct aza_key *kept = key != NULL ? aza_key_up(key) : aza_take(&ctx->key);

        if (kept == NULL)
                return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER, "no key");
        release(ctx);
        ctx->key = kept;
        ctx->operation = operation;
        ctx->digest_fixed = false;
        ctx->padding = RSA_PKCS1_PADDING;
        ctx->salt_len = RSA_PSS_SALTLEN_AUTO;
        return operation == EVP_PKEY_OP_SIGN ? aza_key_may(kept, AZA_PURPOSE_SIGN)
                                             : aza_key_may_public(kept, AZA_PURPOSE_SIGN);
}

static int rsa_sign_init(void *vctx, void *provkey, const OSSL_PARAM params[])
{
        return aza_signature_begin(vctx, provkey, EVP_PKEY_OP_SIGN) &&
               aza_signature_set_params(vctx, params);
}

static int rsa_verify_init(void *vctx, void *provkey, const OSSL_PARAM params[])
{
        return aza_signature_begin(vctx, provkey, EVP_PKEY_OP_VERIFY) &&
               aza_signature_set_params(vctx, params);
}

static int rsa_verify_recover_init(void *vctx, void *provkey, const OSSL_PARAM params[])
{
        return aza_signature_begin(vctx, provkey, EVP_PKEY_OP_VERIFYRECOVER) &&
               aza_signature_set_params(vctx, params);
}

/* ---- sign ---- */

/* signature^e == block? */
static bool is_right(const struct aza_signature *ctx, const uint8_t signature[AZA_RSA_BYTES],
                     const uint8_t block[AZA_RSA_BYTES])
{
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *delegate = aza_key_delegate(ctx->key);
        uint8_t opened[AZA_RSA_BYTES];
        size_t len = sizeof(opened);

        if (delegate == NULL)
                return false;
        if (EVP_PKEY_encrypt_init(delegate) == 1 &&
            EVP_PKEY_CTX_set_rsa_padding(delegate, RSA_NO_PADDING) == 1 &&
            EVP_PKEY_encrypt(delegate, opened, &len, signature, AZA_RSA_BYTES) == 1 &&
            memcmp(opened, block, AZA_RSA_BYTES) == 0)
                return true;
        AZA_RAISE(ctx->prov, AZA_R_BAD_SIGNATURE,
                  "the signature that the TPM made does not verify and is withheld");
        return false;
}

static int delegate_sign(const struct aza_signature *ctx, unsigned char *sig, size_t *siglen,
                         size_t sigsize, struct aza_span tbs)
{
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *delegate = aza_key_delegate(ctx->key);
        size_t len = sigsize;

        if (delegate == NULL || EVP_PKEY_sign_init(delegate) != 1 ||
            !aza_signature_give_settings(ctx, delegate) ||
            EVP_PKEY_sign(delegate, sig, &len, tbs.data, tbs.len) != 1)
                return 0;
        *siglen = len;
        return 1;
}

int aza_signature_sign(void *vctx, unsigned char *sig, size_t *siglen, size_t sigsize,
                       const unsigned char *tbs, size_t tbslen)
{
        const struct aza_signature *ctx = vctx;
        uint8_t block[AZA_RSA_BYTES], signature[AZA_RSA_BYTES];

        if (sig == NULL) {
                *siglen = aza_key_size(ctx->key);
                return 1;
        }
        if (ctx->key->foreign_pair)
                return delegate_sign(ctx, sig, siglen, sigsize, aza_span_of(tbs, tbslen));
        if (sigsize < AZA_RSA_BYTES)
                return AZA_RAISE(ctx->prov, AZA_R_BUFFER_TOO_SMALL,
                                 "signature buffer of %zu bytes, needed are %d", sigsize,
                                 AZA_RSA_BYTES);
        if (!aza_signature_encode(ctx, aza_span_of(tbs, tbslen), block) ||
            !aza_key_private(ctx->key, block, signature) || !is_right(ctx, signature, block))
                return 0;
        memcpy(sig, signature, sizeof(signature));
        *siglen = AZA_RSA_BYTES;
        return 1;
}

/* ---- verify ---- */

int aza_signature_verify(void *vctx, const unsigned char *sig, size_t siglen,
                         const unsigned char *tbs, size_t tbslen)
{
        const struct aza_signature *ctx = vctx;
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *delegate = aza_key_delegate(ctx->key);

        return delegate != NULL && aza_key_may_public(ctx->key, AZA_PURPOSE_SIGN) &&
               EVP_PKEY_verify_init(delegate) == 1 && aza_signature_give_settings(ctx, delegate) &&
               EVP_PKEY_verify(delegate, sig, siglen, tbs, tbslen) == 1;
}

static int rsa_verify_recover(void *vctx, unsigned char *rout, size_t *routlen, size_t routsize,
                              const unsigned char *sig, size_t siglen)
{
        const struct aza_signature *ctx = vctx;
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *delegate = aza_key_delegate(ctx->key);
        size_t len = routsize;

        if (delegate == NULL || !aza_key_may_public(ctx->key, AZA_PURPOSE_SIGN) ||
            EVP_PKEY_verify_recover_init(delegate) != 1 ||
            !aza_signature_give_settings(ctx, delegate) ||
            EVP_PKEY_verify_recover(delegate, rout, &len, sig, siglen) != 1)
                return 0;
        *routlen = len;
        return 1;
}

/* ---- digest and sign or verify ---- */

int aza_signature_begin_digest(struct aza_signature *ctx, const char *name, bool open,
                               const OSSL_PARAM params[])
{
        if (name == NULL || name[0] == '\0')
                name = "SHA256"; /* what GET_PARAMS calls the default */
        if (!aza_signature_take_digest(ctx, name, &ctx->md))
                return 0;
        ctx->digest_fixed = true;
        if (!open)
                return aza_signature_set_params(ctx, params);
        ctx->md_ctx = EVP_MD_CTX_new();
        if (ctx->md_ctx == NULL || EVP_DigestInit_ex2(ctx->md_ctx, ctx->md, NULL) != 1)
                return AZA_RAISE(ctx->prov, AZA_R_OUT_OF_MEMORY, "out of memory");
        return aza_signature_set_params(ctx, params);
}

static int rsa_digest_sign_init(void *vctx, const char *mdname, void *provkey,
                                const OSSL_PARAM params[])
{
        return aza_signature_begin(vctx, provkey, EVP_PKEY_OP_SIGN) &&
               aza_signature_begin_digest(vctx, mdname, true, params);
}

static int rsa_digest_verify_init(void *vctx, const char *mdname, void *provkey,
                                  const OSSL_PARAM params[])
{
        return aza_signature_begin(vctx, provkey, EVP_PKEY_OP_VERIFY) &&
               aza_signature_begin_digest(vctx, mdname, true, params);
}

int aza_signature_update(void *vctx, const unsigned char *data, size_t datalen)
{
        const struct aza_signature *ctx = vctx;

        return ctx->md_ctx != NULL && EVP_DigestUpdate(ctx->md_ctx, data, datalen) == 1;
}

int aza_signature_sign_final(void *vctx, unsigned char *sig, size_t *siglen, size_t sigsize)
{
        const struct aza_signature *ctx = vctx;
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned int len = 0;

        /* A size query leaves the digest open. */
        if (sig != NULL &&
            (ctx->md_ctx == NULL || EVP_DigestFinal_ex(ctx->md_ctx, digest, &len) != 1))
                return 0;
        return aza_signature_sign(vctx, sig, siglen, sigsize, digest, len);
}

static int rsa_digest_sign(void *vctx, unsigned char *sig, size_t *siglen, size_t sigsize,
                           const unsigned char *tbs, size_t tbslen)
{
        if (sig != NULL && aza_signature_update(vctx, tbs, tbslen) != 1)
                return 0;
        return aza_signature_sign_final(vctx, sig, siglen, sigsize);
}

int aza_signature_verify_final(void *vctx, const unsigned char *sig, size_t siglen)
{
        const struct aza_signature *ctx = vctx;
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned int len = 0;

        return ctx->md_ctx != NULL && EVP_DigestFinal_ex(ctx->md_ctx, digest, &len) == 1 &&
               aza_signature_verify(vctx, sig, siglen, digest, len);
}

static int rsa_digest_verify(void *vctx, const unsigned char *sig, size_t siglen,
                             const unsigned char *tbs, size_t tbslen)
{
        return aza_signature_update(vctx, tbs, tbslen) == 1 &&
               aza_signature_verify_final(vctx, sig, siglen);
}

/* ---- parameters of the digest ---- */

static int rsa_get_ctx_md_params(void *vctx, OSSL_PARAM *params)
{
        struct aza_signature *ctx = vctx;

        return ctx->md_ctx != NULL && EVP_MD_CTX_get_params(ctx->md_ctx, params) == 1;
}

static const OSSL_PARAM *rsa_gettable_ctx_md_params(void *vctx)
{
        const struct aza_signature *ctx = vctx;

        return ctx->md == NULL ? NULL : EVP_MD_gettable_ctx_params(ctx->md);
}

static int rsa_set_ctx_md_params(void *vctx, const OSSL_PARAM params[])
{
        struct aza_signature *ctx = vctx;

        return ctx->md_ctx != NULL && EVP_MD_CTX_set_params(ctx->md_ctx, params) == 1;
}

static const OSSL_PARAM *rsa_settable_ctx_md_params(void *vctx)
{
        const struct aza_signature *ctx = vctx;

        return ctx->md == NULL ? NULL : EVP_MD_settable_ctx_params(ctx->md);
}

const OSSL_DISPATCH aza_rsa_signature[] = {
        {OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))aza_signature_newctx},
        {OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void))aza_signature_freectx},
        {OSSL_FUNC_SIGNATURE_DUPCTX, (void (*)(void))aza_signature_dupctx},
        {OSSL_FUNC_SIGNATURE_SIGN_INIT, (void (*)(void))rsa_sign_init},
        {OSSL_FUNC_SIGNATURE_SIGN, (void (*)(void))aza_signature_sign},
        {OSSL_FUNC_SIGNATURE_VERIFY_INIT, (void (*)(void))rsa_verify_init},
        {OSSL_FUNC_SIGNATURE_VERIFY, (void (*)(void))aza_signature_verify},
        {OSSL_FUNC_SIGNATURE_VERIFY_RECOVER_INIT, (void (*)(void))rsa_verify_recover_init},
        {OSSL_FUNC_SIGNATURE_VERIFY_RECOVER, (void (*)(void))rsa_verify_recover},
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (void (*)(void))rsa_digest_sign_init},
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, (void (*)(void))aza_signature_update},
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, (void (*)(void))aza_signature_sign_final},
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (void (*)(void))rsa_digest_sign},
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, (void (*)(void))rsa_digest_verify_init},
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, (void (*)(void))aza_signature_update},
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, (void (*)(void))aza_signature_verify_final},
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, (void (*)(void))rsa_digest_verify},
        {OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (void (*)(void))aza_signature_get_params},
        {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, (void (*)(void))aza_signature_gettable_params},
        {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void))aza_signature_set_params},
        {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (void (*)(void))aza_signature_settable_params},
        {OSSL_FUNC_SIGNATURE_GET_CTX_MD_PARAMS, (void (*)(void))rsa_get_ctx_md_params},
        {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_MD_PARAMS, (void (*)(void))rsa_gettable_ctx_md_params},
        {OSSL_FUNC_SIGNATURE_SET_CTX_MD_PARAMS, (void (*)(void))rsa_set_ctx_md_params},
        {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_MD_PARAMS, (void (*)(void))rsa_settable_ctx_md_params},
        {0, NULL},
};
