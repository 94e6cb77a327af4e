/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ownership by scope: AZA_OWN(free_function) before a local pointer releases it on every path.
 * aza_take(&ptr) hands the pointer over and leaves NULL behind.
 */
#ifndef AZA_BASE_OWN_H
#define AZA_BASE_OWN_H

#include <json-c/json.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#define AZA_OWN(release) __attribute__((cleanup(release##_owned)))
#define AZA_OWN_DEFINE(type, release)                                                         \
        static inline void release##_owned(type **p) /* NOLINT(bugprone-macro-parentheses) */ \
        {                                                                                     \
                if (*p != NULL)                                                               \
                        (void)release(*p);                                                    \
                *p = NULL;                                                                    \
        }                                                                                     \
        struct aza_require_semicolon

#define aza_take(pp)                              \
        __extension__({                           \
                __typeof__(*(pp)) taken_ = *(pp); \
                *(pp) = NULL;                     \
                taken_;                           \
        })

AZA_OWN_DEFINE(char, free);
AZA_OWN_DEFINE(FILE, fclose);
AZA_OWN_DEFINE(BIO, BIO_free_all);
AZA_OWN_DEFINE(BIGNUM, BN_free);
AZA_OWN_DEFINE(EVP_PKEY, EVP_PKEY_free);
AZA_OWN_DEFINE(EVP_PKEY_CTX, EVP_PKEY_CTX_free);
AZA_OWN_DEFINE(EVP_MD, EVP_MD_free);
AZA_OWN_DEFINE(EVP_MD_CTX, EVP_MD_CTX_free);
AZA_OWN_DEFINE(EVP_CIPHER, EVP_CIPHER_free);
AZA_OWN_DEFINE(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free);
AZA_OWN_DEFINE(X509, X509_free);
AZA_OWN_DEFINE(X509_STORE, X509_STORE_free);
AZA_OWN_DEFINE(X509_STORE_CTX, X509_STORE_CTX_free);
AZA_OWN_DEFINE(json_object, json_object_put);

#endif
