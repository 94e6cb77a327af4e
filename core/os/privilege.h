/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the program runs with more rights than who started it (D47). */
#ifndef AZA_OS_PRIVILEGE_H
#define AZA_OS_PRIVILEGE_H

#include <stdbool.h>

/* True in set-user-id and set-group-id programs and those with file capabilities. Their environment
 * is the caller's: libcurl (proxies, CURL_SSL_BACKEND, SSLKEYLOGFILE), resolvers and tpm2-tss's
 * loader read it, so such a program uses no network and no TCTI but our own. */
bool aza_more_rights_than_caller(void);

#endif
