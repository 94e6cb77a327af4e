/* SPDX-License-Identifier: Apache-2.0 */
/* What a replayed log lets a verifier conclude (E9-E15). A replay proves digests and their order;
 * type and text of an event count only where hashing its data gives the digest. */
#include "evidence/event_log.h"

#include <string.h>

#define PCR_SECURE_BOOT 7u
#define FIRMWARE_PCRS   8u
#define NAMES_MAX       64

enum variable {
        VAR_SECURE_BOOT,
        VAR_PK,
        VAR_KEK,
        VAR_DB,
        VAR_DBX,
        VAR_COUNT,
};
struct efi_name {
        const char *name;
        uint8_t guid[16];
};
static const struct efi_name variables[VAR_COUNT];

struct facts {
        uint32_t total, authentic;
        uint32_t separators[FIRMWARE_PCRS];
        const char *separator_fault;
        struct aza_variable configs[NAMES_MAX];
        size_t config_count;
        const char *order_fault;
        bool config_unauthentic;
        const char *decision_fault; /* something in PCR 7 that nobody understands */
        bool seen[VAR_COUNT];
        struct aza_span content[VAR_COUNT];
        uint32_t authorities;
        bool exited; /* "Exit Boot Services Returned with Success" was seen */
        const char *late_fault;
        bool debugger, dma;
};

static bool text_is(struct aza_span data, const char *text)
{
        size_t len = strlen(text);
        /* Some firmware counts the closing NUL. */
        return (data.len == len || (data.len == len + 1 && data.data[len] == 0)) &&
               memcmp(data.data, text, len) == 0;
}

static bool utf16_is(struct aza_span name, const char *text)
{
        size_t len = strlen(text);

        if (name.len != 2 * len)
                return false;
        for (size_t i = 0; i < len; i++)
                if (name.data[2 * i] != (uint8_t)text[i] || name.data[2 * i + 1] != 0)
                        return false;
        return true;
}

static void on_separator(struct facts *f, const struct aza_event *e, bool authentic)
{
        if (e->pcr >= FIRMWARE_PCRS)
                return;
        f->separators[e->pcr]++;
        if (!authentic || e->data.len != 4 || !aza_span_is_zero(e->data))
                f->separator_fault = "a separator is not 00000000";
}

/* A variable of the secure boot configuration. */
static void on_config(struct facts *f, const struct aza_event *e, bool authentic)
{
        struct aza_variable v;

        if (f->separators[PCR_SECURE_BOOT] != 0)
                f->order_fault = "a secure boot variable follows the separator";
        if (!authentic || !aza_event_variable(e, &v)) {
                f->config_unauthentic = true;
                return;
        }
        for (size_t i = 0; i < f->config_count; i++)
                if (aza_span_equal(f->configs[i].guid, v.guid) &&
                    aza_span_equal(f->configs[i].name, v.name))
                        f->order_fault = "a secure boot variable stands twice";
        if (f->config_count == NAMES_MAX) {
                f->order_fault = "there are too many secure boot variables";
                return;
        }
        f->configs[f->config_count++] = v;
        for (int i = 0; i < VAR_COUNT; i++) {
                if (!utf16_is(v.name, variables[i].name) ||
                    memcmp(v.guid.data, variables[i].guid, 16) != 0)
                        continue;
                f->seen[i] = true;
                f->content[i] = v.content;
        }
}

static void on_pcr7(struct facts *f, const struct aza_event *e, bool authentic)
{
        switch (e->type) {
        case AZA_EV_EFI_VARIABLE_CONFIG:
                on_config(f, e, authentic);
                break;
        case AZA_EV_EFI_VARIABLE_AUTHORITY:
                if (authentic)
                        f->authorities++;
                else
                        f->decision_fault = "the data of an authority event is not what was hashed";
                break;
        case AZA_EV_EFI_ACTION:
                if (text_is(e->data, "UEFI Debug Mode"))
                        f->debugger = true;
                else if (text_is(e->data, "DMA Protection Disabled") && authentic)
                        f->dma = true;
                else
                        f->decision_fault = "PCR 7 has an action that is unknown here";
                break;
        case AZA_EV_SEPARATOR:
                break;
        default:
                f->decision_fault = "PCR 7 has an event of a type that is unknown there";
        }
}

static void on_event(struct facts *f, const struct aza_event *e, bool authentic)
{
        f->total++;
        f->authentic += authentic;
        bool exit_action = e->type == AZA_EV_EFI_ACTION && authentic &&
                           (text_is(e->data, "Exit Boot Services Invocation") ||
                            text_is(e->data, "Exit Boot Services Returned with Success") ||
                            text_is(e->data, "Exit Boot Services Returned with Failure"));
        if (f->exited && e->pcr < FIRMWARE_PCRS && !exit_action)
                f->late_fault = "a firmware PCR was extended after ExitBootServices";
        if (exit_action && text_is(e->data, "Exit Boot Services Returned with Success"))
                f->exited = true;
        if (e->type == AZA_EV_SEPARATOR)
                on_separator(f, e, authentic);
        if (e->pcr == PCR_SECURE_BOOT)
                on_pcr7(f, e, authentic);
}

static bool check_separators(const struct facts *f, uint32_t scope, struct aza_checks *checks)
{
        if (f->separator_fault != NULL)
                return aza_reject(checks, AZA_CHECK_E10, "%s", f->separator_fault);
        for (unsigned int pcr = 0; pcr < FIRMWARE_PCRS; pcr++)
                if ((scope >> pcr & 1) != 0 && f->separators[pcr] != 1)
                        return aza_reject(checks, AZA_CHECK_E10, "PCR %u has %u separators", pcr,
                                          f->separators[pcr]);
        return aza_accept(checks, AZA_CHECK_E10, NULL);
}

static enum aza_secure_boot decide(const struct facts *f, uint32_t scope, const char **why)
{
        *why = NULL;
        if ((scope >> PCR_SECURE_BOOT & 1) == 0)
                *why = "PCR 7 is out of scope";
        else if (f->decision_fault != NULL)
                *why = f->decision_fault;
        else if (f->order_fault != NULL || f->config_unauthentic)
                *why = "the data of a secure boot variable is not what was hashed, or out of order";
        for (int i = 0; i < VAR_COUNT && *why == NULL; i++)
                if (!f->seen[i])
                        *why = "SecureBoot, PK, KEK, db or dbx was not measured";
        if (*why == NULL &&
            (f->content[VAR_SECURE_BOOT].len != 1 || f->content[VAR_SECURE_BOOT].data[0] > 1))
                *why = "SecureBoot is neither 0 nor 1";
        if (*why != NULL)
                return AZA_SECURE_BOOT_UNDECIDED;
        if (f->content[VAR_SECURE_BOOT].data[0] == 0)
                return AZA_SECURE_BOOT_OFF;
        if (f->content[VAR_PK].len == 0 || f->content[VAR_KEK].len == 0 ||
            f->content[VAR_DB].len == 0)
                *why = "secure boot is on, but PK, KEK or db is empty";
        else if (f->authorities == 0)
                *why = "secure boot is on, but nothing was verified with it";
        return *why != NULL ? AZA_SECURE_BOOT_UNDECIDED : AZA_SECURE_BOOT_ON;
}

static bool check_secure_boot(enum aza_secure_boot state, const char *why, bool needed,
                              struct aza_checks *checks)
{
        if (state == AZA_SECURE_BOOT_ON)
                return aza_accept(checks, AZA_CHECK_E13, "on");
        if (needed)
                return aza_reject(checks, AZA_CHECK_E13, "secure boot is %s%s",
                                  state == AZA_SECURE_BOOT_OFF ? "off" : "undecided: ",
                                  why != NULL ? why : "");
        if (state == AZA_SECURE_BOOT_OFF)
                return aza_accept(checks, AZA_CHECK_E13, "off, and not asked for");
        (void)aza_not_checked(checks, AZA_CHECK_E13, AZA_UNAVAILABLE, "undecided: %s", why);
        aza_check_required(checks, false);
        return true;
}

static bool judge(const struct facts *f, uint32_t scope, bool need_secure_boot,
                  struct aza_checks *checks, struct aza_boot_facts *ret)
{
        struct aza_boot_facts facts = {.debugger = f->debugger, .dma_protection_disabled = f->dma};

        (void)aza_accept(checks, AZA_CHECK_E9,
                         "%u of %u events: the data is what was hashed; the others' text is "
                         "unverified",
                         f->authentic, f->total);
        bool ok = check_separators(f, scope, checks);
        if (f->order_fault != NULL)
                ok = aza_reject(checks, AZA_CHECK_E11, "%s", f->order_fault);
        else
                (void)aza_accept(checks, AZA_CHECK_E11, NULL);
        if (f->late_fault != NULL)
                ok = aza_reject(checks, AZA_CHECK_E12, "%s", f->late_fault);
        else
                (void)aza_accept(checks, AZA_CHECK_E12, "%s",
                                 f->exited ? "ExitBootServices seen"
                                           : "the log ends before ExitBootServices");
        facts.secure_boot = decide(f, scope, &facts.undecided);
        ok &= check_secure_boot(facts.secure_boot, facts.undecided, need_secure_boot, checks);
        if (f->debugger)
                ok = aza_reject(checks, AZA_CHECK_E14, "the firmware ran in UEFI Debug Mode");
        else
                (void)aza_accept(checks, AZA_CHECK_E14, "%s",
                                 f->dma ? "DMA protection is disabled" : "no debugger");
        (void)aza_not_checked(checks, AZA_CHECK_E15, AZA_NOT_APPLICABLE,
                              "decided facts are compared, not raw PCR values");
        if (ret != NULL)
                *ret = facts;
        return ok;
}

bool aza_event_facts(OSSL_LIB_CTX *libctx, struct aza_span log, uint16_t bank, uint32_t scope,
                     bool need_secure_boot, struct aza_checks *checks, struct aza_boot_facts *ret)
{
        struct aza_events events;
        struct aza_event e;
        struct facts f = {0};

        if (aza_events_begin(log, bank, &events) != NULL)
                return aza_reject(checks, AZA_CHECK_E9, "the log cannot be read");
        while (aza_events_next(&events, &e))
                if (e.type != AZA_EV_NO_ACTION)
                        on_event(&f, &e, aza_event_authentic(libctx, &e, bank));
        return judge(&f, scope, need_secure_boot, checks, ret);
}

#define GLOBAL_GUID                                                                           \
        {                                                                                     \
                0x61, 0xDF, 0xE4, 0x8B, 0xCA, 0x93, 0xD2, 0x11, 0xAA, 0x0D, 0x00, 0xE0, 0x98, \
                        0x03, 0x2B, 0x8C                                                      \
        }
#define SECURITY_GUID                                                                         \
        {                                                                                     \
                0xCB, 0xB2, 0x19, 0xD7, 0x3A, 0x3D, 0x96, 0x45, 0xA3, 0xBC, 0xDA, 0xD0, 0x0E, \
                        0x67, 0x65, 0x6F                                                      \
        }
/* UEFI 2.10, 3.3 and 32.6.1. */
static const struct efi_name variables[VAR_COUNT] = {
        [VAR_SECURE_BOOT] = {"SecureBoot", GLOBAL_GUID},
        [VAR_PK] = {"PK", GLOBAL_GUID},
        [VAR_KEK] = {"KEK", GLOBAL_GUID},
        [VAR_DB] = {"db", SECURITY_GUID},
        [VAR_DBX] = {"dbx", SECURITY_GUID},
};
