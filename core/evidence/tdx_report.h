/* SPDX-License-Identifier: Apache-2.0 */
/* TDREPORT and TD quote (protocol.md 5.5, checks H11 and H12). Pure, fuzzed. */
#ifndef AZA_EVIDENCE_TDX_REPORT_H
#define AZA_EVIDENCE_TDX_REPORT_H

#include "base/checks.h"

#define AZA_TD_REPORT_LEN 1024u

/* Spans point into the TDREPORT. */
struct aza_td_report {
        struct aza_span report_data, mrtd, mrconfigid, mrowner, mrownerconfig, rtmr[4], attributes,
                xfam, tee_tcb_svn, mrseam;
};
/* False when it has not 1024 bytes or is of another type than 0x81. */
bool aza_td_report_read(struct aza_span td_report, struct aza_td_report *ret);

/* H11: the quote is about this TDREPORT. H12 is "not checked": Intel's signature chain is not
 * verified here. `quote` empty: both not checked. True when H11 accepts. */
bool aza_td_quote_verify(struct aza_span quote, struct aza_span td_report,
                         struct aza_checks *checks);

#endif
