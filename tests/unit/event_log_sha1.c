/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/event_log, event_replay: logs of the form before crypto agility, which know SHA-1
 * only. */
#include "unit/event_support.h"

#include <tss2/tss2_tpm2_types.h>

static struct log_maker good_sha1_log(const char *header)
{
        struct log_maker m = log_begin_sha1(header);
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        log_boot(&m);
        return m;
}

/* The form before crypto agility: replayed in its one bank, worth nothing for any other. */
static void sha1_form(void **state)
{
        static const char *const headers[] = {NULL, "Spec ID Event00", "Spec ID Event02"};
        (void)state;
        for (size_t i = 0; i < 3; i++) {
                struct log_maker m = good_sha1_log(headers[i]);
                AZA_CHECKS struct aza_checks checks = {0};
                struct aza_boot_facts facts = {0};
                struct aza_event_options o = log_options(&m);
                o.need_secure_boot = true;
                assert_true(
                        aza_event_log_verify(libctx, aza_bytes_span(&m.log), &o, &checks, &facts));
                assert_int_equal(facts.secure_boot, AZA_SECURE_BOOT_ON);
                assert_string_equal(aza_checks_get(&checks, AZA_CHECK_E2)->reason, "SHA-1 form");
                /* The same log beside a quote of the SHA-256 bank. */
                AZA_CHECKS struct aza_checks other = {0};
                o = (struct aza_event_options){
                        .mask = 0xFFFFFF,
                        .values = aza_span_of(m.pcrs.value, sizeof(m.pcrs.value))};
                assert_false(
                        aza_event_log_verify(libctx, aza_bytes_span(&m.log), &o, &other, NULL));
                assert_rejects(&other, AZA_CHECK_E2);
                assert_non_null(strstr(aza_checks_get(&other, AZA_CHECK_E2)->reason, "SHA-1"));
                assert_outcome(&other, AZA_CHECK_E6, AZA_NO_INPUT);
                assert_outcome(&other, AZA_CHECK_E13, AZA_NO_INPUT);
                log_free(&m);
        }
        struct log_maker m = good_sha1_log("Spec ID Event04");
        log_judge(&m, log_options(&m), AZA_CHECK_E2);
        m = good_sha1_log("Spec ID Event02");
        struct aza_event_options o = log_options(&m);
        m.log.data[32 + 24] = 4; /* more of the vendor's bytes than there are */
        log_judge(&m, o, AZA_CHECK_E2);
        /* A crypto-agile log whose header was made unrecognisable. */
        m = good_log();
        o = log_options(&m);
        o.bank = TPM2_ALG_SHA1;
        o.values.len = (size_t)24 * 20;
        m.log.data[32] = 'X';
        log_judge(&m, o, AZA_CHECK_E3);
        m = log_begin_sha1("Spec ID Event02");
        log_event(&m, 0, AZA_EV_NO_ACTION, "StartupLocality\0\3", 17);
        m.pcrs.value[0][19] = 3;
        log_firmware(&m, 1, NULL);
        log_separators(&m);
        log_judge(&m, log_options(&m), AZA_CHECK_COUNT);
}

static void sha1_form_damaged(void **state)
{
        struct log_maker m = good_sha1_log("Spec ID Event02");
        struct aza_event_options o = log_options(&m);
        struct aza_events events;
        struct aza_event e;
        uint8_t *digest = calloc(1, m.log.len);
        (void)state;
        assert_non_null(digest);
        assert_null(aza_events_begin(aza_bytes_span(&m.log), TPM2_ALG_SHA1, &events));
        while (aza_events_next(&events, &e))
                memset(digest + (e.digest.data - m.log.data), 1, e.digest.len);
        for (size_t i = 60; i < m.log.len; i++) {
                AZA_CHECKS struct aza_checks checks = {0};
                if (digest[i] == 0)
                        continue;
                m.log.data[i] ^= 1;
                assert_false(
                        aza_event_log_verify(libctx, aza_bytes_span(&m.log), &o, &checks, NULL));
                m.log.data[i] ^= 1;
                assert_outcome(&checks, AZA_CHECK_E6, AZA_REJECT);
                assert_non_null(strstr(aza_checks_get(&checks, AZA_CHECK_E6)->reason,
                                       "do not lead to the value that was quoted: the log was"));
        }
        free(digest);
        for (size_t len = m.log.len - 1; len > 65; len -= 7) {
                AZA_CHECKS struct aza_checks checks = {0};
                AZA_BYTES struct aza_bytes cut = {0};
                assert_int_equal(aza_bytes_set(&cut, m.log.data, len), 0);
                assert_false(aza_event_log_verify(libctx, aza_bytes_span(&cut), &o, &checks, NULL));
        }
        m.pcrs.value[9][0] = 1;
        o = log_options(&m);
        o.scope = 0x3FF;
        log_judge(&m, o, AZA_CHECK_E7);
        m = good_sha1_log(NULL);
        log_text(&m, 24, 8, "no such PCR");
        log_judge(&m, log_options(&m), AZA_CHECK_E3);
        /* Bank 0 is for those who only show a log. */
        m = good_sha1_log(NULL);
        assert_null(aza_events_begin(aza_bytes_span(&m.log), 0, &events));
        assert_int_equal(events.bank, TPM2_ALG_SHA1);
        log_free(&m);
        m = good_log();
        assert_null(aza_events_begin(aza_bytes_span(&m.log), 0, &events));
        assert_int_equal(events.bank, TPM2_ALG_SHA256);
        log_free(&m);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sha1_form),
                cmocka_unit_test(sha1_form_damaged),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
