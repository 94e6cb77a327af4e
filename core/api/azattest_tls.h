/* SPDX-License-Identifier: Apache-2.0 */
/* What both halves of attested TLS, setting up and judging, ask of a connection. */
#ifndef AZA_AZATTEST_TLS_H
#define AZA_AZATTEST_TLS_H

#include "azattest.h"
#include "base/certs.h"

#include <openssl/ssl.h>
#include <stdbool.h>

/* TLS 1.2, DTLS 1.2 or later: before, handshakes are signed by way of MD5 and SHA-1. */
static inline bool aza_tls_version_good(const SSL *ssl)
{
        const int version = SSL_version(ssl);

        /* DTLS counts downwards. */
        return SSL_is_dtls(ssl) == 1 ? version <= DTLS1_2_VERSION && version != DTLS1_BAD_VER
                                     : version >= TLS1_2_VERSION;
}

/* The certificates that a peer sent behind its leaf, which may stand before them in `sent` (may be
 * NULL). The caller frees. 0 or AZATTEST_E_NO_MEMORY. */
int aza_tls_above(const STACK_OF(X509) * sent, const X509 *leaf, aza_certs **ret);

#endif
