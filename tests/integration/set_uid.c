/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that an administrator made set-user-id and that opens a key. usage: set_uid
 * CONFIGURATION URI OpenSSL ignores OPENSSL_CONF in such a program, so the file is named. Prints
 * "secure" when the kernel says that it has more rights than its caller, and "opened"; else
 * OpenSSL's errors, exit status 1.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/store.h>
#include <stdio.h>
#include <sys/auxv.h>

static EVP_PKEY *load(OSSL_LIB_CTX *libctx, const char *uri)
{
        OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, libctx, NULL, NULL, NULL, NULL, NULL, NULL);
        OSSL_STORE_INFO *info = store == NULL ? NULL : OSSL_STORE_load(store);
        EVP_PKEY *key = info == NULL ? NULL : OSSL_STORE_INFO_get1_PKEY(info);

        OSSL_STORE_INFO_free(info);
        (void)OSSL_STORE_close(store);
        return key;
}

static int sign(OSSL_LIB_CTX *libctx, EVP_PKEY *key)
{
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char signature[512];
        size_t len = sizeof(signature);
        const int good = EVP_DigestSignInit_ex(ctx, NULL, "SHA256", libctx, NULL, key, NULL) == 1 &&
                         EVP_DigestSign(ctx, signature, &len, (const unsigned char *)"x", 1) == 1;

        EVP_MD_CTX_free(ctx);
        return good;
}

int main(int argc, char **argv)
{
        OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
        EVP_PKEY *key = NULL;
        int status = 1;

        (void)puts(getauxval(AT_SECURE) != 0 ? "secure" : "ordinary");
        if (argc == 3 && OSSL_LIB_CTX_load_config(libctx, argv[1]) == 1)
                key = load(libctx, argv[2]);
        if (key != NULL && sign(libctx, key)) {
                (void)puts("opened");
                status = 0;
        }
        ERR_print_errors_fp(stderr);
        EVP_PKEY_free(key);
        OSSL_LIB_CTX_free(libctx);
        return status;
}
