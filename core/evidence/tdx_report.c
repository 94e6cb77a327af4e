/* SPDX-License-Identifier: Apache-2.0 */
/* TDX: fields of the TDREPORT, and whether a TD quote is about the same trust domain. */
#include "evidence/tdx_report.h"

#define QUOTE_VERSION 4u
#define TEE_TDX       0x81u
#define QUOTE_HEADER  48u
#define QUOTE_BODY    584u
#define BODY_MRTD     136u
#define BODY_DATA     520u

static struct aza_span at(struct aza_span s, size_t offset, size_t len)
{
        return aza_span_of(s.data + offset, len);
}

bool aza_td_report_read(struct aza_span td_report, struct aza_td_report *ret)
{
        if (td_report.len != AZA_TD_REPORT_LEN || td_report.data[0] != TEE_TDX)
                return false;
        *ret = (struct aza_td_report){
                .report_data = at(td_report, 0x080, 64),
                .tee_tcb_svn = at(td_report, 0x108, 16),
                .mrseam = at(td_report, 0x118, 48),
                .attributes = at(td_report, 0x200, 8),
                .xfam = at(td_report, 0x208, 8),
                .mrtd = at(td_report, 0x210, 48),
                .mrconfigid = at(td_report, 0x240, 48),
                .mrowner = at(td_report, 0x270, 48),
                .mrownerconfig = at(td_report, 0x2A0, 48),
        };
        for (size_t i = 0; i < 4; i++)
                ret->rtmr[i] = at(td_report, 0x2D0 + 48 * i, 48);
        return true;
}

static const char *quote_fault(struct aza_span quote, const struct aza_td_report *report)
{
        struct aza_reader r = aza_reader_of(quote);
        uint16_t version = aza_read_le16(&r);

        (void)aza_read_le16(&r); /* type of the attestation key */
        uint32_t tee = aza_read_le32(&r);
        (void)aza_read(&r, QUOTE_HEADER - 8);
        struct aza_span body = aza_read(&r, QUOTE_BODY);
        if (r.failed)
                return "the TD quote is cut off";
        if (version != QUOTE_VERSION)
                return "the TD quote is not of version 4";
        if (tee != TEE_TDX)
                return "the quote is of another kind of enclave than TDX";
        if (!aza_span_equal(at(body, BODY_DATA, 64), report->report_data))
                return "the TD quote's report data is not the TDREPORT's";
        if (!aza_span_equal(at(body, BODY_MRTD, 48), report->mrtd))
                return "the TD quote's MRTD is not the TDREPORT's";
        return NULL;
}

bool aza_td_quote_verify(struct aza_span quote, struct aza_span td_report,
                         struct aza_checks *checks)
{
        struct aza_td_report report;
        bool ok = false;

        if (quote.len == 0) {
                (void)aza_not_checked(checks, AZA_CHECK_H11, AZA_NO_INPUT, "there is no TD quote");
        } else if (!aza_td_report_read(td_report, &report)) {
                (void)aza_not_checked(checks, AZA_CHECK_H11, AZA_NO_INPUT, "there is no TDREPORT");
        } else {
                const char *fault = quote_fault(quote, &report);
                ok = fault == NULL ? aza_accept(checks, AZA_CHECK_H11, NULL)
                                   : aza_reject(checks, AZA_CHECK_H11, "%s", fault);
        }
        (void)aza_not_checked(
                checks, AZA_CHECK_H12, AZA_UNAVAILABLE,
                "Intel's signature chain of the TD quote is not verified by azattest");
        return ok;
}
