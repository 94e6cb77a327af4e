/* SPDX-License-Identifier: Apache-2.0 */
/* The two requests to instance metadata (PROTOCOL.md 6). What comes back travelled over plain HTTP:
 * the callers check it (rule 17). */
#include "online/imds.h"

#include "base/base64.h"
#include "base/error.h"
#include "evidence/imds.h"
#include "online/http.h"

#include <stdio.h>

#define VCEK_PATH  "/metadata/THIM/amd/certification"
#define QUOTE_PATH "/acc/tdquote"
#define BODY_MAX   131072
#define URL_MAX    1024

/* Azure's metadata service may answer with nothing while the VM is new (D55). */
static bool has_vcek(struct aza_span body)
{
        AZA_BYTES struct aza_bytes pem = {0};

        return aza_imds_parse_vcek(body, &pem) == 0;
}

static bool has_td_quote(struct aza_span body)
{
        AZA_BYTES struct aza_bytes quote = {0};

        return aza_imds_parse_td_quote(body, &quote) == 0;
}

static int request(const struct aza_config *config, const struct aza_deadline *deadline,
                   const struct aza_bytes *post, struct aza_bytes *ret, long *ret_status)
{
        char url[URL_MAX];
        const struct aza_http_request http = {
                .what = "IMDS",
                .url = url,
                .post = post != NULL ? (const char *)post->data : NULL,
                .post_len = post != NULL ? post->len : 0,
                .plain_http = true,
                .retry_gone = true,
                .usable = post != NULL ? has_td_quote : has_vcek,
                .max_body = BODY_MAX,
        };

        (void)snprintf(url, sizeof(url), "%s%s", config->imds_url,
                       post != NULL ? QUOTE_PATH : VCEK_PATH);
        return aza_http(&http, deadline, ret, ret_status);
}

int aza_imds_vcek(const struct aza_config *config, const struct aza_deadline *deadline,
                  struct aza_bytes *ret_pem)
{
        AZA_BYTES struct aza_bytes body = {0};
        int r = request(config, deadline, NULL, &body, NULL);

        return r != 0 ? r : aza_imds_parse_vcek(aza_bytes_span(&body), ret_pem);
}

static int write_report(enum aza_base64_form form, struct aza_span td_report, struct aza_bytes *ret)
{
        int r = aza_bytes_append_text(ret, "{\"report\":\"");

        if (r == 0)
                r = aza_base64_encode(form, td_report, ret);
        return r != 0 ? r : aza_bytes_append_text(ret, "\"}");
}

int aza_imds_td_quote(const struct aza_config *config, const struct aza_deadline *deadline,
                      struct aza_span td_report, struct aza_bytes *ret)
{
        static const enum aza_base64_form forms[] = {AZA_BASE64URL, AZA_BASE64};
        AZA_BYTES struct aza_bytes body = {0};
        long status = 400;
        int r = 0;

        /* Clients of the same service disagree on the alphabet: one refusal is not final. */
        for (size_t i = 0; i < 2 && status == 400; i++) {
                AZA_BYTES struct aza_bytes post = {0};

                status = 0;
                r = write_report(forms[i], td_report, &post);
                if (r == 0)
                        r = request(config, deadline, &post, &body, &status);
        }
        return r != 0 ? r : aza_imds_parse_td_quote(aza_bytes_span(&body), ret);
}
