/* SPDX-License-Identifier: Apache-2.0 */
/* What Intel's documents say of quoting enclave, platform and TDX module (I9-I13). */
#include "tdx/verify.h"

#include "base/clock.h"
#include "base/printable.h"
#include "tdx/p256.h"

#include <stdio.h>
#include <string.h>

struct levels {
        OSSL_LIB_CTX *libctx;
        const struct aza_td_platform *p;
        const struct aza_td_options *o;
        struct aza_checks *checks;
        struct aza_td_tcb *ret;
        struct aza_qe_identity qe;
        struct aza_tcb_info info;
        bool has_qe, has_info; /* signed, and of this time */
};

#define HOW "td-collateral of the evidence, --collateral, --fetch"

static void skip(struct levels *l, int from, int to, enum aza_outcome kind, const char *why)
{
        for (int id = from; id <= to; id++)
                (void)aza_not_checked(l->checks, (enum aza_check_id)id, kind, "%s", why);
}

/* ---- statuses ---- */

static bool accepted(const struct levels *l, enum aza_tcb_status status)
{
        return status == AZA_TCB_UP_TO_DATE || (status <= AZA_TCB_OUT_OF_DATE_CONFIGURATION &&
                                                (l->o->accept >> (unsigned int)status & 1) != 0);
}

/* Whether `list`, with ", " between its members, has this one. */
static bool has_member(const char *list, const char *member)
{
        const size_t len = strlen(member);

        for (const char *at = list; len > 0 && (at = strstr(at, member)) != NULL; at += len)
                if ((at == list || at[-1] == ' ') && (at[len] == '\0' || at[len] == ','))
                        return true;
        return len == 0;
}

/* Each once. What does not fit is left out, as a whole. */
static void add_advisories(struct aza_td_tcb *ret, json_object *list)
{
        for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
                const char *text = json_object_get_string(json_object_array_get_idx(list, i));
                size_t used = strlen(ret->advisories);
                char shown[40];
                (void)aza_printable(text, strlen(text), shown, sizeof(shown));
                if (has_member(ret->advisories, shown) ||
                    used + strlen(shown) + 3 > sizeof(ret->advisories))
                        continue;
                (void)snprintf(ret->advisories + used, sizeof(ret->advisories) - used, "%s%s",
                               used > 0 ? ", " : "", shown);
        }
}

/* A row for the status of one part. */
static void judge_status(struct levels *l, enum aza_check_id id, const struct aza_tcb_level *level,
                         const char *what)
{
        char date[32];

        (void)aza_printable(level->date, strlen(level->date), date, sizeof(date));
        add_advisories(l->ret, level->advisories);
        if (level->status == AZA_TCB_UNKNOWN)
                (void)aza_reject(l->checks, id, "%s is below every level of Intel's", what);
        else if (accepted(l, level->status))
                (void)aza_accept(l->checks, id, "%s: %s, level of %.10s", what,
                                 aza_tcb_status_text(level->status), date);
        else
                (void)aza_reject(l->checks, id, "%s is %s, level of %.10s%s%s", what,
                                 aza_tcb_status_text(level->status), date,
                                 l->ret->advisories[0] != '\0' ? ": " : "", l->ret->advisories);
        if (level->status != AZA_TCB_UNKNOWN && !accepted(l, level->status))
                aza_check_code(l->checks, AZATTEST_E_POLICY);
}

/* ---- documents ---- */

const char *aza_td_document_fault(OSSL_LIB_CTX *libctx, const struct aza_tcb_document *d,
                                  const struct aza_td_signer *signer, int64_t time)
{
        if (signer->fault != NULL)
                return signer->fault;
        if (!aza_p256_verify(libctx, X509_get0_pubkey(signer->chain.certs[0]), d->text,
                             aza_span_of(d->signature, sizeof(d->signature))))
                return "Intel's TCB signing key did not sign it";
        if (time < d->issued)
                return "it is from the future";
        return time >= d->next_update
                       ? "it is outdated: give newer collateral (--collateral, --fetch)"
                       : NULL;
}

/* True: read, signed and of this time; else `id` has its row. */
static bool take_document(struct levels *l, enum aza_check_id id, const char *fault,
                          const struct aza_tcb_document *d, const struct aza_td_signer *signer)
{
        char issued[32], next[32], found[80];

        if (fault == NULL)
                fault = aza_td_document_fault(l->libctx, d, signer, l->o->time);
        if (fault == NULL)
                return true;
        (void)aza_reject(l->checks, id, "%s: %s", id == AZA_CHECK_I9 ? "QE identity" : "TCB info",
                         fault);
        if (d->json != NULL) {
                (void)snprintf(found, sizeof(found), "%s to %s", aza_rfc3339(d->issued, issued),
                               aza_rfc3339(d->next_update, next));
                aza_check_values(l->checks, NULL, found);
        }
        return false;
}

/* I9. */
static void check_qe(struct levels *l)
{
        const struct aza_td_collateral *c = l->o->collateral;

        if (c == NULL || c->qe_identity.len == 0) {
                skip(l, AZA_CHECK_I9, AZA_CHECK_I9, AZA_UNAVAILABLE,
                     "no identity of the quoting enclave was given (" HOW ")");
                return;
        }
        const char *fault = aza_qe_identity_parse(aza_bytes_span(&c->qe_identity), &l->qe);
        l->has_qe = take_document(l, AZA_CHECK_I9, fault, &l->qe.document, l->p->signers->identity);
        if (!l->has_qe)
                return;
        fault = aza_qe_identity_fault(&l->qe, l->p->qe);
        if (fault != NULL) {
                (void)aza_reject(l->checks, AZA_CHECK_I9, "not Intel's quoting enclave: %s", fault);
                return;
        }
        struct aza_tcb_level level = aza_qe_level(&l->qe, l->p->qe->isv_svn);
        l->ret->qe = level.status;
        judge_status(l, AZA_CHECK_I9, &level, "the quoting enclave");
}

/* I10. */
static void check_info(struct levels *l)
{
        const struct aza_td_collateral *c = l->o->collateral;
        char wanted[13], found[13];

        if (c == NULL || c->tcb_info.len == 0) {
                skip(l, AZA_CHECK_I10, AZA_CHECK_I10, AZA_UNAVAILABLE,
                     "no TCB info was given (" HOW ")");
                return;
        }
        const char *fault = aza_tcb_info_parse(aza_bytes_span(&c->tcb_info), &l->info);
        if (!take_document(l, AZA_CHECK_I10, fault, &l->info.document, l->p->signers->info))
                return;
        if (l->p->pck == NULL) {
                skip(l, AZA_CHECK_I10, AZA_CHECK_I10, AZA_FOLLOWS, "as I4");
                return;
        }
        if (memcmp(l->info.fmspc, l->p->pck->fmspc, sizeof(l->info.fmspc)) != 0 ||
            memcmp(l->info.pce_id, l->p->pck->pce_id, sizeof(l->info.pce_id)) != 0) {
                (void)aza_reject(l->checks, AZA_CHECK_I10,
                                 "the TCB info is another platform's (FMSPC)");
                aza_check_values(
                        l->checks,
                        aza_hex(aza_span_of(l->p->pck->fmspc, sizeof(l->info.fmspc)), wanted),
                        aza_hex(aza_span_of(l->info.fmspc, sizeof(l->info.fmspc)), found));
                return;
        }
        l->has_info = true;
        memcpy(l->ret->fmspc, l->info.fmspc, sizeof(l->ret->fmspc));
        (void)aza_accept(l->checks, AZA_CHECK_I10, "FMSPC %s, evaluation number %lld",
                         aza_hex(aza_span_of(l->info.fmspc, sizeof(l->info.fmspc)), found),
                         (long long)l->info.document.evaluation);
}

/* ---- levels ---- */

/* I11. */
static void check_module(struct levels *l)
{
        struct aza_tcb_level level;
        const char *fault = aza_tdx_module(&l->info, l->p->td, &level);
        char what[40];

        if (fault != NULL) {
                (void)aza_reject(l->checks, AZA_CHECK_I11, "%s", fault);
                return;
        }
        (void)snprintf(what, sizeof(what), "TDX module TDX_%02X, SVN %u",
                       l->p->td->tee_tcb_svn.data[1], l->p->td->tee_tcb_svn.data[0]);
        l->ret->module = level.status;
        judge_status(l, AZA_CHECK_I11, &level, what);
}

/* What could not be judged has a row of its own that says so. */
static enum aza_tcb_status known_of(enum aza_tcb_status status)
{
        return status == AZA_TCB_UNKNOWN ? AZA_TCB_UP_TO_DATE : status;
}

/* I12: the platform's level, and the worst of all three. */
static void check_level(struct levels *l)
{
        struct aza_tcb_level level = aza_tcb_level_of(&l->info, l->p->pck, l->p->td);
        struct aza_td_tcb *t = l->ret;

        t->platform = level.status;
        t->evaluation = l->info.document.evaluation;
        (void)aza_printable(level.date, strlen(level.date), t->date, sizeof(t->date));
        t->status = aza_tcb_worst(aza_tcb_worst(t->platform, t->module), t->qe);
        add_advisories(t, level.advisories);
        const enum aza_tcb_status known = aza_tcb_worst(known_of(t->module), known_of(t->qe));
        const enum aza_tcb_status worst = aza_tcb_worst(t->platform, known);
        if (worst == AZA_TCB_UNKNOWN || accepted(l, worst) || !accepted(l, t->platform)) {
                judge_status(l, AZA_CHECK_I12, &level, "the platform");
                return;
        }
        (void)aza_reject(l->checks, AZA_CHECK_I12,
                         "%s: the platform is %s, its TDX module %s, the quoting enclave %s",
                         aza_tcb_status_text(worst), aza_tcb_status_text(t->platform),
                         aza_tcb_status_text(t->module), aza_tcb_status_text(t->qe));
}

/* I13: both documents. */
static void check_evaluation(struct levels *l)
{
        int64_t lowest = l->info.document.evaluation;

        if (l->o->evaluation == 0) {
                skip(l, AZA_CHECK_I13, AZA_CHECK_I13, AZA_SWITCHED_OFF,
                     "no lowest evaluation number was asked for");
                return;
        }
        if (!l->has_info || !l->has_qe) {
                skip(l, AZA_CHECK_I13, AZA_CHECK_I13, AZA_FOLLOWS,
                     l->has_info ? "as I9" : "as I10");
                return;
        }
        if (l->qe.document.evaluation < lowest)
                lowest = l->qe.document.evaluation;
        if (lowest < l->o->evaluation)
                (void)aza_reject(
                        l->checks, AZA_CHECK_I13,
                        "evaluation number %lld is below %u: the documents are good, but older ones than there are",
                        (long long)lowest, l->o->evaluation);
        else
                (void)aza_accept(l->checks, AZA_CHECK_I13, "%lld", (long long)lowest);
}

void aza_td_levels_check(OSSL_LIB_CTX *libctx, const struct aza_td_platform *platform,
                         const struct aza_td_options *options, struct aza_checks *checks,
                         struct aza_td_tcb *ret)
{
        struct levels l = {
                .libctx = libctx, .p = platform, .o = options, .checks = checks, .ret = ret};

        if (options->no_collateral) {
                skip(&l, AZA_CHECK_I9, AZA_CHECK_I13, AZA_SWITCHED_OFF,
                     "the profile asks for no collateral");
                return;
        }
        check_qe(&l);
        check_info(&l);
        if (l.has_info) {
                check_module(&l);
                check_level(&l);
        } else {
                skip(&l, AZA_CHECK_I11, AZA_CHECK_I12, AZA_FOLLOWS, "as I10");
        }
        check_evaluation(&l);
        aza_qe_identity_free(&l.qe);
        aza_tcb_info_free(&l.info);
}
