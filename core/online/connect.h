/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP connection to a host that the caller names, for looking at a TLS server: within a
 * deadline, which a cancellation ends. */
#ifndef AZA_ONLINE_CONNECT_H
#define AZA_ONLINE_CONNECT_H

#include "base/clock.h"
#include "base/own.h"

#define AZA_HOST_MAX 256

/* `where` as aza_url_server takes it. *ret does not block. 0; AZATTEST_E_INVALID_PARAMETER: it is
 * no such place; AZATTEST_E_TRANSPORT, AZATTEST_E_DEADLINE. */
int aza_connect(const char *where, const struct aza_deadline *deadline, char ret_host[AZA_HOST_MAX],
                BIO **ret);

/* Waits until the connection can be written (else read). 0; AZATTEST_E_TRANSPORT: it is lost;
 * AZATTEST_E_DEADLINE. */
int aza_connect_wait(BIO *connection, bool writing, const struct aza_deadline *deadline);

#endif
