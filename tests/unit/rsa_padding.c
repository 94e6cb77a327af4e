/* SPDX-License-Identifier: Apache-2.0 */
/* core/key/rsa_*.c against OpenSSL's default provider: a software key's raw operation stands in
 * for the TPM's. */
#include "key/rsa_padding.h"

#include "base/crypto.h"
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#define K 256

static EVP_PKEY *key;

static int make_key(void **state)
{
        (void)state;
        key = EVP_RSA_gen(2048);
        return key == NULL ? -1 : 0;
}

static int free_key(void **state)
{
        (void)state;
        EVP_PKEY_free(key);
        return 0;
}

/* out = in^d mod n, what the TPM does. */
static void rsadp(const uint8_t in[K], uint8_t out[K])
{
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
        size_t len = K;

        assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
        assert_int_equal(EVP_PKEY_decrypt(ctx, out, &len, in, K), 1);
        assert_int_equal(len, K);
}

static void encrypt(int padding, const EVP_MD *md, const EVP_MD *mgf1, const char *label,
                    struct aza_span message, uint8_t out[K])
{
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
        size_t len = K;

        assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
        if (md != NULL) {
                assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, mgf1), 1);
                if (label[0] != '\0')
                        assert_int_equal(EVP_PKEY_CTX_set0_rsa_oaep_label(
                                                 ctx, OPENSSL_strdup(label), (int)strlen(label)),
                                         1);
        }
        assert_int_equal(EVP_PKEY_encrypt(ctx, out, &len, message.data, message.len), 1);
}

static void oaep_all_hashes(void **state)
{
        static const char *const names[] = {"SHA1", "SHA256", "SHA384", "SHA512", "SHA3-256"};
        static const char *const labels[] = {"", "a label"};
        uint8_t message[K], ct[K], block[K], out[K];

        (void)state;
        assert_int_equal(RAND_bytes(message, sizeof(message)), 1);
        for (size_t i = 0; i < 5 * 5 * 2; i++) {
                AZA_OWN(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(NULL, names[i / 10], NULL);
                AZA_OWN(EVP_MD_free) EVP_MD *mgf1 = EVP_MD_fetch(NULL, names[(i / 2) % 5], NULL);
                const char *label = labels[i % 2];
                const size_t longest = K - 2 - 2 * (size_t)EVP_MD_get_size(md);
                const size_t lengths[] = {0, 1, 32, longest - 1, longest};

                const struct aza_oaep_params params = {md, mgf1, aza_span_of(label, strlen(label))};
                for (size_t j = 0; j < 5; j++) {
                        size_t len = K;

                        encrypt(RSA_PKCS1_OAEP_PADDING, md, mgf1, label,
                                aza_span_of(message, lengths[j]), ct);
                        rsadp(ct, block);
                        assert_int_equal(aza_oaep_decode(&params, aza_span_of(block, K), out, &len),
                                         0);
                        assert_int_equal(len, lengths[j]);
                        assert_memory_equal(out, message, len);
                }
        }
}

/* Re-encodes block with byte `at` changed; every fault ends in the same code and text. */
static void oaep_faults_look_alike(void **state)
{
        AZA_OWN(EVP_MD_free) EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        AZA_OWN(EVP_MD_free) EVP_MD *sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
        const struct aza_span none = {0};
        uint8_t ct[K], block[K], bad[K], out[K];
        char first[1024] = "";

        (void)state;
        encrypt(RSA_PKCS1_OAEP_PADDING, sha256, sha256, "", aza_span_of("message", 7), ct);
        rsadp(ct, block);
        for (int i = 0; i < 7; i++) {
                const EVP_MD *md = i == 4 ? sha1 : sha256;
                const EVP_MD *mgf1 = i == 5 ? sha1 : sha256;
                size_t len = i == 6 ? 6 : K; /* 6: no room for the message */

                memcpy(bad, block, K);
                if (i == 0)
                        bad[0] = 1;
                if (i == 1)
                        bad[1] ^= 1;
                if (i == 2)
                        bad[K - 8] ^= 3; /* the separator */
                const struct aza_oaep_params params = {md, mgf1,
                                                       i == 3 ? aza_span_of("x", 1) : none};
                assert_int_equal(aza_oaep_decode(&params, aza_span_of(bad, K), out, &len),
                                 AZATTEST_E_DECRYPTION_TPM);
                if (i == 0)
                        memcpy(first, aza_last_error()->message, sizeof(first));
                assert_string_equal(aza_last_error()->message, first);
                for (size_t j = 0; j < 6; j++)
                        assert_int_equal(out[j], 0);
        }
        /* Nothing but zeros: no separator at all. Too short for the hash. */
        const struct aza_oaep_params plain = {sha256, sha256, none};
        size_t len = K;
        memset(bad, 0, K);
        assert_int_equal(aza_oaep_decode(&plain, aza_span_of(bad, K), out, &len),
                         AZATTEST_E_DECRYPTION_TPM);
        assert_int_equal(aza_oaep_decode(&plain, aza_span_of(bad, 65), out, &len),
                         AZATTEST_E_INVALID_PARAMETER);
}

static void pkcs1_explicit(void **state)
{
        uint8_t message[K], ct[K], block[K], out[K];
        const size_t lengths[] = {0, 1, 48, K - 12, K - 11};

        (void)state;
        assert_int_equal(RAND_bytes(message, sizeof(message)), 1);
        for (size_t i = 0; i < 5; i++) {
                size_t len = K;

                encrypt(RSA_PKCS1_PADDING, NULL, NULL, NULL, aza_span_of(message, lengths[i]), ct);
                rsadp(ct, block);
                assert_int_equal(aza_pkcs1_decode(aza_span_of(block, K), out, &len), 0);
                assert_int_equal(len, lengths[i]);
                assert_memory_equal(out, message, len);
        }
        for (int i = 0; i < 5; i++) {
                uint8_t bad[K];
                size_t len = i == 4 ? K - 12 : K;

                memcpy(bad, block, K); /* a message of K - 11 bytes: 8 bytes of padding */
                if (i == 0)
                        bad[0] = 1;
                if (i == 1)
                        bad[1] = 1;
                if (i == 2)
                        bad[9] = 0; /* 7 bytes of padding */
                if (i == 3)
                        memset(bad + 2, 0xAA, K - 2); /* no end */
                assert_int_equal(aza_pkcs1_decode(aza_span_of(bad, K), out, &len),
                                 AZATTEST_E_DECRYPTION_TPM);
        }
}

static void pkcs1_known_length(void **state)
{
        uint8_t message[48], ct[K], block[K], out[48], bad[K];

        (void)state;
        assert_int_equal(RAND_bytes(message, sizeof(message)), 1);
        message[0] = 3;
        message[1] = 3;
        encrypt(RSA_PKCS1_PADDING, NULL, NULL, NULL, aza_span_of(message, 48), ct);
        rsadp(ct, block);

        assert_int_equal(aza_pkcs1_decode_fixed(NULL, aza_span_of(block, K), out, 48), 0);
        assert_memory_equal(out, message, 48);
        assert_int_equal(aza_pkcs1_decode_tls(NULL, aza_span_of(block, K), 0x0303, 0, out), 0);
        assert_memory_equal(out, message, 48);
        assert_int_equal(aza_pkcs1_decode_tls(NULL, aza_span_of(block, K), 0x0301, 0x0303, out), 0);
        assert_memory_equal(out, message, 48);

        /* Wrong version, length, or block: success, and nothing of the message. */
        assert_int_equal(aza_pkcs1_decode_tls(NULL, aza_span_of(block, K), 0x0302, 0, out), 0);
        assert_memory_not_equal(out + 2, message + 2, 46);
        assert_int_equal(aza_pkcs1_decode_fixed(NULL, aza_span_of(block, K), out, 32), 0);
        assert_memory_not_equal(out, message + 16, 32);
        for (size_t i = 0; i < 4; i++) {
                static const size_t at[] = {0, 1, 100, K - 49};

                memcpy(bad, block, K);
                bad[at[i]] = i == 2 ? 0 : 7;
                assert_int_equal(aza_pkcs1_decode_fixed(NULL, aza_span_of(bad, K), out, 48), 0);
                assert_memory_not_equal(out, message, 48);
                assert_int_equal(aza_pkcs1_decode_tls(NULL, aza_span_of(bad, K), 0x0303, 0, out),
                                 0);
                assert_memory_not_equal(out + 2, message + 2, 46);
        }
        assert_int_equal(aza_pkcs1_decode_fixed(NULL, aza_span_of(block, K), out, K - 10),
                         AZATTEST_E_INVALID_PARAMETER);
}

static int verify(int padding, const char *md, const char *mgf1, int salt, const uint8_t *digest,
                  size_t digest_len, const uint8_t signature[K])
{
        AZA_OWN(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

        assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
        assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_get_digestbyname(md)), 1);
        if (padding == RSA_PKCS1_PSS_PADDING) {
                assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_get_digestbyname(mgf1)), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt), 1);
        }
        return EVP_PKEY_verify(ctx, signature, K, digest, digest_len);
}

static void pss(void **state)
{
        static const char *const names[] = {"SHA1", "SHA256", "SHA512"};
        uint8_t digest[64], block[K], signature[K];

        (void)state;
        assert_int_equal(RAND_bytes(digest, sizeof(digest)), 1);
        for (size_t i = 0; i < 9; i++) {
                AZA_OWN(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(NULL, names[i % 3], NULL);
                AZA_OWN(EVP_MD_free) EVP_MD *mgf1 = EVP_MD_fetch(NULL, names[i / 3], NULL);
                const size_t h = (size_t)EVP_MD_get_size(md);
                const size_t longest = K - h - 2;
                const size_t salts[] = {0, 1, h, longest};
                struct aza_pss_params params = {.md = md, .mgf1_md = mgf1};

                for (size_t j = 0; j < 4; j++) {
                        params.salt_len = salts[j];
                        assert_int_equal(
                                aza_pss_encode(NULL, &params, aza_span_of(digest, h), 2048, block),
                                0);
                        rsadp(block, signature);
                        assert_int_equal(verify(RSA_PKCS1_PSS_PADDING, names[i % 3], names[i / 3],
                                                (int)salts[j], digest, h, signature),
                                         1);
                        assert_int_not_equal(verify(RSA_PKCS1_PSS_PADDING, names[i % 3],
                                                    names[i / 3], (int)salts[j] + 1, digest, h,
                                                    signature),
                                             1);
                }
                params.salt_len = longest + 1;
                assert_int_equal(aza_pss_encode(NULL, &params, aza_span_of(digest, h), 2048, block),
                                 AZATTEST_E_INVALID_PARAMETER);
                params.salt_len = 0;
                assert_int_equal(
                        aza_pss_encode(NULL, &params, aza_span_of(digest, h - 1), 2048, block),
                        AZATTEST_E_INVALID_PARAMETER);
        }
}

static void pkcs1_signature(void **state)
{
        static const uint8_t sha256_info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                              0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                              0x01, 0x05, 0x00, 0x04, 0x20};
        uint8_t info[sizeof(sha256_info) + 32], block[K], signature[K];

        (void)state;
        memcpy(info, sha256_info, sizeof(sha256_info));
        assert_int_equal(RAND_bytes(info + sizeof(sha256_info), 32), 1);
        assert_int_equal(aza_pkcs1_sign_encode(aza_span_of(info, sizeof(info)), block, K), 0);
        rsadp(block, signature);
        assert_int_equal(verify(RSA_PKCS1_PADDING, "SHA256", NULL, 0, info + sizeof(sha256_info),
                                32, signature),
                         1);
        assert_int_equal(aza_pkcs1_sign_encode(aza_span_of(block, K - 11), signature, K), 0);
        assert_int_equal(aza_pkcs1_sign_encode(aza_span_of(block, K - 10), signature, K),
                         AZATTEST_E_INVALID_PARAMETER);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(oaep_all_hashes),
                cmocka_unit_test(oaep_faults_look_alike),
                cmocka_unit_test(pkcs1_explicit),
                cmocka_unit_test(pkcs1_known_length),
                cmocka_unit_test(pss),
                cmocka_unit_test(pkcs1_signature),
        };
        return cmocka_run_group_tests(tests, make_key, free_key);
}
