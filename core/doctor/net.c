/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about IMDS and MAA: whether they give what this kind of VM needs from them, from here,
 * now; how far this machine's clock is from theirs; and whether MAA attests it. */
#include "doctor/doctor.h"

#include "base/error.h"
#include "evidence/imds.h"
#include "online/attest.h"
#include "online/http.h"
#include "online/imds.h"
#include "os/process.h"
#include "snp/policy.h"
#include "tdx/report.h"
#include "token/jwks.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE_SECONDS 6
#define BODY_MAX         262144
#define SKEW_MAX         60 /* seconds: what verification of tokens allows (T9) */

static struct aza_deadline patience(const struct aza_doctor *d)
{
        int timeout = d->config->timeout;

        return aza_deadline_in(timeout < PATIENCE_SECONDS ? timeout : PATIENCE_SECONDS,
                               d->deadline->cancelled);
}

/* ---- IMDS ---- */

static void find_imds_failure(struct aza_doctor *d, int code)
{
        bool unreachable = code == AZATTEST_E_TRANSPORT || code == AZATTEST_E_DEADLINE;

        aza_doctor_find(
                d, "IMDS", AZA_FINDING_NO, "%s%s", aza_last_error()->message,
                unreachable
                        ? "; it must be reached directly, past any proxy; containers and firewalls may block 169.254.169.254"
                        : "");
}

/* The first rejection among those that say whether chain and report belong together (S10-S24); what
 * a profile demands beyond is a relying party's matter. */
static const struct aza_check *chain_fault(const struct aza_checks *checks)
{
        for (int id = AZA_CHECK_S10; id <= AZA_CHECK_S24; id++) {
                const struct aza_check *row = aza_checks_get(checks, (enum aza_check_id)id);

                if (row != NULL && row->outcome == AZA_REJECT)
                        return row;
        }
        return NULL;
}

static void find_vcek(struct aza_doctor *d)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes pem = {0};
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        struct aza_snp_options options = {
                .profile = aza_profile_find("none"), .certs = pile, .roots = d->config->amd_root};
        const struct aza_deadline deadline = patience(d);
        const struct aza_check *fault;
        int r = aza_imds_vcek(d->config, &deadline, &pem);

        if (pile == NULL)
                return;
        if (r == 0)
                r = aza_certs_add(d->libctx, aza_bytes_span(&pem), pile);
        if (r != 0 || (r = aza_now(&options.time)) != 0) {
                find_imds_failure(d, r);
                return;
        }
        (void)aza_snp_verify(d->libctx, d->hcl.hardware, &options, &checks, NULL);
        fault = chain_fault(&checks);
        if (fault != NULL)
                aza_doctor_find(
                        d, "IMDS", AZA_FINDING_NO,
                        "its AMD certificates do not fit this VM's report: %s (%s): %s; try again later, redeploy the VM if it stays so",
                        aza_check_id_text(fault->id), aza_check_name(fault->id),
                        fault->reason != NULL ? fault->reason : "refused");
        else
                aza_doctor_find(d, "IMDS", AZA_FINDING_OK,
                                "gives the AMD certificates of this chip");
}

static void find_td_quote(struct aza_doctor *d)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes quote = {0};
        const struct aza_deadline deadline = patience(d);
        int r = aza_imds_td_quote(d->config, &deadline, d->hcl.hardware, &quote);

        if (r != 0)
                find_imds_failure(d, r);
        else if (!aza_td_quote_verify(aza_bytes_span(&quote), d->hcl.hardware, &checks, NULL))
                aza_doctor_find(d, "IMDS", AZA_FINDING_NO,
                                "its TD quote is not about this VM's report: H11 (TDX quote): %s",
                                checks.count > 0 && checks.items[0].reason != NULL
                                        ? checks.items[0].reason
                                        : "refused");
        else
                aza_doctor_find(d, "IMDS", AZA_FINDING_OK, "makes TD quotes of this VM's report");
}

static bool never(long status)
{
        (void)status;
        return false;
}

/* What every VM may ask. True when something answered; *status and *date (0: not said) tell
 * what. */
static bool imds_answers(struct aza_doctor *d, long *status, int64_t *date)
{
        AZA_BYTES struct aza_bytes body = {0};
        char url[600];
        const struct aza_deadline deadline = patience(d);
        const struct aza_http_request request = {.what = "IMDS",
                                                 .url = url,
                                                 .ca_file = "",
                                                 .plain_http = true,
                                                 .max_body = BODY_MAX,
                                                 .retry = never,
                                                 .ret_date = date};

        *status = 0;
        *date = 0;
        (void)snprintf(url, sizeof(url),
                       "%s/metadata/instance/compute/vmId?api-version=2021-02-01"
                       "&format=text",
                       d->config->imds_url);
        return aza_http(&request, &deadline, &body, status) == 0 || *status != 0;
}

/* Without a report there is nothing to ask IMDS for; that it answers at all can be told. */
static void find_imds_answer(struct aza_doctor *d)
{
        bool needless = d->knows_vm && d->vm == AZA_VM_TRUSTEDLAUNCH;
        long status;
        int64_t date;

        if (imds_answers(d, &status, &date) && status == 200)
                aza_doctor_find(d, "IMDS", AZA_FINDING_OK, "answers (HTTP 200)%s",
                                needless ? "; Trusted Launch attests without it" : "");
        else if (status != 0)
                aza_doctor_find(
                        d, "IMDS", AZA_FINDING_UNKNOWN,
                        "something answers at %s, with HTTP %ld, which IMDS does not: this is no Azure VM, or a proxy stands between%s",
                        d->config->imds_url, status,
                        needless ? "; Trusted Launch attests without it" : "");
        else if (needless)
                aza_doctor_find(d, "IMDS", AZA_FINDING_UNKNOWN,
                                "%s; Trusted Launch attests without it", aza_last_error()->message);
        else
                find_imds_failure(d, aza_last_error()->code);
}

static void find_imds(struct aza_doctor *d)
{
        aza_doctor_step(d, "asking IMDS");
        if (!d->knows_vm || d->vm == AZA_VM_TRUSTEDLAUNCH)
                find_imds_answer(d);
        else if (d->vm == AZA_VM_TDX)
                find_td_quote(d);
        else
                find_vcek(d);
}

/* ---- MAA ---- */

/* "; through https_proxy http://host:port", without user and password. Only libcurl knows whether
 * no_proxy exempts this host, so it says what is set. */
static const char *proxy_text(char out[256])
{
        static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

        out[0] = '\0';
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                const char *value = aza_environment(names[i]);
                const char *host;

                if (value == NULL || value[0] == '\0')
                        continue;
                host = strrchr(value, '@');
                (void)snprintf(out, 256, "; %s is set to %.150s", names[i],
                               host != NULL ? host + 1 : value);
                return out;
        }
        return out;
}

static void find_maa(struct aza_doctor *d, int64_t *date)
{
        AZA_BYTES struct aza_bytes body = {0};
        AZA_OWN(aza_jwks_free) struct aza_jwks *keys = NULL;
        char url[600], proxy[256];
        const struct aza_deadline deadline = patience(d);
        const struct aza_http_request request = {.what = "MAA",
                                                 .url = url,
                                                 .ca_file = d->config->ca_file,
                                                 .max_body = BODY_MAX,
                                                 .ret_date = date};
        int r;

        if (d->config->maa_url[0] == '\0') {
                aza_doctor_find(
                        d, "MAA", AZA_FINDING_NO,
                        "maa-url is not set: set it (or AZATTEST_MAA_URL) to your attestation provider, for example https://sharedeus2.eus2.attest.azure.net");
                return;
        }
        aza_doctor_step(d, "asking MAA");
        (void)snprintf(url, sizeof(url), "%s/certs", d->config->maa_url);
        r = aza_http(&request, &deadline, &body, NULL);
        (void)proxy_text(proxy);
        if (r == AZATTEST_E_HTTP_FAILED)
                aza_doctor_find(d, "MAA", AZA_FINDING_NO,
                                "%s: is maa-url an attestation provider?%s",
                                aza_last_error()->message, proxy);
        else if (r != 0)
                aza_doctor_find(d, "MAA", AZA_FINDING_NO, "%s%s", aza_last_error()->message,
                                proxy[0] != '\0' ? proxy : "; no https_proxy is set");
        else if (aza_jwks_parse(d->libctx, aza_bytes_span(&body), &keys) != 0)
                aza_doctor_find(d, "MAA", AZA_FINDING_NO,
                                "%s/certs is no key set: is maa-url an attestation provider?%s",
                                d->config->maa_url, proxy);
        else
                aza_doctor_find(d, "MAA", AZA_FINDING_OK, "%s answers with its keys%s",
                                d->config->maa_url, proxy);
}

/* An HTTP date is good enough: what counts are the seconds that a token may be too young or too
 * old. */
static void find_skew(struct aza_doctor *d, const char *name, int64_t date)
{
        int64_t now;

        if (aza_now(&now) != 0 || date == 0) {
                aza_doctor_find(d, "clock skew", AZA_FINDING_UNKNOWN,
                                "nobody answered who would say the time");
                return;
        }
        int64_t ahead = now - date;
        long long seconds = ahead < 0 ? -ahead : ahead;

        if (seconds > SKEW_MAX)
                aza_doctor_find(
                        d, "clock skew", AZA_FINDING_NO,
                        "this machine's clock is %lld s %s %s's: tokens and certificates will seem expired or not valid yet; set it (chronyd, systemd-timesyncd)",
                        seconds, ahead < 0 ? "behind" : "ahead of", name);
        else
                aza_doctor_find(d, "clock skew", AZA_FINDING_OK, "%lld s from %s's", seconds, name);
}

/* The lines above are parts; only the whole shows what they cannot: MAA's verdict, the envelope,
 * the token, the policy. As `azattest attest` does it, with the same waits, and also where a line
 * above says no: whether that is what attesting fails with is seen here. */
static void find_attestation(struct aza_doctor *d)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_attest_request request = {.progress = d->progress,
                                             .progress_arg = d->progress_arg};
        struct aza_uri uri;
        /* The questions before took their time; attesting has all of its own. */
        const struct aza_deadline deadline =
                aza_deadline_in(d->config->timeout, d->deadline->cancelled);
        const struct aza_attester vm = {d->libctx, d->config, d->tpm, &deadline};

        request.uri = &uri;
        if (aza_uri_parse(AZA_DOCTOR_KEY, d->config, &uri) != 0 ||
            aza_attest(&vm, &request, &ref) != 0)
                aza_doctor_find_failure(d, "attestation");
        else
                aza_doctor_find(
                        d, "attestation", AZA_FINDING_OK,
                        "MAA attests this VM, and its token passes every check and the policy");
}

void aza_doctor_net(struct aza_doctor *d)
{
        int64_t imds = 0, maa = 0;
        long status;

        find_imds(d);
        find_maa(d, &maa);
        if (maa == 0)
                (void)imds_answers(d, &status, &imds);
        find_skew(d, maa != 0 ? "MAA" : "IMDS", maa != 0 ? maa : imds);
        find_attestation(d);
}
