/* SPDX-License-Identifier: Apache-2.0 */
/* TDREPORT and what a TD quote says of it (PROTOCOL.md 5.5, checks H11 and H17). Pure, fuzzed. */
#ifndef AZA_TDX_REPORT_H
#define AZA_TDX_REPORT_H

#include "base/checks.h"

#define AZA_TD_REPORT_LEN 1024u

#define AZA_TD_DEBUG           0u /* bits of `attributes` */
#define AZA_TD_LASS            27u
#define AZA_TD_SEPTVE_DISABLE  28u
#define AZA_TD_PROTECTION_KEYS 30u
#define AZA_TD_KEY_LOCKER      31u
#define AZA_TD_PERFMON         63u

/* What a TDREPORT or the body of a TD quote says; spans point into it. `attributes` and `xfam` are
 * little-endian. */
struct aza_td {
        struct aza_span tee_tcb_svn, mrseam, mrsignerseam, seam_attributes, attributes, xfam, mrtd,
                mrconfigid, mrowner, mrownerconfig, rtmr[4], report_data;
        struct aza_span tee_tcb_svn2, mrservicetd; /* empty in a body of TD 1.0 */
};
/* The body of a TD quote: 584 bytes (TD 1.0) or 648 (TD 1.5). */
void aza_td_body_read(struct aza_span body, struct aza_td *ret);
/* The first field of a quote's body that the TDREPORT has not likewise; NULL: none. */
const char *aza_td_difference(struct aza_td *quote, struct aza_td *report);
/* False when it has not 1024 bytes or is of another type than 0x81. */
bool aza_td_report_read(struct aza_span td_report, struct aza_td *ret);
/* The same of a TD quote, whose signature is not looked at; false when H11 says why. */
bool aza_td_quote_read(struct aza_span quote, struct aza_td *ret);

/* H11: the quote is about this TDREPORT; who signed it is H12's matter. Either empty: not checked.
 * True when H11 accepts; `ret` (may be NULL) then is what the quote says, else untouched. */
bool aza_td_quote_verify(struct aza_span quote, struct aza_span td_report,
                         struct aza_checks *checks, struct aza_td *ret);

/* H17: of the TD's attributes DEBUG is clear, or allowed, as S29 has it for SEV-SNP. That the
 * attributes are the quote's is H11's matter. True when it accepts. */
bool aza_td_attributes_check(struct aza_span td_report, bool allow_debug,
                             struct aza_checks *checks);
bool aza_td_debug_check(const struct aza_td *td, bool allow_debug, struct aza_checks *checks);

#endif
