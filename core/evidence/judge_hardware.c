/* SPDX-License-Identifier: Apache-2.0 */
/* Judging evidence, first half: kind of VM, hardware report, runtime data. */
#include "evidence/judge_parts.h"

#include "base/error.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes the row of `id` a rejection with `code`: what was found later contradicts it. */
static void overrule(struct aza_judging *c, enum aza_check_id id, int code, const char *why)
{
        for (size_t i = 0; i < c->checks->count; i++) {
                struct aza_check *row = &c->checks->items[i];
                if (row->id != id)
                        continue;
                if (row->outcome == AZA_REJECT)
                        return;
                free(row->reason);
                row->reason = strdup(why);
                c->checks->out_of_memory |= row->reason == NULL;
                row->outcome = AZA_REJECT;
                row->required = true;
                row->code = code;
                return;
        }
        (void)aza_reject(c->checks, id, "%s", why);
        aza_check_code(c->checks, code);
}

/* ---- kind of VM and hardware report ---- */

/* The part that a VM of this kind does not have, or NULL: parts of several VMs were put
 * together. */
static const char *foreign_part(const struct aza_judging *c)
{
        const struct aza_evidence_file *f = c->f;
        enum aza_vm vm = c->j->vm;

        if (vm != AZA_VM_TDX && f->td_quote.len > 0)
                return "td-quote";
        if (vm != AZA_VM_SEVSNP && f->snp_report.len > 0)
                return "snp-report";
        if (vm != AZA_VM_SEVSNP && f->vcek_chain.len > 0)
                return "vcek-chain";
        return NULL;
}

/* The kind is read off the evidence; that it fits the demand is part of H5. */
static void check_kind(struct aza_judging *c)
{
        const char *foreign = foreign_part(c);
        char why[100];

        if (foreign != NULL) {
                (void)snprintf(why, sizeof(why),
                               "the file holds \"%s\", which a VM of this kind does not have",
                               foreign);
                overrule(c, AZA_CHECK_H5, AZATTEST_E_EVIDENCE, why);
        }
        if (c->f->vm != c->j->vm)
                overrule(c, AZA_CHECK_H5, AZATTEST_E_EVIDENCE,
                         "the file names another kind of VM than its content is of");
        else if (!aza_vm_allowed(c->o->require, c->j->vm))
                overrule(c, AZA_CHECK_H5, AZATTEST_E_REQUIREMENT,
                         "this kind of VM is not what the verifier requires (--require, require)");
}

static void judge_parts(struct aza_judging *c)
{
        const struct aza_evidence_file *f = c->f;

        aza_judge_skip(c, AZA_ROWS(H1, H4), AZA_NOT_APPLICABLE, false,
                       "report and runtime data came without their HCL frame");
        c->j->vm = AZA_VM_SEVSNP;
        (void)aza_accept(c->checks, AZA_CHECK_H5, "an SNP report without HCL frame");
        aza_judge_skip(c, AZA_ROWS(H6, H8), AZA_NOT_APPLICABLE, false, "no HCL frame: SHA-256");
        c->hardware = aza_bytes_span(&f->snp_report);
        if (f->snp_report.len == AZA_SNP_REPORT_LEN)
                c->report_data = aza_span_of(f->snp_report.data + 0x50, 64);
        c->runtime = aza_bytes_span(&f->runtime_data);
        if (c->runtime.len == 0 || c->report_data.len == 0)
                aza_judge_skip(c, AZA_ROWS(H9, H10), AZA_NO_INPUT, !c->o->report_only,
                               "no runtime data or no report");
        else
                (void)aza_runtime_binding(c->libctx, c->runtime, 1, c->report_data, c->checks);
}

static void judge_frame(struct aza_judging *c)
{
        const struct aza_evidence_file *f = c->f;
        struct aza_hcl_report hcl = {0};

        (void)aza_hcl_report_parse(c->libctx, aza_bytes_span(&f->hcl_report), c->checks, &hcl);
        c->hardware = hcl.hardware;
        c->runtime = hcl.runtime;
        c->report_data = hcl.report_data;
        /* A frame that cannot be read says nothing about the kind. */
        c->j->vm = hcl.type == AZA_HCL_TDX   ? AZA_VM_TDX
                   : hcl.type == AZA_HCL_SNP ? AZA_VM_SEVSNP
                                             : f->vm;
        /* What stands beside the frame must be what is in it. */
        if (f->snp_report.len > 0 && !aza_span_equal(aza_bytes_span(&f->snp_report), hcl.hardware))
                overrule(c, AZA_CHECK_H5, AZATTEST_E_EVIDENCE,
                         "\"snp-report\" is not the one in \"hcl-report\"");
        if (f->runtime_data.len > 0 &&
            !aza_span_equal(aza_bytes_span(&f->runtime_data), hcl.runtime))
                overrule(c, AZA_CHECK_H9, AZATTEST_E_EVIDENCE,
                         "\"runtime-data\" is not that in \"hcl-report\"");
}

static void judge_hcl(struct aza_judging *c)
{
        const struct aza_evidence_file *f = c->f;

        if (f->hcl_report.len > 0) {
                judge_frame(c);
        } else if (f->snp_report.len > 0 || f->runtime_data.len > 0) {
                judge_parts(c);
        } else if (f->td_quote.len > 0 || f->vcek_chain.len > 0 || f->vm != AZA_VM_TRUSTEDLAUNCH) {
                c->j->vm = f->td_quote.len > 0 ? AZA_VM_TDX : f->vm;
                /* A TD quote by itself was never to have one. */
                aza_judge_skip(c, AZA_ROWS(H1, H10), AZA_NO_INPUT, !c->o->report_only,
                               "there is no HCL report");
        } else {
                c->j->vm = AZA_VM_TRUSTEDLAUNCH;
                aza_judge_skip(c, AZA_ROWS(H1, H10), AZA_NOT_APPLICABLE, false,
                               "Trusted Launch has no HCL report");
        }
        check_kind(c);
}

static void judge_hardware(struct aza_judging *c)
{
        struct aza_snp_options o = c->o->snp;

        if (c->o->allow_debug)
                o.policy_allow |= AZA_SNP_POLICY_DEBUG;

        aza_judge_tdx(c);
        if (c->j->vm != AZA_VM_SEVSNP) {
                /* Demands that only an SNP report can meet are not met by there being none. */
                bool demanded = c->o->snp_demanded;
                aza_judge_skip(c, AZA_ROWS(S1, S24), AZA_NOT_APPLICABLE, false, "no SEV-SNP");
                aza_judge_skip(c, AZA_ROWS(S25, S36), demanded ? AZA_NO_INPUT : AZA_NOT_APPLICABLE,
                               demanded, "no SEV-SNP");
                return;
        }
        if (c->hardware.len == 0) {
                aza_judge_skip(c, AZA_ROWS(S1, S36), AZA_NO_INPUT, true, "there is no report");
                return;
        }
        AZA_OWN(aza_certs_free) aza_certs *pile = sk_X509_new_null();
        if (pile == NULL ||
            aza_certs_add(c->libctx, aza_bytes_span(&c->f->vcek_chain), pile) != 0 ||
            aza_certs_copy(c->o->certs, pile) != 0) {
                aza_judge_skip(c, AZA_ROWS(S1, S9), AZA_FOLLOWS, true, "as S10");
                (void)aza_reject(c->checks, AZA_CHECK_S10, "%s", aza_last_error()->message);
                aza_judge_skip(c, AZA_ROWS(S11, S36), AZA_FOLLOWS, true, "as S10");
                return;
        }
        o.certs = pile;
        o.time = c->o->time;
        o.crl_mode = c->o->crl_mode;
        struct aza_snp_chain chain;
        aza_snp_chain_find(c->libctx, pile, o.roots != NULL ? o.roots : "", &chain);
        if (chain.ark != NULL)
                o.crl = aza_crl_of(c->o->crls, X509_get_subject_name(chain.ark));
        c->j->product = chain.product;
        aza_snp_chain_free(&chain);
        (void)aza_snp_verify(c->libctx, c->hardware, &o, c->checks, &c->j->snp);
        c->j->has_snp = c->j->snp.version != 0;
}

/* ---- runtime data ---- */

/* What the host told the paravisor: hashed, not measured (H15). */
static void show_host_words(struct aza_judging *c)
{
        json_object *vm = aza_json_object(c->run.json, "vm-configuration");
        bool secure_boot = false, persisted = false;
        const char *boot =
                aza_json_bool(vm, "secure-boot", &secure_boot) ? (secure_boot ? "on" : "off") : "?";
        const char *kept =
                aza_json_bool(vm, "tpm-persisted", &persisted) ? (persisted ? "yes" : "no") : "?";
        json_object *provisioner = NULL;

        (void)json_object_object_get_ex(vm, "vmgs-provisioner", &provisioner);
        (void)aza_accept(c->checks, AZA_CHECK_H15,
                         "host says: VM %.40s, secure boot %s, vTPM persisted %s%s; no identity",
                         c->j->vmid[0] != '\0' ? c->j->vmid : "without id", boot, kept,
                         provisioner != NULL ? ", state provisioned by others" : "");
}

/* In a report alone nothing but its user data can answer a nonce; elsewhere the quote does (Q5). */
static struct aza_span wanted_nonce(const struct aza_judging *c)
{
        return c->o->report_only ? c->o->nonce : (struct aza_span){0};
}

/* `user_data` is the nonce, then zeros. User data that nobody wrote is all zeros: no nonce may
 * be. */
static bool carries(const uint8_t user_data[64], struct aza_span nonce)
{
        return nonce.len > 0 && nonce.len <= 64 && !aza_span_is_zero(nonce) &&
               aza_span_equal(nonce, aza_span_of(user_data, nonce.len)) &&
               aza_span_is_zero(aza_span_of(user_data + nonce.len, 64 - nonce.len));
}

static void judge_user_data(struct aza_judging *c)
{
        struct aza_span wanted = c->o->user_data, nonce = wanted_nonce(c);
        struct aza_span found = aza_span_of(c->run.user_data, sizeof(c->run.user_data));
        char hex[2 * 64 + 1];

        if (wanted.data == NULL && nonce.data == NULL) {
                aza_judge_skip(c, AZA_ROWS(H16, H16), AZA_SWITCHED_OFF, false,
                               "no user data was asked for; freshness is the quote's nonce");
                return;
        }
        if (!c->run.has_user_data) {
                (void)aza_reject(c->checks, AZA_CHECK_H16, "the report carries no user data%s",
                                 nonce.data != NULL ? ": the nonce is not bound to it" : "");
                return;
        }
        if (wanted.data != NULL && !aza_span_equal(wanted, found)) {
                (void)aza_reject(c->checks, AZA_CHECK_H16, "the report carries other user data");
        } else if (nonce.data != NULL && !carries(c->run.user_data, nonce)) {
                (void)aza_reject(
                        c->checks, AZA_CHECK_H16,
                        "the nonce is not bound to the report: its user data is not the nonce's 1 to 64 bytes followed by zeros");
        } else {
                (void)aza_accept(c->checks, AZA_CHECK_H16, "%s",
                                 nonce.data != NULL ? "the report carries the nonce"
                                                    : "the report carries the user data");
                return;
        }
        aza_check_values(c->checks, NULL, aza_hex(found, hex));
}

/* The row of H16, just added, when there is nothing to look at: it was asked for all the same. */
static void require_user_data(struct aza_judging *c)
{
        if (c->o->user_data.data != NULL || wanted_nonce(c).data != NULL)
                aza_check_required(c->checks, true);
}

static void judge_runtime(struct aza_judging *c)
{
        if (c->j->vm == AZA_VM_TRUSTEDLAUNCH) {
                aza_judge_skip(c, AZA_ROWS(H13, H16), AZA_NOT_APPLICABLE, false,
                               "Trusted Launch has no HCL report");
                require_user_data(c);
                return;
        }
        if (c->runtime.len == 0) {
                aza_judge_skip(c, AZA_ROWS(H13, H16), AZA_NO_INPUT, !c->o->report_only,
                               "there is no runtime data");
                require_user_data(c);
                return;
        }
        if (!aza_runtime_parse(c->libctx, c->runtime, c->checks, &c->run)) {
                aza_judge_skip(c, AZA_ROWS(H15, H16), AZA_FOLLOWS, true, "as H13");
                return;
        }
        if (c->run.vmid != NULL && strlen(c->run.vmid) < sizeof(c->j->vmid))
                (void)aza_printable(c->run.vmid, strlen(c->run.vmid), c->j->vmid,
                                    sizeof(c->j->vmid));
        c->j->runtime = json_object_get(c->run.json);
        show_host_words(c);
        judge_user_data(c);
}

/* A9: what is known against CVE-2025-49707. */
static void judge_trust_fall(struct aza_judging *c)
{
        const struct aza_check *svn = aza_checks_get(c->checks, AZA_CHECK_S32);

        if (c->j->vm == AZA_VM_TRUSTEDLAUNCH)
                (void)aza_accept(
                        c->checks, AZA_CHECK_A9,
                        "WEAKER: on Trusted Launch the fix only refuses renewal; a replaced AK would not show");
        else if (svn != NULL && svn->outcome == AZA_ACCEPT)
                (void)aza_accept(
                        c->checks, AZA_CHECK_A9,
                        "the paravisor's SVN meets our baseline (S32); the fixed value is not published");
        else if (svn != NULL && svn->outcome == AZA_REJECT)
                aza_judge_skip(c, AZA_ROWS(A9, A9), AZA_FOLLOWS, true, "as S32");
        else
                aza_judge_skip(c, AZA_ROWS(A9, A9), AZA_UNAVAILABLE, false,
                               "no floor for the paravisor's version was applied");
}

void aza_judge_hardware(struct aza_judging *c)
{
        judge_hcl(c);
        judge_hardware(c);
        judge_runtime(c);
        judge_trust_fall(c);
}
