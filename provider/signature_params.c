/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of a signature: read, answered, and handed to the delegate. Rules and error cases are
 * those of OpenSSL's default provider. */
#include "params.h"
#include "rsa_params.h"
#include "signature.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <strings.h>

static const struct {
        int length;
        const char *word;
} salt_words[] = {
        {RSA_PSS_SALTLEN_DIGEST, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST},
        {RSA_PSS_SALTLEN_MAX, OSSL_PKEY_RSA_PSS_SALT_LEN_MAX},
        {RSA_PSS_SALTLEN_AUTO, OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO},
        {RSA_PSS_SALTLEN_AUTO_DIGEST_MAX, "auto-digestmax"},
};
#define SALT_WORD_COUNT (sizeof(salt_words) / sizeof(salt_words[0]))

/* Those of OpenSSL's default provider. Others it neither signs nor verifies, so nobody could use
 * what we made. (SM3 it signs from 3.4 on, with another identifier in DigestInfo than the
 * digest's.) */
static const char *const digests[] = {
        "SHA2-256", "SHA2-384", "SHA2-512", "SHA1",     "SHA2-224", "SHA2-512/224", "SHA2-512/256",
        "SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512", "MD5-SHA1", "MD5",          "RIPEMD160",
};
#define DIGEST_COUNT (sizeof(digests) / sizeof(digests[0]))

/* ---- set ---- */

int aza_signature_take_digest(const struct aza_signature *ctx, const char *name, EVP_MD **md)
{
        AZA_OWN(EVP_MD_free) EVP_MD *fetched = NULL;

        if (!aza_digest_fetch(ctx->prov, name, &fetched))
                return 0;
        for (size_t i = 0; i < DIGEST_COUNT; i++)
                if (EVP_MD_is_a(fetched, digests[i])) {
                        EVP_MD_free(*md);
                        *md = aza_take(&fetched);
                        return 1;
                }
        return AZA_RAISE(
                ctx->prov, AZA_R_UNSUPPORTED_DIGEST,
                "RSA signatures with digest %s are made and verified by nobody: use SHA256, SHA384 or SHA512",
                name);
}

static int set_digest(struct aza_signature *ctx, const OSSL_PARAM *p)
{
        AZA_OWN(free) char *name = p == NULL ? NULL : aza_param_text(p);

        if (p == NULL)
                return 1;
        if (name == NULL)
                return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER, "a digest is given by name");
        if (!ctx->digest_fixed)
                return aza_signature_take_digest(ctx, name, &ctx->md);
        if (ctx->md != NULL && EVP_MD_is_a(ctx->md, name))
                return 1;
        return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER,
                         "the digest was chosen when the operation began and stays");
}

static int set_pss(struct aza_signature *ctx)
{
        if ((ctx->operation & (EVP_PKEY_OP_SIGN | EVP_PKEY_OP_VERIFY)) == 0)
                return AZA_RAISE(ctx->prov, AZA_R_UNSUPPORTED_PADDING,
                                 "padding pss can be signed and verified only");
        return ctx->md != NULL || aza_digest_fetch(ctx->prov, "SHA1", &ctx->md);
}

static int take_padding(struct aza_signature *ctx, int mode)
{
        switch (mode) {
        case RSA_PKCS1_PADDING:
                break;
        case RSA_PKCS1_PSS_PADDING:
                if (!set_pss(ctx))
                        return 0;
                break;
        case RSA_X931_PADDING: /* an old form that is verified, not made */
                if (ctx->operation != EVP_PKEY_OP_SIGN || ctx->key->foreign_pair)
                        break;
                return AZA_RAISE(ctx->prov, AZA_R_UNSUPPORTED_PADDING,
                                 "padding x931 is not made here: use pss");
        case RSA_NO_PADDING:
                if (ctx->md == NULL)
                        break;
                return AZA_RAISE(ctx->prov, AZA_R_UNSUPPORTED_PADDING,
                                 "padding none does not go with a digest");
        default:
                return AZA_RAISE(ctx->prov, AZA_R_UNSUPPORTED_PADDING,
                                 "padding mode %d cannot sign: use pkcs1 or pss", mode);
        }
        ctx->padding = mode;
        return 1;
}

static int set_padding(struct aza_signature *ctx, const OSSL_PARAM *p)
{
        int mode;

        return p == NULL || (aza_padding_get(ctx->prov, p, &mode) && take_padding(ctx, mode));
}

static bool read_salt(const OSSL_PARAM *p, int *ret)
{
        AZA_OWN(free) char *word = aza_param_text(p);
        char *end;

        if (word == NULL)
                return aza_param_int(p, ret);
        for (size_t i = 0; i < SALT_WORD_COUNT; i++)
                if (strcasecmp(word, salt_words[i].word) == 0) {
                        *ret = salt_words[i].length;
                        return true;
                }
        long number = strtol(word, &end, 10);
        *ret = number > 100000 ? 100000 : (int)number;
        return end != word && *end == '\0';
}

static int set_salt(struct aza_signature *ctx, const OSSL_PARAM *p)
{
        int length = 0;

        if (p == NULL)
                return 1;
        if (ctx->padding != RSA_PKCS1_PSS_PADDING)
                return AZA_RAISE(ctx->prov, AZA_R_BAD_SALT_LENGTH,
                                 "a salt length goes with padding pss only");
        if (!read_salt(p, &length) || length < RSA_PSS_SALTLEN_AUTO_DIGEST_MAX)
                return AZA_RAISE(ctx->prov, AZA_R_BAD_SALT_LENGTH,
                                 "salt length: a number, digest, max, auto or auto-digestmax");
        ctx->salt_len = length;
        return 1;
}

static int set_mgf1(struct aza_signature *ctx, const OSSL_PARAM *p)
{
        AZA_OWN(free) char *name = p == NULL ? NULL : aza_param_text(p);

        if (p == NULL)
                return 1;
        if (ctx->padding != RSA_PKCS1_PSS_PADDING)
                return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER,
                                 "an MGF1 digest goes with padding pss only");
        if (name == NULL)
                return AZA_RAISE(ctx->prov, AZA_R_BAD_PARAMETER, "a digest is given by name");
        return aza_signature_take_digest(ctx, name, &ctx->mgf1_md);
}

int aza_signature_set_params(void *vctx, const OSSL_PARAM params[])
{
        struct aza_signature *ctx = vctx;

        if (params == NULL)
                return 1;
        return set_digest(ctx, OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST)) &&
               set_padding(ctx, OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE)) &&
               set_salt(ctx, OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN)) &&
               set_mgf1(ctx, OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST));
}

const OSSL_PARAM *aza_signature_settable_params(void *vctx, void *provctx)
{
        static const OSSL_PARAM settable[] = {
                OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PROPERTIES, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_PROPERTIES, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
                OSSL_PARAM_END,
        };
        const struct aza_signature *ctx = vctx;

        (void)provctx;
        /* The first row is the digest. */
        return ctx != NULL && ctx->digest_fixed ? settable + 1 : settable;
}

/* ---- get ---- */

static int get_algorithm(const struct aza_signature *ctx, OSSL_PARAM *p)
{
        AZA_BYTES struct aza_bytes der = {0};

        if (p == NULL)
                return 1;
        if (aza_signature_algorithm(ctx, &der) != 0)
                return aza_raise_last(ctx->prov);
        return OSSL_PARAM_set_octet_string(p, der.data, der.len);
}

static int get_salt(const struct aza_signature *ctx, OSSL_PARAM *p)
{
        char number[16];

        if (p == NULL)
                return 1;
        if (p->data_type != OSSL_PARAM_UTF8_STRING)
                return OSSL_PARAM_set_int(p, ctx->salt_len);
        for (size_t i = 0; i < SALT_WORD_COUNT; i++)
                if (salt_words[i].length == ctx->salt_len)
                        return OSSL_PARAM_set_utf8_string(p, salt_words[i].word);
        (void)snprintf(number, sizeof(number), "%d", ctx->salt_len);
        return OSSL_PARAM_set_utf8_string(p, number);
}

int aza_signature_get_params(void *vctx, OSSL_PARAM params[])
{
        const struct aza_signature *ctx = vctx;

        if (params == NULL)
                return 1;
        return get_algorithm(ctx, OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID)) &&
               get_salt(ctx, OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN)) &&
               aza_padding_set(OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE),
                               ctx->padding) &&
               aza_digest_name(OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST), ctx->md) &&
               aza_digest_name(OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST),
                               ctx->mgf1_md != NULL ? ctx->mgf1_md : ctx->md);
}

const OSSL_PARAM *aza_signature_gettable_params(void *vctx, void *provctx)
{
        static const OSSL_PARAM gettable[] = {
                OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
                OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
                OSSL_PARAM_END,
        };

        (void)vctx;
        (void)provctx;
        return gettable;
}

/* ---- hand over ---- */

bool aza_signature_give_settings(const struct aza_signature *ctx, EVP_PKEY_CTX *delegate)
{
        int padding = ctx->padding;
        int salt = ctx->salt_len;
        OSSL_PARAM params[5], *p = params;

        /* OpenSSL 3.0 does not know the word auto-digestmax; to a verifier it is auto. */
        if (salt == RSA_PSS_SALTLEN_AUTO_DIGEST_MAX)
                salt = ctx->operation == EVP_PKEY_OP_SIGN ? RSA_PSS_SALTLEN_DIGEST
                                                          : RSA_PSS_SALTLEN_AUTO;
        if (ctx->md != NULL)
                *p++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST,
                                                        (char *)EVP_MD_get0_name(ctx->md), 0);
        *p++ = OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PAD_MODE, &padding);
        if (padding == RSA_PKCS1_PSS_PADDING)
                *p++ = OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &salt);
        if (padding == RSA_PKCS1_PSS_PADDING && ctx->mgf1_md != NULL)
                *p++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST,
                                                        (char *)EVP_MD_get0_name(ctx->mgf1_md), 0);
        *p = OSSL_PARAM_construct_end();
        return EVP_PKEY_CTX_set_params(delegate, params) == 1;
}
