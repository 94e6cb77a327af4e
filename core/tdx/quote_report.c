/* SPDX-License-Identifier: Apache-2.0 */
/* H11: a TD quote and the TDREPORT beside it. */
#include "tdx/quote.h"

/* The quoting enclave copies all fields, so that a quote that differs in any is of another
 * TDREPORT. */
static bool check_quote(struct aza_span quote, struct aza_td *report, struct aza_checks *checks,
                        struct aza_td *ret)
{
        struct aza_td td = {0};
        const char *fault = aza_td_quote_body(quote, &td);

        if (fault != NULL)
                return aza_reject(checks, AZA_CHECK_H11, "%s", fault);
        if ((fault = aza_td_difference(&td, report)) != NULL)
                return aza_reject(checks, AZA_CHECK_H11, "the TD quote's %s is not the TDREPORT's",
                                  fault);
        if (ret != NULL)
                *ret = td;
        return aza_accept(checks, AZA_CHECK_H11, NULL);
}

bool aza_td_quote_verify(struct aza_span quote, struct aza_span td_report,
                         struct aza_checks *checks, struct aza_td *ret)
{
        struct aza_td report = {0};
        bool ok = false;

        if (quote.len == 0)
                (void)aza_not_checked(checks, AZA_CHECK_H11, AZA_NO_INPUT, "there is no TD quote");
        else if (!aza_td_report_read(td_report, &report))
                (void)aza_not_checked(checks, AZA_CHECK_H11, AZA_NO_INPUT, "there is no TDREPORT");
        else
                ok = check_quote(quote, &report, checks, ret);
        return ok;
}

bool aza_td_quote_read(struct aza_span quote, struct aza_td *ret)
{
        return aza_td_quote_body(quote, ret) == NULL;
}
