/* SPDX-License-Identifier: Apache-2.0 */
/* MAA's envelope: the vector of PROTOCOL.md 14.2, and that every fault has one code and one
 * text. */
#include "maa/envelope.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define JWT_CIPHERTEXT "Inucc6eioXLCKN3Y5JMxXM2/zQ3eHiY2UC6P6mUPUZxiIsKS"
#define TAG            "AHuwqk92Oxl56JI2Uinr3Q=="
#define IV             "AAECAwQFBgcICQoL"
#define PLAINTEXT      "eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2ln"
#define PARAMETERS \
        "\"BlockMode\":\"ChainingModeGCM\",\"BlockPadding\":\"PKCS7\",\"Cipher\":\"AES\","

static char wrapped[345];

static OSSL_LIB_CTX *libctx;

static int setup(void **state)
{
        AZA_BYTES struct aza_bytes zero = {0};
        AZA_BYTES struct aza_bytes text = {0};

        (void)state;
        libctx = aza_libctx_new("default");
        if (libctx == NULL || aza_bytes_resize(&zero, 256) != 0 ||
            aza_base64_encode(AZA_BASE64, aza_bytes_span(&zero), &text) != 0 || text.len != 344)
                return -1;
        memcpy(wrapped, text.data, 345);
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        OSSL_LIB_CTX_free(libctx);
        return 0;
}

/* {"token": base64url(envelope)} */
static void body_of(const char *envelope, struct aza_bytes *ret)
{
        assert_int_equal(aza_bytes_append_text(ret, "{\"token\":\""), 0);
        assert_int_equal(
                aza_base64_encode(AZA_BASE64URL, aza_span_of(envelope, strlen(envelope)), ret), 0);
        assert_int_equal(aza_bytes_append_text(ret, "\"}"), 0);
}

static int parse(const char *key, const char *parameters, const char *tag, const char *jwt,
                 struct aza_envelope *ret)
{
        AZA_BYTES struct aza_bytes body = {0};
        char text[2048];

        (void)snprintf(text, sizeof(text),
                       "{\"EncryptedInnerKey\":\"%s\",\"EncryptionParams\":{%s},"
                       "\"AuthenticationData\":\"%s\",\"Jwt\":\"%s\"}",
                       key, parameters, tag, jwt);
        body_of(text, &body);
        return aza_envelope_parse(aza_bytes_span(&body), ret);
}

static void key_of_vector(uint8_t key[32])
{
        for (uint8_t i = 0; i < 32; i++)
                key[i] = i;
}

static void opens_the_vector(void **state)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        struct aza_envelope e = {0};
        uint8_t key[32];

        (void)state;
        key_of_vector(key);
        assert_int_equal(parse(wrapped, PARAMETERS "\"Iv\":\"" IV "\",\"KeySizeInBits\":256", TAG,
                               JWT_CIPHERTEXT, &e),
                         0);
        assert_int_equal(e.wrapped_key.len, 256);
        assert_int_equal(e.key_len, 32);
        assert_int_equal(aza_envelope_open(libctx, &e, key, &jwt), 0);
        assert_string_equal((const char *)jwt.data, PLAINTEXT);
        aza_envelope_free(&e);
        assert_null(e.ciphertext.data);
}

static void takes_aes_128_by_name_only(void **state)
{
        struct aza_envelope e = {0};

        (void)state;
        assert_int_equal(parse(wrapped, PARAMETERS "\"Iv\":\"" IV "\",\"KeySizeInBits\":128", TAG,
                               JWT_CIPHERTEXT, &e),
                         0);
        assert_int_equal(e.key_len, 16);
        aza_envelope_free(&e);
}

static void assert_one_text(int code, char text[1024])
{
        assert_int_equal(code, AZATTEST_E_JWT_DECRYPTION);
        if (text[0] == '\0')
                (void)snprintf(text, 1024, "%s", aza_last_error()->message);
        assert_string_equal(aza_last_error()->message, text);
}

static void one_code_for_every_fault(void **state)
{
        static const char good[] = PARAMETERS "\"Iv\":\"" IV "\",\"KeySizeInBits\":256";
        const struct {
                const char *key, *parameters, *tag, *jwt;
        } bad[] = {
                {"AAAA", good, TAG, JWT_CIPHERTEXT},                     /* key of 3 bytes */
                {"-___", good, TAG, JWT_CIPHERTEXT},                     /* base64url */
                {wrapped, good, "AA==", JWT_CIPHERTEXT},                 /* tag of 1 byte */
                {wrapped, good, "AHuwqk92Oxl56JI2Uinr", JWT_CIPHERTEXT}, /* 15 */
                {wrapped, good, "AHuwqk92Oxl56JI2Uinr3QA=", JWT_CIPHERTEXT},
                {wrapped, good, "", JWT_CIPHERTEXT},
                {wrapped, good, "AHuwqk92Oxl56JI2Uinr3Q", JWT_CIPHERTEXT}, /* no padding */
                {wrapped, good, TAG, ""},
                {wrapped, good, TAG, "a"},
                {wrapped, PARAMETERS "\"Iv\":\"AAECAwQFBgcICQo=\",\"KeySizeInBits\":256", TAG,
                 JWT_CIPHERTEXT}, /* IV of 11 bytes */
                {wrapped, PARAMETERS "\"Iv\":\"AAECAwQFBgcICQoLDA==\",\"KeySizeInBits\":256", TAG,
                 JWT_CIPHERTEXT}, /* 13 */
                {wrapped, PARAMETERS "\"KeySizeInBits\":256", TAG, JWT_CIPHERTEXT},
                {wrapped, PARAMETERS "\"Iv\":\"" IV "\",\"KeySizeInBits\":0", TAG, JWT_CIPHERTEXT},
                {wrapped, PARAMETERS "\"Iv\":\"" IV "\"", TAG, JWT_CIPHERTEXT},
                {wrapped,
                 "\"BlockMode\":\"ChainingModeCBC\",\"BlockPadding\":\"PKCS7\",\"Cipher\":\"AES\","
                 "\"Iv\":\"" IV "\",\"KeySizeInBits\":256",
                 TAG, JWT_CIPHERTEXT},
                {wrapped,
                 "\"BlockMode\":\"ChainingModeGCM\",\"BlockPadding\":\"PKCS7\",\"Cipher\":\"DES\","
                 "\"Iv\":\"" IV "\",\"KeySizeInBits\":256",
                 TAG, JWT_CIPHERTEXT},
                {wrapped, "", TAG, JWT_CIPHERTEXT},
        };
        struct aza_envelope e = {0};
        char text[1024] = "";

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                assert_one_text(parse(bad[i].key, bad[i].parameters, bad[i].tag, bad[i].jwt, &e),
                                text);
                assert_null(e.ciphertext.data);
        }
}

static void the_tag_decides(void **state)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        struct aza_envelope e = {0};
        char text[1024] = "";
        uint8_t key[32];

        (void)state;
        key_of_vector(key);
        assert_int_equal(parse(wrapped, PARAMETERS "\"Iv\":\"" IV "\",\"KeySizeInBits\":256", TAG,
                               JWT_CIPHERTEXT, &e),
                         0);
        for (size_t i = 0; i < 4; i++) {
                uint8_t *place[] = {&e.tag[15], &e.iv[0], &e.ciphertext.data[7], &key[31]};
                *place[i] ^= 1;
                assert_one_text(aza_envelope_open(libctx, &e, key, &jwt), text);
                assert_null(jwt.data);
                *place[i] ^= 1;
        }
        assert_int_equal(aza_envelope_open(libctx, &e, key, &jwt), 0);
        aza_envelope_free(&e);
}

/* Encrypts `plain` as MAA would, so that only the form after decryption is wrong. */
static void seal(const char *plain, const uint8_t key[32], struct aza_envelope *e)
{
        EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, "AES-256-GCM", NULL);
        int n = 0;

        assert_int_equal(aza_bytes_resize(&e->ciphertext, strlen(plain)), 0);
        assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, key, e->iv, NULL), 1);
        assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)"Transport Key", 13), 1);
        assert_int_equal(EVP_EncryptUpdate(ctx, e->ciphertext.data, &n, (const uint8_t *)plain,
                                           (int)strlen(plain)),
                         1);
        assert_int_equal(EVP_EncryptFinal_ex(ctx, e->ciphertext.data + n, &n), 1);
        assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, e->tag), 1);
        EVP_CIPHER_free(cipher);
        EVP_CIPHER_CTX_free(ctx);
}

static void content_must_be_a_jwt(void **state)
{
        static const char *const bad[] = {"hello", "a.b",    "a.b.c.d", ".b.c",
                                          "{}",    "a.b.c=", "a.b c.d", "a.b.c\n"};
        char text[1024] = "";
        uint8_t key[32];

        (void)state;
        key_of_vector(key);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                AZA_BYTES struct aza_bytes jwt = {0};
                struct aza_envelope e = {.key_len = 32};
                seal(bad[i], key, &e);
                assert_one_text(aza_envelope_open(libctx, &e, key, &jwt), text);
                aza_envelope_free(&e);
        }
}

static void outer_document(void **state)
{
        static const struct {
                const char *body;
                int code;
        } bad[] = {
                {"", AZATTEST_E_RESPONSE_NOT_JSON},
                {"<html>", AZATTEST_E_RESPONSE_NOT_JSON},
                {"{\"token\":\"", AZATTEST_E_RESPONSE_NOT_JSON},
                {"{}x", AZATTEST_E_RESPONSE_NOT_JSON},
                {"null", AZATTEST_E_JWT_DECRYPTION},
                {"[]", AZATTEST_E_JWT_DECRYPTION},
                {"{}", AZATTEST_E_JWT_DECRYPTION},
                {"{\"token\":{}}", AZATTEST_E_JWT_DECRYPTION},
                {"{\"token\":\"\"}", AZATTEST_E_JWT_DECRYPTION},
                /* a bare JWT is no envelope (rule 25) */
                {"{\"token\":\"" PLAINTEXT "\"}", AZATTEST_E_JWT_DECRYPTION},
                {"{\"token\":\"e30=\"}", AZATTEST_E_JWT_DECRYPTION},
                {"{\"token\":\"e30\"}", AZATTEST_E_JWT_DECRYPTION},
        };
        struct aza_envelope e = {0};

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(
                        aza_envelope_parse(aza_span_of(bad[i].body, strlen(bad[i].body)), &e),
                        bad[i].code);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(opens_the_vector),
                cmocka_unit_test(takes_aes_128_by_name_only),
                cmocka_unit_test(one_code_for_every_fault),
                cmocka_unit_test(the_tag_decides),
                cmocka_unit_test(content_must_be_a_jwt),
                cmocka_unit_test(outer_document),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
