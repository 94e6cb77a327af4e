/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about IMDS and MAA: whether they answer at all, from here, now; and how far this machine's
 * clock is from theirs. */
#include "cli/doctor.h"

#include "base/error.h"
#include "base/http.h"

#include <stdlib.h>

#define PATIENCE_SECONDS 6
#define BODY_MAX         262144
#define SKEW_MAX         60 /* seconds: what verification of tokens allows (T9) */

static bool never(long status)
{
        (void)status;
        return false;
}

/* True when something answered; *status says what. */
static bool answers(struct doctor *d, const struct aza_http_request *request, long *status)
{
        AZA_BYTES struct aza_bytes body = {0};
        struct aza_deadline deadline =
                aza_deadline_in(PATIENCE_SECONDS, d->cli->deadline.cancelled);

        *status = 0;
        return aza_http(request, &deadline, &body, status) == 0 || *status != 0;
}

static void find_imds(struct doctor *d, int64_t *date)
{
        char url[600];
        struct aza_http_request request = {.what = "IMDS",
                                           .url = url,
                                           .ca_file = "",
                                           .plain_http = true,
                                           .max_body = BODY_MAX,
                                           .retry = never,
                                           .ret_date = date};
        long status;

        cli_progress(NULL, "asking IMDS");
        (void)snprintf(url, sizeof(url), "%s/metadata/THIM/amd/certification",
                       d->cli->config.imds_url);
        if (!answers(d, &request, &status))
                doctor_find(d, "IMDS", FINDING_NO,
                            "%s; it must be reached directly, past any proxy; containers and "
                            "firewalls may block 169.254.169.254",
                            aza_last_error()->message);
        else if (status != 200)
                doctor_find(d, "IMDS", FINDING_UNKNOWN,
                            "answers with HTTP %ld to the request for AMD certificates", status);
        else
                doctor_find(d, "IMDS", FINDING_OK, "answers");
}

static void find_maa(struct doctor *d, int64_t *date)
{
        char url[600];
        struct aza_http_request request = {.what = "MAA",
                                           .url = url,
                                           .ca_file = d->cli->config.ca_file,
                                           .max_body = BODY_MAX,
                                           .retry = never,
                                           .ret_date = date};
        const char *proxy = secure_getenv("https_proxy");
        long status;

        if (d->cli->config.maa_url[0] == '\0') {
                doctor_find(d, "MAA", FINDING_NO,
                            "maa-url is not set: set it (or AZATTEST_MAA_URL) to your attestation "
                            "provider, for example https://sharedeus2.eus2.attest.azure.net");
                return;
        }
        cli_progress(NULL, "asking MAA");
        (void)snprintf(url, sizeof(url), "%s/certs", d->cli->config.maa_url);
        if (!answers(d, &request, &status))
                doctor_find(d, "MAA", FINDING_NO, "%s%s%s", aza_last_error()->message,
                            proxy != NULL ? "; through https_proxy " : "; no https_proxy is set",
                            proxy != NULL ? proxy : "");
        else if (status != 200)
                doctor_find(d, "MAA", FINDING_NO,
                            "%s/certs answers with HTTP %ld: is maa-url an attestation provider?",
                            d->cli->config.maa_url, status);
        else
                doctor_find(d, "MAA", FINDING_OK, "%s answers with its keys",
                            d->cli->config.maa_url);
}

/* An HTTP date is good enough: what counts are the seconds that a token may be too young or too old. */
static void find_skew(struct doctor *d, const char *name, int64_t date)
{
        int64_t now;
        if (aza_now(&now) != 0 || date == 0) {
                doctor_find(d, "clock skew", FINDING_UNKNOWN,
                            "nobody answered who would say the time");
                return;
        }
        int64_t ahead = now - date;
        long long seconds = ahead < 0 ? -ahead : ahead;

        if (seconds > SKEW_MAX)
                doctor_find(d, "clock skew", FINDING_NO,
                            "this machine's clock is %lld s %s %s's: tokens and certificates will "
                            "seem expired or not valid yet; set it (chronyd, systemd-timesyncd)",
                            seconds, ahead < 0 ? "behind" : "ahead of", name);
        else
                doctor_find(d, "clock skew", FINDING_OK, "%lld s from %s's", seconds, name);
}

void doctor_net(struct doctor *d)
{
        int64_t imds = 0, maa = 0;

        find_imds(d, &imds);
        find_maa(d, &maa);
        find_skew(d, maa != 0 ? "MAA" : "IMDS", maa != 0 ? maa : imds);
}
