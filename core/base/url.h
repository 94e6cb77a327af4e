/* SPDX-License-Identifier: Apache-2.0 */
/* Which URLs are accepted, and how they are kept (D18). Pure. */
#ifndef AZA_BASE_URL_H
#define AZA_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Checks an https (or, with `plain`, http) URL: host present, no user info, no query or fragment.
 * 0, AZATTEST_E_DNS_INFO (no host), AZATTEST_E_INVALID_PARAMETER. One trailing '/' is removed into
 * `out`. */
int aza_url_normalise(const char *url, bool plain, char *out, size_t out_size);

/* Checks a server to connect to, "host:port" or "[IPv6 address]:port", and copies the host without
 * its brackets. 0 or AZATTEST_E_INVALID_PARAMETER. */
int aza_url_server(const char *where, char *out_host, size_t out_size);

#endif
