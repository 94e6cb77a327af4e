/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever is root in the VM plays with its boot log (D40): he extends PCR 7 with what he likes
 * after the boot, and then writes any log whose digests replay: other labels, other data, hidden
 * data, another order between PCRs. What the firmware measured first he cannot take back. So a VM
 * that booted with secure boot off, or in debug mode, is never accepted as another.
 */
#include "unit/event_support.h"

#include <stdlib.h>

#define MEASURED_MAX 64
#define HIDDEN       "this was never measured"

/* One extend of the real TPM. */
struct measured {
        uint32_t pcr, type;
        struct aza_bytes data;
};
struct machine {
        struct measured events[MEASURED_MAX];
        size_t count;
};

static void measure(struct machine *m, uint32_t pcr, uint32_t type, struct aza_span data)
{
        assert_true(m->count < MEASURED_MAX);
        struct measured *e = &m->events[m->count++];
        e->pcr = pcr;
        e->type = type;
        assert_int_equal(aza_bytes_set(&e->data, data.data, data.len), 0);
}

static void measure_text(struct machine *m, uint32_t pcr, uint32_t type, const char *text)
{
        measure(m, pcr, type, aza_span_of(text, strlen(text)));
}

static void measure_variable(struct machine *m, uint32_t type, const char *name,
                             const void *content, size_t len)
{
        AZA_BYTES struct aza_bytes b = variable_data(name, content, len);
        measure(m, 7, type, aza_bytes_span(&b));
}

static void separator(struct machine *m, uint32_t pcr)
{
        measure(m, pcr, AZA_EV_SEPARATOR, aza_span_of("\0\0\0\0", 4));
}

/* EFI_SIGNATURE_LIST with one signature of 20 bytes, owned by `owner`. */
static struct aza_bytes signature_list(const uint8_t owner[16])
{
        struct aza_bytes b = {0};
        put(&b, "a type of 16 bytes", 16);
        put32(&b, 28 + 20);
        put32(&b, 0);
        put32(&b, 20);
        put(&b, owner, 16);
        put(&b, "cert", 4);
        return b;
}

static const uint8_t somebody[16] = "a vendor's GUID";
/* EFI_GLOBAL_VARIABLE, as the owner in a db of one's own: then the firmware's variables would be
 * "of a vendor that db names". */
static const uint8_t global[16] = {0x61, 0xDF, 0xE4, 0x8B, 0xCA, 0x93, 0xD2, 0x11,
                                   0xAA, 0x0D, 0x00, 0xE0, 0x98, 0x03, 0x2B, 0x8C};

static void measure_keys(struct machine *m, uint8_t on, const uint8_t owner[16])
{
        AZA_BYTES struct aza_bytes db = signature_list(owner);

        measure_variable(m, AZA_EV_EFI_VARIABLE_CONFIG, "SecureBoot", &on, 1);
        measure_variable(m, AZA_EV_EFI_VARIABLE_CONFIG, "PK", db.data, db.len);
        measure_variable(m, AZA_EV_EFI_VARIABLE_CONFIG, "KEK", db.data, db.len);
        measure_variable(m, AZA_EV_EFI_VARIABLE_CONFIG, "db", db.data, db.len);
        measure_variable(m, AZA_EV_EFI_VARIABLE_CONFIG, "dbx", db.data, db.len);
}

static void measure_authority(struct machine *m, const char *name, const uint8_t owner[16])
{
        uint8_t signature[20];

        memset(signature, '.', sizeof(signature));
        signature[19] = 's';
        memcpy(signature, owner, 16);
        measure_variable(m, AZA_EV_EFI_VARIABLE_AUTHORITY, name, signature, sizeof(signature));
}

/* A boot: with secure boot on something is verified with it. */
static struct machine boot(uint8_t on, bool debug)
{
        struct machine m = {0};
        measure_text(&m, 0, 8, "firmware version");
        if (debug)
                measure_text(&m, 7, AZA_EV_EFI_ACTION, "UEFI Debug Mode");
        measure_keys(&m, on, somebody);
        separator(&m, 7);
        for (uint32_t pcr = 0; pcr < 7; pcr++)
                separator(&m, pcr);
        if (on)
                measure_authority(&m, "db", somebody);
        measure_text(&m, 4, 0x80000003, "a boot loader");
        measure_text(&m, 5, AZA_EV_EFI_ACTION, "Exit Boot Services Returned with Success");
        return m;
}

static void machine_free(struct machine *m)
{
        for (size_t i = 0; i < m->count; i++)
                aza_bytes_free(&m->events[i].data);
        m->count = 0;
}

/* ---- logs ---- */

/* How root writes an event of PCR 7 down. */
struct lie {
        uint32_t type; /* 0: the true one */
        bool hidden;   /* other data than what was measured */
        bool stray;    /* one byte more than what was measured */
        bool wrapped;  /* as content of a boot variable, which alone is hashed */
};

static void write_event(struct log_maker *log, const struct measured *e, struct lie lie)
{
        AZA_BYTES struct aza_bytes shown = {0};
        uint32_t type = lie.type != 0 ? lie.type : e->type;

        if (lie.wrapped)
                shown = variable_data("BootOrder", e->data.data, e->data.len);
        else
                assert_int_equal(aza_bytes_set(&shown, e->data.data, e->data.len), 0);
        if (lie.hidden)
                assert_int_equal(aza_bytes_set(&shown, HIDDEN, sizeof(HIDDEN) - 1), 0);
        if (lie.stray)
                put(&shown, "!", 1);
        log_event_of(log, e->pcr, type, aza_bytes_span(&e->data), aza_bytes_span(&shown));
}

struct outcome {
        bool good, asked, on; /* accepted when secure boot is not asked for, and when it is */
        enum aza_outcome e11, e13, e14;
};

static struct outcome judge(struct log_maker *log)
{
        struct aza_event_options o = log_options(log);
        struct aza_boot_facts facts = {0};
        AZA_CHECKS struct aza_checks plain = {0}, strict = {0};
        struct outcome out = {0};

        out.good = aza_event_log_verify(libctx, aza_bytes_span(&log->log), &o, &plain, &facts) &&
                   aza_checks_verdict(&plain) == AZA_VERDICT_ACCEPT;
        assert_outcome(&plain, AZA_CHECK_E6, AZA_ACCEPT); /* root keeps that */
        out.e11 = aza_checks_get(&plain, AZA_CHECK_E11)->outcome;
        out.e13 = aza_checks_get(&plain, AZA_CHECK_E13)->outcome;
        out.e14 = aza_checks_get(&plain, AZA_CHECK_E14)->outcome;
        out.on = facts.secure_boot == AZA_SECURE_BOOT_ON;
        o.need_secure_boot = true;
        out.asked = aza_event_log_verify(libctx, aza_bytes_span(&log->log), &o, &strict, NULL) &&
                    aza_checks_verdict(&strict) == AZA_VERDICT_ACCEPT;
        log_free(log);
        return out;
}

/* `machine` with one lie about each event of PCR 7 that the boot itself measured. */
static struct outcome judge_with(const struct machine *machine, size_t booted, struct lie lie)
{
        struct log_maker log = log_begin();

        for (size_t i = 0; i < machine->count; i++)
                write_event(&log, &machine->events[i],
                            i < booted && machine->events[i].pcr == 7 ? lie : (struct lie){0});
        return judge(&log);
}

static void honest(void **state)
{
        struct machine off = boot(0, false), on = boot(1, false), debug = boot(1, true);
        (void)state;
        struct outcome out = judge_with(&off, 0, (struct lie){0});
        assert_true(out.good && !out.asked && !out.on);
        assert_int_equal(out.e13, AZA_ACCEPT);
        out = judge_with(&on, 0, (struct lie){0});
        assert_true(out.good && out.asked && out.on);
        assert_int_equal(out.e14, AZA_ACCEPT);
        out = judge_with(&debug, 0, (struct lie){0});
        assert_true(!out.good && !out.asked);
        assert_int_equal(out.e14, AZA_REJECT);
        machine_free(&off);
        machine_free(&on);
        machine_free(&debug);
}

/* ---- attacks by name ---- */

static const struct lie lies[] = {
        {.type = AZA_EV_EFI_VARIABLE_AUTHORITY},
        {.type = AZA_EV_EFI_VARIABLE_AUTHORITY, .stray = true},
        {.type = AZA_EV_EFI_VARIABLE_AUTHORITY, .hidden = true},
        {.type = AZA_EV_EFI_VARIABLE_BOOT, .wrapped = true},
        {.type = AZA_EV_EFI_ACTION},
        {.type = AZA_EV_EFI_ACTION, .hidden = true},
        {.type = AZA_EV_EFI_VARIABLE_CONFIG, .hidden = true},
        {.type = AZA_EV_SEPARATOR, .hidden = true},
        {.type = 0x0D},
        {.type = 0x0D, .hidden = true},
};
#define LIES (sizeof(lies) / sizeof(lies[0]))

/* After the boot: the sequence of a good machine, with a db of his own or the usual one. */
static void extend_like_on(struct machine *m, const uint8_t owner[16])
{
        measure_keys(m, 1, owner);
        separator(m, 7);
        measure_authority(m, "db", owner);
}

static void off_posing_as_on(void **state)
{
        const uint8_t *const owners[] = {somebody, global};
        (void)state;
        for (size_t i = 0; i < 2 * LIES; i++) {
                struct machine m = boot(0, false);
                size_t booted = m.count;
                extend_like_on(&m, owners[i % 2]);
                struct outcome out = judge_with(&m, booted, lies[i / 2]);
                if (out.on || out.asked || out.good)
                        fail_msg("lie %zu: on %d, asked %d, good %d", i / 2, out.on, out.asked,
                                 out.good);
                assert_int_equal(out.e13, AZA_REJECT);
                machine_free(&m);
                /* Only authorities behind it. */
                m = boot(0, false);
                booted = m.count;
                measure_authority(&m, "db", owners[i % 2]);
                out = judge_with(&m, booted, lies[i / 2]);
                assert_false(out.on || out.asked);
                machine_free(&m);
        }
}

static void debug_hidden(void **state)
{
        (void)state;
        for (size_t i = 0; i < LIES; i++) {
                for (uint8_t on = 0; on < 2; on++) {
                        struct machine m = boot(on, true);
                        struct log_maker log = log_begin();
                        for (size_t k = 0; k < m.count; k++)
                                write_event(&log, &m.events[k], k == 1 ? lies[i] : (struct lie){0});
                        struct outcome out = judge(&log);
                        assert_false(out.good || out.asked);
                        assert_int_equal(out.e14, AZA_REJECT);
                        machine_free(&m);
                }
        }
}

/* With secure boot on, too, a log that lies about PCR 7 proves nothing. */
static void on_relabelled(void **state)
{
        (void)state;
        for (size_t i = 0; i < LIES; i++) {
                struct machine m = boot(1, false);
                struct outcome out = judge_with(&m, m.count, lies[i]);
                assert_false(out.on || out.asked);
                machine_free(&m);
        }
}

/* What no firmware measures is refused without being asked for, and with hidden data too. */
static void doubled(void **state)
{
        static const char *const names[] = {"SecureBoot", "PK",        "KEK",       "db",
                                            "dbx",        "SetupMode", "AuditMode", "DeployedMode",
                                            "dbt",        "dbr"};
        const struct lie shown = {0},
                         hidden = {.type = AZA_EV_EFI_VARIABLE_AUTHORITY, .hidden = true};
        AZA_BYTES struct aza_bytes list = signature_list(somebody);
        (void)state;
        for (size_t i = 0; i < 20; i++) {
                const char *name = names[i / 2];
                bool flag = strlen(name) > 3;
                struct machine m = boot(1, false);
                measure_variable(&m, AZA_EV_EFI_VARIABLE_AUTHORITY, name,
                                 flag ? (const void *)"\1" : list.data, flag ? 1 : list.len);
                struct log_maker log = log_begin();
                for (size_t k = 0; k < m.count; k++)
                        write_event(&log, &m.events[k],
                                    k == m.count - 1 && i % 2 == 1 ? hidden : shown);
                struct outcome out = judge(&log);
                assert_false(out.on || out.asked);
                /* What stood nowhere before and is hidden could be anything. */
                if (i % 2 == 0 || (strcmp(name, "dbt") != 0 && strcmp(name, "dbr") != 0))
                        assert_int_equal(out.e13, AZA_REJECT);
                machine_free(&m);
        }
        /* A second separator under any label. */
        for (size_t i = 0; i < LIES; i++) {
                struct machine m = boot(1, false);
                separator(&m, 7);
                struct log_maker log = log_begin();
                for (size_t k = 0; k < m.count; k++)
                        write_event(&log, &m.events[k], k == m.count - 1 ? lies[i] : shown);
                struct outcome out = judge(&log);
                assert_false(out.good || out.asked || out.on);
                assert_int_equal(out.e13, AZA_REJECT);
                machine_free(&m);
        }
}

/* Authorities: known names, and of a vendor that db names; shim that verifies nothing is none. */
static void authorities(void **state)
{
        static const struct {
                const char *name;
                bool good;
        } all[] = {{"db", true},
                   {"Shim", true},
                   {"MokList", true},
                   {"MokListX", true},
                   {"MokListTrusted", true},
                   {"SbatLevel", true},
                   {"CurrentPolicy", false},
                   {"MokSBState", false},
                   {"Evil", false}};
        AZA_BYTES struct aza_bytes policy = variable_data("CurrentPolicy", "policy", 6);
        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                struct machine m = boot(1, false);
                measure_authority(&m, all[i].name, somebody);
                struct outcome out = judge_with(&m, 0, (struct lie){0});
                if (out.asked != all[i].good || out.on != all[i].good)
                        fail_msg("%s: %d", all[i].name, out.asked);
                machine_free(&m);
        }
        memcpy(policy.data, somebody, 16);
        struct machine m = boot(1, false);
        measure(&m, 7, AZA_EV_EFI_VARIABLE_AUTHORITY, aza_bytes_span(&policy));
        assert_true(judge_with(&m, 0, (struct lie){0}).asked);
        machine_free(&m);
        /* shim that verifies nothing, where db names shim's vendor, too. */
        AZA_BYTES struct aza_bytes shim = variable_data("MokSBState", "\1", 1);
        memcpy(shim.data, somebody, 16);
        m = boot(1, false);
        measure(&m, 7, AZA_EV_EFI_VARIABLE_AUTHORITY, aza_bytes_span(&shim));
        struct outcome out = judge_with(&m, 0, (struct lie){0});
        assert_false(out.asked || out.on);
        machine_free(&m);
}

/* Firmware measures SecureBoot, PK, KEK, db and dbx in this order. */
static void another_order(void **state)
{
        (void)state;
        for (size_t swapped = 0; swapped < 5; swapped++) {
                struct machine m = boot(1, false);
                struct measured *keys = m.events + 1; /* behind the version */
                assert_true(judge_with(&m, 0, (struct lie){0}).asked);
                const struct measured first = keys[swapped];
                keys[swapped] = keys[(swapped + 1) % 5];
                keys[(swapped + 1) % 5] = first;
                struct outcome out = judge_with(&m, 0, (struct lie){0});
                assert_false(out.asked || out.on);
                machine_free(&m);
        }
}

/* SetupMode and AuditMode verify nothing. */
static void modes(void **state)
{
        static const char *const names[] = {"SetupMode", "AuditMode", "DeployedMode"};
        (void)state;
        for (size_t i = 0; i < 6; i++) {
                struct machine m = {0};
                uint8_t mode = i % 2 == 1;
                measure_keys(&m, 1, somebody);
                measure_variable(&m, AZA_EV_EFI_VARIABLE_CONFIG, names[i / 2], &mode, 1);
                for (uint32_t pcr = 0; pcr < 8; pcr++)
                        separator(&m, pcr);
                measure_authority(&m, "db", somebody);
                assert_true(judge_with(&m, 0, (struct lie){0}).asked == (mode == 0 || i / 2 == 2));
                machine_free(&m);
        }
}

/* ---- attacks by chance ---- */

static uint32_t seed = 20261128;

static uint32_t chance(uint32_t below)
{
        seed = seed * 1664525 + 1013904223;
        return (seed >> 8) % below;
}

static void extend_by_chance(struct machine *m)
{
        for (uint32_t n = chance(10); n > 0; n--) {
                switch (chance(7)) {
                case 0:
                        if (m->count + 8 < MEASURED_MAX)
                                extend_like_on(m, chance(2) == 0 ? somebody : global);
                        break;
                case 1:
                        separator(m, 7);
                        break;
                case 2:
                        measure_authority(m, chance(2) == 0 ? "db" : "Shim", somebody);
                        break;
                case 3:
                        measure_variable(m, AZA_EV_EFI_VARIABLE_CONFIG, "SecureBoot", "\1", 1);
                        break;
                case 4:
                        measure_text(m, chance(8), 0x0D, "by root");
                        break;
                case 5:
                        measure_variable(m, AZA_EV_EFI_VARIABLE_CONFIG, "SetupMode", "\0", 1);
                        break;
                default:
                        measure_text(m, 7, AZA_EV_EFI_ACTION, "DMA Protection Disabled");
                }
        }
}

/* PCRs in any order, any label, data shown or not, pseudo-events between. */
static struct outcome judge_by_chance(const struct machine *m)
{
        struct log_maker log = log_begin();
        bool written[MEASURED_MAX] = {false};
        size_t left = m->count;

        while (left > 0) {
                uint32_t pcr = chance(8);
                size_t at = 0;
                while (at < m->count && (written[at] || m->events[at].pcr != pcr))
                        at++;
                if (at == m->count)
                        continue;
                struct lie lie = {0};
                if (pcr == 7 && chance(2) == 0)
                        lie = lies[chance(LIES)];
                if (chance(8) == 0)
                        log_variable(&log, AZA_EV_NO_ACTION, "SecureBoot", "\1", 1);
                write_event(&log, &m->events[at], lie);
                written[at] = true;
                left--;
        }
        return judge(&log);
}

static void by_chance(void **state)
{
        (void)state;
        for (size_t i = 0; i < 4000; i++) {
                bool debug = i % 2 == 1;
                struct machine m = boot(debug, debug);
                extend_by_chance(&m);
                struct outcome out = judge_by_chance(&m);
                if (out.asked || (!debug && out.on))
                        fail_msg("attack %zu: on %d, asked %d", i, out.on, out.asked);
                if (debug)
                        assert_int_equal(out.e14, AZA_REJECT);
                machine_free(&m);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(honest),        cmocka_unit_test(off_posing_as_on),
                cmocka_unit_test(debug_hidden),  cmocka_unit_test(on_relabelled),
                cmocka_unit_test(doubled),       cmocka_unit_test(authorities),
                cmocka_unit_test(another_order), cmocka_unit_test(modes),
                cmocka_unit_test(by_chance),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
