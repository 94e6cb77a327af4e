/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys in software, as PKCS#8: any type that OpenSSL knows. Pure. */
#ifndef AZA_KEY_PKCS8_H
#define AZA_KEY_PKCS8_H

#include "base/bytes.h"
#include "base/own.h"

/* Whether `der` is one PKCS#8 PrivateKeyInfo and nothing behind it; not whether the key in it is
 * one that OpenSSL knows. 0 or AZATTEST_E_INPUT. */
int aza_pkcs8_check(struct aza_span der);

/* The key in such bytes. 0, or AZATTEST_E_INPUT: OpenSSL knows none of its type. */
int aza_pkcs8_key(OSSL_LIB_CTX *libctx, struct aza_span der, EVP_PKEY **ret);

/* Who is asked for the passphrase of an encrypted key, as OpenSSL asks (pem_password_cb). */
struct aza_passphrase {
        int (*ask)(char *out, int room, int writing, void *arg); /* NULL: nobody */
        void *arg;
};

/* The private key in `file`: PEM or DER, in any form that OpenSSL reads. `ret` is DER PKCS#8. 0,
 * AZATTEST_E_INPUT (no private key, or the passphrase is missing or wrong),
 * AZATTEST_E_NO_MEMORY. */
int aza_pkcs8_read(OSSL_LIB_CTX *libctx, struct aza_span file,
                   const struct aza_passphrase *passphrase, struct aza_bytes *ret);

#endif
