/* SPDX-License-Identifier: Apache-2.0 */
/* The whole verification of an SNP report, S1-S36, in the order that keeps unverified values from
 * deciding anything: form, certificates, signature, then values. */
#include "snp/policy.h"

#include <openssl/err.h>
#include <string.h>

static bool skip_range(struct aza_checks *checks, int from, int to, const char *why)
{
        for (int id = from; id <= to; id++)
                (void)aza_not_checked(checks, (enum aza_check_id)id, AZA_FOLLOWS, "%s", why);
        return false;
}

static bool check_tcb(const struct aza_snp_report *report, const struct aza_snp_chain *chain,
                      struct aza_checks *checks)
{
        struct aza_snp_tcb reported = aza_snp_tcb_of(report->reported_tcb, chain->product);
        struct aza_snp_tcb current = aza_snp_tcb_of(report->current_tcb, chain->product);
        char a[96], b[96];
        bool ok = true;

        if (chain->product_name[0] == '\0')
                return skip_range(checks, AZA_CHECK_S23, AZA_CHECK_S24, "as S17");
        if (aza_snp_tcb_equal(&chain->spl, &reported)) {
                (void)aza_accept(checks, AZA_CHECK_S23, "%s",
                                 aza_snp_tcb_text(&reported, chain->product, a));
        } else {
                ok = aza_reject(
                        checks, AZA_CHECK_S23,
                        "host updated between certificate and report; fetch the certificate again");
                aza_check_values(checks, aza_snp_tcb_text(&chain->spl, chain->product, a),
                                 aza_snp_tcb_text(&reported, chain->product, b));
        }
        if (aza_snp_tcb_at_most(&chain->spl, &current))
                (void)aza_accept(checks, AZA_CHECK_S24, NULL);
        else
                ok = aza_reject(checks, AZA_CHECK_S24,
                                "the certificate's TCB is above the current one");
        return ok;
}

/* Nobody's signature covers the report yet: what it says can refuse it, and prove nothing. */
static void check_unsigned(const struct aza_snp_report *report,
                           const struct aza_snp_options *options, struct aza_checks *checks)
{
        AZA_CHECKS struct aza_checks rows = {0};

        /* Without CPUID nothing says which layout its TCB words have. */
        if (!report->has_cpuid) {
                (void)skip_range(checks, AZA_CHECK_S25, AZA_CHECK_S36, "as S10");
                return;
        }
        (void)aza_snp_policy_check(report, report->product, options, &rows);
        aza_checks_unproven(checks, &rows, AZA_FOLLOWS, "as S10");
}

static bool verify(OSSL_LIB_CTX *libctx, struct aza_span bytes,
                   const struct aza_snp_options *options, struct aza_checks *checks,
                   struct aza_snp_report *ret)
{
        struct aza_snp_chain chain;
        struct aza_snp_report report = {0};
        const char *roots = options->roots != NULL ? options->roots : "";

        aza_snp_chain_find(libctx, options->certs, roots, &chain);
        bool form = aza_snp_report_parse(bytes, chain.signer, checks, &report);
        if (ret != NULL && report.version != 0)
                *ret = report;
        /* A report whose product nobody knows has no TCB layout: nothing behind this can be
         * read. */
        if (!form) {
                aza_snp_chain_free(&chain);
                return skip_range(checks, AZA_CHECK_S9, AZA_CHECK_S36, "as S1 to S8");
        }
        const struct aza_snp_chain_options how = {.roots = roots,
                                                  .time = options->time,
                                                  .allow_masked_chip = options->allow_masked_chip,
                                                  .csp_id = options->csp_id};
        bool ok = aza_snp_chain_verify(libctx, &chain, &report, &how, checks);
        ok &= aza_snp_crl_verify(&chain, options->crl, options->crl_mode, options->time, checks);
        if (chain.leaf == NULL || chain.ask == NULL || chain.ark == NULL) {
                ok = skip_range(checks, AZA_CHECK_S22, AZA_CHECK_S24, "as S10");
                check_unsigned(&report, options, checks);
        } else {
                ok &= aza_snp_report_signature(libctx, &report, X509_get0_pubkey(chain.leaf),
                                               checks);
                ok &= check_tcb(&report, &chain, checks);
                ok &= aza_snp_policy_check(&report, chain.product, options, checks);
        }
        aza_snp_chain_free(&chain);
        return ok;
}

bool aza_snp_verify(OSSL_LIB_CTX *libctx, struct aza_span bytes,
                    const struct aza_snp_options *options, struct aza_checks *checks,
                    struct aza_snp_report *ret)
{
        (void)ERR_set_mark();
        bool ok = verify(libctx, bytes, options, checks, ret);
        (void)ERR_pop_to_mark(); /* what OpenSSL could not read is in the rows */
        return ok;
}
