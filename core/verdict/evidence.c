/* SPDX-License-Identifier: Apache-2.0 */
/* See evidence.h. */
#include "verdict/evidence.h"

#include "base/error.h"
#include "evidence/nonce.h"
#include "verdict/evidence_policy.h"
#include "verdict/token.h"

#include <string.h>

#define WINDOWS_PCRS 0x7800U /* 11 to 14: Windows' own part of its boot */

uint32_t aza_pcrs_relied_on(uint32_t asked)
{
        return asked == (1u << AZA_PCR_COUNT) - 1 ? 0 : asked;
}

/* The configured policy, else the part of the built-in one that no other check makes: secure boot
 * of Trusted Launch (D20). NULL: none. */
static int load_policy(const struct aza_config *config, struct aza_policy **ret)
{
        int r = aza_policy_load(config, ret);

        if (r == 0 && *ret == NULL && config->require == AZA_REQUIRE_TRUSTEDLAUNCH)
                r = aza_policy_builtin(config, "built-in", ret);
        return r;
}

/* D42: a policy that leaves no way without the VM's id says which VM it must be; P8 judges the rest
 * of it. */
static void identity_by_policy(const struct aza_policy *policy, const struct aza_judgement *j,
                               struct aza_checks *checks)
{
        AZA_CHECKS struct aza_checks row = {0};
        bool said = j->vmid[0] != '\0';
        char wanted[200];

        if (said && aza_policy_allows_vm(policy, NULL, j->vmid)) {
                (void)aza_accept(&row, AZA_CHECK_G4,
                                 "VM %s, as the host names it (H15) and the policy demands",
                                 j->vmid);
        } else {
                (void)aza_reject(&row, AZA_CHECK_G4, "%s",
                                 said ? "it is another VM"
                                      : "the evidence does not say of which VM it is");
                aza_check_code(&row, AZATTEST_E_OTHER_VM);
                aza_check_values(&row, aza_policy_vms(policy, wanted, sizeof(wanted)),
                                 said ? j->vmid : "none");
        }
        aza_checks_replace(checks, &row);
}

/* What is demanded beside the rows of aza_evidence_judge. */
static void judge_further(const struct aza_evidence_request *request,
                          const struct aza_judge_options *options, const struct aza_policy *policy,
                          const struct aza_judgement *j, struct aza_checks *checks)
{
        if (!request->token_judged)
                aza_evidence_policy(policy, j, checks);
        /* Of an SNP report alone G4 has said that it names no VM. */
        if (options->policy_names_vm && (j->vmid[0] != '\0' || !options->report_only))
                identity_by_policy(policy, j, checks);
}

static void allow_unchecked(const struct aza_evidence_request *request, struct aza_checks *checks)
{
        for (size_t i = 0; i < request->allow_unchecked_count; i++)
                aza_checks_allow_unchecked(checks, request->allow_unchecked[i]);
        if (request->token_answers)
                aza_checks_allow_unchecked(checks, AZA_CHECK_P8);
}

/* Text that the evidence must be bound to; `hash` is what the quote has of it. */
static int bind_to(OSSL_LIB_CTX *libctx, const char *nonce, uint8_t hash[AZA_SHA256_LEN],
                   struct aza_judge_options *options)
{
        options->nonce = aza_span_of(nonce, strlen(nonce));
        options->qualifying = aza_span_of(hash, AZA_SHA256_LEN);
        return aza_nonce_evidence(libctx, options->nonce, hash);
}

/* Those that the quote must be over. VMs with Windows quote 11-14 besides, which takes nothing
 * away: all are proven, and only those of `config` are relied on. */
static uint32_t quoted_pcrs(const struct aza_config *config, const struct aza_evidence_file *file)
{
        const uint32_t windows = config->pcr_mask | WINDOWS_PCRS;

        return config->pcrs_default && file->pcrs.mask == windows ? windows : config->pcr_mask;
}

/* What the configuration adds to the demands. */
static struct aza_judge_options configured(const struct aza_config *config,
                                           const struct aza_judge_options *demanded,
                                           const struct aza_evidence_file *file)
{
        const bool show_secure_boot = config->secure_boot == AZA_SECURE_BOOT_REQUIRE;
        struct aza_judge_options o = *demanded;

        o.require = config->require;
        o.pcr_mask = quoted_pcrs(config, file);
        o.policy_mask = aza_pcrs_relied_on(config->pcr_mask);
        o.snp.roots = config->amd_root;
        o.td.roots = config->intel_root;
        o.vtpm_roots = config->vtpm_root;
        o.any_vm = config->any_vm;
        o.allow_debug = config->allow_debug;
        if (o.crl_mode == AZA_CRL_IF_AVAILABLE && sk_X509_CRL_num(o.crls) > 0)
                o.crl_mode = AZA_CRL_REQUIRE;
        if (o.vmid == NULL || o.vmid[0] == '\0')
                o.vmid = config->vmid;
        /* D43: where there is a log, it has to show it. */
        o.need_secure_boot |= show_secure_boot && file->event_log.len > 0;
        /* Whoever carries evidence of a key could drop the log that shows it to be off. Beside a
         * token T19 has MAA's word. */
        o.want_event_log = show_secure_boot && file->key_public.len > 0 && !o.beside_token;
        return o;
}

int aza_evidence_verify(const struct aza_verifier *verifier,
                        const struct aza_evidence_request *request,
                        const struct aza_evidence_file *file, struct aza_checks *checks,
                        struct aza_judgement *ret)
{
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        struct aza_judge_options options = configured(verifier->config, &request->judge, file);
        uint8_t hash[AZA_SHA256_LEN];

        *ret = (struct aza_judgement){0};
        int r = request->token_judged ? 0 : load_policy(verifier->config, &policy);
        if (r != 0)
                return r;
        options.policy_names_vm = options.vmid[0] == '\0' && options.foreign && policy != NULL &&
                                  aza_policy_pins_vm(policy);
        if (request->nonce != NULL &&
            (r = bind_to(verifier->libctx, request->nonce, hash, &options)) != 0)
                return r;
        r = aza_evidence_judge(verifier->libctx, file, &options, checks, ret);
        if (checks->count == 0)
                return r;
        judge_further(request, &options, policy, ret, checks);
        allow_unchecked(request, checks);
        aza_evidence_doubt(ret, options.vmid[0] != '\0' || options.policy_names_vm, checks);
        allow_unchecked(request, checks);
        return aza_checks_result(checks, "evidence");
}

int aza_evidence_of_report(OSSL_LIB_CTX *libctx, struct aza_span report,
                           struct aza_evidence_file *ret)
{
        static const char hcla[] = "HCLA";
        AZA_CHECKS struct aza_checks unused = {0};
        struct aza_hcl_report frame = {0};
        struct aza_evidence_file file = {.vm = AZA_VM_SEVSNP};
        struct aza_td td = {0};
        const bool hcl =
                report.len >= sizeof(hcla) - 1 && memcmp(report.data, hcla, sizeof(hcla) - 1) == 0;
        const bool quote = !hcl && aza_td_quote_read(report, &td);

        if (!hcl && !quote && report.len != AZA_SNP_REPORT_LEN)
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "%zu bytes are neither an SEV-SNP report nor a TD quote nor an HCL report",
                        report.len);
        struct aza_bytes *part = hcl ? &file.hcl_report : quote ? &file.td_quote : &file.snp_report;
        int r = aza_bytes_set(part, report.data, report.len);
        if (r != 0)
                return r;
        if (quote)
                file.vm = AZA_VM_TDX;
        /* Only the kind; what is wrong with it is found when it is judged. */
        if (hcl)
                (void)aza_hcl_report_parse(libctx, report, &unused, &frame);
        if (frame.type == AZA_HCL_TDX)
                file.vm = AZA_VM_TDX;
        *ret = file;
        return 0;
}
