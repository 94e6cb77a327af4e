/* SPDX-License-Identifier: Apache-2.0 */
/* Collects this VM's evidence: what kind of VM the HCL report says it is, what IMDS adds, then
 * PCRs, key, quote and certification close together, so that they show one PCR state. Network
 * half. */
#include "online/collect.h"

#include "base/error.h"
#include "base/log.h"
#include "evidence/ak_cert.h"
#include "evidence/attest_struct.h"
#include "evidence/imds.h"
#include "online/imds.h"
#include "os/boot_log.h"
#include "os/defaults.h"
#include "tpm/nv.h"

#define EVENT_LOG_MAX (4u << 20)
#define PCR_TRIES     10 /* as for the key's own use (D24) */

static int require_vm(const struct aza_config *config, enum aza_vm vm)
{
        if (aza_vm_allowed(config->require, vm))
                return 0;
        return AZA_FAIL(
                AZATTEST_E_REQUIREMENT,
                "require = %s, but this VM is %s%s; set require (AZATTEST_REQUIRE) if that is what you want",
                aza_require_text(config->require), aza_vm_text(vm),
                vm == AZA_VM_TRUSTEDLAUNCH ? " (its vTPM has no HCL report, NV 0x01400001)" : "");
}

/* The HCL report and with it the kind of VM. Only an index that the TPM says is not there makes a
 * Trusted Launch VM: a failed read never does (G4, rule 9). */
static int collect_report(const struct aza_attester *vm, struct aza_evidence *e)
{
        AZA_CHECKS struct aza_checks checks = {0};
        enum aza_nv_state state = AZA_NV_ABSENT;
        int code = aza_nv_read(vm->tpm, AZA_NV_HCL_REPORT, &state, &e->hcl_report);

        if (code != 0)
                return aza_context(code, "reading the HCL report (NV 0x01400001)");
        if (state == AZA_NV_ABSENT) {
                e->vm = AZA_VM_TRUSTEDLAUNCH;
                return require_vm(vm->config, e->vm);
        }
        if (state == AZA_NV_NEVER_WRITTEN || e->hcl_report.len == 0 ||
            aza_span_is_zero(aza_bytes_span(&e->hcl_report)))
                return AZA_FAIL(AZATTEST_E_HCL_REPORT_EMPTY,
                                "the HCL report (NV 0x01400001) is empty; reboot the VM");
        if (!aza_hcl_report_parse(vm->libctx, aza_bytes_span(&e->hcl_report), &checks, &e->hcl))
                return aza_checks_result(&checks, "HCL report");
        e->vm = e->hcl.type == AZA_HCL_TDX ? AZA_VM_TDX : AZA_VM_SEVSNP;
        return require_vm(vm->config, e->vm);
}

static int collect_ak(const struct aza_attester *vm, struct aza_evidence *e)
{
        int code = aza_nv_read_ak_cert(vm->tpm, &e->ak_certificate);

        if (code != 0)
                return code;
        code = aza_ak_cert_usable(vm->libctx, aza_bytes_span(&e->ak_certificate));
        if (code != 0)
                return code;
        return aza_ak_read(vm->tpm, &e->ak_public);
}

static int collect_endorsement(const struct aza_attester *vm, struct aza_evidence *e)
{
        switch (e->vm) {
        case AZA_VM_SEVSNP:
                return aza_imds_vcek(vm->config, vm->deadline, &e->vcek_chain);
        case AZA_VM_TDX:
                return aza_imds_td_quote(vm->config, vm->deadline, e->hcl.hardware, &e->td_quote);
        case AZA_VM_TRUSTEDLAUNCH:
                break;
        }
        return 0;
}

/* Key, certification and quote of one PCR state: begun anew when a PCR was extended in between. */
static int collect_key(const struct aza_attester *vm, const struct aza_key_spec *spec,
                       struct aza_span qualifying, struct aza_evidence *e)
{
        for (int i = 0; i < PCR_TRIES; i++) {
                if (aza_deadline_left(vm->deadline) == 0)
                        return AZA_FAIL(AZATTEST_E_DEADLINE,
                                        "collecting evidence: no time is left");
                aza_keyref_free(aza_take(&e->key));
                aza_attestation_free(&e->certify);
                aza_attestation_free(&e->quote);
                int code = aza_key_derive(vm->tpm, spec, &e->pcrs, &e->key);
                if (code == 0)
                        code = aza_quote(vm->tpm, spec->pcr_mask, qualifying, &e->quote);
                if (code != 0)
                        return code;
                if (!aza_quote_shows(vm->libctx, aza_bytes_span(&e->quote.message), &e->pcrs)) {
                        AZA_LOG(INFO, "a PCR changed between reading and quoting: again");
                        continue;
                }
                return aza_key_certify(vm->tpm, e->key, qualifying, &e->certify);
        }
        return AZA_FAIL(
                AZATTEST_E_PCR_BUSY,
                "PCRs are extended faster than they can be quoted (%d tries); stop what extends them or leave those PCRs out of `pcrs`",
                PCR_TRIES);
}

int aza_event_log_read(const struct aza_config *config, struct aza_bytes *ret)
{
        const char *path = config->event_log;
        int r = aza_boot_log_read(path, EVENT_LOG_MAX, ret);

        if (r == AZATTEST_E_NO_MEMORY || (r == 0 && ret->len > 0))
                return r;
        return AZA_FAIL(AZATTEST_E_EVENT_LOG, "%s%s", r == 0 ? path : aza_last_error()->message,
                        r == 0 ? " is empty" : "");
}

/* Without a log MAA says that secure boot was off, and so would whoever judges evidence: where that
 * is refused, it is said here, with what is in the way (D43). */
static int collect_event_log(const struct aza_config *config, struct aza_evidence *e)
{
        int r = aza_event_log_read(config, &e->event_log);

        if (r == AZATTEST_E_EVENT_LOG && config->secure_boot == AZA_SECURE_BOOT_REQUIRE)
                return AZA_FAIL(
                        r,
                        "no boot log: %s; without it secure boot counts as off, which is refused: %s",
                        aza_last_error()->message, AZA_BOOT_LOG_ADVICE);
        if (r != AZATTEST_E_EVENT_LOG)
                return r;
        AZA_LOG(WARN, "no boot log: %s", aza_last_error()->message);
        aza_clear_error();
        return 0;
}

int aza_evidence_collect(const struct aza_attester *vm, const struct aza_key_spec *spec,
                         struct aza_span qualifying, struct aza_evidence *ret)
{
        struct aza_evidence e = {0};
        int code = collect_report(vm, &e);

        if (code == 0)
                code = collect_ak(vm, &e);
        if (code == 0)
                code = collect_event_log(vm->config, &e);
        /* Before the PCR-dependent part: IMDS may make us wait, and PCRs do not. */
        if (code == 0)
                code = collect_endorsement(vm, &e);
        if (code == 0)
                code = collect_key(vm, spec, qualifying, &e);
        if (code != 0) {
                aza_evidence_free(&e);
                return code;
        }
        *ret = e;
        return 0;
}
