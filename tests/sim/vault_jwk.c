/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the forms of keys at the simulated vault's door. */
#include "sim/vault_jwk.h"

#include "base/crypto.h"
#include "sim/b64.h"
#include "sim/cert.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <string.h>

AZA_OWN_DEFINE(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free);
AZA_OWN_DEFINE(OSSL_PARAM, OSSL_PARAM_free);

static const struct curve {
        const char *crv, *group;
        size_t len;
} curves[] = {
        {"P-256", "prime256v1", 32},
        {"P-384", "secp384r1", 48},
        {"P-521", "secp521r1", 66},
        {"P-256K", "secp256k1", 32},
};

static const struct curve *curve_of(const char *crv)
{
        for (size_t i = 0; crv != NULL && i < sizeof(curves) / sizeof(curves[0]); i++)
                if (strcmp(crv, curves[i].crv) == 0)
                        return &curves[i];
        return NULL;
}

/* "RSA-HSM" is an RSA key, too. */
static bool set_kty(const char *text, struct sim_vault_key *key)
{
        static const char *const known[] = {"RSA", "EC", "oct"};

        for (size_t i = 0; text != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
                const size_t len = strlen(known[i]);
                if (strncmp(text, known[i], len) != 0 ||
                    (text[len] != '\0' && strcmp(text + len, "-HSM") != 0))
                        continue;
                (void)snprintf(key->kty, sizeof(key->kty), "%s", known[i]);
                return true;
        }
        return false;
}

static bool push_number(OSSL_PARAM_BLD *builder, json_object *jwk, const char *member,
                        const char *name, BIGNUM **keep)
{
        AZA_BYTES struct aza_bytes bytes = {0};

        if (!sim_b64_decode(aza_json_string(jwk, member), &bytes))
                return false;
        *keep = BN_bin2bn(bytes.data, (int)bytes.len, NULL);
        return *keep != NULL && OSSL_PARAM_BLD_push_BN(builder, name, *keep) == 1;
}

static EVP_PKEY *from_builder(const char *type, OSSL_PARAM_BLD *builder)
{
        AZA_OWN(OSSL_PARAM_free) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(sim_libctx(), type, NULL);
        EVP_PKEY *key = NULL;

        if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
            EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
                return NULL;
        return key;
}

static bool import_rsa(json_object *jwk, struct sim_vault_key *ret)
{
        static const char *const members[][2] = {
                {"n", OSSL_PKEY_PARAM_RSA_N},          {"e", OSSL_PKEY_PARAM_RSA_E},
                {"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
                {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
                {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
        };
        AZA_OWN(OSSL_PARAM_BLD_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
        BIGNUM *numbers[8] = {0};
        bool good = builder != NULL;

        for (size_t i = 0; good && i < 8; i++)
                good = push_number(builder, jwk, members[i][0], members[i][1], &numbers[i]);
        if (good)
                ret->pair = from_builder("RSA", builder);
        for (size_t i = 0; i < 8; i++)
                BN_free(numbers[i]);
        return ret->pair != NULL;
}

static bool import_ec(json_object *jwk, const struct curve *curve, struct sim_vault_key *ret)
{
        AZA_OWN(OSSL_PARAM_BLD_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
        AZA_BYTES struct aza_bytes x = {0};
        AZA_BYTES struct aza_bytes y = {0};
        AZA_BYTES struct aza_bytes point = {0};
        BIGNUM *d = NULL;

        if (builder == NULL || !sim_b64_decode(aza_json_string(jwk, "x"), &x) ||
            !sim_b64_decode(aza_json_string(jwk, "y"), &y) || x.len != curve->len ||
            y.len != curve->len || aza_bytes_append(&point, "\x04", 1) != 0 ||
            aza_bytes_append(&point, x.data, x.len) != 0 ||
            aza_bytes_append(&point, y.data, y.len) != 0)
                return false;
        if (push_number(builder, jwk, "d", OSSL_PKEY_PARAM_PRIV_KEY, &d) &&
            OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) ==
                    1 &&
            OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data,
                                             point.len) == 1)
                ret->pair = from_builder("EC", builder);
        BN_free(d);
        return ret->pair != NULL;
}

bool sim_vault_import(json_object *jwk, struct sim_vault_key *ret, const char **reason)
{
        const struct curve *curve = curve_of(aza_json_string(jwk, "crv"));

        *reason = "key: wanted a JWK with its private half (kty RSA, EC or oct)";
        if (!set_kty(aza_json_string(jwk, "kty"), ret))
                return false;
        if (strcmp(ret->kty, "oct") == 0)
                return sim_b64_decode(aza_json_string(jwk, "k"), &ret->secret) &&
                       ret->secret.len > 0;
        if (strcmp(ret->kty, "RSA") == 0)
                return import_rsa(jwk, ret);
        if (curve == NULL)
                return false;
        (void)snprintf(ret->crv, sizeof(ret->crv), "%s", curve->crv);
        return import_ec(jwk, curve, ret);
}

bool sim_vault_create(json_object *body, struct sim_vault_key *ret, const char **reason)
{
        const char *crv = aza_json_string(body, "crv");
        const struct curve *curve = curve_of(crv != NULL ? crv : "P-256");
        int64_t size = 0;

        *reason = "kty: wanted RSA, EC or oct; key_size or crv as of them";
        if (!set_kty(aza_json_string(body, "kty"), ret) || curve == NULL)
                return false;
        const bool given = aza_json_int64(body, "key_size", &size);
        if (strcmp(ret->kty, "oct") == 0) {
                size = given ? size : 256;
                return size >= 128 && size <= 512 && size % 8 == 0 &&
                       aza_bytes_resize(&ret->secret, (size_t)size / 8) == 0 &&
                       aza_random(sim_libctx(), ret->secret.data, ret->secret.len) == 0;
        }
        if (strcmp(ret->kty, "RSA") == 0) {
                size = given ? size : 2048;
                if (size == 2048 || size == 3072 || size == 4096)
                        ret->pair = sim_rsa_key((unsigned int)size);
                return ret->pair != NULL;
        }
        (void)snprintf(ret->crv, sizeof(ret->crv), "%s", curve->crv);
        ret->pair = sim_ec_key(curve->group);
        return ret->pair != NULL;
}

static bool add_bytes(json_object *jwk, const char *name, const uint8_t *data, size_t len)
{
        AZA_BYTES struct aza_bytes text = {0};

        return aza_base64_encode(AZA_BASE64URL, aza_span_of(data, len), &text) == 0 &&
               json_object_object_add(jwk, name, json_object_new_string((const char *)text.data)) ==
                       0;
}

static bool add_number(const EVP_PKEY *key, json_object *jwk, const char *name, const char *param)
{
        AZA_OWN(BN_free) BIGNUM *number = NULL;
        uint8_t bytes[1024];

        if (EVP_PKEY_get_bn_param(key, param, &number) != 1 ||
            BN_num_bytes(number) > (int)sizeof(bytes))
                return false;
        return add_bytes(jwk, name, bytes, (size_t)BN_bn2bin(number, bytes));
}

bool sim_vault_public(const struct sim_vault_key *key, json_object *jwk)
{
        const struct curve *curve = curve_of(key->crv);
        uint8_t point[1 + 2 * 66];
        size_t n = 0;

        if (key->pair == NULL)
                return true;
        if (strcmp(key->kty, "RSA") == 0)
                return add_number(key->pair, jwk, "n", OSSL_PKEY_PARAM_RSA_N) &&
                       add_number(key->pair, jwk, "e", OSSL_PKEY_PARAM_RSA_E);
        return curve != NULL &&
               EVP_PKEY_get_octet_string_param(key->pair, OSSL_PKEY_PARAM_PUB_KEY, point,
                                               sizeof(point), &n) == 1 &&
               n == 1 + 2 * curve->len &&
               json_object_object_add(jwk, "crv", json_object_new_string(key->crv)) == 0 &&
               add_bytes(jwk, "x", point + 1, curve->len) &&
               add_bytes(jwk, "y", point + 1 + curve->len, curve->len);
}
