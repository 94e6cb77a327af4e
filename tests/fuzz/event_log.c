/* SPDX-License-Identifier: Apache-2.0 */
/* TCG event logs: replayed against PCR values computed here, so that the facts behind are reached. */
#include "evidence/event_log.h"
#include "fuzz.h"

#include <tss2/tss2_tpm2_types.h>

static void check_variable(const struct aza_event *event)
{
        struct aza_variable variable;
        if (aza_event_variable(event, &variable))
                FUZZ_CHECK(variable.guid.len == 16 &&
                           variable.name.len + variable.content.len <= event->data.len);
}

/* PCR 0-7 as the log's own digests make them; false when the log does not parse. */
static bool replay(struct aza_span log, uint8_t values[8][32])
{
        struct aza_events events;
        struct aza_event event;
        memset(values, 0, (size_t)8 * 32);
        if (aza_events_begin(log, TPM2_ALG_SHA256, &events) != NULL)
                return false;
        while (aza_events_next(&events, &event)) {
                uint8_t input[64];
                (void)aza_event_type_text(event.type);
                (void)aza_event_authentic(fuzz_libctx(), &event, TPM2_ALG_SHA256);
                check_variable(&event);
                if (event.pcr > 7 || event.type == AZA_EV_NO_ACTION || event.digest.len != 32)
                        continue;
                memcpy(input, values[event.pcr], 32);
                memcpy(input + 32, event.digest.data, 32);
                FUZZ_CHECK(aza_sha256(fuzz_libctx(), aza_span_of(input, 64), values[event.pcr]) ==
                           0);
        }
        return events.fault == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint8_t values[8][32];
        struct aza_span log = aza_span_of(data, size);
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_CHECKS struct aza_checks facts = {0};
        struct aza_boot_facts boot = {0};
        bool parses = replay(log, values);
        struct aza_event_options options = {
                .mask = 0xFF,
                .values = {values[0], sizeof values},
                .required = true,
                .need_secure_boot = size % 2 == 0,
        };
        bool good = aza_event_log_verify(fuzz_libctx(), log, &options, &checks, &boot);
        fuzz_rows_agree(&checks, good);
        FUZZ_CHECK(!good || parses);
        FUZZ_CHECK(!good || !options.need_secure_boot || boot.secure_boot == AZA_SECURE_BOOT_ON);
        if (parses)
                (void)aza_event_facts(fuzz_libctx(), log, TPM2_ALG_SHA256, 0xFF, false, &facts,
                                      &boot);
        return 0;
}
