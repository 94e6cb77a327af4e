/* SPDX-License-Identifier: Apache-2.0 */
/* Findings about the vTPM and what Azure keeps in it, and what kind of VM that makes. */
#include "doctor/doctor.h"

#include "base/error.h"
#include "certificate/certificate.h"
#include "evidence/attest_struct.h"
#include "tpm/key.h"
#include "tpm/nv.h"
#include "tpm/uri.h"

static void find_hcl(struct aza_doctor *d)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_hcl_report hcl = {0};
        struct aza_runtime runtime = {0};
        bool good = aza_hcl_report_parse(d->libctx, aza_bytes_span(&d->report), &checks, &hcl);

        /* Also of a report that is refused: which AK it names is then known, if not proven. */
        if (hcl.runtime.data != NULL) {
                good = aza_runtime_parse(d->libctx, hcl.runtime, &checks, &runtime) && good;
                d->hcl_ak = aza_take(&runtime.ak);
                aza_runtime_free(&runtime);
        }
        if (!good) {
                (void)aza_checks_result(&checks, "HCL report");
                aza_doctor_find_failure(d, "HCL report");
                return;
        }
        d->hcl = hcl;
        d->knows_vm = true;
        d->vm = hcl.type == AZA_HCL_TDX ? AZA_VM_TDX : AZA_VM_SEVSNP;
        aza_doctor_find(d, "HCL report", AZA_FINDING_OK, "%s, well-formed, binds its runtime data",
                        aza_hcl_type_text(hcl.type));
}

static void find_report(struct aza_doctor *d)
{
        enum aza_nv_state state = AZA_NV_ABSENT;

        if (aza_nv_read(d->tpm, AZA_NV_HCL_REPORT, &state, &d->report) != 0) {
                aza_doctor_find_failure(d, "HCL report");
                return;
        }
        d->no_report = state == AZA_NV_ABSENT;
        if (state == AZA_NV_ABSENT)
                aza_doctor_find(d, "HCL report", AZA_FINDING_UNKNOWN,
                                "NV 0x01400001 is not defined: this is no confidential VM");
        else if (state == AZA_NV_NEVER_WRITTEN)
                aza_doctor_find(d, "HCL report", AZA_FINDING_NO,
                                "NV 0x01400001 is defined but was never written: reboot the VM");
        else if (aza_span_is_zero(aza_bytes_span(&d->report)))
                aza_doctor_find(d, "HCL report", AZA_FINDING_NO,
                                "NV 0x01400001 holds only zeros: reboot the VM");
        else
                find_hcl(d);
}

/* ---- AK ---- */

static void find_ak(struct aza_doctor *d)
{
        AZA_BYTES struct aza_bytes ak = {0};
        struct aza_tpm_public public = {0};

        if (aza_ak_read(d->tpm, &ak) != 0 ||
            aza_tpm_public_parse(d->libctx, aza_bytes_span(&ak), false, &public) != 0) {
                aza_doctor_find_failure(d, "AK");
                return;
        }
        d->ak = aza_take(&public.key);
        aza_tpm_public_free(&public);
        if (d->hcl_ak != NULL && EVP_PKEY_eq(d->ak, d->hcl_ak) != 1)
                aza_doctor_find(
                        d, "AK", AZA_FINDING_NO,
                        "handle 0x%08x is not HCLAkPub of the HCL report (A1): something replaced the AK, and nothing this VM signs will be accepted; reboot the VM, and redeploy it if that does not help",
                        AZA_AK_HANDLE);
        else
                aza_doctor_find(d, "AK", AZA_FINDING_OK, "handle 0x%08x%s", AZA_AK_HANDLE,
                                d->hcl_ak != NULL ? ", the AK of the HCL report" : "");
}

static X509 *read_ak_certificate(struct aza_doctor *d)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes blob = {0};
        X509 *certificate = NULL;

        if (aza_nv_read_ak_cert(d->tpm, &blob) != 0 ||
            aza_ak_cert_usable(d->libctx, aza_bytes_span(&blob)) != 0 ||
            !aza_ak_cert_parse(d->libctx, aza_bytes_span(&blob), &checks, &certificate)) {
                aza_doctor_find_failure(d, "AK certificate");
                return NULL;
        }
        return certificate;
}

/* A1, A5 and A8 of it; its chain is the verifiers' matter. */
static void find_ak_certificate(struct aza_doctor *d)
{
        AZA_OWN(X509_free) X509 *certificate = read_ak_certificate(d);
        int64_t expiry, now;
        char text[32];

        if (certificate == NULL)
                return;
        d->certificate = aza_ak_cert_kind(certificate);
        if (aza_certificate_expiry(certificate, &expiry) != 0 || aza_now(&now) != 0) {
                aza_doctor_find_failure(d, "AK certificate");
                return;
        }
        (void)aza_rfc3339(expiry, text);
        if (d->ak != NULL && EVP_PKEY_eq(d->ak, X509_get0_pubkey(certificate)) != 1)
                aza_doctor_find(d, "AK certificate", AZA_FINDING_NO, AZA_DOCTOR_OTHER_AK,
                                AZA_AK_HANDLE);
        else if (d->knows_vm && d->certificate != AZA_AK_CERT_CONFIDENTIAL)
                aza_doctor_find(
                        d, "AK certificate", AZA_FINDING_NO,
                        "it is not of a confidential VM, the HCL report is (A5): redeploy the VM");
        else if (expiry <= now)
                aza_doctor_find(d, "AK certificate", AZA_FINDING_NO,
                                "expired at %s: reboot the VM, Azure renews it at start", text);
        else
                aza_doctor_find(
                        d, "AK certificate", AZA_FINDING_OK, "valid until %s, of a %s%s", text,
                        d->certificate == AZA_AK_CERT_CONFIDENTIAL     ? "confidential VM"
                        : d->certificate == AZA_AK_CERT_TRUSTED_LAUNCH ? "Trusted Launch VM"
                                                                       : "VM of unknown kind",
                        expiry - now > AZA_AK_CERT_EARLY ? "" : ": " AZA_AK_CERT_RENEWAL);
}

static int derive(const struct aza_doctor *d, const struct aza_uri *uri, struct aza_keyref **ret)
{
        const struct aza_key_spec spec = {.purpose = uri->purpose,
                                          .name = uri->name,
                                          .hierarchy = uri->hierarchy,
                                          .pcr_mask = uri->pcr_mask};

        return aza_key_derive(d->tpm, &spec, NULL, ret);
}

static void find_key(struct aza_doctor *d)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        struct aza_uri uri;
        int64_t start = aza_monotonic_ms();
        char pcrs[64];

        if (aza_uri_parse(AZA_DOCTOR_KEY, d->config, &uri) != 0 || derive(d, &uri, &ref) != 0) {
                aza_doctor_find_failure(d, "key");
                return;
        }
        aza_doctor_find(d, "key", AZA_FINDING_OK, "made or loaded in %lld ms, bound to PCRs %s",
                        (long long)(aza_monotonic_ms() - start),
                        aza_config_pcrs_text(uri.pcr_mask, pcrs));
}

void aza_doctor_tpm(struct aza_doctor *d)
{
        struct aza_pcrs pcrs;

        aza_doctor_step(d, "asking the TPM");
        /* A connection is no TPM yet: one command has to be answered. */
        if (aza_tpm_probe(d->tpm) != 0 || aza_pcr_read(d->tpm, d->config->pcr_mask, &pcrs) != 0) {
                aza_doctor_find_failure(d, "TPM");
                return;
        }
        d->has_tpm = true;
        aza_doctor_find(d, "TPM", AZA_FINDING_OK, "answers at %s", d->config->tcti);
        find_report(d);
        find_ak(d);
        find_ak_certificate(d);
        find_key(d);
        if (d->no_report && d->certificate == AZA_AK_CERT_TRUSTED_LAUNCH) {
                d->knows_vm = true;
                d->vm = AZA_VM_TRUSTEDLAUNCH;
        }
}
