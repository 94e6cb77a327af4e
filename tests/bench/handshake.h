/* SPDX-License-Identifier: Apache-2.0 */
/* Full TLS 1.3 handshakes in memory. */
#ifndef BENCH_HANDSHAKE_H
#define BENCH_HANDSHAKE_H

#include <openssl/ssl.h>

struct bench_server {
        SSL_CTX *server, *client;
};

/* A certificate of `key` that is its own issuer. NULL: OpenSSL's queue says why. */
X509 *bench_self_signed(OSSL_LIB_CTX *libctx, EVP_PKEY *key);
/* One handshake; `arg` is a struct bench_server. 0 or -1 after a message. */
int bench_handshake(void *arg);

#endif
