/* SPDX-License-Identifier: Apache-2.0 */
/* The two requests to MAA: attest, and its key set (protocol.md 7.1, verification.md T5, T7). */
#include "maa/client.h"

#include "base/crypto.h"
#include "base/error.h"
#include "base/file.h"
#include "base/http.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

#define ATTEST_PATH   "/attest/AzureGuest?api-version=2020-10-01"
#define CERTS_PATH    "/certs"
#define BODY_MAX      262144 /* a token of 64 KiB through two base64 layers fits */
#define URL_MAX       1024
#define FRESH_SECONDS 86400
#define REFRESH_AFTER 60 /* unknown kids cause at most one fetch in this time */

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

static int fetch(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                 const struct aza_deadline *deadline, const char *issuer, struct aza_jwks **ret)
{
        AZA_BYTES struct aza_bytes body = {0};
        char url[URL_MAX];
        const struct aza_http_request http = {
                .what = "MAA key set",
                .url = url,
                .ca_file = config->ca_file,
                .max_body = AZA_JWKS_MAX,
        };

        if (snprintf(url, sizeof(url), "%s" CERTS_PATH, issuer) >= (int)sizeof(url))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "issuer URL is too long");
        int r = aza_http(&http, deadline, &body, NULL);
        if (r != 0)
                return r;
        r = aza_jwks_parse(libctx, aza_bytes_span(&body), ret);
        if (r != 0)
                return aza_context(r, "key set of %s", issuer);
        if (aza_jwks_cache_write(libctx, config->runtime_dir, issuer, aza_bytes_span(&body)) != 0)
                AZA_LOG(INFO, "key set not cached: %s", aza_last_error()->message);
        return 0;
}

/* Whether an unknown kid may cause a fetch now: anybody can send tokens with invented kids (T7). The
 * time of the last such fetch is kept beside the cached set. */
static bool may_refresh(OSSL_LIB_CTX *libctx, const char *runtime_dir, const char *issuer,
                        int64_t now)
{
        AZA_BYTES struct aza_bytes last = {0};
        uint8_t digest[AZA_SHA256_LEN];
        char name[80] = "refresh-";
        char text[24];

        if (aza_sha256(libctx, aza_span_of(issuer, strlen(issuer)), digest) != 0)
                return false;
        (void)aza_hex(aza_span_of(digest, sizeof(digest)), name + strlen(name));
        if (aza_runtime_read(runtime_dir, name, sizeof(text), &last) == 0) {
                int64_t age = now - strtoll((const char *)last.data, NULL, 10);
                if (age >= 0 && age < REFRESH_AFTER)
                        return false;
        }
        int n = snprintf(text, sizeof(text), "%lld", (long long)now);
        return aza_runtime_write(runtime_dir, name, aza_span_of(text, (size_t)n)) == 0;
}

int aza_maa_jwks(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                 const struct aza_deadline *deadline, const char *issuer, const char *kid,
                 struct aza_jwks **ret)
{
        AZA_OWN(aza_jwks_free) struct aza_jwks *cached = NULL;
        const char *reason = NULL;
        int64_t age = 0;
        int64_t now;
        int r = aza_now(&now);

        if (r != 0)
                return r;
        if (aza_jwks_cache_read(libctx, config->runtime_dir, issuer, now, &cached, &age) == 0 &&
            age >= 0 && age < FRESH_SECONDS &&
            (kid == NULL || aza_jwks_find(cached, kid, now, &reason) != NULL ||
             !may_refresh(libctx, config->runtime_dir, issuer, now))) {
                *ret = aza_take(&cached);
                return 0;
        }
        return fetch(libctx, config, deadline, issuer, ret);
}
