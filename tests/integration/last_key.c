/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program whose last key goes after OPENSSL_cleanup, as squid's does at exit and whatever a
 * static destructor of C++ holds. usage: last_key FILE-OR-URI [sign] Prints "signed" when it did
 * and "freed" at its very end.
 */
#include <openssl/evp.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>

static EVP_PKEY *key;

static void at_last(void)
{
        EVP_PKEY_free(key);
        (void)puts("freed");
        (void)fflush(stdout);
}

static EVP_PKEY *load(const char *from)
{
        OSSL_STORE_CTX *store = OSSL_STORE_open(from, NULL, NULL, NULL, NULL);
        OSSL_STORE_INFO *info;
        EVP_PKEY *found = NULL;

        while (store != NULL && found == NULL && (info = OSSL_STORE_load(store)) != NULL) {
                if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
                        found = OSSL_STORE_INFO_get1_PKEY(info);
                OSSL_STORE_INFO_free(info);
        }
        (void)OSSL_STORE_close(store);
        return found;
}

static int sign(void)
{
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char signature[512];
        size_t len = sizeof(signature);
        const int good = EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                         EVP_DigestSign(ctx, signature, &len, (const unsigned char *)"x", 1) == 1;

        EVP_MD_CTX_free(ctx);
        return good;
}

int main(int argc, char **argv)
{
        /* Registered before libcrypto's own handler, so it runs after that. */
        if (argc < 2 || atexit(at_last) != 0 ||
            OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
                return 2;
        key = load(argv[1]);
        if (key == NULL)
                return 1;
        if (argc > 2 && sign())
                (void)puts("signed");
        return 0;
}
