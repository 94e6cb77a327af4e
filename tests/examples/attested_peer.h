/* SPDX-License-Identifier: Apache-2.0 */
/* What the two examples share: loading a certificate with its key, messages over a TLS
 * connection, and the exchange of channel evidence. Only the public API and OpenSSL. */
#ifndef ATTESTED_PEER_H
#define ATTESTED_PEER_H

#include <azattest.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --json: results whole, as JSON; else one line each. */
extern bool peer_json;

/* Certificate file and key (file or URI) into `tls`. Says on stderr what is wrong; false then. */
bool peer_load(SSL_CTX *tls, const char *certificate, const char *key);

/* Prints why a handshake failed and, with a verifier, the result list of the peer's certificate. */
void peer_refused(const SSL *ssl, bool verified);
/* The result list of an accepted peer. False when there is none: then nobody was verified. */
bool peer_accepted(const SSL *ssl);

/* One message: kind ('N' nonce, 'E' evidence, 'T' text), length, content. Read ones are
 * NUL-terminated and freed by the caller; NULL when the connection ended. */
bool peer_send(SSL *ssl, char kind, const void *data, size_t len);
char *peer_receive(SSL *ssl, char *kind, size_t *len);

/* Answers the other side's nonce with fresh evidence of the own key: `key` when it is a URI,
 * else (a file, or NULL) the unnamed signing key. */
bool peer_attest(azattest_context *ctx, SSL *ssl, const char *key, const char *nonce, size_t len);
/* Sends a nonce and judges the evidence that comes back; answers a nonce of the other side
 * meanwhile. The evidence is kept in the file `save` unless that is NULL. */
bool peer_challenge(azattest_context *ctx, SSL *ssl, const char *key, const char *save);

#endif
