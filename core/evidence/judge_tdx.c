/* SPDX-License-Identifier: Apache-2.0 */
/* Judging evidence: what is of TDX in it (H11, H12, H17, I1-I15). */
#include "evidence/judge_parts.h"

/* A demand that only a TD can meet is not met by there being none. */
static void judge_none(struct aza_judging *c)
{
        const bool demanded = c->o->td_demanded;

        aza_judge_skip(c, AZA_ROWS(H11, H12), AZA_NOT_APPLICABLE, false, "no TDX");
        aza_judge_skip(c, AZA_ROWS(H17, H17), AZA_NOT_APPLICABLE, false, "no TDX");
        aza_judge_skip(c, AZA_ROWS(I1, I13), AZA_NOT_APPLICABLE, false, "no TDX");
        aza_judge_skip(c, AZA_ROWS(I14, I14), demanded ? AZA_NO_INPUT : AZA_NOT_APPLICABLE,
                       demanded, "no TDX");
        aza_judge_skip(c, AZA_ROWS(I15, I15), AZA_NOT_APPLICABLE, false, "no TDX");
}

static struct aza_td_options options_of(const struct aza_judging *c)
{
        const struct aza_profile *profile = c->o->snp.profile;
        struct aza_td_options o = c->o->td;

        if (profile == NULL)
                profile = aza_profile_find(NULL);
        if (o.collateral == NULL && !aza_td_collateral_is_empty(&c->f->td_collateral))
                o.collateral = &c->f->td_collateral;
        o.time = c->o->time;
        o.no_collateral = profile->no_td_collateral;
        o.any_fields = profile->no_td_collateral;
        o.ignore_crl = c->o->crl_mode == AZA_CRL_IGNORE;
        if (o.evaluation < profile->td_evaluation)
                o.evaluation = profile->td_evaluation;
        o.allow_debug = c->o->allow_debug || (c->o->snp.policy_allow & AZA_SNP_POLICY_DEBUG) != 0;
        return o;
}

/* H17 and I14 of the TDREPORT; without one of the quote, which proves it when it is Intel's. */
static void judge_fields(struct aza_judging *c, const struct aza_td_options *o, bool proven)
{
        AZA_CHECKS struct aza_checks rows = {0};
        struct aza_td td = {0};
        const bool report = aza_td_report_read(c->hardware, &td);

        if (!report && !aza_td_quote_read(aza_bytes_span(&c->f->td_quote), &td)) {
                (void)aza_td_attributes_check(c->hardware, o->allow_debug, c->checks);
                aza_judge_skip(c, AZA_ROWS(I14, I14), AZA_NO_INPUT, true,
                               "there is neither TDREPORT nor TD quote");
                return;
        }
        (void)aza_td_debug_check(&td, o->allow_debug, &rows);
        (void)aza_td_fields_check(&td, o, &rows);
        if (report || proven)
                aza_checks_append(c->checks, &rows);
        else
                aza_checks_unproven(c->checks, &rows, AZA_FOLLOWS, "as H12");
}

void aza_judge_tdx(struct aza_judging *c)
{
        const struct aza_td_options o = options_of(c);
        const struct aza_span quote = aza_bytes_span(&c->f->td_quote);
        /* A quote by itself, not one that was left out or came without its report. */
        const bool alone = c->o->report_only && c->f->hcl_report.len == 0;

        if (c->j->vm != AZA_VM_TDX) {
                judge_none(c);
                return;
        }
        c->j->has_td = aza_td_quote_verify(quote, c->hardware, c->checks, &c->j->td);
        if (alone)
                aza_check_required(c->checks, false);
        if (quote.len > 0) {
                c->j->td_signed =
                        aza_td_signature_verify(c->libctx, quote, &o, c->checks, &c->j->td_tcb);
        } else {
                aza_judge_skip(c, AZA_ROWS(H12, H12), AZA_NO_INPUT, true, "there is no TD quote");
                aza_judge_skip(c, AZA_ROWS(I1, I13), AZA_FOLLOWS, true, "there is no TD quote");
        }
        if (alone && c->j->td_signed)
                c->j->has_td = aza_td_quote_read(quote, &c->j->td);
        judge_fields(c, &o, c->j->td_signed);
        (void)aza_td_report_hashes(c->libctx, c->hardware, c->checks);
        if (alone)
                aza_check_required(c->checks, false);
}
