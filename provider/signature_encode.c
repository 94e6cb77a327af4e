/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signature says: DigestInfo and PSS blocks, and the AlgorithmIdentifier that X.509 and CMS
 * write beside it. No TPM here. The salt is as long as asked for, because software makes it (PV46).
 */
#include "signature.h"

#include "key/rsa_padding.h"

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

AZA_OWN_DEFINE(X509_SIG, X509_SIG_free);
AZA_OWN_DEFINE(X509_ALGOR, X509_ALGOR_free);
AZA_OWN_DEFINE(RSA_PSS_PARAMS, RSA_PSS_PARAMS_free);
AZA_OWN_DEFINE(ASN1_STRING, ASN1_STRING_free);

static size_t digest_size(const struct aza_signature *ctx)
{
        return ctx->md == NULL ? 0 : (size_t)EVP_MD_get_size(ctx->md);
}

static const EVP_MD *mgf1_digest(const struct aza_signature *ctx)
{
        return ctx->mgf1_md != NULL ? ctx->mgf1_md : ctx->md;
}

/* True and the number of bytes, or false when the digest leaves no room at all. */
static bool salt_bytes(const struct aza_signature *ctx, size_t *ret)
{
        const size_t h = digest_size(ctx);
        const size_t k = aza_key_size(ctx->key);

        if (k < h + 2)
                return false;
        const size_t longest = k - h - 2;
        switch (ctx->salt_len) {
        case RSA_PSS_SALTLEN_DIGEST:
                *ret = h;
                break;
        case RSA_PSS_SALTLEN_AUTO: /* for signing the same as max */
        case RSA_PSS_SALTLEN_MAX:
                *ret = longest;
                break;
        case RSA_PSS_SALTLEN_AUTO_DIGEST_MAX:
                *ret = h < longest ? h : longest;
                break;
        default:
                *ret = (size_t)ctx->salt_len;
                break;
        }
        return *ret <= longest;
}

/* ---- blocks ---- */

/* DER DigestInfo; parameters are NULL for every hash (RFC 8017 9.2, note 1). */
static int digest_info(const struct aza_signature *ctx, struct aza_span digest,
                       struct aza_bytes *ret)
{
        AZA_OWN(X509_SIG_free) X509_SIG *sig = X509_SIG_new();
        ASN1_OBJECT *oid = OBJ_nid2obj(EVP_MD_get_type(ctx->md));
        X509_ALGOR *algorithm;
        ASN1_OCTET_STRING *value;
        unsigned char *der = NULL;

        if (sig == NULL)
                return AZA_NO_MEMORY();
        if (oid == NULL || OBJ_length(oid) == 0)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "digest %s has no identifier",
                                EVP_MD_get0_name(ctx->md));
        X509_SIG_getm(sig, &algorithm, &value);
        if (X509_ALGOR_set0(algorithm, oid, V_ASN1_NULL, NULL) != 1 ||
            ASN1_OCTET_STRING_set(value, digest.data, (int)digest.len) != 1)
                return AZA_NO_MEMORY();
        int len = i2d_X509_SIG(sig, &der);
        if (len <= 0)
                return AZA_NO_MEMORY();
        int rc = aza_bytes_set(ret, der, (size_t)len);
        OPENSSL_free(der);
        return rc;
}

static int pkcs1_block(const struct aza_signature *ctx, struct aza_span tbs, uint8_t *block)
{
        AZA_BYTES struct aza_bytes info = {0};

        /* TLS 1.0 and 1.1 sign MD5 and SHA-1 side by side, bare. */
        if (ctx->md == NULL || EVP_MD_is_a(ctx->md, "MD5-SHA1"))
                return aza_pkcs1_sign_encode(tbs, block, AZA_RSA_BYTES);
        int rc = digest_info(ctx, tbs, &info);
        return rc != 0 ? rc : aza_pkcs1_sign_encode(aza_bytes_span(&info), block, AZA_RSA_BYTES);
}

static bool pss_block(const struct aza_signature *ctx, struct aza_span tbs, uint8_t *block)
{
        struct aza_pss_params pss = {.md = ctx->md, .mgf1_md = mgf1_digest(ctx)};

        if (!salt_bytes(ctx, &pss.salt_len)) {
                AZA_RAISE(ctx->prov, AZA_R_BAD_SALT_LENGTH,
                          "salt length %d does not fit a key of %d bytes and %s: at most %zd",
                          ctx->salt_len, AZA_RSA_BYTES, EVP_MD_get0_name(ctx->md),
                          (ssize_t)AZA_RSA_BYTES - 2 - (ssize_t)digest_size(ctx));
                return false;
        }
        if (aza_pss_encode(aza_prov_libctx(ctx->prov), &pss, tbs, AZA_RSA_BYTES * 8, block) == 0)
                return true;
        aza_raise_last(ctx->prov);
        return false;
}

static bool raw_block(const struct aza_signature *ctx, struct aza_span tbs, uint8_t *block)
{
        if (tbs.len != AZA_RSA_BYTES ||
            memcmp(tbs.data, ctx->key->ref->modulus, AZA_RSA_BYTES) >= 0) {
                AZA_RAISE(ctx->prov, AZA_R_WRONG_LENGTH,
                          "without padding exactly %d bytes are signed, a number below the modulus",
                          AZA_RSA_BYTES);
                return false;
        }
        memcpy(block, tbs.data, AZA_RSA_BYTES);
        return true;
}

bool aza_signature_encode(const struct aza_signature *ctx, struct aza_span tbs,
                          uint8_t block[AZA_RSA_BYTES])
{
        if (ctx->md != NULL && tbs.len != digest_size(ctx)) {
                AZA_RAISE(ctx->prov, AZA_R_WRONG_LENGTH, "%zu bytes are no %s digest (%zu bytes)",
                          tbs.len, EVP_MD_get0_name(ctx->md), digest_size(ctx));
                return false;
        }
        switch (ctx->padding) {
        case RSA_PKCS1_PSS_PADDING:
                return pss_block(ctx, tbs, block);
        case RSA_NO_PADDING:
                return raw_block(ctx, tbs, block);
        case RSA_PKCS1_PADDING:
                if (pkcs1_block(ctx, tbs, block) == 0)
                        return true;
                aza_raise_last(ctx->prov);
                return false;
        default:
                AZA_RAISE(ctx->prov, AZA_R_UNSUPPORTED_PADDING,
                          "padding mode %d cannot sign: use pkcs1 or pss", ctx->padding);
                return false;
        }
}

/* ---- AlgorithmIdentifier ---- */

/* hash as it stands in RSASSA-PSS parameters, with NULL (RFC 4055 2.1). */
static X509_ALGOR *hash_algorithm(const EVP_MD *md)
{
        AZA_OWN(X509_ALGOR_free) X509_ALGOR *algorithm = X509_ALGOR_new();

        if (algorithm == NULL ||
            X509_ALGOR_set0(algorithm, OBJ_nid2obj(EVP_MD_get_type(md)), V_ASN1_NULL, NULL) != 1)
                return NULL;
        return aza_take(&algorithm);
}

static X509_ALGOR *mgf1_algorithm(const EVP_MD *md)
{
        AZA_OWN(X509_ALGOR_free) X509_ALGOR *algorithm = X509_ALGOR_new();
        AZA_OWN(X509_ALGOR_free) X509_ALGOR *hash = hash_algorithm(md);
        AZA_OWN(ASN1_STRING_free) ASN1_STRING *packed = NULL;

        if (algorithm == NULL || hash == NULL ||
            ASN1_item_pack(hash, ASN1_ITEM_rptr(X509_ALGOR), &packed) == NULL ||
            X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_mgf1), V_ASN1_SEQUENCE, packed) != 1)
                return NULL;
        packed = NULL; /* now the algorithm's */
        return aza_take(&algorithm);
}

/* RFC 4055 3.1: SHA-1, MGF1 with SHA-1 and a salt of 20 bytes are defaults and left out. */
static bool fill_pss(const struct aza_signature *ctx, RSA_PSS_PARAMS *pss)
{
        size_t salt;

        if (ctx->md == NULL || !salt_bytes(ctx, &salt))
                return false;
        if (!EVP_MD_is_a(ctx->md, "SHA1") && (pss->hashAlgorithm = hash_algorithm(ctx->md)) == NULL)
                return false;
        if (!EVP_MD_is_a(mgf1_digest(ctx), "SHA1") &&
            (pss->maskGenAlgorithm = mgf1_algorithm(mgf1_digest(ctx))) == NULL)
                return false;
        if (salt == 20)
                return true;
        pss->saltLength = ASN1_INTEGER_new();
        return pss->saltLength != NULL && ASN1_INTEGER_set(pss->saltLength, (long)salt) == 1;
}

static bool set_pss(const struct aza_signature *ctx, X509_ALGOR *algorithm)
{
        AZA_OWN(RSA_PSS_PARAMS_free) RSA_PSS_PARAMS *pss = RSA_PSS_PARAMS_new();
        AZA_OWN(ASN1_STRING_free) ASN1_STRING *packed = NULL;

        if (pss == NULL || !fill_pss(ctx, pss) ||
            ASN1_item_pack(pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS), &packed) == NULL ||
            X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, packed) != 1)
                return false;
        packed = NULL;
        return true;
}

static bool set_pkcs1(const struct aza_signature *ctx, X509_ALGOR *algorithm)
{
        int nid;

        return ctx->md != NULL &&
               OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(ctx->md), NID_rsaEncryption) == 1 &&
               X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), V_ASN1_NULL, NULL) == 1;
}

int aza_signature_algorithm(const struct aza_signature *ctx, struct aza_bytes *ret)
{
        AZA_OWN(X509_ALGOR_free) X509_ALGOR *algorithm = X509_ALGOR_new();
        unsigned char *der = NULL;
        bool known = false;

        if (algorithm == NULL)
                return AZA_NO_MEMORY();
        if (ctx->padding == RSA_PKCS1_PSS_PADDING)
                known = set_pss(ctx, algorithm);
        else if (ctx->padding == RSA_PKCS1_PADDING)
                known = set_pkcs1(ctx, algorithm);
        int len = known ? i2d_X509_ALGOR(algorithm, &der) : 0;
        if (len <= 0)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "padding and digest have no algorithm identifier");
        int rc = aza_bytes_set(ret, der, (size_t)len);
        OPENSSL_free(der);
        return rc;
}
