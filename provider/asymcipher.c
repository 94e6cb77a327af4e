/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA encryption and decryption. Encryption is the delegate's; decryption is core's
 * (rsa_decrypt.h). A context keeps settings only, never a result: size queries do not touch the TPM
 * and each call works anew (PV7). The delegate's context is kept as long as the settings are, since
 * making one takes a quarter of an encryption.
 *
 * Lengths and defaults are those of OpenSSL's default provider (PV40, PV45): SHA-1 for OAEP unless
 * told otherwise, PKCS#1 v1.5 unless told otherwise, output buffers of modulus length. PKCS#1 v1.5
 * faults never show (implicit rejection, PV41), all OAEP faults show alike (PV44).
 */
#include "algorithms.h"
#include "base/error.h"
#include "key.h"
#include "params.h"
#include "rsa_params.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/prov_ssl.h>
#include <openssl/rsa.h>
#include <string.h>

/* The literal of OpenSSL 3.2, so that a build on 3.0 answers to it too. */
#define PARAM_IMPLICIT_REJECTION "implicit-rejection"

struct cipher {
        struct aza_prov *prov;
        struct aza_key *key;
        bool decrypting;
        int padding;
        EVP_MD *oaep_md; /* NULL: SHA-1 */
        EVP_MD *mgf1_md; /* NULL: as oaep_md */
        struct aza_bytes label;
        unsigned int client_version; /* TLS padding */
        unsigned int alt_version;
        bool implicit_rejection;
        EVP_PKEY_CTX *encrypting; /* the delegate's, with these settings; NULL: not made yet */
};

static OSSL_FUNC_asym_cipher_newctx_fn rsa_newctx;
static OSSL_FUNC_asym_cipher_freectx_fn rsa_freectx;
static OSSL_FUNC_asym_cipher_dupctx_fn rsa_dupctx;
static OSSL_FUNC_asym_cipher_encrypt_init_fn rsa_encrypt_init;
static OSSL_FUNC_asym_cipher_encrypt_fn rsa_encrypt;
static OSSL_FUNC_asym_cipher_decrypt_init_fn rsa_decrypt_init;
static OSSL_FUNC_asym_cipher_decrypt_fn rsa_decrypt;
static OSSL_FUNC_asym_cipher_get_ctx_params_fn rsa_get_ctx_params;
static OSSL_FUNC_asym_cipher_gettable_ctx_params_fn rsa_gettable_ctx_params;
static OSSL_FUNC_asym_cipher_set_ctx_params_fn rsa_set_ctx_params;
static OSSL_FUNC_asym_cipher_settable_ctx_params_fn rsa_settable_ctx_params;

static void *rsa_newctx(void *provctx)
{
        struct cipher *ctx = calloc(1, sizeof(*ctx));

        if (ctx != NULL) {
                ctx->prov = provctx;
                ctx->padding = RSA_PKCS1_PADDING;
                ctx->implicit_rejection = true;
        }
        return ctx;
}

static void release(struct cipher *ctx)
{
        aza_key_free(aza_take(&ctx->key));
        EVP_MD_free(aza_take(&ctx->oaep_md));
        EVP_MD_free(aza_take(&ctx->mgf1_md));
        EVP_PKEY_CTX_free(aza_take(&ctx->encrypting));
        aza_bytes_free(&ctx->label);
}

static void rsa_freectx(void *vctx)
{
        struct cipher *ctx = vctx;

        if (ctx == NULL)
                return;
        release(ctx);
        free(ctx);
}

static void *rsa_dupctx(void *vctx)
{
        const struct cipher *from = vctx;
        struct cipher *to = malloc(sizeof(*to));

        if (to == NULL)
                return NULL;
        *to = *from;
        to->oaep_md = NULL;
        to->mgf1_md = NULL;
        to->label = (struct aza_bytes){0};
        to->encrypting = NULL;
        if (to->key != NULL)
                (void)aza_key_up(to->key);
        aza_digest_share(from->oaep_md, &to->oaep_md);
        aza_digest_share(from->mgf1_md, &to->mgf1_md);
        if (from->label.len > 0 &&
            aza_bytes_set(&to->label, from->label.data, from->label.len) != 0) {
                rsa_freectx(to);
                return NULL;
        }
        return to;
}

/* EVP initialises a context again without freeing it first (PV81). */
static int init(struct cipher *ctx, struct aza_key *key, bool decrypting, const OSSL_PARAM params[])
{
        struct aza_key *kept = key != NULL ? aza_key_up(key) : aza_take(&ctx->key);

        if (kept == NULL)
                return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER, "no key");
        release(ctx);
        ctx->key = kept;
        ctx->decrypting = decrypting;
        ctx->padding = RSA_PKCS1_PADDING;
        ctx->implicit_rejection = true;
        ctx->client_version = 0;
        ctx->alt_version = 0;
        if (decrypting ? !aza_key_may(kept, AZA_PURPOSE_DECRYPT)
                       : !aza_key_may_public(kept, AZA_PURPOSE_DECRYPT))
                return 0;
        return rsa_set_ctx_params(ctx, params);
}

static int rsa_encrypt_init(void *vctx, void *provkey, const OSSL_PARAM params[])
{
        return init(vctx, provkey, false, params);
}

static int rsa_decrypt_init(void *vctx, void *provkey, const OSSL_PARAM params[])
{
        return init(vctx, provkey, true, params);
}

/* ---- encrypt, and decrypt of foreign pairs: the delegate with our settings ---- */

static bool give_settings(const struct cipher *ctx, EVP_PKEY_CTX *delegate)
{
        int padding = ctx->padding;
        unsigned int client = ctx->client_version;
        unsigned int negotiated = ctx->alt_version;
        unsigned int implicit = 0;
        OSSL_PARAM params[8], *p = params;

        *p++ = OSSL_PARAM_construct_int(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, &padding);
        if (ctx->oaep_md != NULL)
                *p++ = OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST,
                                                        (char *)EVP_MD_get0_name(ctx->oaep_md), 0);
        if (ctx->mgf1_md != NULL)
                *p++ = OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST,
                                                        (char *)EVP_MD_get0_name(ctx->mgf1_md), 0);
        if (ctx->label.len > 0)
                *p++ = OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL,
                                                         ctx->label.data, ctx->label.len);
        if (client != 0)
                *p++ = OSSL_PARAM_construct_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION,
                                                 &client);
        if (negotiated != 0)
                *p++ = OSSL_PARAM_construct_uint(OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION,
                                                 &negotiated);
        if (!ctx->implicit_rejection)
                *p++ = OSSL_PARAM_construct_uint(PARAM_IMPLICIT_REJECTION, &implicit);
        *p = OSSL_PARAM_construct_end();
        return EVP_PKEY_CTX_set_params(delegate, params) == 1;
}

static bool ready_to_encrypt(struct cipher *ctx)
{
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *delegate = NULL;

        if (ctx->encrypting != NULL)
                return true;
        delegate = aza_key_delegate(ctx->key);
        if (delegate == NULL || EVP_PKEY_encrypt_init(delegate) != 1 ||
            !give_settings(ctx, delegate))
                return false;
        ctx->encrypting = aza_take(&delegate);
        return true;
}

static int rsa_encrypt(void *vctx, unsigned char *out, size_t *outlen, size_t outsize,
                       const unsigned char *in, size_t inlen)
{
        struct cipher *ctx = vctx;
        const size_t k = aza_key_size(ctx->key);

        if (!aza_key_may_public(ctx->key, AZA_PURPOSE_DECRYPT))
                return 0;
        if (out == NULL) {
                *outlen = k;
                return 1;
        }
        if (outsize < k)
                return AZA_RAISE(ctx->prov, AZA_R_BUFFER_TOO_SMALL,
                                 "output buffer of %zu bytes, needed are %zu", outsize, k);
        size_t len = outsize;
        if (!ready_to_encrypt(ctx) || EVP_PKEY_encrypt(ctx->encrypting, out, &len, in, inlen) != 1)
                return 0;
        *outlen = len;
        return 1;
}

/* ---- decrypt ---- */

/* What the output buffer must hold. */
static size_t output_size(const struct cipher *ctx)
{
        return ctx->padding == RSA_PKCS1_WITH_TLS_PADDING ? SSL_MAX_MASTER_KEY_LENGTH
                                                          : aza_key_size(ctx->key);
}

static enum aza_rsa_unpad unpad_of(const struct cipher *ctx)
{
        switch (ctx->padding) {
        case RSA_PKCS1_OAEP_PADDING:
                return AZA_RSA_OAEP;
        case RSA_PKCS1_WITH_TLS_PADDING:
                return AZA_RSA_PKCS1_TLS;
        case RSA_NO_PADDING:
                return AZA_RSA_RAW;
        default:
                return ctx->implicit_rejection ? AZA_RSA_PKCS1 : AZA_RSA_PKCS1_EXPLICIT;
        }
}

static int check_decrypt(const struct cipher *ctx, size_t outsize)
{
        if (outsize < output_size(ctx))
                return AZA_RAISE(ctx->prov, AZA_R_BUFFER_TOO_SMALL,
                                 "output buffer of %zu bytes, needed are %zu", outsize,
                                 output_size(ctx));
        if (ctx->padding == RSA_PKCS1_WITH_TLS_PADDING && ctx->client_version == 0)
                return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER,
                                 "TLS padding needs the client's version");
        return 1;
}

static int delegate_decrypt(const struct cipher *ctx, unsigned char *out, size_t *outlen,
                            size_t outsize, struct aza_span in)
{
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *delegate = aza_key_delegate(ctx->key);
        size_t len = outsize;

        if (delegate == NULL || EVP_PKEY_decrypt_init(delegate) != 1 ||
            !give_settings(ctx, delegate) ||
            EVP_PKEY_decrypt(delegate, out, &len, in.data, in.len) != 1)
                return 0;
        *outlen = len;
        return 1;
}

static int rsa_decrypt(void *vctx, unsigned char *out, size_t *outlen, size_t outsize,
                       const unsigned char *in, size_t inlen)
{
        const struct cipher *ctx = vctx;
        AZA_OWN(EVP_MD_free) EVP_MD *sha1 = NULL;
        struct aza_rsa_decryption d = {
                .unpad = unpad_of(ctx),
                .oaep = {.md = ctx->oaep_md, .label = aza_bytes_span(&ctx->label)},
                .client_version = ctx->client_version,
                .alt_version = ctx->alt_version,
        };
        size_t len = outsize;

        if (out == NULL) {
                *outlen = output_size(ctx);
                return 1;
        }
        if (ctx->key->foreign_pair)
                return delegate_decrypt(ctx, out, outlen, outsize, aza_span_of(in, inlen));
        if (check_decrypt(ctx, outsize) != 1)
                return 0;
        if (d.unpad == AZA_RSA_OAEP && d.oaep.md == NULL) {
                if (!aza_digest_fetch(ctx->prov, "SHA1", &sha1))
                        return 0;
                d.oaep.md = sha1;
        }
        d.oaep.mgf1_md = ctx->mgf1_md != NULL ? ctx->mgf1_md : d.oaep.md;
        if (!aza_key_decrypt(ctx->key, &d, aza_span_of(in, inlen), out, &len))
                return 0;
        *outlen = len;
        return 1;
}

/* ---- parameters ---- */

static int take_padding(struct cipher *ctx, int mode)
{
        switch (mode) {
        case RSA_PKCS1_PADDING:
        case RSA_PKCS1_OAEP_PADDING:
        case RSA_PKCS1_WITH_TLS_PADDING:
                break;
        case RSA_NO_PADDING:
                if (!ctx->decrypting || ctx->key->foreign_pair ||
                    aza_rsa_decrypt_may(ctx->key->ref, AZA_RSA_RAW) == 0)
                        break;
                return AZA_RAISE(ctx->prov, AZA_R_UNSUPPORTED_PADDING, "%s",
                                 aza_last_error()->message);
        default:
                return AZA_RAISE(ctx->prov, AZA_R_UNSUPPORTED_PADDING,
                                 "padding mode %d cannot encrypt: use oaep or pkcs1", mode);
        }
        ctx->padding = mode;
        return 1;
}

static int set_padding(struct cipher *ctx, const OSSL_PARAM *p)
{
        int mode;

        return p == NULL || (aza_padding_get(ctx->prov, p, &mode) && take_padding(ctx, mode));
}

static int set_label(struct cipher *ctx, const OSSL_PARAM *p)
{
        struct aza_span label;

        if (p == NULL)
                return 1;
        if (!aza_param_octets(p, &label))
                return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER, "the label is an octet string");
        aza_bytes_free(&ctx->label);
        if (label.len > 0 && aza_bytes_set(&ctx->label, label.data, label.len) != 0)
                return aza_raise_last(ctx->prov);
        return 1;
}

static int set_uint(const struct cipher *ctx, const OSSL_PARAM params[], const char *name,
                    unsigned int *ret)
{
        const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, name);

        if (p == NULL || aza_param_uint(p, ret))
                return 1;
        return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER, "%s is a number", name);
}

static int rsa_set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
        struct cipher *ctx = vctx;
        unsigned int implicit = ctx->implicit_rejection;

        if (params == NULL)
                return 1;
        EVP_PKEY_CTX_free(aza_take(&ctx->encrypting)); /* what follows changes its settings */
        const OSSL_PARAM *md = OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST);
        const OSSL_PARAM *mgf1 =
                OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST);
        if ((md != NULL && !aza_digest_get(ctx->prov, md, &ctx->oaep_md)) ||
            (mgf1 != NULL && !aza_digest_get(ctx->prov, mgf1, &ctx->mgf1_md)))
                return 0;
        if (!set_padding(ctx, OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_PAD_MODE)) ||
            !set_label(ctx, OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL)) ||
            !set_uint(ctx, params, OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION,
                      &ctx->client_version) ||
            !set_uint(ctx, params, OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION,
                      &ctx->alt_version) ||
            !set_uint(ctx, params, PARAM_IMPLICIT_REJECTION, &implicit))
                return 0;
        ctx->implicit_rejection = implicit != 0;
        return 1;
}

static const OSSL_PARAM *rsa_settable_ctx_params(void *vctx, void *provctx)
{
        static const OSSL_PARAM settable[] = {
                OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST_PROPS, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST_PROPS, NULL, 0),
                OSSL_PARAM_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, NULL, 0),
                OSSL_PARAM_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, NULL),
                OSSL_PARAM_uint(OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION, NULL),
                OSSL_PARAM_uint(PARAM_IMPLICIT_REJECTION, NULL),
                OSSL_PARAM_END,
        };

        (void)vctx;
        (void)provctx;
        return settable;
}

static int rsa_get_ctx_params(void *vctx, OSSL_PARAM params[])
{
        struct cipher *ctx = vctx;
        OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL);

        if (p != NULL && OSSL_PARAM_set_octet_ptr(p, ctx->label.data, ctx->label.len) != 1)
                return 0;
        p = OSSL_PARAM_locate(params, OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION);
        if (p != NULL && OSSL_PARAM_set_uint(p, ctx->client_version) != 1)
                return 0;
        p = OSSL_PARAM_locate(params, OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION);
        if (p != NULL && OSSL_PARAM_set_uint(p, ctx->alt_version) != 1)
                return 0;
        p = OSSL_PARAM_locate(params, PARAM_IMPLICIT_REJECTION);
        if (p != NULL && OSSL_PARAM_set_uint(p, ctx->implicit_rejection) != 1)
                return 0;
        return aza_padding_set(OSSL_PARAM_locate(params, OSSL_ASYM_CIPHER_PARAM_PAD_MODE),
                               ctx->padding) &&
               aza_digest_name(OSSL_PARAM_locate(params, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST),
                               ctx->oaep_md) &&
               aza_digest_name(OSSL_PARAM_locate(params, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST),
                               ctx->mgf1_md != NULL ? ctx->mgf1_md : ctx->oaep_md);
}

static const OSSL_PARAM *rsa_gettable_ctx_params(void *vctx, void *provctx)
{
        static const OSSL_PARAM gettable[] = {
                OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, NULL, 0),
                OSSL_PARAM_octet_ptr(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, NULL, 0),
                OSSL_PARAM_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, NULL),
                OSSL_PARAM_uint(OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION, NULL),
                OSSL_PARAM_uint(PARAM_IMPLICIT_REJECTION, NULL),
                OSSL_PARAM_END,
        };

        (void)vctx;
        (void)provctx;
        return gettable;
}

const OSSL_DISPATCH aza_rsa_asym_cipher[] = {
        {OSSL_FUNC_ASYM_CIPHER_NEWCTX, (void (*)(void))rsa_newctx},
        {OSSL_FUNC_ASYM_CIPHER_FREECTX, (void (*)(void))rsa_freectx},
        {OSSL_FUNC_ASYM_CIPHER_DUPCTX, (void (*)(void))rsa_dupctx},
        {OSSL_FUNC_ASYM_CIPHER_ENCRYPT_INIT, (void (*)(void))rsa_encrypt_init},
        {OSSL_FUNC_ASYM_CIPHER_ENCRYPT, (void (*)(void))rsa_encrypt},
        {OSSL_FUNC_ASYM_CIPHER_DECRYPT_INIT, (void (*)(void))rsa_decrypt_init},
        {OSSL_FUNC_ASYM_CIPHER_DECRYPT, (void (*)(void))rsa_decrypt},
        {OSSL_FUNC_ASYM_CIPHER_GET_CTX_PARAMS, (void (*)(void))rsa_get_ctx_params},
        {OSSL_FUNC_ASYM_CIPHER_GETTABLE_CTX_PARAMS, (void (*)(void))rsa_gettable_ctx_params},
        {OSSL_FUNC_ASYM_CIPHER_SET_CTX_PARAMS, (void (*)(void))rsa_set_ctx_params},
        {OSSL_FUNC_ASYM_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))rsa_settable_ctx_params},
        {0, NULL},
};
