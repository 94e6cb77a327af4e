/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of this (simulated) VM as a program gets them: through openssl.cnf and OSSL_STORE. */
#ifndef BENCH_KEYS_H
#define BENCH_KEYS_H

#include "base/own.h"
#include "bench/bare_tpm.h"

/* A library context with the providers of $OPENSSL_CONF; NULL after a message. */
OSSL_LIB_CTX *bench_libctx(void);
/* The private key behind `uri`; NULL after a message. */
EVP_PKEY *bench_load_key(OSSL_LIB_CTX *libctx, const char *uri);
/* The same public key in the default provider of a context without azattest. */
EVP_PKEY *bench_native_public(OSSL_LIB_CTX *plain, const EVP_PKEY *key);
/* The bare TPM with the unnamed key of `purpose`; NULL after a message. */
struct bare_tpm *bench_bare(OSSL_LIB_CTX *plain, enum aza_purpose purpose);

#endif
