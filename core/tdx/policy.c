/* SPDX-License-Identifier: Apache-2.0 */
/* Demands on a TD (I14), and whether a TDREPORT fits its own hashes (I15). */
#include "tdx/verify.h"

#include <openssl/evp.h>
#include <string.h>

/* Attributes that take nothing from the TD: the low byte is for debuggers and profilers, bit 29
 * lets a migration TD take it away; DEBUG is H17's. */
#define ATTRIBUTES_KNOWN                                                              \
        (1ull << AZA_TD_DEBUG | 1ull << AZA_TD_LASS | 1ull << AZA_TD_SEPTVE_DISABLE | \
         1ull << AZA_TD_PROTECTION_KEYS | 1ull << AZA_TD_KEY_LOCKER | 1ull << AZA_TD_PERFMON)
/* XSAVE features of which TDX modules know how to keep them private. */
#define XFAM_KNOWN 0x6DBE7ull

#define SHA384_LEN  48
#define REPORT_TYPE 4 /* type, subtype, version, zero */

static uint64_t le64(struct aza_span s)
{
        uint64_t v = 0;

        for (size_t i = s.len; i-- > 0;)
                v = v << 8 | s.data[i];
        return v;
}

/* ---- I14 ---- */

static const char *platform_fault(const struct aza_td *td)
{
        const uint64_t attributes = le64(td->attributes);

        if ((attributes & ~ATTRIBUTES_KNOWN) != 0)
                return "attributes that weaken a TD, or are unknown here, are set";
        if ((attributes & 1ull << AZA_TD_SEPTVE_DISABLE) == 0)
                return "SEPT_VE_DISABLE is not set: the host can make the TD handle faults of its own memory";
        if ((le64(td->xfam) & ~XFAM_KNOWN) != 0)
                return "XFAM has features that are unknown here";
        if (!aza_span_is_zero(td->mrconfigid) || !aza_span_is_zero(td->mrowner) ||
            !aza_span_is_zero(td->mrownerconfig))
                return "MRCONFIGID, MROWNER or MROWNERCONFIG is not zero, as all of Azure's are";
        return NULL;
}

static const char *demand_fault(const struct aza_td *td, const struct aza_td_options *o,
                                struct aza_span *ret_wanted, struct aza_span *ret_found)
{
        const struct {
                struct aza_span wanted, found;
                const char *fault;
        } all[] = {{o->mrtd, td->mrtd, "MRTD is another"},
                   {o->mrseam, td->mrseam, "MRSEAM is another: another TDX module"},
                   {o->mrservicetd, td->mrservicetd,
                    "MRSERVICETD is another, or the quote has none (a body of TD 1.0)"}};

        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                if (all[i].wanted.data == NULL || aza_span_equal(all[i].wanted, all[i].found))
                        continue;
                *ret_wanted = all[i].wanted;
                *ret_found = all[i].found;
                return all[i].fault;
        }
        return NULL;
}

bool aza_td_fields_check(const struct aza_td *td, const struct aza_td_options *o,
                         struct aza_checks *checks)
{
        struct aza_span wanted = {0}, found = {0};
        char attributes[17], xfam[17], a[2 * SHA384_LEN + 1], b[2 * SHA384_LEN + 1];
        const char *fault = o->any_fields ? NULL : platform_fault(td);

        (void)aza_hex(td->attributes, attributes);
        (void)aza_hex(td->xfam, xfam);
        if (fault == NULL)
                fault = demand_fault(td, o, &wanted, &found);
        if (fault == NULL)
                return aza_accept(checks, AZA_CHECK_I14, "attributes %s, XFAM %s%s", attributes,
                                  xfam,
                                  o->any_fields ? ", which the profile does not look at" : "");
        (void)aza_reject(checks, AZA_CHECK_I14, "%s (attributes %s, XFAM %s)", fault, attributes,
                         xfam);
        if (wanted.data != NULL)
                aza_check_values(checks, aza_hex(wanted, a),
                                 found.len > 0 ? aza_hex(found, b) : "none");
        return false;
}

/* ---- I15 ---- */

static bool hash_is(OSSL_LIB_CTX *libctx, struct aza_span content, const uint8_t *wanted)
{
        uint8_t hash[SHA384_LEN];
        size_t len = 0;

        return EVP_Q_digest(libctx, "SHA384", NULL, content.data, content.len, hash, &len) == 1 &&
               len == SHA384_LEN && memcmp(hash, wanted, SHA384_LEN) == 0;
}

/* Version 1 has a hash of service TDs in it, version 0 has none. */
static bool version_fits(const uint8_t *r)
{
        const bool service = !aza_span_is_zero(aza_span_of(r + 0x390, SHA384_LEN));

        return r[1] == 0 && r[2] == (service ? 1 : 0) && r[3] == 0;
}

bool aza_td_report_hashes(OSSL_LIB_CTX *libctx, struct aza_span report, struct aza_checks *checks)
{
        const uint8_t *r = report.data;

        if (report.len != AZA_TD_REPORT_LEN)
                return aza_not_checked(checks, AZA_CHECK_I15, AZA_NO_INPUT, "there is no TDREPORT");
        if (!version_fits(r) || !aza_span_is_zero(aza_span_of(r + REPORT_TYPE, 12)) ||
            !aza_span_is_zero(aza_span_of(r + 0x0C0, 32)) ||
            !aza_span_is_zero(aza_span_of(r + 0x1EF, 17)))
                return aza_reject(
                        checks, AZA_CHECK_I15,
                        "the TDREPORT's version or reserved bytes are none that TDX modules write");
        if (!hash_is(libctx, aza_span_of(r + 0x100, 239), r + 0x020))
                return aza_reject(checks, AZA_CHECK_I15,
                                  "the TDREPORT's TEE_TCB_INFO is not what its hash is of");
        if (!hash_is(libctx, aza_span_of(r + 0x200, 512), r + 0x050))
                return aza_reject(checks, AZA_CHECK_I15,
                                  "the TDREPORT's TDINFO is not what its hash is of");
        return aza_accept(checks, AZA_CHECK_I15, NULL);
}
