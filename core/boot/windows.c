/* SPDX-License-Identifier: Apache-2.0 */
/* PCR 12-14 by content (aza_event_windows). Windows' boot manager and loader measure tagged
 * events, then a separator of their own: decided is from what stands before that. */
#include "boot/event_log.h"

#define WINDOWS_PCRS (7u << 12)
#define BOOT_OPTIONS (1u << 12)
#define DEEPEST      4

/* Tags of Windows' log (wbcl.h of its SDK). An aggregation holds tagged events, and what one
 * program measured is a whole one. */
#define AGGREGATION    0x40000000u
#define TRUST_BOUNDARY 0x40010001u

struct flag {
        uint32_t tag;
        enum aza_windows_flag flag;
};
static const struct flag flags[] = {
        {0x00040001, AZA_WINDOWS_BOOT_DEBUG},       {0x00050001, AZA_WINDOWS_KERNEL_DEBUG},
        {0x0005000D, AZA_WINDOWS_HYPERVISOR_DEBUG}, {0x00050003, AZA_WINDOWS_TEST_SIGNING},
        {0x00050021, AZA_WINDOWS_FLIGHT_SIGNING},
};

static void fault(struct aza_windows_facts *out, const char *what)
{
        if (out->fault == NULL)
                out->fault = what;
}

/* One byte, zero or not. Seen twice: set once is set. */
static void on_flag(uint32_t tag, struct aza_span content, struct aza_windows_facts *out)
{
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
                if (flags[i].tag != tag)
                        continue;
                if (content.len != 1) {
                        fault(out, "a setting in PCR 12-14 is not one byte long");
                        return;
                }
                out->said |= 1u << flags[i].flag;
                out->set |= content.data[0] != 0 ? 1u << flags[i].flag : 0;
        }
}

/* Tagged events, one after the other, to the last byte. The settings are those that stand in a
 * trust boundary itself. */
static bool walk(struct aza_span inside, int depth, struct aza_windows_facts *out)
{
        struct aza_reader r = aza_reader_of(inside);

        while (!r.failed && r.rest.len > 0) {
                uint32_t tag = aza_read_le32(&r);
                struct aza_span content = aza_read(&r, aza_read_le32(&r));
                if (r.failed)
                        break;
                if (depth == 1)
                        on_flag(tag, content, out);
                if ((tag & AGGREGATION) != 0 &&
                    (depth == DEEPEST || !walk(content, depth + 1, out)))
                        return false;
        }
        return !r.failed;
}

/* Before the separator: what Windows' own programs measured, shown as it was hashed. */
static void on_event(OSSL_LIB_CTX *libctx, const struct aza_event *e, uint16_t bank,
                     struct aza_windows_facts *out)
{
        struct aza_reader r = aza_reader_of(e->data);
        uint32_t tag = aza_read_le32(&r);

        if (!aza_event_hashed(libctx, e, bank, NULL))
                fault(out, "the data of an event in PCR 12-14 is not what Windows measured");
        else if (r.failed || (tag == TRUST_BOUNDARY && !walk(e->data, 0, out)))
                fault(out, "a tagged event in PCR 12-14 is cut short");
}

void aza_event_windows(OSSL_LIB_CTX *libctx, const struct aza_replayed *replayed,
                       struct aza_windows_facts *ret)
{
        struct aza_windows_facts out = {0};
        struct aza_events events;
        struct aza_event e;
        uint8_t separator[EVP_MAX_MD_SIZE];
        size_t len = 0;
        uint32_t ended = 0;

        if ((replayed->scope & BOOT_OPTIONS) == 0 ||
            aza_events_begin(replayed->log, replayed->bank, &events) != NULL ||
            !aza_event_hash(libctx, replayed->bank, aza_span_of("WBCL", 4), separator, &len))
                return;
        while (aza_events_next(&events, &e)) {
                uint32_t bit = e.pcr < AZA_PCR_COUNT ? 1u << e.pcr : 0;
                if (e.type == AZA_EV_NO_ACTION ||
                    (bit & replayed->scope & WINDOWS_PCRS & ~ended) == 0)
                        continue;
                if (aza_span_equal(e.digest, aza_span_of(separator, len)))
                        ended |= bit;
                else
                        on_event(libctx, &e, replayed->bank, &out);
        }
        out.present = (ended & BOOT_OPTIONS) != 0;
        if (out.present)
                *ret = out;
}
