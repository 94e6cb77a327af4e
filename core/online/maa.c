/* SPDX-License-Identifier: Apache-2.0 */
/* The two requests to MAA: attest, and its key set (PROTOCOL.md 7.1, T5). When the
 * latter is made is key_set.c's matter. */
#include "online/maa.h"

#include "base/error.h"
#include "online/http.h"

#include <stdio.h>

#define ATTEST_PATH "/attest/AzureGuest?api-version=2020-10-01"
#define CERTS_PATH  "/certs"
#define BODY_MAX    262144 /* a token of 64 KiB through two base64 layers fits */
#define URL_MAX     1024

int aza_maa_attest(const struct aza_config *config, const struct aza_deadline *deadline,
                   struct aza_span request, struct aza_bytes *ret_body)
{
        char url[URL_MAX];
        const struct aza_http_request http = {
                .what = "MAA",
                .url = url,
                .post = (const char *)request.data,
                .post_len = request.len,
                .ca_file = config->ca_file,
                .max_body = BODY_MAX,
        };

        (void)snprintf(url, sizeof(url), "%s" ATTEST_PATH, config->maa_url);
        return aza_http(&http, deadline, ret_body, NULL);
}

int aza_maa_certs(const struct aza_config *config, const struct aza_deadline *deadline,
                  const char *issuer, struct aza_bytes *ret_body)
{
        char url[URL_MAX];
        const struct aza_http_request http = {
                .what = "MAA key set",
                .url = url,
                .ca_file = config->ca_file,
                .max_body = AZA_JWKS_MAX,
        };

        if (snprintf(url, sizeof(url), "%s" CERTS_PATH, issuer) >= (int)sizeof(url))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "issuer URL is too long");
        return aza_http(&http, deadline, ret_body, NULL);
}
