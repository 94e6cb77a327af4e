/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about IMDS and MAA: whether they answer at all, from here, now. */
#include "cli/doctor.h"

#include "base/error.h"
#include "base/http.h"

#include <stdlib.h>

#define PATIENCE_SECONDS 6
#define BODY_MAX         262144

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

static void find_imds(struct doctor *d)
{
        char url[600];
        struct aza_http_request request = {.what = "IMDS",
                                           .url = url,
                                           .ca_file = "",
                                           .plain_http = true,
                                           .max_body = BODY_MAX,
                                           .retry = never};
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

static void find_maa(struct doctor *d)
{
        char url[600];
        struct aza_http_request request = {.what = "MAA",
                                           .url = url,
                                           .ca_file = d->cli->config.ca_file,
                                           .max_body = BODY_MAX,
                                           .retry = never};
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

void doctor_net(struct doctor *d)
{
        find_imds(d);
        find_maa(d);
}
