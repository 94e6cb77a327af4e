/* SPDX-License-Identifier: Apache-2.0 */
/* TCG event logs: replayed against PCR values computed here, those of Windows' own events among
 * them, so that the facts behind are reached; in the SHA-256 bank, and in the SHA-1 bank, which the
 * older form has alone. */
#include "boot/event_log.h"
#include "fuzz.h"

#include <tss2/tss2_tpm2_types.h>

static void check_variable(const struct aza_event *event)
{
        struct aza_variable variable;
        if (aza_event_variable(event, &variable))
                FUZZ_CHECK(variable.guid.len == 16 &&
                           variable.name.len + variable.content.len <= event->data.len);
}

struct bank {
        uint16_t algorithm;
        const char *digest;
        size_t size;
};

#define QUOTED 0x78FFu /* PCR 0-7, 11-14 */
#define PCRS   12

/* The quoted PCRs as the log's own digests make them, one behind the other; false when the log does
 * not parse. */
static bool replay(struct aza_span log, const struct bank *bank, uint8_t *values)
{
        struct aza_events events;
        struct aza_event event;
        if (aza_events_begin(log, bank->algorithm, &events) != NULL)
                return false;
        while (aza_events_next(&events, &event)) {
                uint8_t input[64];
                size_t len = 0;
                uint32_t pcr = event.pcr & 15;
                uint8_t *value = values + (pcr < 8 ? pcr : pcr - 3) % PCRS * bank->size;
                (void)aza_event_type_text(event.type);
                struct aza_span hashed = {0};
                FUZZ_CHECK(!aza_event_hashed(fuzz_libctx(), &event, bank->algorithm, &hashed) ||
                           (hashed.data >= event.data.data && hashed.len <= event.data.len));
                check_variable(&event);
                FUZZ_CHECK(event.digest.len == bank->size);
                if (event.pcr > 15 || (QUOTED >> pcr & 1) == 0 || event.type == AZA_EV_NO_ACTION)
                        continue;
                memcpy(input, value, bank->size);
                memcpy(input + bank->size, event.digest.data, bank->size);
                FUZZ_CHECK(EVP_Q_digest(fuzz_libctx(), bank->digest, NULL, input, 2 * bank->size,
                                        value, &len) == 1);
        }
        return events.fault == NULL;
}

static void judge(struct aza_span log, const struct bank *bank, bool need_secure_boot)
{
        uint8_t values[PCRS * 32] = {0};
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_CHECKS struct aza_checks facts = {0};
        struct aza_boot_facts boot = {0};
        bool parses = replay(log, bank, values);
        const struct aza_replayed replayed = {log, bank->algorithm, QUOTED, 0};
        struct aza_event_options options = {
                .bank = bank->algorithm,
                .mask = QUOTED,
                .values = {values, PCRS * bank->size},
                .required = true,
                .need_secure_boot = need_secure_boot,
        };
        bool good = aza_event_log_verify(fuzz_libctx(), log, &options, &checks, &boot);
        fuzz_rows_agree(&checks, good);
        FUZZ_CHECK(!good || parses);
        FUZZ_CHECK(!good || !need_secure_boot || boot.secure_boot == AZA_SECURE_BOOT_ON);
        FUZZ_CHECK(!good || (boot.forged == NULL && !boot.debugger));
        FUZZ_CHECK(!good || (boot.windows.fault == NULL &&
                             (boot.windows.set & 1u << AZA_WINDOWS_BOOT_DEBUG) == 0));
        FUZZ_CHECK((boot.windows.set & ~boot.windows.said) == 0);
        if (parses)
                (void)aza_event_facts(fuzz_libctx(), &replayed, false, &facts, &boot);
}

/* As if all of it had been measured: each digest is made that of its event's data, so that what
 * reads hashed data only sees whatever it is. */
static void measure(struct aza_bytes *log, const struct bank *bank)
{
        struct aza_events events;
        struct aza_event event;
        size_t len = 0;

        if (aza_events_begin(aza_bytes_span(log), bank->algorithm, &events) != NULL)
                return;
        while (aza_events_next(&events, &event)) {
                uint8_t *digest = log->data + (event.digest.data - log->data);
                FUZZ_CHECK(EVP_Q_digest(fuzz_libctx(), bank->digest, NULL, event.data.data,
                                        event.data.len, digest, &len) == 1);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const struct bank sha1 = {TPM2_ALG_SHA1, "SHA1", 20};
        static const struct bank sha256 = {TPM2_ALG_SHA256, "SHA2-256", 32};
        struct aza_span log = aza_span_of(data, size);
        judge(log, &sha256, size % 2 == 0);
        judge(log, &sha1, size % 2 == 0);
        AZA_BYTES struct aza_bytes measured = {0};
        FUZZ_CHECK(aza_bytes_set(&measured, data, size) == 0);
        measure(&measured, &sha256);
        judge(aza_bytes_span(&measured), &sha256, size % 2 == 0);
        return 0;
}
