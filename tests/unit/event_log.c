/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/event_log, event_replay, event_facts: a real log in three banks, and logs of our own
 * that are wrong in one thing each. */
#include "unit/event_support.h"

#include <tss2/tss2_tpm2_types.h>

#define GCE "gce-tpm/gce-cos-85-no-nonce"

/* The values of PCR 0-9 of a file with 24. */
static struct aza_span first_ten(const struct aza_bytes *all)
{
        return aza_span_of(all->data, all->len / 24 * 10);
}

static void real_log(void **state)
{
        static const struct {
                uint16_t bank;
                const char *file;
        } banks[] = {{TPM2_ALG_SHA1, "pcrs-sha1.bin"},
                     {TPM2_ALG_SHA256, "pcrs-sha256.bin"},
                     {TPM2_ALG_SHA384, "pcrs-sha384.bin"}};
        AZA_BYTES struct aza_bytes log = set_file(GCE, "eventlog.bin");
        (void)state;
        for (size_t i = 0; i < 3; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes values = set_file(GCE, banks[i].file);
                struct aza_boot_facts facts = {0};
                struct aza_event_options o = {.bank = banks[i].bank,
                                              .mask = 0x3FF,
                                              .values = first_ten(&values),
                                              .scope = 0x3FF,
                                              .required = true};
                bool ok = aza_event_log_verify(libctx, aza_bytes_span(&log), &o, &checks, &facts);
                assert_no_reject(&checks);
                assert_true(ok);
                assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
                for (int id = AZA_CHECK_E1; id <= AZA_CHECK_E16; id++)
                        assert_non_null(aza_checks_get(&checks, (enum aza_check_id)id));
                assert_false(facts.debugger);
                /* The machine's firmware measured secure boot in a way that can be re-hashed. */
                assert_int_equal(facts.secure_boot, AZA_SECURE_BOOT_ON);
        }
        /* PCR 10 was extended after the log ended. */
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_BYTES struct aza_bytes values = set_file(GCE, "pcrs-sha256.bin");
        struct aza_event_options o = {
                .mask = 0x7FF, .values = aza_span_of(values.data, 11 * 32), .scope = 0x7FF};
        assert_false(aza_event_log_verify(libctx, aza_bytes_span(&log), &o, &checks, NULL));
        assert_outcome(&checks, AZA_CHECK_E7, AZA_REJECT);
}

/* Every flip in a digest of an event in scope, or in its framing, is refused; the event's type and
 * data are protected only where the data is what was hashed (E9). */
static void every_byte_flipped(void **state)
{
        struct log_maker m = good_log();
        struct aza_event_options o = log_options(&m);
        struct aza_events events;
        struct aza_event e;
        uint8_t *framing = calloc(1, m.log.len);
        (void)state;
        assert_non_null(framing);
        /* Marks which bytes belong to data or type of events whose text nobody hashed: none here,
         * but the type word of every event. */
        assert_null(aza_events_begin(aza_bytes_span(&m.log), 0x000B, &events));
        while (aza_events_next(&events, &e)) {
                size_t data = (size_t)(e.data.data - m.log.data);
                memset(framing + data - 4 - 32 - 2 - 4 - 4, 1, 4); /* type */
                memset(framing + data, 2, e.data.len);
        }
        size_t survivors = 0;
        o.need_secure_boot = true;
        for (size_t i = 0; i < m.log.len; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                m.log.data[i] ^= 1;
                bool ok = aza_event_log_verify(libctx, aza_bytes_span(&m.log), &o, &checks, NULL);
                m.log.data[i] ^= 1;
                /* Header: platform class, version, size of UINTN say nothing to us, and neither do
                 * the 20 bytes in place of a digest. */
                bool header = (i >= 8 && i < 28) || (i >= 48 && i < 56);
                if (ok && !header && framing[i] == 0)
                        fail_msg("flip in byte %zu accepted", i);
                survivors += ok && framing[i] == 2;
        }
        /* Text of the firmware version (16), the boot loader (13) and the actions in PCR 5 (69) is
         * shown as unverified once it does not hash; nothing is decided from it. Separators (8) are
         * known by their digest. */
        assert_true(survivors <= 16 + 13 + 29 + 40 + 8 * 4);
        free(framing);
        log_free(&m);
}

static void absent(void **state)
{
        struct log_maker m = {0};
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_event_options o = {0};
        (void)state;
        assert_true(aza_event_log_verify(libctx, aza_bytes_span(&m.log), &o, &checks, NULL));
        assert_outcome(&checks, AZA_CHECK_E1, AZA_NO_INPUT);
        assert_outcome(&checks, AZA_CHECK_E6, AZA_NO_INPUT); /* never "good" */
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
        o.required = true;
        log_judge(&m, o, AZA_CHECK_E1);
        o = (struct aza_event_options){.need_secure_boot = true};
        log_judge(&m, o, AZA_CHECK_E1);
}

static void headers(void **state)
{
        static const struct {
                size_t offset;
                uint8_t value;
        } all[] = {{0, 1},  {4, 4},  {32, 'X'}, {46, '2'}, {56, 0},
                   {56, 9}, {60, 4}, {62, 20},  {64, 1}};
        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                struct log_maker m = good_log();
                struct aza_event_options o = log_options(&m);
                m.log.data[all[i].offset] = all[i].value;
                log_judge(&m, o, AZA_CHECK_E2);
        }
        struct log_maker m = {0};
        struct aza_event_options o;
        m = good_log();
        o = log_options(&m);
        o.bank = TPM2_ALG_SHA384;
        log_judge(&m, o, AZA_CHECK_E2);
}

static void malformed(void **state)
{
        struct log_maker m = good_log();
        struct aza_event_options o = log_options(&m);
        size_t whole = m.log.len;
        (void)state;
        for (size_t len = whole - 1; len > 65; len -= 7) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes cut = {0};
                assert_int_equal(aza_bytes_set(&cut, m.log.data, len), 0);
                assert_false(aza_event_log_verify(libctx, aza_bytes_span(&cut), &o, &checks, NULL));
        }
        put(&m.log, "", 1);
        log_judge(&m, o, AZA_CHECK_E3);
        m = good_log();
        o = log_options(&m);
        log_text(&m, 24, 8, "no such PCR");
        log_judge(&m, o, AZA_CHECK_E3);
        /* Two digests where the header names one bank. */
        m = good_log();
        o = log_options(&m);
        m.log.data[65 + 8] = 2;
        log_judge(&m, o, AZA_CHECK_E3);
}

static void localities(void **state)
{
        struct log_maker m = log_begin();
        (void)state;
        m.pcrs.value[0][31] = 3;
        log_event(&m, 0, AZA_EV_NO_ACTION, "StartupLocality\0\3", 17);
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        log_boot(&m);
        log_judge(&m, log_options(&m), AZA_CHECK_COUNT);
        m = log_begin();
        log_event(&m, 0, AZA_EV_NO_ACTION, "StartupLocality\0\0", 17);
        log_event(&m, 0, AZA_EV_NO_ACTION, "StartupLocality\0\0", 17);
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        log_judge(&m, log_options(&m), AZA_CHECK_E5);
        m = good_log();
        log_event(&m, 0, AZA_EV_NO_ACTION, "StartupLocality\0\3", 17);
        log_judge(&m, log_options(&m), AZA_CHECK_E5);
        m = good_log();
        log_event(&m, 1, AZA_EV_NO_ACTION, "StartupLocality\0\3", 17);
        log_judge(&m, log_options(&m), AZA_CHECK_E5);
        m = log_begin();
        m.pcrs.value[0][31] = 2;
        log_event(&m, 0, AZA_EV_NO_ACTION, "StartupLocality\0\2", 17);
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        log_judge(&m, log_options(&m), AZA_CHECK_E5);
        /* Without PCR 0 nothing says at which locality it started. */
        m = log_begin();
        log_event(&m, 0, AZA_EV_NO_ACTION, "StartupLocality\0\3", 17);
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        log_boot(&m);
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_event_options o = log_options(&m);
        o.mask = 0xFE;
        o.scope = 0xFE;
        o.values = aza_span_of(m.values.data + 32, 7 * 32);
        assert_true(aza_event_log_verify(libctx, aza_bytes_span(&m.log), &o, &checks, NULL));
        assert_outcome(&checks, AZA_CHECK_E5, AZA_NO_INPUT);
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_ACCEPT);
        log_free(&m);
}

static void replays(void **state)
{
        struct log_maker m = good_log();
        (void)state;
        log_judge(&m, log_options(&m), AZA_CHECK_COUNT);
        /* A PCR that shows another history. */
        m = good_log();
        m.pcrs.value[4][0] ^= 1;
        log_judge(&m, log_options(&m), AZA_CHECK_E6);
        /* A value and no events: the events were taken out. */
        m = good_log();
        m.pcrs.value[9][0] = 1;
        struct aza_event_options o = log_options(&m);
        o.scope = 0x3FF;
        log_judge(&m, o, AZA_CHECK_E7);
        /* Above PCR 7 what the log has events for is replayed wherever it is quoted, unless the
         * verifier says himself what its value is. */
        m = good_log();
        log_text(&m, 9, 0x0D, "a kernel");
        log_judge(&m, log_options(&m), AZA_CHECK_COUNT);
        m = good_log();
        log_text(&m, 9, 0x0D, "a kernel");
        m.pcrs.value[9][0] ^= 1;
        log_judge(&m, log_options(&m), AZA_CHECK_E6);
        m = good_log();
        log_text(&m, 9, 0x0D, "a kernel");
        m.pcrs.value[9][0] ^= 1;
        o = log_options(&m);
        o.demanded = 1u << 9;
        log_judge(&m, o, AZA_CHECK_COUNT);
        m = good_log();
        m.pcrs.value[4][0] ^= 1;
        o = log_options(&m);
        o.demanded = 1u << 4; /* never for the firmware's */
        log_judge(&m, o, AZA_CHECK_E6);
        /* PCR 17 begins with ones. */
        m = good_log();
        o = log_options(&m);
        o.scope = 1u << 17 | 0xFF;
        log_judge(&m, o, AZA_CHECK_COUNT);
        /* Scope outside the quote is not checked, and not accepted either. */
        AZA_CHECKS struct aza_checks checks = {0};
        m = good_log();
        o = log_options(&m);
        o.mask = 0x7F;
        o.values.len = (size_t)7 * 32;
        assert_false(aza_event_log_verify(libctx, aza_bytes_span(&m.log), &o, &checks, NULL));
        assert_no_reject(&checks);
        assert_int_equal(aza_checks_verdict(&checks), AZA_VERDICT_INCOMPLETE);
        log_free(&m);
}

static void separators(void **state)
{
        struct log_maker m = good_log();
        (void)state;
        log_event(&m, 4, AZA_EV_SEPARATOR, "\0\0\0\0", 4);
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_event_options o = log_options(&m);
        assert_false(aza_event_log_verify(libctx, aza_bytes_span(&m.log), &o, &checks, NULL));
        assert_outcome(&checks, AZA_CHECK_E10, AZA_REJECT);
        log_free(&m);
        m = log_begin();
        log_firmware(&m, 1, NULL);
        log_judge(&m, log_options(&m), AZA_CHECK_E10);
        /* The same hidden under another label, its data hidden too. */
        m = good_log();
        log_event_of(&m, 4, 0x0D, aza_span_of("\0\0\0\0", 4), aza_span_of("grub_cmd", 8));
        log_judge(&m, log_options(&m), AZA_CHECK_E10);
        m = log_begin();
        log_firmware(&m, 1, NULL);
        for (uint32_t pcr = 0; pcr < 8; pcr++)
                log_event(&m, pcr, pcr == 3 ? 0x0D : AZA_EV_SEPARATOR, "\0\0\0\0", 4);
        log_judge(&m, log_options(&m), AZA_CHECK_E10);
        m = log_begin();
        log_firmware(&m, 1, NULL);
        for (uint32_t pcr = 0; pcr < 8; pcr++)
                log_event(&m, pcr, AZA_EV_SEPARATOR, "\1\0\0\0", 4);
        log_judge(&m, log_options(&m), AZA_CHECK_E10);
        /* Labelled a separator, but something else was hashed. */
        m = log_begin();
        log_firmware(&m, 1, NULL);
        for (uint32_t pcr = 0; pcr < 8; pcr++)
                log_event_of(&m, pcr, AZA_EV_SEPARATOR, aza_span_of("evil", 4),
                             aza_span_of("\0\0\0\0", 4));
        log_judge(&m, log_options(&m), AZA_CHECK_E10);
}

/* What no firmware measures: E11 and E13 reject, whether secure boot was asked for or not. */
static void assert_forged(struct log_maker *m)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_boot_facts facts = {0};
        struct aza_event_options o = log_options(m);
        assert_false(aza_event_log_verify(libctx, aza_bytes_span(&m->log), &o, &checks, &facts));
        assert_outcome(&checks, AZA_CHECK_E11, AZA_REJECT);
        assert_outcome(&checks, AZA_CHECK_E13, AZA_REJECT);
        assert_int_equal(facts.secure_boot, AZA_SECURE_BOOT_UNDECIDED);
        assert_non_null(facts.forged);
        log_free(m);
}

static void order(void **state)
{
        struct log_maker m = log_begin();
        (void)state;
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        log_variable(&m, AZA_EV_EFI_VARIABLE_CONFIG, "late", "x", 1);
        assert_forged(&m);
        m = log_begin();
        log_firmware(&m, 1, NULL);
        log_variable(&m, AZA_EV_EFI_VARIABLE_CONFIG, "SecureBoot", "\0", 1);
        log_separators(&m);
        assert_forged(&m);
        /* E12 compares positions of different PCRs, which are in no hash: a remark, whatever
         * they are. */
        m = good_log();
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_event_options o = log_options(&m);
        assert_true(aza_event_log_verify(libctx, aza_bytes_span(&m.log), &o, &checks, NULL));
        assert_outcome(&checks, AZA_CHECK_E12, AZA_NOT_APPLICABLE);
        assert_non_null(strstr(aza_checks_get(&checks, AZA_CHECK_E12)->reason, "not covered"));
        log_text(&m, 2, 0x80000003, "a late driver");
        log_judge(&m, log_options(&m), AZA_CHECK_COUNT);
}

static void secure_boot(struct log_maker *m, enum aza_secure_boot state, const char *why)
{
        AZA_CHECKS struct aza_checks checks = {0}, strict = {0};
        struct aza_boot_facts facts = {0};
        struct aza_event_options o = log_options(m);
        assert_true(aza_event_log_verify(libctx, aza_bytes_span(&m->log), &o, &checks, &facts));
        assert_int_equal(facts.secure_boot, state);
        if (why != NULL && strstr(facts.undecided, why) == NULL)
                fail_msg("'%s' instead of '%s'", facts.undecided, why);
        assert_outcome(&checks, AZA_CHECK_E13,
                       state == AZA_SECURE_BOOT_UNDECIDED ? AZA_UNAVAILABLE : AZA_ACCEPT);
        /* Where a policy needs it, only "on" will do. */
        o.need_secure_boot = true;
        bool ok = aza_event_log_verify(libctx, aza_bytes_span(&m->log), &o, &strict, NULL);
        assert_true(ok == (state == AZA_SECURE_BOOT_ON));
        if (!ok)
                assert_rejects(&strict, AZA_CHECK_E13);
        log_free(m);
}

static void secure_boot_decisions(void **state)
{
        static const char *const names[] = {"SecureBoot", "PK", "KEK", "db", "dbx"};
        struct log_maker m = good_log();
        (void)state;
        secure_boot(&m, AZA_SECURE_BOOT_ON, NULL);
        m = log_begin();
        log_firmware(&m, 0, NULL);
        log_separators(&m);
        secure_boot(&m, AZA_SECURE_BOOT_OFF, NULL);
        for (size_t i = 0; i < 5; i++) {
                m = log_begin();
                log_firmware(&m, 1, names[i]);
                log_separators(&m);
                log_boot(&m);
                secure_boot(&m, AZA_SECURE_BOOT_UNDECIDED, "was not measured");
        }
        m = log_begin();
        log_firmware(&m, 2, NULL);
        log_separators(&m);
        log_boot(&m);
        secure_boot(&m, AZA_SECURE_BOOT_UNDECIDED, "neither 0 nor 1");
        /* On, but nothing was verified; on, but no keys. */
        m = log_begin();
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        secure_boot(&m, AZA_SECURE_BOOT_UNDECIDED, "nothing was verified");
        m = log_begin();
        for (size_t i = 0; i < 5; i++)
                log_variable(&m, AZA_EV_EFI_VARIABLE_CONFIG, names[i], "\1",
                             strcmp(names[i], "db") == 0 ? 0 : 1);
        log_separators(&m);
        log_boot(&m);
        secure_boot(&m, AZA_SECURE_BOOT_UNDECIDED, "empty");
        /* The log says "on", but "off" was hashed. */
        AZA_BYTES struct aza_bytes off = variable_data("SecureBoot", "\0", 1);
        AZA_BYTES struct aza_bytes on = variable_data("SecureBoot", "\1", 1);
        m = log_begin();
        log_event_of(&m, 7, AZA_EV_EFI_VARIABLE_CONFIG, aza_bytes_span(&off), aza_bytes_span(&on));
        log_firmware(&m, 1, "SecureBoot");
        log_separators(&m);
        log_boot(&m);
        secure_boot(&m, AZA_SECURE_BOOT_UNDECIDED, "not what was hashed");
        /* Types and actions that nobody knows in PCR 7. */
        m = good_log();
        log_free(&m);
        m = log_begin();
        log_firmware(&m, 1, NULL);
        log_text(&m, 7, 0x0D, "what is this");
        log_separators(&m);
        log_boot(&m);
        secure_boot(&m, AZA_SECURE_BOOT_UNDECIDED, "unknown there");
        m = log_begin();
        log_firmware(&m, 1, NULL);
        log_text(&m, 7, AZA_EV_EFI_ACTION, "Some Other Mode");
        log_separators(&m);
        log_boot(&m);
        secure_boot(&m, AZA_SECURE_BOOT_UNDECIDED, "unknown there");
}

static void debugger(void **state)
{
        struct log_maker m = log_begin();
        (void)state;
        log_text(&m, 7, AZA_EV_EFI_ACTION, "UEFI Debug Mode");
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        log_boot(&m);
        log_judge(&m, log_options(&m), AZA_CHECK_E14);
        m = log_begin();
        log_text(&m, 7, AZA_EV_EFI_ACTION, "DMA Protection Disabled");
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        log_boot(&m);
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_boot_facts facts = {0};
        struct aza_event_options o = log_options(&m);
        assert_true(aza_event_log_verify(libctx, aza_bytes_span(&m.log), &o, &checks, &facts));
        assert_true(facts.dma_protection_disabled);
        assert_int_equal(facts.secure_boot, AZA_SECURE_BOOT_ON);
        log_free(&m);
}

static void stray_bytes(void **state)
{
        struct log_maker m = log_begin();
        AZA_BYTES struct aza_bytes v = variable_data("db", "a signer", 8);
        AZA_BYTES struct aza_bytes longer = {0};
        (void)state;
        put(&longer, v.data, v.len);
        put(&longer, "\xA5", 1);
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        log_event_of(&m, 7, AZA_EV_EFI_VARIABLE_AUTHORITY, aza_bytes_span(&v),
                     aza_bytes_span(&longer));
        secure_boot(&m, AZA_SECURE_BOOT_ON, NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(real_log),  cmocka_unit_test(every_byte_flipped),
                cmocka_unit_test(absent),    cmocka_unit_test(headers),
                cmocka_unit_test(malformed), cmocka_unit_test(localities),
                cmocka_unit_test(replays),   cmocka_unit_test(separators),
                cmocka_unit_test(order),     cmocka_unit_test(secure_boot_decisions),
                cmocka_unit_test(debugger),  cmocka_unit_test(stray_bytes),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
