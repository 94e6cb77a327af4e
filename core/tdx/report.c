/* SPDX-License-Identifier: Apache-2.0 */
/* TDX: fields of TDREPORT and TD quote, and whether both are about the same trust domain. */
#include "tdx/report.h"

#include <stddef.h>

#define TEE_TDX 0x81u

struct field {
        const char *name;
        size_t where; /* in struct aza_td */
        size_t report, body, len;
};

/* The n-th row of the table at the end of this file, NULL past its last. */
static const struct field *field_at(size_t n);

static struct aza_span *span_at(struct aza_td *td, const struct field *f)
{
        return (struct aza_span *)(void *)((uint8_t *)td + f->where);
}

bool aza_td_report_read(struct aza_span td_report, struct aza_td *ret)
{
        if (td_report.len != AZA_TD_REPORT_LEN || td_report.data[0] != TEE_TDX)
                return false;
        for (size_t i = 0; field_at(i) != NULL; i++) {
                const struct field *f = field_at(i);
                *span_at(ret, f) = aza_span_of(td_report.data + f->report, f->len);
        }
        return true;
}

void aza_td_body_read(struct aza_span body, struct aza_td *ret)
{
        *ret = (struct aza_td){0};
        for (size_t i = 0; field_at(i) != NULL; i++) {
                const struct field *f = field_at(i);
                if (f->body + f->len <= body.len)
                        *span_at(ret, f) = aza_span_of(body.data + f->body, f->len);
        }
}

const char *aza_td_difference(struct aza_td *quote, struct aza_td *report)
{
        for (size_t i = 0; field_at(i) != NULL; i++) {
                const struct field *f = field_at(i);
                if (span_at(quote, f)->len != 0 &&
                    !aza_span_equal(*span_at(quote, f), *span_at(report, f)))
                        return f->name;
        }
        return NULL;
}

bool aza_td_debug_check(const struct aza_td *td, bool allow_debug, struct aza_checks *checks)
{
        if ((td->attributes.data[0] & 1u << AZA_TD_DEBUG) == 0)
                return aza_accept(checks, AZA_CHECK_H17, "no debug");
        if (allow_debug)
                return aza_accept(checks, AZA_CHECK_H17, "debug, which the profile allows");
        return aza_reject(checks, AZA_CHECK_H17,
                          "debug is allowed: the host can read the VM's memory");
}

bool aza_td_attributes_check(struct aza_span td_report, bool allow_debug, struct aza_checks *checks)
{
        struct aza_td td = {0};

        if (!aza_td_report_read(td_report, &td))
                return aza_not_checked(checks, AZA_CHECK_H17, AZA_NO_INPUT, "there is no TDREPORT");
        return aza_td_debug_check(&td, allow_debug, checks);
}

#define AT(member) offsetof(struct aza_td, member)
static const struct field fields[] = {
        {"report data", AT(report_data), 0x080, 520, 64},
        {"TEE TCB SVN", AT(tee_tcb_svn), 0x108, 0, 16},
        {"MRSEAM", AT(mrseam), 0x118, 16, 48},
        {"MRSIGNERSEAM", AT(mrsignerseam), 0x148, 64, 48},
        {"SEAM attributes", AT(seam_attributes), 0x178, 112, 8},
        {"attributes", AT(attributes), 0x200, 120, 8},
        {"XFAM", AT(xfam), 0x208, 128, 8},
        {"MRTD", AT(mrtd), 0x210, 136, 48},
        {"MRCONFIGID", AT(mrconfigid), 0x240, 184, 48},
        {"MROWNER", AT(mrowner), 0x270, 232, 48},
        {"MROWNERCONFIG", AT(mrownerconfig), 0x2A0, 280, 48},
        {"RTMR0", AT(rtmr[0]), 0x2D0, 328, 48},
        {"RTMR1", AT(rtmr[1]), 0x300, 376, 48},
        {"RTMR2", AT(rtmr[2]), 0x330, 424, 48},
        {"RTMR3", AT(rtmr[3]), 0x360, 472, 48},
        {"TEE TCB SVN 2", AT(tee_tcb_svn2), 0x180, 584, 16},
        {"MRSERVICETD", AT(mrservicetd), 0x390, 600, 48},
};

static const struct field *field_at(size_t n)
{
        return n < sizeof(fields) / sizeof(fields[0]) ? &fields[n] : NULL;
}
