/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Keys of vaults. */
#include "release/jwk.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/error.h"
#include "token/rsa_quality.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <string.h>

#define RSA_MAX_BITS 4096

enum aza_jwk_kind aza_jwk_kind(const char *kty)
{
        static const struct {
                const char *kty;
                enum aza_jwk_kind kind;
        } kinds[] = {
                {"RSA", AZA_JWK_RSA},   {"RSA-HSM", AZA_JWK_RSA}, {"EC", AZA_JWK_EC},
                {"EC-HSM", AZA_JWK_EC}, {"oct", AZA_JWK_OCT},     {"oct-HSM", AZA_JWK_OCT},
        };

        for (size_t i = 0; kty != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
                if (strcmp(kty, kinds[i].kty) == 0)
                        return kinds[i].kind;
        return AZA_JWK_OTHER;
}

static int member(json_object *jwk, const char *name, struct aza_bytes *ret)
{
        const char *text = aza_json_string(jwk, name);

        if (text != NULL && aza_base64_decode(AZA_BASE64URL, text, strlen(text), ret) == 0)
                return 0;
        if (text != NULL && aza_last_error()->code == AZATTEST_E_NO_MEMORY)
                return AZATTEST_E_NO_MEMORY;
        return AZA_FAIL(AZATTEST_E_KEY_RELEASE, "the key's '%s' is %s", name,
                        text == NULL ? "missing" : "not base64url");
}

static int rsa(OSSL_LIB_CTX *libctx, json_object *jwk, EVP_PKEY **ret)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes n = {0};
        AZA_BYTES struct aza_bytes e = {0};
        int r;

        if ((r = member(jwk, "n", &n)) != 0 || (r = member(jwk, "e", &e)) != 0)
                return r;
        if (n.len > RSA_MAX_BITS / 8 || e.len > 8)
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE,
                                "an RSA key with more than %d bits, or an exponent above 2^64",
                                RSA_MAX_BITS);
        if (aza_rsa_public(libctx, aza_bytes_span(&n), aza_bytes_span(&e), &key) != 0)
                return aza_context(AZATTEST_E_KEY_RELEASE, "the key");
        const char *weak = aza_rsa_weakness(key);
        if (weak != NULL)
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE, "the key: %s", weak);
        *ret = aza_take(&key);
        return 0;
}

static const struct curve {
        const char *crv;
        const char *group;
        size_t len;
} curves[] = {
        {"P-256", "prime256v1", 32}, {"P-384", "secp384r1", 48},     {"P-521", "secp521r1", 66},
        {"P-256K", "secp256k1", 32}, {"SECP256K1", "secp256k1", 32},
};

static const struct curve *curve_of(const char *crv)
{
        for (size_t i = 0; crv != NULL && i < sizeof(curves) / sizeof(curves[0]); i++)
                if (strcmp(crv, curves[i].crv) == 0)
                        return &curves[i];
        return NULL;
}

static EVP_PKEY *on_curve(OSSL_LIB_CTX *libctx, const struct curve *curve, struct aza_bytes *point)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, "EC", NULL);
        EVP_PKEY *key = NULL;
        char group[16];

        (void)snprintf(group, sizeof(group), "%s", curve->group);
        OSSL_PARAM params[] = {
                OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point->data, point->len),
                OSSL_PARAM_construct_end(),
        };
        if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
            EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
                return NULL;
        return key;
}

static bool is_usable(OSSL_LIB_CTX *libctx, EVP_PKEY *key)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);

        return ctx != NULL && EVP_PKEY_public_check(ctx) == 1;
}

static int ec(OSSL_LIB_CTX *libctx, json_object *jwk, EVP_PKEY **ret)
{
        const struct curve *curve = curve_of(aza_json_string(jwk, "crv"));
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_BYTES struct aza_bytes x = {0};
        AZA_BYTES struct aza_bytes y = {0};
        AZA_BYTES struct aza_bytes point = {0};
        const uint8_t form = POINT_CONVERSION_UNCOMPRESSED;
        int r;

        if (curve == NULL)
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE,
                                "the key's 'crv' is none of P-256, P-384, P-521 and P-256K");
        if ((r = member(jwk, "x", &x)) != 0 || (r = member(jwk, "y", &y)) != 0)
                return r;
        if (x.len != curve->len || y.len != curve->len)
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE,
                                "the key's 'x' and 'y' have %zu and %zu bytes; on %s it is %zu",
                                x.len, y.len, curve->crv, curve->len);
        if ((r = aza_bytes_append(&point, &form, 1)) != 0 ||
            (r = aza_bytes_append(&point, x.data, x.len)) != 0 ||
            (r = aza_bytes_append(&point, y.data, y.len)) != 0)
                return r;
        (void)ERR_set_mark();
        key = on_curve(libctx, curve, &point);
        bool usable = key != NULL && is_usable(libctx, key);
        (void)ERR_pop_to_mark();
        if (!usable)
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE, "the key is no point on %s", curve->crv);
        *ret = aza_take(&key);
        return 0;
}

int aza_jwk_public(OSSL_LIB_CTX *libctx, json_object *jwk, EVP_PKEY **ret)
{
        switch (aza_jwk_kind(aza_json_string(jwk, "kty"))) {
        case AZA_JWK_RSA:
                return rsa(libctx, jwk, ret);
        case AZA_JWK_EC:
                return ec(libctx, jwk, ret);
        default:
                return AZA_FAIL(AZATTEST_E_KEY_RELEASE,
                                "the key's 'kty' is neither RSA nor EC, with or without -HSM");
        }
}
