/* SPDX-License-Identifier: Apache-2.0 */
/* K5 and K6: keys of every kind come out, and what is no such key does not. */
#include "unit/release_support.h"

#include <openssl/err.h>

static const uint8_t aes_key[32] = "an AES-256 key for these tests.";
static const uint8_t rsa_block[256] = {7};

static int vault_and_key(void **state)
{
        return vault_setup(state);
}

/* RFC 5649. */
static void wrap_key(struct aza_span plain, struct aza_bytes *ret)
{
        AZA_OWN(EVP_CIPHER_free)
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, "AES-256-WRAP-PAD", NULL);
        AZA_OWN(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        int len = 0;

        EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
        assert_ok(aza_bytes_set(ret, rsa_block, sizeof rsa_block));
        assert_ok(aza_bytes_resize(ret, sizeof rsa_block + plain.len + 16));
        assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, aes_key, NULL, NULL), 1);
        assert_int_equal(EVP_EncryptUpdate(ctx, ret->data + sizeof rsa_block, &len, plain.data,
                                           (int)plain.len),
                         1);
        assert_ok(aza_bytes_resize(ret, sizeof rsa_block + (size_t)len));
}

static void pkcs8(const EVP_PKEY *key, struct aza_bytes *ret)
{
        PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
        unsigned char *der = NULL;
        int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

        assert_true(len > 0);
        assert_ok(aza_bytes_set(ret, der, (size_t)len));
        OPENSSL_free(der);
        PKCS8_PRIV_KEY_INFO_free(info);
}

static json_object *ec_jwk(const EVP_PKEY *key, const char *crv, size_t len)
{
        json_object *jwk = quick_json("{'kty':'EC-HSM'}");
        uint8_t point[200];
        size_t n = 0;

        /* In whatever form the key is: uncompressed, as nobody said otherwise. */
        assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                         sizeof point, &n),
                         1);
        assert_int_equal(n, 1 + 2 * len);
        AZA_OWN(free) char *x = base64url(point + 1, len);
        AZA_OWN(free) char *y = base64url(point + 1 + len, len);
        json_object_object_add(jwk, "crv", text_value(crv));
        json_object_object_add(jwk, "x", text_value(x));
        json_object_object_add(jwk, "y", text_value(y));
        return jwk;
}

/* The verified answer with `jwk` (taken) and these wrapped bytes, opened. */
static int open_wrapped(json_object *jwk, struct aza_span wrapped, struct aza_span with,
                        struct aza_checks *rows, struct aza_released *ret)
{
        AZA_OWN(aza_release_free) struct aza_release *r = NULL;
        AZA_OWN(json_object_put) json_object *header = good_header();
        AZA_OWN(json_object_put)
        json_object *payload = good_payload(jwk, wrapped.data, wrapped.len);
        AZA_OWN(free) char *jws = sign_answer(header, payload, vault_key);
        const struct aza_release_expect expect = good_expect();

        assert_ok(aza_release_verify(libctx, aza_span_of(jws, strlen(jws)), &expect, rows, &r));
        return aza_release_open(libctx, r, with, rows, ret);
}

static int open_plain(json_object *jwk, struct aza_span plain, struct aza_checks *rows,
                      struct aza_released *ret)
{
        AZA_BYTES struct aza_bytes wrapped = {0};

        wrap_key(plain, &wrapped);
        return open_wrapped(jwk, aza_bytes_span(&wrapped), aza_span_of(aes_key, sizeof aes_key),
                            rows, ret);
}

static void comes_out(json_object *jwk, struct aza_span plain, enum aza_jwk_kind kind)
{
        AZA_CHECKS struct aza_checks rows = {0};
        struct aza_released key = {0};

        assert_ok(open_plain(jwk, plain, &rows, &key));
        assert_outcome(&rows, AZA_CHECK_K5, AZA_ACCEPT);
        assert_outcome(&rows, AZA_CHECK_K6, AZA_ACCEPT);
        assert_int_equal(key.kind, kind);
        assert_int_equal(key.bytes.len, plain.len);
        assert_memory_equal(key.bytes.data, plain.data, plain.len);
        aza_released_free(&key);
        assert_int_equal(ERR_peek_error(), 0);
}

static void every_kind(void **state)
{
        static const struct {
                const char *crv, *group;
                size_t len;
        } curves[] = {{"P-256", "P-256", 32},
                      {"P-384", "P-384", 48},
                      {"P-521", "P-521", 66},
                      {"P-256K", "secp256k1", 32}};
        static const size_t sizes[] = {2048, 3072, 4096};
        static const uint8_t bytes[64] = {1, 2, 3};

        (void)state;
        for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
                AZA_OWN(EVP_PKEY_free)
                EVP_PKEY *key = EVP_PKEY_Q_keygen(libctx, NULL, "EC", curves[i].group);
                AZA_BYTES struct aza_bytes der = {0};
                pkcs8(key, &der);
                comes_out(ec_jwk(key, curves[i].crv, curves[i].len), aza_bytes_span(&der),
                          AZA_JWK_EC);
        }
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                AZA_OWN(EVP_PKEY_free)
                EVP_PKEY *key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", sizes[i]);
                AZA_BYTES struct aza_bytes der = {0};
                pkcs8(key, &der);
                comes_out(key_jwk(key, NULL), aza_bytes_span(&der), AZA_JWK_RSA);
        }
        for (size_t n = 16; n <= sizeof bytes; n += 8)
                comes_out(quick_json("{'kty':'oct-HSM'}"), aza_span_of(bytes, n), AZA_JWK_OCT);
}

/* All of these are told by one text. */
static void does_not_unwrap(struct aza_span wrapped, struct aza_span with)
{
        static char first[600];
        AZA_CHECKS struct aza_checks rows = {0};
        struct aza_released key = {0};

        assert_int_equal(open_wrapped(key_jwk(attested, NULL), wrapped, with, &rows, &key),
                         AZATTEST_E_KEY_RELEASE);
        assert_rejects(&rows, AZA_CHECK_K5);
        assert_outcome(&rows, AZA_CHECK_K6, AZA_NO_INPUT);
        assert_null(key.bytes.data);
        if (first[0] == '\0')
                (void)snprintf(first, sizeof first, "%s", aza_last_error()->message);
        assert_string_equal(first, aza_last_error()->message);
        assert_int_equal(ERR_peek_error(), 0);
}

static void wrong_wrapping(void **state)
{
        const struct aza_span right = aza_span_of(aes_key, sizeof aes_key);
        AZA_BYTES struct aza_bytes der = {0};
        AZA_BYTES struct aza_bytes wrapped = {0};
        uint8_t other[40] = {0};

        (void)state;
        pkcs8(attested, &der);
        wrap_key(aza_bytes_span(&der), &wrapped);
        const struct aza_span all = aza_bytes_span(&wrapped);
        /* lengths */
        static const size_t lengths[] = {0, 8, 255, 256, 256 + 8, 256 + 15};
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
                does_not_unwrap(aza_span_of(all.data, lengths[i]), right);
        for (size_t cut = 1; cut <= 8; cut++)
                does_not_unwrap(aza_span_of(all.data, all.len - cut), right);
        /* the AES key that came out of the RSA block */
        memcpy(other, aes_key, sizeof aes_key);
        does_not_unwrap(all, aza_span_of(other, 0));
        does_not_unwrap(all, aza_span_of(other, 16));
        does_not_unwrap(all, aza_span_of(other, 31));
        does_not_unwrap(all, aza_span_of(other, 33));
        other[31] ^= 1;
        does_not_unwrap(all, aza_span_of(other, 32));
        /* each byte of what is wrapped */
        for (size_t i = sizeof rsa_block; i < wrapped.len; i += 61) {
                wrapped.data[i] ^= 1;
                does_not_unwrap(all, right);
                wrapped.data[i] ^= 1;
        }
}

static void wrong_key(json_object *jwk, struct aza_span plain, const char *why)
{
        AZA_CHECKS struct aza_checks rows = {0};
        struct aza_released key = {0};

        assert_int_equal(open_plain(jwk, plain, &rows, &key), AZATTEST_E_KEY_RELEASE);
        assert_rejects(&rows, AZA_CHECK_K6);
        if (strstr(aza_checks_get(&rows, AZA_CHECK_K6)->reason, why) == NULL)
                fail_msg("%s", aza_checks_get(&rows, AZA_CHECK_K6)->reason);
        assert_null(key.bytes.data);
        assert_int_equal(ERR_peek_error(), 0);
}

static json_object *jwk_with(const char *name, const char *value)
{
        json_object *jwk = key_jwk(attested, NULL);

        json_object_object_del(jwk, name);
        if (value != NULL)
                json_object_object_add(jwk, name, quick_json(value));
        return jwk;
}

static void wrong_rsa(void **state)
{
        AZA_BYTES struct aza_bytes der = {0};
        AZA_BYTES struct aza_bytes longer = {0};

        (void)state;
        pkcs8(attested, &der);
        const struct aza_span plain = aza_bytes_span(&der);
        wrong_key(key_jwk(signer, NULL), plain, "not the one that the vault signed");
        assert_ok(aza_bytes_append(&longer, der.data, der.len));
        assert_ok(aza_bytes_append(&longer, "", 1));
        wrong_key(key_jwk(attested, NULL), aza_bytes_span(&longer), "nothing behind it");
        wrong_key(key_jwk(attested, NULL), aza_span_of("no key at all, but text", 23), "PKCS#8");
        wrong_key(jwk_with("kty", "'EC'"), plain, "another type");
        wrong_key(jwk_with("kty", "'OKP'"), plain, "kty is none of");
        wrong_key(jwk_with("kty", NULL), plain, "kty is none of");
        wrong_key(jwk_with("n", NULL), plain, "'n' is missing");
        wrong_key(jwk_with("n", "'A=='"), plain, "'n' is not base64url");
        wrong_key(jwk_with("n", "'AQAB'"), plain, "the key");
        wrong_key(jwk_with("e", "'Ag'"), plain, "the key");
        wrong_key(quick_json("{'kty':'oct'}"), aza_span_of(plain.data, 15), "shorter than 16");
        wrong_key(quick_json("{'kty':'oct'}"), plain, "longer than 512");
}

/* A key whose halves are of two keys: the public one is what was signed. */
static void wrong_halves(void **state)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *one = EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-256");
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *two = EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-256");
        AZA_BYTES struct aza_bytes der = {0};
        AZA_BYTES struct aza_bytes other = {0};
        uint8_t point[65];
        size_t n = 0;

        (void)state;
        pkcs8(one, &der);
        pkcs8(two, &other);
        assert_int_equal(EVP_PKEY_get_octet_string_param(one, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                         sizeof point, &n),
                         1);
        /* The public key is the end of an EC key's PKCS#8. */
        assert_int_equal(n, sizeof point);
        assert_memory_equal(der.data + der.len - n, point, n);
        memcpy(other.data + other.len - n, point, n);
        wrong_key(ec_jwk(one, "P-256", 32), aza_bytes_span(&other), "private half does not belong");
        wrong_key(ec_jwk(two, "P-256", 32), aza_bytes_span(&der), "not the one that the vault");
        wrong_key(ec_jwk(one, "P-384", 32), aza_bytes_span(&der), "on P-384 it is 48");
        wrong_key(ec_jwk(one, "P-256K", 32), aza_bytes_span(&der), "no point on P-256K");
        wrong_key(ec_jwk(one, "Ed25519", 32), aza_bytes_span(&der), "'crv' is none of");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_kind),
                cmocka_unit_test(wrong_wrapping),
                cmocka_unit_test(wrong_rsa),
                cmocka_unit_test(wrong_halves),
        };

        return cmocka_run_group_tests_name("release_unwrap", tests, vault_and_key, vault_teardown);
}
