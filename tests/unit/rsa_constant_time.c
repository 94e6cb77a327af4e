/* SPDX-License-Identifier: Apache-2.0 */
/* The unpadding code itself, compiled with its outcome markers, over blocks that memcheck believes
 * undefined: a branch or an index that depends on the block is an error there. Under valgrind the
 * program fails when memcheck saw one; without it only the results are compared. */
#define AZA_CONSTANT_TIME_CHECK
#include "key/rsa_mgf1.c"
#include "key/rsa_oaep.c"
#define check  pkcs1_check
#define failed pkcs1_failed
#include "key/rsa_pkcs1.c"
#undef check
#undef failed
#define aza_key_rsadp            stub_rsadp
#define aza_key_rejection_secret stub_secret
#define aza_tpm_libctx           stub_libctx
#include "key/crypt.c"
#include "key/rsa_decrypt.c"
#undef aza_key_rsadp
#undef aza_key_rejection_secret

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/rand.h>

#define K 256

static void secret(uint8_t block[K])
{
        (void)VALGRIND_MAKE_MEM_UNDEFINED(block, K);
}

static void known(void *p, size_t n)
{
        (void)VALGRIND_MAKE_MEM_DEFINED(p, n);
}

static void no_leak(void)
{
        assert_int_equal(VALGRIND_COUNT_ERRORS, 0);
}

static void random_block(uint8_t block[K], int i)
{
        assert_int_equal(RAND_bytes(block, K), 1);
        if (i % 2 != 0)
                return;
        memset(block + 2, 0xAA, K - 2);
        block[0] = 0;
        block[1] = 2;
        block[i == 0 ? K - 49 : 10 + 9 * i] = 0;
}

static void oaep(void **state)
{
        AZA_OWN(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
        uint8_t good[K] = {0}, block[K], out[K];

        (void)state;
        const struct aza_oaep_params sha256 = {.md = md, .mgf1_md = md};
        /* EM of the message "hello": seed of zeros, masked as RFC 8017 7.1.1 says. */
        uint8_t *db = good + 33;
        assert_int_equal(EVP_Digest("", 0, db, NULL, md, NULL), 1);
        memcpy(good + K - 6, "\1hello", 6);
        assert_int_equal(aza_mgf1_xor(md, aza_span_of(good + 1, 32), db, K - 33), 0);
        assert_int_equal(aza_mgf1_xor(md, aza_span_of(db, K - 33), good + 1, 32), 0);

        for (int i = 0; i < 4; i++) {
                size_t len = K;

                memcpy(block, good, K);
                if (i > 0)
                        block[i == 3 ? 200 : i - 1] ^= 1;
                secret(block);
                int rc = aza_oaep_decode(&sha256, aza_span_of(block, K), out, &len);
                no_leak();
                assert_int_equal(rc, i == 0 ? 0 : AZATTEST_E_DECRYPTION_TPM);
                if (i > 0)
                        continue;
                known(out, K);
                assert_int_equal(len, 5);
                assert_memory_equal(out, "hello", 5);
        }
}

static void implicit(void **state)
{
        uint8_t block[K], ct[K], key[32], out[K];
        const struct aza_implicit_rejection rejection = {.secret = key, .ciphertext = {ct, K}};

        (void)state;
        assert_int_equal(RAND_bytes(ct, K), 1);
        assert_int_equal(RAND_bytes(key, 32), 1);
        for (int i = 0; i < 8; i++) {
                size_t len = K;

                random_block(block, i);
                const bool good = i % 2 == 0;
                const size_t want = i == 0 ? 48 : (size_t)(K - 11 - 9 * i);
                secret(block);
                int rc = aza_pkcs1_decode_implicit(&rejection, aza_span_of(block, K), out, &len);
                no_leak();
                assert_int_equal(rc, 0);
                known(&len, sizeof(len));
                known(out, K);
                if (good) {
                        assert_int_equal(len, want);
                        assert_int_equal(len == 0 ? 0xAA : out[0], 0xAA);
                }
        }
}

static uint8_t tpm_result[K];

int stub_rsadp(struct aza_tpm *tpm, const struct aza_keyref *ref, const uint8_t in[AZA_RSA_BYTES],
               uint8_t out[AZA_RSA_BYTES])
{
        (void)tpm, (void)ref, (void)in;
        memcpy(out, tpm_result, K);
        secret(out);
        return 0;
}

int stub_secret(struct aza_tpm *tpm, const struct aza_keyref *ref, uint8_t out[32])
{
        (void)tpm, (void)ref;
        memset(out, 0x5A, 32);
        return 0;
}

OSSL_LIB_CTX *stub_libctx(const struct aza_tpm *tpm)
{
        (void)tpm;
        return NULL;
}

/* The library's whole way from the TPM's answer to the caller's buffer: the message's length is
 * secret until the caller looks at it. */
static void whole_decryption(void **state)
{
        const struct aza_rsa_padding padding = {.scheme = AZATTEST_RSA_ES};
        struct aza_keyref ref = {.purpose = AZA_PURPOSE_DECRYPT};
        uint8_t ct[K];

        (void)state;
        memset(ref.modulus, 0xFF, sizeof(ref.modulus));
        for (int i = 0; i < 8; i++) {
                AZA_BYTES struct aza_bytes out = {0};

                assert_int_equal(RAND_bytes(ct, K), 1);
                ct[0] = 0x7F;
                random_block(tpm_result, i);
                const size_t want = i == 0 ? 48 : (size_t)(K - 11 - 9 * i);
                int rc = aza_decrypt(NULL, &ref, &padding, aza_span_of(ct, K), &out);
                no_leak();
                assert_int_equal(rc, 0);
                known(&out.len, sizeof(out.len));
                known(out.data, K + 1);
                if (i % 2 == 0)
                        assert_int_equal(out.len, want);
                assert_true(out.room > K);
                for (size_t j = out.len; j <= K; j++)
                        assert_int_equal(out.data[j], 0);
        }
}

static void known_length(void **state)
{
        uint8_t block[K], out[K];

        (void)state;
        for (int i = 0; i < 8; i++) {
                random_block(block, i);
                secret(block);
                assert_int_equal(aza_pkcs1_decode_fixed(NULL, aza_span_of(block, K), out, 48), 0);
                no_leak();
                known(out, K);
                assert_int_equal(i == 0, out[0] == 0xAA && out[47] == 0xAA);
                assert_int_equal(aza_pkcs1_decode_tls(NULL, aza_span_of(block, K), 0xAAAA, 0, out),
                                 0);
                no_leak();
                known(out, K);
                assert_int_equal(i == 0, out[0] == 0xAA && out[47] == 0xAA);
        }
}

static void explicit_outcome_only(void **state)
{
        uint8_t block[K], out[K];

        (void)state;
        for (int i = 0; i < 8; i++) {
                size_t len = K;

                random_block(block, i);
                secret(block);
                int rc = aza_pkcs1_decode(aza_span_of(block, K), out, &len);
                no_leak();
                assert_int_equal(rc == 0, i % 2 == 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(oaep),
                cmocka_unit_test(implicit),
                cmocka_unit_test(whole_decryption),
                cmocka_unit_test(known_length),
                cmocka_unit_test(explicit_outcome_only),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
