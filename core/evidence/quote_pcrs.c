/* SPDX-License-Identifier: Apache-2.0 */
/* Check Q9: which PCRs the verifier relies on, and the values it expects there. Only compares: what
 * is proven is quote.c's matter, its only caller. */
#include "evidence/attest_struct.h"

#include "config/config.h"

#include <stdio.h>
#include <string.h>

#define RESETTABLE ((1u << 16) | (1u << 23))

static uint32_t named_in(const struct aza_pcr_values *values)
{
        uint32_t mask = 0;

        for (size_t i = 0; i < values->count; i++)
                mask |= 1u << values->items[i].pcr;
        return mask;
}

/* Those whose value is none of the allowed ones. */
static uint32_t unmet(const struct aza_pcr_values *values, uint32_t quoted,
                      const struct aza_pcrs *pcrs)
{
        uint32_t met = 0;

        for (size_t i = 0; i < values->count; i++) {
                const struct aza_pcr_value *v = &values->items[i];

                if ((quoted & pcrs->mask) >> v->pcr & 1 &&
                    memcmp(pcrs->value[v->pcr], v->value, AZA_PCR_SIZE) == 0)
                        met |= 1u << v->pcr;
        }
        return named_in(values) & ~met;
}

static int add(struct aza_bytes *text, const char *before, unsigned int pcr, const uint8_t *value)
{
        char hex[2 * AZA_PCR_SIZE + 1], item[128];

        (void)snprintf(item, sizeof(item), "%ssha256:%u=%s", before, pcr,
                       value != NULL ? aza_hex(aza_span_of(value, AZA_PCR_SIZE), hex)
                                     : "(not quoted)");
        return aza_bytes_append_text(text, item);
}

/* Each PCR of `mask`: all its allowed values, and the one it has. */
static int tell_difference(const struct aza_pcr_values *values, uint32_t mask, uint32_t quoted,
                           const struct aza_pcrs *pcrs, struct aza_checks *checks)
{
        AZA_BYTES struct aza_bytes expected = {0}, found = {0};
        int r = 0;

        for (unsigned int pcr = 0; r == 0 && pcr < AZA_PCR_COUNT; pcr++) {
                bool first = true;

                if ((mask >> pcr & 1) == 0)
                        continue;
                for (size_t i = 0; r == 0 && i < values->count; i++) {
                        if (values->items[i].pcr != pcr)
                                continue;
                        r = add(&expected,
                                expected.len == 0 ? ""
                                : first           ? ", "
                                                  : " or ",
                                pcr, values->items[i].value);
                        first = false;
                }
                if (r == 0)
                        r = add(&found, found.len == 0 ? "" : ", ", pcr,
                                quoted >> pcr & 1 ? pcrs->value[pcr] : NULL);
        }
        if (r == 0)
                aza_check_values(checks, (const char *)expected.data, (const char *)found.data);
        return r;
}

static void check_values(const struct aza_quote_expect *expect, uint32_t quoted, bool proven,
                         struct aza_checks *checks)
{
        static const struct aza_pcrs none;
        const uint32_t named = named_in(&expect->values), missing = named & ~quoted;
        const struct aza_pcrs *pcrs = proven ? expect->pcrs : &none;
        char text[64], absent[64];

        if (missing == 0 && !proven) {
                (void)aza_not_checked(checks, AZA_CHECK_Q9, AZA_NO_INPUT,
                                      "no proven PCR values to compare with (Q6, Q7)");
                return;
        }
        /* Without proven values only what is missing can be told. */
        uint32_t bad = proven ? unmet(&expect->values, quoted, pcrs) : missing;
        if (bad == 0) {
                (void)aza_accept(checks, AZA_CHECK_Q9, "PCR %s as expected",
                                 aza_config_pcrs_text(named, text));
                return;
        }
        if (missing != 0)
                (void)aza_reject(
                        checks, AZA_CHECK_Q9,
                        "PCR %s: not the expected value; PCR %s is not in the quote, which must be made and judged with it among its PCRs (pcrs)",
                        aza_config_pcrs_text(bad, text), aza_config_pcrs_text(missing, absent));
        else
                (void)aza_reject(checks, AZA_CHECK_Q9, "PCR %s: not the expected value",
                                 aza_config_pcrs_text(bad, text));
        aza_check_code(checks, AZATTEST_E_POLICY);
        if (tell_difference(&expect->values, bad, quoted, pcrs, checks) != 0)
                checks->out_of_memory = true;
}

uint32_t aza_quote_named(const struct aza_quote_expect *expect)
{
        return named_in(&expect->values);
}

bool aza_quote_relied_on(const struct aza_quote_expect *expect, uint32_t quoted, bool proven,
                         struct aza_checks *checks)
{
        uint32_t resettable = (expect->policy_mask | named_in(&expect->values)) & RESETTABLE;

        if (resettable != 0 && !expect->allow_resettable)
                return aza_reject(
                        checks, AZA_CHECK_Q9,
                        "PCR 16 and 23 can be reset by the guest: nothing may rely on them");
        if (expect->values.count > 0)
                check_values(expect, quoted, proven, checks);
        else
                (void)aza_accept(
                        checks, AZA_CHECK_Q9, "%s",
                        resettable != 0 ? "allowed by the caller"
                        : (quoted & RESETTABLE) != 0
                                ? "PCR 16 or 23 is quoted, but proves nothing: the guest can reset it"
                                : "none is relied on");
        return true;
}
