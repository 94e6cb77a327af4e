/* SPDX-License-Identifier: Apache-2.0 */
/* The demands of a profile and of the caller on a report (S25-S36). Bits are required, forbidden or
 * any, never a boolean: a boolean would mean the opposite for half of them. */
#include "snp/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CEILINGS \
        (AZA_SNP_POLICY_SMT | AZA_SNP_POLICY_MIGRATE_MA | AZA_SNP_POLICY_DEBUG | AZA_SNP_POLICY_CXL)
#define PLATFORM_KNOWN 0xFFull

/* Shorthand: nobody asked for this optional check. */
static bool not_asked(struct aza_checks *checks, enum aza_check_id id, const char *what)
{
        (void)aza_not_checked(checks, id, AZA_SWITCHED_OFF, "%s", what);
        return true;
}

static bool check_committed(const struct aza_snp_report *r, enum aza_snp_product product,
                            bool no_provisional, struct aza_checks *checks)
{
        struct aza_snp_tcb committed = aza_snp_tcb_of(r->committed_tcb, product);
        struct aza_snp_tcb current = aza_snp_tcb_of(r->current_tcb, product);
        char a[96], b[96];
        bool same = aza_snp_tcb_equal(&committed, &current);

        if (!aza_snp_tcb_at_most(&committed, &current))
                (void)aza_reject(checks, AZA_CHECK_S25, "committed TCB is above the current one");
        else if (no_provisional && !same)
                (void)aza_reject(checks, AZA_CHECK_S25, "firmware is provisional: not committed");
        else
                return aza_accept(checks, AZA_CHECK_S25, same ? NULL : "provisional firmware runs");
        aza_check_values(checks, aza_snp_tcb_text(&current, product, a),
                         aza_snp_tcb_text(&committed, product, b));
        return false;
}

/* Component by component; a component without floor passes. */
static bool meets(const struct aza_snp_floor *f, bool line_known, const struct aza_snp_tcb *tcb)
{
        return tcb->bootloader >= f->bootloader && tcb->tee >= f->tee && tcb->snp >= f->snp &&
               (!line_known || tcb->microcode >= f->microcode);
}

static bool below_floor(const struct aza_snp_report *r, enum aza_snp_product product,
                        const struct aza_profile *profile, const struct aza_snp_floor *f,
                        struct aza_checks *checks)
{
        struct aza_snp_tcb reported = aza_snp_tcb_of(r->reported_tcb, product);
        struct aza_snp_tcb committed = aza_snp_tcb_of(r->committed_tcb, product);
        char found[96], expected[96];
        bool first = !meets(f, r->has_cpuid, &reported);
        const struct aza_snp_tcb floor = {
                .bootloader = (uint8_t)(f->bootloader < 0 ? 0 : f->bootloader),
                .tee = (uint8_t)(f->tee < 0 ? 0 : f->tee),
                .snp = (uint8_t)(f->snp < 0 ? 0 : f->snp),
                .microcode = (uint8_t)(f->microcode < 0 || !r->has_cpuid ? 0 : f->microcode)};

        if (!first && meets(f, r->has_cpuid, &committed))
                return false;
        (void)aza_reject(checks, AZA_CHECK_S26,
                         "the %s TCB is below profile %s of %s for %s (%s; %s)",
                         first ? "reported" : "committed", profile->name, profile->date, f->line,
                         f->source, profile->note);
        aza_check_values(checks, aza_snp_tcb_text(&floor, product, expected),
                         aza_snp_tcb_text(first ? &reported : &committed, product, found));
        return true;
}

static bool check_floors(const struct aza_snp_report *r, enum aza_snp_product product,
                         const struct aza_profile *profile, int64_t time, struct aza_checks *checks)
{
        bool known = false;

        if (profile->floors == NULL)
                return not_asked(checks, AZA_CHECK_S26, "profile none has no TCB floors");
        const struct aza_snp_floor *f = aza_snp_floor_find(profile, r, product, NULL, &known);
        if (f == NULL)
                return aza_not_checked(
                        checks, AZA_CHECK_S26, AZA_UNAVAILABLE,
                        "profile %s (%s) has no row for family 0x%02X model 0x%02X stepping %u: a profile file can give one (tcb, line \"%02X/%02X/%u\")",
                        profile->name, profile->date, r->family, r->model, r->stepping, r->family,
                        r->model, r->stepping);
        for (const struct aza_snp_floor *row = f; row != NULL;
             row = aza_snp_floor_find(profile, r, product, row, &known))
                if (below_floor(r, product, profile, row, checks))
                        return false;
        if (!known)
                return aza_not_checked(
                        checks, AZA_CHECK_S26, AZA_UNAVAILABLE,
                        "version 2 does not say which microcode numbering applies; the other components meet profile %s",
                        profile->name);
        return aza_accept(checks, AZA_CHECK_S26,
                          "profile %s of %s, %s: microcode meets %s (%s)%s%s", profile->name,
                          profile->date, f->line, f->source, profile->note,
                          f->microcode < 0 ? "; microcode has no stated floor" : "",
                          time > profile->old_after ? "; THIS TABLE IS OLD" : "");
}

static bool check_launch(const struct aza_snp_report *r, enum aza_snp_product product,
                         const struct aza_snp_tcb *floor, struct aza_checks *checks)
{
        struct aza_snp_tcb launch = aza_snp_tcb_of(r->launch_tcb, product);

        if (floor == NULL)
                return not_asked(checks, AZA_CHECK_S27, "no launch floor was asked for");
        if (!aza_snp_tcb_at_most(floor, &launch))
                return aza_reject(checks, AZA_CHECK_S27, "the VM was launched below the floor");
        return aza_accept(checks, AZA_CHECK_S27, NULL);
}

static int firmware_order(struct aza_snp_firmware a, struct aza_snp_firmware b)
{
        int x = a.major << 16 | a.minor << 8 | a.build, y = b.major << 16 | b.minor << 8 | b.build;
        return (x > y) - (x < y);
}

static bool check_firmware(const struct aza_snp_report *r, const struct aza_snp_firmware *floor,
                           struct aza_checks *checks)
{
        char text[48];

        (void)snprintf(text, sizeof(text), "current %u.%u.%u, committed %u.%u.%u", r->current.major,
                       r->current.minor, r->current.build, r->committed.major, r->committed.minor,
                       r->committed.build);
        if (firmware_order(r->committed, r->current) > 0)
                return aza_reject(checks, AZA_CHECK_S28,
                                  "committed firmware is above the current one: %s", text);
        if (floor != NULL &&
            (firmware_order(r->current, *floor) < 0 || firmware_order(r->committed, *floor) < 0))
                return aza_reject(checks, AZA_CHECK_S28, "firmware is below %u.%u.%u: %s",
                                  floor->major, floor->minor, floor->build, text);
        return aza_accept(checks, AZA_CHECK_S28, "%s", text);
}

static bool check_policy_bits(const struct aza_snp_report *r, const struct aza_snp_options *o,
                              struct aza_checks *checks)
{
        uint64_t allowed = (AZA_SNP_POLICY_SMT | o->policy_allow) & ~o->policy_forbid;
        uint64_t wrong = r->policy & CEILINGS & ~allowed;
        uint64_t missing = o->policy_require & ~r->policy;
        uint8_t minor = (uint8_t)r->policy, major = (uint8_t)(r->policy >> 8);

        if (wrong & AZA_SNP_POLICY_DEBUG)
                return aza_reject(checks, AZA_CHECK_S29,
                                  "debug is allowed: the host can read the VM's memory");
        if (wrong != 0)
                return aza_reject(checks, AZA_CHECK_S29, "policy 0x%" PRIx64 " allows 0x%" PRIx64,
                                  r->policy, wrong);
        if (missing != 0)
                return aza_reject(checks, AZA_CHECK_S29, "policy 0x%" PRIx64 " lacks 0x%" PRIx64,
                                  r->policy, missing);
        if (major < o->abi_major || (major == o->abi_major && minor < o->abi_minor))
                return aza_reject(checks, AZA_CHECK_S29, "ABI %u.%u is below %u.%u", major, minor,
                                  o->abi_major, o->abi_minor);
        return aza_accept(
                checks, AZA_CHECK_S29, "0x%" PRIx64 "%s%s%s", r->policy,
                r->policy & AZA_SNP_POLICY_DEBUG ? ", DEBUG allowed by the caller" : "",
                r->policy & AZA_SNP_POLICY_CIPHERTEXT_DRAM ? "" : ", ciphertext hiding not proven",
                r->policy & AZA_SNP_POLICY_PAGE_SWAP_DIS ? "" : ", page swap not excluded");
}

static bool check_platform(const struct aza_snp_report *r, const struct aza_profile *profile,
                           const struct aza_snp_options *o, struct aza_checks *checks)
{
        uint64_t required = profile->platform_required | o->platform_require;
        uint64_t missing = required & ~r->platform_info;
        uint64_t wrong = r->platform_info & o->platform_forbid;

        if (r->platform_info & ~PLATFORM_KNOWN && !o->platform_allow_unknown)
                return aza_reject(checks, AZA_CHECK_S30,
                                  "PLATFORM_INFO 0x%" PRIx64 " has bits unknown here",
                                  r->platform_info);
        if (missing & 1u << 5)
                return aza_reject(checks, AZA_CHECK_S30,
                                  "PLATFORM_INFO 0x%" PRIx64
                                  ": the alias check was not completed (BadRAM, CVE-2024-21944)",
                                  r->platform_info);
        if (missing != 0 || wrong != 0)
                return aza_reject(checks, AZA_CHECK_S30,
                                  "PLATFORM_INFO 0x%" PRIx64 ": 0x%" PRIx64
                                  " must be set, 0x%" PRIx64 " must not",
                                  r->platform_info, missing, wrong);
        return aza_accept(checks, AZA_CHECK_S30,
                          "0x%" PRIx64 ": SMT %s, RAPL %s, ciphertext hiding %s", r->platform_info,
                          r->platform_info & 1 ? "on" : "off", r->platform_info & 8 ? "off" : "on",
                          r->platform_info & 16 ? "on" : "off");
}

static bool check_vmpl(const struct aza_snp_report *r, uint32_t allow, struct aza_checks *checks)
{
        if (r->vmpl == UINT32_MAX)
                return aza_reject(checks, AZA_CHECK_S31, "the host asked for this report");
        if (r->vmpl > 3 || ((allow == 0 ? 1u : allow) >> r->vmpl & 1) == 0)
                return aza_reject(checks, AZA_CHECK_S31, "asked for from VMPL %u", r->vmpl);
        return aza_accept(checks, AZA_CHECK_S31, "VMPL %u", r->vmpl);
}

static bool check_guest_svn(const struct aza_snp_report *r, const struct aza_profile *profile,
                            struct aza_checks *checks)
{
        uint32_t svn = r->guest_svn & 0xFFFF;

        if (profile->guest_svn == 0)
                return not_asked(checks, AZA_CHECK_S32, "profile none has no paravisor floor");
        if (svn < profile->guest_svn)
                return aza_reject(checks, AZA_CHECK_S32,
                                  "paravisor SVN %u is below %u (CVE-2025-49707)", svn,
                                  profile->guest_svn);
        return aza_accept(
                checks, AZA_CHECK_S32,
                "%u, at least %u: a baseline, the fixed value of CVE-2025-49707 is not published",
                svn, profile->guest_svn);
}

static bool listed(struct aza_span value, struct aza_span_list list)
{
        for (size_t i = 0; i < list.count; i++)
                if (aza_span_equal(value, list.items[i]))
                        return true;
        return false;
}

static bool check_fixed(const struct aza_snp_report *r, const struct aza_snp_options *o,
                        struct aza_checks *checks)
{
        const struct {
                const char *name;
                struct aza_span wanted, found;
        } all[] = {{"MEASUREMENT", o->measurement, r->measurement},
                   {"HOST_DATA", o->host_data, r->host_data},
                   {"REPORT_ID", o->report_id, r->report_id},
                   {"REPORT_ID_MA", o->report_id_ma, r->report_id_ma},
                   {"FAMILY_ID", o->family_id, r->family_id},
                   {"IMAGE_ID", o->image_id, r->image_id},
                   {"CHIP_ID", o->chip_id, r->chip_id}};
        char expected[129], found[129];
        bool any = o->measurements.count > 0;

        if (any && !listed(r->measurement, o->measurements)) {
                (void)aza_reject(checks, AZA_CHECK_S33, "MEASUREMENT is not in the list");
                aza_check_values(checks, NULL, aza_hex(r->measurement, found));
                return false;
        }
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                if (all[i].wanted.data == NULL)
                        continue;
                any = true;
                if (aza_span_equal(all[i].wanted, all[i].found))
                        continue;
                (void)aza_reject(checks, AZA_CHECK_S33, "%s differs", all[i].name);
                aza_check_values(checks,
                                 all[i].wanted.len <= 64 ? aza_hex(all[i].wanted, expected) : NULL,
                                 aza_hex(all[i].found, found));
                return false;
        }
        return any ? aza_accept(checks, AZA_CHECK_S33, NULL)
                   : not_asked(checks, AZA_CHECK_S33, "no fixed value was asked for");
}

static bool is_zero(struct aza_span bytes)
{
        uint8_t any = 0;

        for (size_t i = 0; i < bytes.len; i++)
                any |= bytes.data[i];
        return any == 0;
}

/* The owner of a genuine chip can start any paravisor, which then names any AK and any VM: only the
 * ID block says whose it is. */
static bool reject_id_key(const struct aza_snp_report *r, const struct aza_profile *profile,
                          struct aza_span_list wanted, struct aza_checks *checks)
{
        char expected[97], found[97];

        if (is_zero(r->id_key_digest))
                (void)aza_reject(
                        checks, AZA_CHECK_S34,
                        "the VM was started without an ID block: nobody signed for its paravisor, which may be anybody's and name any AK and VM");
        else if (wanted.items == profile->id_keys.items)
                (void)aza_reject(
                        checks, AZA_CHECK_S34,
                        "the paravisor's ID block is not signed with a key of profile %s of %s (Microsoft's): it may be anybody's and name any AK and VM",
                        profile->name, profile->date);
        else
                (void)aza_reject(checks, AZA_CHECK_S34, "ID_KEY_DIGEST is not in the list");
        aza_check_values(checks,
                         wanted.count == 1 && wanted.items[0].len == 48
                                 ? aza_hex(wanted.items[0], expected)
                                 : NULL,
                         aza_hex(r->id_key_digest, found));
        return false;
}

static bool check_keys(const struct aza_snp_report *r, const struct aza_profile *profile,
                       const struct aza_snp_options *o, struct aza_checks *checks)
{
        bool own = o->id_keys.count > 0;
        const struct aza_span_list ids = own ? o->id_keys : profile->id_keys;

        if (ids.count == 0 && o->author_keys.count == 0)
                return not_asked(
                        checks, AZA_CHECK_S34,
                        "profile none has no ID key and none was asked for: it may be anybody's paravisor");
        if (ids.count > 0 && !listed(r->id_key_digest, ids))
                return reject_id_key(r, profile, ids, checks);
        if (o->author_keys.count > 0 &&
            (!r->author_key || !listed(r->author_key_digest, o->author_keys)))
                return aza_reject(checks, AZA_CHECK_S34,
                                  "AUTHOR_KEY_DIGEST is not in the list, or no author key signed");
        if (own || ids.count == 0)
                return aza_accept(checks, AZA_CHECK_S34, "as listed by the caller");
        return aza_accept(checks, AZA_CHECK_S34,
                          "profile %s of %s: Microsoft signed the paravisor's ID block",
                          profile->name, profile->date);
}

static bool check_mitigations(const struct aza_snp_report *r, uint64_t wanted,
                              struct aza_checks *checks)
{
        if (wanted == 0)
                return not_asked(checks, AZA_CHECK_S35, "no mitigation was asked for");
        if (r->version < 5)
                return aza_reject(checks, AZA_CHECK_S35, "version %u has no mitigation vectors",
                                  r->version);
        if ((wanted & ~r->launch_mitigation) != 0 || (wanted & ~r->current_mitigation) != 0)
                return aza_reject(checks, AZA_CHECK_S35,
                                  "launch 0x%" PRIx64 ", current 0x%" PRIx64
                                  " lack some of 0x%" PRIx64,
                                  r->launch_mitigation, r->current_mitigation, wanted);
        return aza_accept(checks, AZA_CHECK_S35, NULL);
}

static bool check_lists(const struct aza_snp_report *r, enum aza_snp_product product,
                        const struct aza_profile *profile, const struct aza_snp_options *o,
                        struct aza_checks *checks)
{
        const char *milan =
                product == AZA_SNP_MILAN
                        ? "; Milan's VCEK seed can be extracted (AMD-SB-3045): a hostile host may forge any Milan report"
                        : "";
        bool chosen = o->products != 0;

        if (chosen ? (o->products >> product & 1) == 0
                   : (profile->excluded_products >> product & 1) != 0)
                return aza_reject(checks, AZA_CHECK_S36, "%s is not allowed%s%s%s",
                                  aza_snp_product_text(product), chosen ? "" : " by profile ",
                                  chosen ? "" : profile->name, milan);
        if (o->chips.count > 0 && !listed(r->chip_id, o->chips))
                return aza_reject(checks, AZA_CHECK_S36, "CHIP_ID is not in the list");
        if (!chosen && o->chips.count == 0 && profile->excluded_products == 0) {
                (void)aza_not_checked(checks, AZA_CHECK_S36, AZA_SWITCHED_OFF,
                                      "no list of products or chips was given%s", milan);
                return true;
        }
        return aza_accept(checks, AZA_CHECK_S36, "%s%s", aza_snp_product_text(product), milan);
}

bool aza_snp_policy_check(const struct aza_snp_report *report, enum aza_snp_product product,
                          const struct aza_snp_options *options, struct aza_checks *checks)
{
        const struct aza_profile *profile =
                options->profile != NULL ? options->profile : aza_profile_find(NULL);
        bool ok = check_committed(report, product,
                                  options->no_provisional || profile->no_provisional, checks);

        ok &= check_floors(report, product, profile, options->time, checks);
        ok &= check_launch(report, product, options->launch_floor, checks);
        ok &= check_firmware(report, options->firmware_floor, checks);
        ok &= check_policy_bits(report, options, checks);
        ok &= check_platform(report, profile, options, checks);
        ok &= check_vmpl(report, options->vmpl_allow, checks);
        ok &= check_guest_svn(report, profile, checks);
        ok &= check_fixed(report, options, checks);
        ok &= check_keys(report, profile, options, checks);
        ok &= check_mitigations(report, options->mitigations, checks);
        ok &= check_lists(report, product, profile, options, checks);
        return ok;
}
