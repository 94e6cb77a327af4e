/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that knows OpenSSL only and keeps a public key for longer than its token lives. usage:
 * token_key FILE SECONDS [DATA SIGNATURE] Loads FILE as public key, uses it, waits SECONDS, uses it
 * again: to encrypt, or to verify the signature in a file. Each time once with a context made then,
 * once with one made at the start. Prints "fresh ok" and "kept ok", or OpenSSL's reason and data
 * instead of "ok". Exit status 0 whatever came out, 1 when the key does not load.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file {
        unsigned char bytes[4096];
        size_t len;
};

static struct file data, signature;

static EVP_PKEY *load(const char *path)
{
        OSSL_STORE_CTX *store = OSSL_STORE_open(path, NULL, NULL, NULL, NULL);
        EVP_PKEY *key = NULL;

        if (store != NULL)
                (void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PUBKEY);
        while (store != NULL && key == NULL && OSSL_STORE_eof(store) != 1) {
                OSSL_STORE_INFO *info = OSSL_STORE_load(store);
                if (info == NULL)
                        break;
                key = OSSL_STORE_INFO_get1_PUBKEY(info);
                OSSL_STORE_INFO_free(info);
        }
        (void)OSSL_STORE_close(store);
        return key;
}

static void read_file(const char *path, struct file *ret)
{
        FILE *file = fopen(path, "rb");

        if (file == NULL) {
                perror(path);
                exit(2);
        }
        ret->len = fread(ret->bytes, 1, sizeof(ret->bytes), file);
        (void)fclose(file);
}

static EVP_PKEY_CTX *begin_encryption(EVP_PKEY *key)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

        if (ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
            EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1)
                return ctx;
        EVP_PKEY_CTX_free(ctx);
        return NULL;
}

static EVP_MD_CTX *begin_verification(EVP_PKEY *key)
{
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();

        if (ctx != NULL && EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) == 1)
                return ctx;
        EVP_MD_CTX_free(ctx);
        return NULL;
}

static int encrypt(EVP_PKEY_CTX *ctx)
{
        unsigned char out[512];
        size_t len = sizeof(out);

        return ctx != NULL && EVP_PKEY_encrypt(ctx, out, &len, (const unsigned char *)"x", 1) == 1;
}

static int verify(EVP_MD_CTX *ctx)
{
        return ctx != NULL &&
               EVP_DigestVerify(ctx, signature.bytes, signature.len, data.bytes, data.len) == 1;
}

static void say(const char *which, int good)
{
        const char *text = NULL;
        int flags = 0;
        unsigned long error = ERR_peek_error_all(NULL, NULL, NULL, &text, &flags);
        const char *reason = ERR_reason_error_string(error);

        if (good == 1)
                printf("%s ok\n", which);
        else
                printf("%s %s: %s\n", which, reason != NULL ? reason : "no reason",
                       (flags & ERR_TXT_STRING) != 0 ? text : "");
        ERR_clear_error();
}

int main(int argc, char **argv)
{
        EVP_PKEY *key = argc == 3 || argc == 5 ? load(argv[1]) : NULL;

        if (key == NULL) {
                ERR_print_errors_fp(stderr);
                return argc == 3 || argc == 5 ? 1 : 2;
        }
        if (argc == 5) {
                read_file(argv[3], &data);
                read_file(argv[4], &signature);
        }
        EVP_PKEY_CTX *kept_encryption[2] = {NULL, NULL};
        EVP_MD_CTX *kept_verification[2] = {NULL, NULL};
        for (int i = 0; i < 2; i++) {
                if (argc == 3)
                        kept_encryption[i] = begin_encryption(key);
                else
                        kept_verification[i] = begin_verification(key);
        }
        for (int i = 0; i < 2; i++) {
                EVP_PKEY_CTX *encryption = argc == 3 ? begin_encryption(key) : NULL;
                EVP_MD_CTX *verification = argc == 5 ? begin_verification(key) : NULL;

                say("fresh", argc == 3 ? encrypt(encryption) : verify(verification));
                say("kept", argc == 3 ? encrypt(kept_encryption[i]) : verify(kept_verification[i]));
                EVP_PKEY_CTX_free(encryption);
                EVP_MD_CTX_free(verification);
                (void)fflush(stdout);
                if (i == 0)
                        (void)sleep((unsigned int)strtoul(argv[2], NULL, 10));
        }
        for (int i = 0; i < 2; i++) {
                EVP_PKEY_CTX_free(kept_encryption[i]);
                EVP_MD_CTX_free(kept_verification[i]);
        }
        EVP_PKEY_free(key);
        return 0;
}
