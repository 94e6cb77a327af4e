/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about the vTPM and what Azure keeps in it. */
#include "cli/doctor.h"

#include "base/error.h"
#include "certificate.h"
#include "evidence/ak_cert.h"
#include "evidence/hcl_report.h"
#include "tpm/nv.h"

static const char *nv_state(enum aza_nv_state state)
{
        return state == AZA_NV_ABSENT ? "not defined" : "defined but never written";
}

static void find_report(struct doctor *d)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes blob = {0};
        struct aza_hcl_report hcl = {0};
        enum aza_nv_state state = AZA_NV_ABSENT;

        if (aza_nv_read(d->cli->tpm, AZA_NV_HCL_REPORT, &state, &blob) != 0) {
                doctor_find_failure(d, "HCL report");
                return;
        }
        d->trusted_launch = state == AZA_NV_ABSENT;
        if (state == AZA_NV_ABSENT) {
                doctor_find(d, "HCL report", FINDING_UNKNOWN,
                            "NV 0x01400001 is not defined: this is no confidential VM; a Trusted "
                            "Launch VM attests with require = trustedlaunch");
                return;
        }
        if (state == AZA_NV_NEVER_WRITTEN || aza_span_is_zero(aza_bytes_span(&blob))) {
                doctor_find(d, "HCL report", FINDING_NO, "NV 0x01400001 is empty: reboot the VM");
                return;
        }
        if (!aza_hcl_report_parse(d->cli->libctx, aza_bytes_span(&blob), &checks, &hcl)) {
                (void)aza_checks_result(&checks, "HCL report");
                doctor_find_failure(d, "HCL report");
                return;
        }
        d->has_report = true;
        doctor_find(d, "HCL report", FINDING_OK, "%s, well-formed, binds its runtime data",
                    aza_hcl_type_text(hcl.type));
}

static void find_ak(struct doctor *d)
{
        AZA_BYTES struct aza_bytes ak = {0};

        if (aza_ak_read(d->cli->tpm, &ak) != 0)
                doctor_find_failure(d, "AK");
        else
                doctor_find(d, "AK", FINDING_OK, "handle 0x%08x", AZA_AK_HANDLE);
}

static void find_ak_certificate(struct doctor *d)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes blob = {0};
        AZA_OWN(X509_free) X509 *certificate = NULL;
        enum aza_nv_state state = AZA_NV_ABSENT;
        int64_t expiry, now;
        char text[32];

        if (aza_nv_read(d->cli->tpm, AZA_NV_AK_CERT, &state, &blob) != 0) {
                doctor_find_failure(d, "AK certificate");
                return;
        }
        if (state != AZA_NV_PRESENT) {
                doctor_find(d, "AK certificate", FINDING_NO,
                            "NV 0x01C101D0 is %s: it is provisioned some minutes after the first "
                            "boot, try again then",
                            nv_state(state));
                return;
        }
        if (aza_ak_cert_usable(d->cli->libctx, aza_bytes_span(&blob)) != 0 ||
            !aza_ak_cert_parse(d->cli->libctx, aza_bytes_span(&blob), &checks, &certificate) ||
            aza_certificate_expiry(certificate, &expiry) != 0 || aza_now(&now) != 0) {
                doctor_find_failure(d, "AK certificate");
                return;
        }
        (void)aza_rfc3339(expiry, text);
        if (expiry <= now)
                doctor_find(d, "AK certificate", FINDING_NO,
                            "expired at %s: reboot the VM, Azure renews it at start", text);
        else
                doctor_find(d, "AK certificate", FINDING_OK, "valid until %s", text);
}

static void find_key(struct doctor *d)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_uri uri;
        int64_t start = aza_monotonic_ms();
        char pcrs[64];

        if (cli_key(d->cli, AZA_PURPOSE_DECRYPT, &uri) != 0 ||
            cli_key_derive(d->cli, &uri, &ref) != 0) {
                doctor_find_failure(d, "key");
                return;
        }
        doctor_find(d, "key", FINDING_OK, "made or loaded in %lld ms, bound to PCRs %s",
                    (long long)(aza_monotonic_ms() - start),
                    aza_config_pcrs_text(uri.pcr_mask, pcrs));
}

void doctor_tpm(struct doctor *d)
{
        cli_progress(NULL, "asking the TPM");
        if (aza_tpm_probe(d->cli->tpm) != 0) {
                doctor_find_failure(d, "TPM");
                return;
        }
        d->has_tpm = true;
        doctor_find(d, "TPM", FINDING_OK, "answers at %s", d->cli->config.tcti);
        find_report(d);
        find_ak(d);
        find_ak_certificate(d);
        find_key(d);
}
