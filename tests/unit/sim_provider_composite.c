/* SPDX-License-Identifier: Apache-2.0 */
/* provider/signature_composite.c: from OpenSSL 3.4 on, signatures whose name says the digest, at
 * once and in pieces, checked by the default provider and back; before, nothing of the kind is
 * offered. */
#include "unit/provider_fixture.h"

#if OPENSSL_VERSION_PREREQ(3, 4)
#include "unit/provider_key.h"

static const char *const names[] = {
        "RSA-SHA1",     "RSA-SHA2-224", "RSA-SHA2-256",  "RSA-SHA2-384",    "RSA-SHA2-512",
        "RSA-SHA3-224", "RSA-SHA3-256", "RSA-SHA3-384",  "RSA-SHA3-512",    "RSA-SHA2-512/224",
        "RSA-SHA512",   "RSA-SHA256",   "RSA-RIPEMD160", "RSA-SHA2-512/256"};
static const uint8_t message[] = "a message that comes in two pieces";

static EVP_SIGNATURE *fetch(OSSL_LIB_CTX *libctx, const char *name, const char *properties)
{
        EVP_SIGNATURE *algorithm = EVP_SIGNATURE_fetch(libctx, name, properties);

        if (algorithm == NULL)
                fail_msg("%s is not offered", name);
        return algorithm;
}

static void sign(const char *name, bool pieces, uint8_t sig[K])
{
        EVP_SIGNATURE *algorithm = fetch(app.libctx, name, "provider=azattest");
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app.libctx, key, NULL);
        size_t len = 0;

        assert_int_equal(EVP_PKEY_sign_message_init(ctx, algorithm, NULL), 1);
        if (pieces) {
                assert_int_equal(EVP_PKEY_sign_message_update(ctx, message, 10), 1);
                assert_int_equal(
                        EVP_PKEY_sign_message_update(ctx, message + 10, sizeof(message) - 10), 1);
                assert_int_equal(EVP_PKEY_sign_message_final(ctx, NULL, &len), 1);
                assert_int_equal(len, K);
                assert_int_equal(EVP_PKEY_sign_message_final(ctx, sig, &len), 1);
        } else {
                assert_int_equal(EVP_PKEY_sign(ctx, NULL, &len, message, sizeof(message)), 1);
                assert_int_equal(len, K);
                assert_int_equal(EVP_PKEY_sign(ctx, sig, &len, message, sizeof(message)), 1);
        }
        assert_int_equal(len, K);
        EVP_PKEY_CTX_free(ctx);
        EVP_SIGNATURE_free(algorithm);
}

static int verify(OSSL_LIB_CTX *libctx, EVP_PKEY *by, const char *name, bool pieces,
                  const uint8_t sig[K])
{
        EVP_SIGNATURE *algorithm =
                fetch(libctx, name, libctx == app.libctx ? "provider=azattest" : NULL);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, by, NULL);
        int ok;

        (void)ERR_set_mark();
        assert_int_equal(EVP_PKEY_verify_message_init(ctx, algorithm, NULL), 1);
        if (pieces) {
                assert_int_equal(EVP_PKEY_CTX_set_signature(ctx, sig, K), 1);
                assert_int_equal(EVP_PKEY_verify_message_update(ctx, message, 20), 1);
                assert_int_equal(
                        EVP_PKEY_verify_message_update(ctx, message + 20, sizeof(message) - 20), 1);
                ok = EVP_PKEY_verify_message_final(ctx);
        } else {
                ok = EVP_PKEY_verify(ctx, sig, K, message, sizeof(message));
        }
        (void)ERR_pop_to_mark();
        EVP_PKEY_CTX_free(ctx);
        EVP_SIGNATURE_free(algorithm);
        return ok;
}

static void signs_and_verifies(void **state)
{
        uint8_t sig[K], again[K];

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                for (int pieces = 0; pieces < 2; pieces++) {
                        sign(names[i], pieces != 0, sig);
                        sign(names[i], pieces == 0, again);
                        assert_memory_equal(sig, again, K);
                        assert_no_errors();
                        assert_int_equal(verify(NULL, public, names[i], false, sig), 1);
                        assert_int_equal(verify(app.libctx, key, names[i], pieces != 0, sig), 1);
                        const char *other = names[(i + 1) % (sizeof(names) / sizeof(names[0]))];
                        assert_int_not_equal(verify(app.libctx, key, other, pieces != 0, sig), 1);
                        sig[50] ^= 1;
                        assert_int_not_equal(verify(app.libctx, key, names[i], pieces != 0, sig),
                                             1);
                }
}

/* Without the word "message" in the init, what is signed is a digest; its length is the name's. */
static void takes_a_digest(void **state)
{
        uint8_t sig[K], digest[32];
        size_t len = K, digest_len = 0;

        (void)state;
        assert_int_equal(
                EVP_Q_digest(NULL, "SHA256", NULL, message, sizeof(message), digest, &digest_len),
                1);
        EVP_SIGNATURE *algorithm = fetch(app.libctx, "RSA-SHA2-256", "provider=azattest");
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app.libctx, key, NULL);
        assert_int_equal(EVP_PKEY_sign_init_ex2(ctx, algorithm, NULL), 1);
        assert_int_equal(EVP_PKEY_sign(ctx, sig, &len, digest, digest_len), 1);
        assert_int_equal(verify(NULL, public, "RSA-SHA2-256", false, sig), 1);
        assert_int_not_equal(EVP_PKEY_sign(ctx, sig, &len, digest, 31), 1);
        assert_raised("wrong length", "31 bytes");
        EVP_PKEY_CTX_free(ctx);
        EVP_SIGNATURE_free(algorithm);
}

static void decryption_keys_do_not_sign(void **state)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *decrypt = must_open(app.libctx, "azattest://key");
        EVP_SIGNATURE *algorithm = fetch(app.libctx, "RSA-SHA2-256", "provider=azattest");
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(app.libctx, decrypt, NULL);

        (void)state;
        assert_int_not_equal(EVP_PKEY_sign_message_init(ctx, algorithm, NULL), 1);
        assert_raised("wrong purpose: the key must not do this", "azattest://sign");
        EVP_PKEY_CTX_free(ctx);
        EVP_SIGNATURE_free(algorithm);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(signs_and_verifies),
                cmocka_unit_test(takes_a_digest),
                cmocka_unit_test(decryption_keys_do_not_sign),
        };
        return cmocka_run_group_tests(tests, signing_key_start, key_stop);
}

#else

static void is_not_offered(void **state)
{
        struct application app;

        (void)state;
        application_start(&app, false, NULL);
        assert_null(EVP_SIGNATURE_fetch(app.libctx, "RSA-SHA2-256", "provider=azattest"));
        ERR_clear_error();
        application_stop(&app);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(is_not_offered),
        };
        return cmocka_run_group_tests(tests, provider_vm_start, provider_vm_stop);
}

#endif
