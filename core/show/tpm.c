/* SPDX-License-Identifier: Apache-2.0 */
/* What TPM attestation structures and event logs say. The signature is not looked at. */
#include "show/show.h"

#include "base/error.h"
#include "boot/event_log.h"
#include "config/config.h"
#include "evidence/attest_struct.h"

#include <string.h>

#define EVENTS_SHOWN 2000
#define TEXT_SHOWN   80

static const char *bank_text(uint16_t algorithm)
{
        switch (algorithm) {
        case TPM2_ALG_SHA1:
                return "sha1";
        case TPM2_ALG_SHA256:
                return "sha256";
        case TPM2_ALG_SHA384:
                return "sha384";
        case TPM2_ALG_SHA512:
                return "sha512";
        default:
                return "unknown bank";
        }
}

static void show_selections(json_object *out, const TPMS_QUOTE_INFO *quote)
{
        for (uint32_t i = 0; i < quote->pcrSelect.count; i++) {
                const TPMS_PCR_SELECTION *selection = &quote->pcrSelect.pcrSelections[i];
                uint32_t mask = 0;
                char text[64];

                for (uint32_t b = 0; b < selection->sizeofSelect && b < 4; b++)
                        mask |= (uint32_t)selection->pcrSelect[b] << (8 * b);
                aza_show_text(out, "pcrs", "%s:%s", bank_text(selection->hash),
                              aza_config_pcrs_text(mask, text));
        }
        aza_show_bytes(out, "pcr-digest",
                       aza_span_of(quote->pcrDigest.buffer, quote->pcrDigest.size));
}

static void show_clock(json_object *out, const TPMS_ATTEST *attest)
{
        aza_show_number(out, "clock", attest->clockInfo.clock);
        aza_show_number(out, "reset-count", attest->clockInfo.resetCount);
        aza_show_number(out, "restart-count", attest->clockInfo.restartCount);
        aza_show_bool(out, "safe", attest->clockInfo.safe == TPM2_YES);
        aza_show_text(out, "firmware-version", "0x%016llx",
                      (unsigned long long)attest->firmwareVersion);
}

json_object *aza_show_quote(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        TPMS_ATTEST attest = {0};
        const char *fault;
        bool quote = true;

        (void)libctx;
        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        if (content.len > 2 && content.data[2] == 0xff) /* TPM2B_ATTEST */
                content = aza_span_of(content.data + 2, content.len - 2);
        fault = aza_attest_parse(content, TPM2_ST_ATTEST_QUOTE, &attest, NULL);
        if (fault != NULL &&
            aza_attest_parse(content, TPM2_ST_ATTEST_CERTIFY, &attest, NULL) == NULL) {
                quote = false;
                fault = NULL;
        }
        if (fault != NULL)
                return AZA_FAIL(AZATTEST_E_EVIDENCE, "%s", fault), NULL;
        aza_show_text(out, "type", "%s", quote ? "quote" : "key certification");
        aza_show_bytes(out, "extra-data",
                       aza_span_of(attest.extraData.buffer, attest.extraData.size));
        aza_show_bytes(out, "qualified-signer",
                       aza_span_of(attest.qualifiedSigner.name, attest.qualifiedSigner.size));
        if (quote)
                show_selections(out, &attest.attested.quote);
        else
                aza_show_bytes(out, "name",
                               aza_span_of(attest.attested.certify.name.name,
                                           attest.attested.certify.name.size));
        show_clock(out, &attest);
        return aza_take(&out);
}

/* Printable text in an event's data, as people expect it from other tools; unverified. */
static void show_event_text(json_object *item, struct aza_span data)
{
        char text[TEXT_SHOWN + 1];
        size_t n = 0;

        for (size_t i = 0; i < data.len && n < TEXT_SHOWN; i++)
                if (data.data[i] >= 0x20 && data.data[i] < 0x7f)
                        text[n++] = (char)data.data[i];
        text[n] = '\0';
        if (n > 3)
                aza_show_text(item, "text", "%s", text);
}

static json_object *show_event(OSSL_LIB_CTX *libctx, const struct aza_event *event, uint16_t bank)
{
        json_object *item = json_object_new_object();
        bool authentic = aza_event_hashed(libctx, event, bank, NULL);

        if (item == NULL)
                return NULL;
        aza_show_number(item, "pcr", event->pcr);
        aza_show_text(item, "type", "%s (0x%08x)", aza_event_type_text(event->type), event->type);
        aza_show_bytes(item, "digest", event->digest);
        aza_show_text(item, "content", "%s",
                      authentic ? "hashes to the digest"
                                : "does not hash to the digest: unverified");
        show_event_text(item, event->data);
        return item;
}

json_object *aza_show_event_log(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(json_object_put) json_object *list = json_object_new_array();
        struct aza_events events;
        struct aza_event event;
        const char *fault = aza_events_begin(content, 0, &events);
        char banks[128] = "";

        if (out == NULL || list == NULL)
                return AZA_NO_MEMORY(), NULL;
        if (fault != NULL)
                return AZA_FAIL(AZATTEST_E_EVIDENCE, "event log: %s", fault), NULL;
        for (uint32_t i = 0; i < events.bank_count; i++) {
                size_t used = strlen(banks);

                (void)snprintf(banks + used, sizeof(banks) - used, "%s%s", i > 0 ? ", " : "",
                               bank_text(events.banks[i].algorithm));
        }
        while (json_object_array_length(list) < EVENTS_SHOWN && aza_events_next(&events, &event)) {
                json_object *item = show_event(libctx, &event, events.bank);

                if (item == NULL || json_object_array_add(list, item) != 0)
                        return json_object_put(item), AZA_NO_MEMORY(), NULL;
        }
        aza_show_text(
                out, "form", "%s",
                events.sha1_form
                        ? "SHA-1 only (before crypto agility): no quote over another bank can be judged by it"
                        : "crypto-agile");
        aza_show_text(out, "banks", "%s", banks);
        aza_show_text(out, "digests-of", "%s", bank_text(events.bank));
        aza_show_number(out, "count", json_object_array_length(list));
        if (events.fault != NULL)
                aza_show_text(out, "fault", "%s", events.fault);
        aza_show_object(out, "events", json_object_get(list));
        return aza_take(&out);
}
