/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that makes ordinary RSA keys after loading providers by hand, as strongSwan does, in
 * each way OpenSSL has for it. usage: ordinary_keys [PROVIDER...] Signs, verifies, encrypts and
 * decrypts with each, prints it as PEM (PKCS#8). Exit status 1 and OpenSSL's errors when something
 * fails.
 */
#undef OPENSSL_NO_DEPRECATED /* RSA_generate_key_ex: programs still make keys with it */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int good, const char *what)
{
        if (good == 1)
                return;
        (void)fprintf(stderr, "%s failed\n", what);
        ERR_print_errors_fp(stderr);
        exit(1);
}

static EVP_PKEY *by_context(void)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
        EVP_PKEY *key = NULL;

        must(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
                     EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) == 1 &&
                     EVP_PKEY_keygen(ctx, &key) == 1,
             "EVP_PKEY_keygen");
        EVP_PKEY_CTX_free(ctx);
        return key;
}

static EVP_PKEY *by_old_interface(void)
{
        RSA *rsa = RSA_new();
        BIGNUM *e = BN_new();
        EVP_PKEY *key = EVP_PKEY_new();

        must(BN_set_word(e, RSA_F4) == 1 && RSA_generate_key_ex(rsa, 1024, e, NULL) == 1 &&
                     EVP_PKEY_assign_RSA(key, rsa) == 1,
             "RSA_generate_key_ex");
        BN_free(e);
        return key;
}

static void sign(EVP_PKEY *key)
{
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char signature[1024];
        size_t len = sizeof(signature);

        must(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                     EVP_DigestSign(ctx, signature, &len, (const unsigned char *)"x", 1) == 1,
             "signing");
        must(EVP_MD_CTX_reset(ctx) == 1 &&
                     EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                     EVP_DigestVerify(ctx, signature, len, (const unsigned char *)"x", 1) == 1,
             "verifying");
        EVP_MD_CTX_free(ctx);
}

static void decrypt(EVP_PKEY *key)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
        unsigned char ciphertext[1024], out[1024];
        size_t ct_len = sizeof(ciphertext), len = sizeof(out);

        must(EVP_PKEY_encrypt_init(ctx) == 1 &&
                     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
                     EVP_PKEY_encrypt(ctx, ciphertext, &ct_len, (const unsigned char *)"text", 4) ==
                             1,
             "encrypting");
        must(EVP_PKEY_decrypt_init(ctx) == 1 &&
                     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
                     EVP_PKEY_decrypt(ctx, out, &len, ciphertext, ct_len) == 1 && len == 4 &&
                     memcmp(out, "text", 4) == 0,
             "decrypting");
        EVP_PKEY_CTX_free(ctx);
}

static void use(EVP_PKEY *key, const char *how)
{
        must(key != NULL, how);
        sign(key);
        decrypt(key);
        must(PEM_write_PrivateKey(stdout, key, NULL, NULL, 0, NULL, NULL), "writing");
        EVP_PKEY_free(key);
}

int main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++)
                must(OSSL_PROVIDER_load(NULL, argv[i]) != NULL, argv[i]);
        use(EVP_RSA_gen(1024), "EVP_RSA_gen");
        use(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024), "EVP_PKEY_Q_keygen");
        use(by_context(), "EVP_PKEY_keygen");
        use(by_old_interface(), "RSA_generate_key_ex");
        must(ERR_peek_error() == 0, "an empty error queue");
        return 0;
}
