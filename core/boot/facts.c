/* SPDX-License-Identifier: Apache-2.0 */
/* What a replayed log lets a verifier conclude (E9-E16). A replay proves digests and their order
 * within each PCR; no more. */
#include "boot/event_log.h"

#include "config/config.h"

#define FIRMWARE      0xFFu      /* PCR 0-7 */
#define BOOT_OPTIONS  (1u << 12) /* as PCRs are chosen */
#define FIRMWARE_PCRS 8u
#define SECURE_BOOT   (1u << 7)

struct facts {
        uint32_t total, authentic;
        uint8_t separator[EVP_MAX_MD_SIZE]; /* digest of the only one there is */
        size_t separator_len;
        uint32_t separators[FIRMWARE_PCRS];
        const char *separator_fault;
};

/* A separator is what has its digest. What only bears the label is none, and the label must be
 * there. */
static void on_separator(struct facts *f, const struct aza_event *e)
{
        if (e->pcr >= FIRMWARE_PCRS)
                return;
        bool is_one = aza_span_equal(e->digest, aza_span_of(f->separator, f->separator_len));
        f->separators[e->pcr] += is_one;
        if (is_one && e->type != AZA_EV_SEPARATOR)
                f->separator_fault = "the digest of a separator stands under another type";
        else if (!is_one && e->type == AZA_EV_SEPARATOR)
                f->separator_fault = "a separator is not 00000000";
}

static bool count(OSSL_LIB_CTX *libctx, struct aza_span log, uint16_t bank, struct facts *f)
{
        static const uint8_t zeros[4] = {0};
        struct aza_events events;
        struct aza_event e;

        if (aza_events_begin(log, bank, &events) != NULL ||
            !aza_event_hash(libctx, bank, aza_span_of(zeros, 4), f->separator, &f->separator_len))
                return false;
        while (aza_events_next(&events, &e)) {
                if (e.type == AZA_EV_NO_ACTION)
                        continue;
                f->total++;
                f->authentic += aza_event_hashed(libctx, &e, bank, NULL);
                on_separator(f, &e);
        }
        return true;
}

/* What was not asked for decides nothing when it could not be judged. */
static void unjudged(struct aza_checks *checks, enum aza_check_id id, bool needed, const char *why)
{
        (void)aza_not_checked(checks, id, AZA_UNAVAILABLE, "%s", why);
        aza_check_required(checks, needed);
}

static bool check_separators(const struct facts *f, uint32_t scope, struct aza_checks *checks)
{
        char text[64];

        if ((scope & FIRMWARE) == 0) {
                unjudged(checks, AZA_CHECK_E10, false, "none of PCR 0-7 is in scope");
                return true;
        }
        if (f->separator_fault != NULL)
                return aza_reject(checks, AZA_CHECK_E10, "%s", f->separator_fault);
        for (unsigned int pcr = 0; pcr < FIRMWARE_PCRS; pcr++)
                if ((scope >> pcr & 1) != 0 && f->separators[pcr] != 1)
                        return aza_reject(checks, AZA_CHECK_E10, "PCR %u has %u separators", pcr,
                                          f->separators[pcr]);
        return aza_accept(checks, AZA_CHECK_E10, "one in each of PCR %s",
                          aza_config_pcrs_text(scope & FIRMWARE, text));
}

/* E11: PCR 7 as a whole reads as what a firmware and loaders measure. */
static bool check_order(const struct aza_boot_facts *boot, bool needed, struct aza_checks *checks)
{
        if (boot->forged != NULL)
                return aza_reject(checks, AZA_CHECK_E11,
                                  "%s: somebody extended PCR 7 to look like another boot",
                                  boot->forged);
        if (boot->undecided == NULL)
                return aza_accept(checks, AZA_CHECK_E11, NULL);
        unjudged(checks, AZA_CHECK_E11, needed, boot->undecided);
        return true;
}

static bool check_secure_boot(const struct aza_boot_facts *boot, bool needed,
                              struct aza_checks *checks)
{
        if (boot->secure_boot == AZA_SECURE_BOOT_ON)
                return aza_accept(checks, AZA_CHECK_E13, "on");
        if (boot->forged != NULL)
                return aza_reject(checks, AZA_CHECK_E13, "not proven: %s", boot->forged);
        if (boot->secure_boot == AZA_SECURE_BOOT_OFF)
                return needed ? aza_reject(
                                        checks, AZA_CHECK_E13,
                                        "secure boot is off: turn it on in the VM's security settings and restart, or accept that (secure-boot = report)")
                              : aza_accept(checks, AZA_CHECK_E13, "off, and not asked for");
        if (needed)
                return aza_reject(checks, AZA_CHECK_E13, "secure boot is not proven: %s",
                                  boot->undecided);
        (void)aza_not_checked(checks, AZA_CHECK_E13, AZA_UNAVAILABLE, "not proven: %s",
                              boot->undecided);
        aza_check_required(checks, false);
        return true;
}

static bool check_debugger(const struct aza_boot_facts *boot, bool needed,
                           struct aza_checks *checks)
{
        if (boot->debugger)
                return aza_reject(checks, AZA_CHECK_E14, "the firmware ran in UEFI Debug Mode");
        if (boot->undecided == NULL)
                return aza_accept(checks, AZA_CHECK_E14, "%s",
                                  boot->dma_protection_disabled ? "DMA protection is disabled"
                                                                : "no debugger");
        unjudged(checks, AZA_CHECK_E14, needed, boot->undecided);
        return true;
}

static bool check_windows(const struct aza_windows_facts *w, const struct aza_replayed *replayed,
                          bool needed, struct aza_checks *checks)
{
        static const uint32_t debuggers = 1u << AZA_WINDOWS_BOOT_DEBUG |
                                          1u << AZA_WINDOWS_KERNEL_DEBUG |
                                          1u << AZA_WINDOWS_HYPERVISOR_DEBUG;
        static const uint32_t wanted = 1u << AZA_WINDOWS_BOOT_DEBUG |
                                       1u << AZA_WINDOWS_KERNEL_DEBUG |
                                       1u << AZA_WINDOWS_TEST_SIGNING;
        const bool test = (w->set >> AZA_WINDOWS_TEST_SIGNING & 1) != 0;
        const bool hidden = (replayed->unexplained & BOOT_OPTIONS) != 0;
        const bool quoted = (replayed->scope & BOOT_OPTIONS) != 0;

        if (hidden) {
                unjudged(
                        checks, AZA_CHECK_E16, needed,
                        "PCR 12 was extended, and the log has no event for it: nothing says whether that was Windows, started with a debugger; demand its value, or do not quote it");
                return true;
        }
        if (!w->present) {
                (void)aza_not_checked(checks, AZA_CHECK_E16, AZA_NOT_APPLICABLE,
                                      quoted ? "PCR 12 shows no start of Windows"
                                             : "PCR 12 is not quoted");
                return true;
        }
        if (w->fault != NULL)
                return aza_reject(checks, AZA_CHECK_E16, "%s", w->fault);
        if ((w->set & debuggers) != 0)
                return aza_reject(checks, AZA_CHECK_E16,
                                  "Windows was started with %s debugging: turn it off (bcdedit)",
                                  (w->set >> AZA_WINDOWS_BOOT_DEBUG & 1) != 0     ? "boot"
                                  : (w->set >> AZA_WINDOWS_KERNEL_DEBUG & 1) != 0 ? "kernel"
                                                                                  : "hypervisor");
        if (test && needed)
                return aza_reject(
                        checks, AZA_CHECK_E16,
                        "Windows takes drivers with test signatures: turn that off (bcdedit /set testsigning off), or accept it (secure-boot = report)");
        if ((w->said & wanted) != wanted) {
                unjudged(
                        checks, AZA_CHECK_E16, false,
                        "Windows does not say whether it was started with debugging or test signing");
                return true;
        }
        return aza_accept(checks, AZA_CHECK_E16, "%s",
                          test ? "Windows takes drivers with test signatures, and not asked for"
                               : "Windows was started without debugging and test signing");
}

bool aza_event_facts(OSSL_LIB_CTX *libctx, const struct aza_replayed *replayed,
                     bool need_secure_boot, struct aza_checks *checks, struct aza_boot_facts *ret)
{
        struct facts f = {0};
        struct aza_boot_facts boot = {.undecided = "PCR 7 is out of scope"};

        if (!count(libctx, replayed->log, replayed->bank, &f))
                return aza_reject(checks, AZA_CHECK_E9, "the log cannot be read");
        if ((replayed->scope & SECURE_BOOT) != 0)
                aza_event_pcr7(libctx, replayed->log, replayed->bank, &boot);
        (void)aza_accept(
                checks, AZA_CHECK_E9,
                "%u of %u events: the data is what was hashed; the others' text is unverified, and so is the type of all",
                f.authentic, f.total);
        bool ok = check_separators(&f, replayed->scope, checks);
        ok &= check_order(&boot, need_secure_boot, checks);
        (void)aza_not_checked(
                checks, AZA_CHECK_E12, AZA_NOT_APPLICABLE,
                "order between PCRs is not covered: where the firmware's part of the log ends is shown by each PCR's own separator");
        ok &= check_secure_boot(&boot, need_secure_boot, checks);
        ok &= check_debugger(&boot, need_secure_boot, checks);
        (void)aza_not_checked(checks, AZA_CHECK_E15, AZA_NOT_APPLICABLE,
                              "decided facts are compared, not raw PCR values");
        aza_event_windows(libctx, replayed, &boot.windows);
        ok &= check_windows(&boot.windows, replayed, need_secure_boot, checks);
        if (ret != NULL)
                *ret = boot;
        return ok;
}
