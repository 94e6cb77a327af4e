/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of azattest status (Prometheus' text format 0.0.4). Values come from the result, none is
 * judged here. */
#include "cli/metrics.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/own.h"
#include "base/printable.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* False: there is no sample of this finding. */
typedef bool value_fn(json_object *finding, int64_t *ret);

static bool state_is_ok(json_object *finding, int64_t *ret)
{
        const char *state = aza_json_string(finding, "state");

        *ret = state != NULL && strcmp(state, "ok") == 0;
        return state != NULL && strcmp(state, "unknown") != 0;
}

static bool usable(json_object *finding, int64_t *ret)
{
        bool value = false;

        if (!aza_json_bool(finding, "usable", &value))
                return false;
        *ret = value;
        return true;
}

static bool time_of(json_object *object, const char *name, int64_t *ret)
{
        const char *text = aza_json_string(object, name);

        return text != NULL && aza_parse_time(text, ret) == 0;
}

static bool expiry(json_object *finding, int64_t *ret)
{
        return time_of(finding, "until", ret);
}

static bool attested_at(json_object *finding, int64_t *ret)
{
        return time_of(aza_json_object(finding, "attestation"), "at", ret);
}

static bool attested_until(json_object *finding, int64_t *ret)
{
        return time_of(aza_json_object(finding, "attestation"), "until", ret);
}

static bool accepted(json_object *finding, int64_t *ret)
{
        const char *verdict = aza_json_string(aza_json_object(finding, "attestation"), "verdict");

        *ret = verdict != NULL && strcmp(verdict, "accept") == 0;
        return verdict != NULL && strcmp(verdict, "incomplete") != 0;
}

static const struct metric {
        const char *name, *help;
        value_fn *value; /* NULL: one sample a PCR */
} metrics[] = {
        {"azattest_ok", "Whether the key, key file or certificate is in order (1) or not (0).",
         state_is_ok},
        {"azattest_key_usable", "Whether the key can be used on this VM now.", usable},
        {"azattest_pcr_changed", "PCRs that changed since the key was made.", NULL},
        {"azattest_certificate_expiry_timestamp_seconds", "When the certificate ends.", expiry},
        {"azattest_attestation_timestamp_seconds", "When the key was attested last.", attested_at},
        {"azattest_attestation_expiry_timestamp_seconds", "When that attestation's token ends.",
         attested_until},
        {"azattest_attestation_accepted",
         "Whether configuration and policy of now accept that attestation.", accepted},
};

/* In a label's value: backslash, quote and line end are escaped, and whatever is not printable. */
static int append_label(struct aza_bytes *out, const char *name, const char *value)
{
        char shown[1024];
        int r = aza_bytes_append_text(out, name);

        if (r == 0)
                r = aza_bytes_append_text(out, "=\"");
        (void)aza_printable(value, strlen(value), shown, sizeof(shown));
        for (const char *p = shown; r == 0 && *p != '\0'; p++) {
                if (*p == '\\' || *p == '"')
                        r = aza_bytes_append_text(out, "\\");
                if (r == 0)
                        r = aza_bytes_append(out, p, 1);
        }
        return r != 0 ? r : aza_bytes_append_text(out, "\"");
}

static int append_sample(struct aza_bytes *out, const char *metric, json_object *finding,
                         const char *pcr, int64_t value)
{
        const char *name = aza_json_string(finding, "name");
        const char *kind = aza_json_string(finding, "kind");
        char text[32];
        int r = aza_bytes_append_text(out, metric);

        if (r == 0)
                r = aza_bytes_append_text(out, "{");
        if (r == 0)
                r = append_label(out, "name", name != NULL ? name : "");
        if (r == 0)
                r = aza_bytes_append_text(out, ",");
        if (r == 0)
                r = append_label(out, "kind", kind != NULL ? kind : "");
        if (r == 0 && pcr != NULL)
                r = aza_bytes_append_text(out, ",");
        if (r == 0 && pcr != NULL)
                r = append_label(out, "pcr", pcr);
        (void)snprintf(text, sizeof(text), "} %" PRId64 "\n", value);
        return r != 0 ? r : aza_bytes_append_text(out, text);
}

static int append_head(struct aza_bytes *out, const char *name, const char *help)
{
        AZA_OWN(free) char *text = NULL;

        if (asprintf(&text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name) < 0) {
                text = NULL;
                return AZA_NO_MEMORY();
        }
        return aza_bytes_append_text(out, text);
}

/* "4,7-9" as the result has them. */
static int append_pcrs(struct aza_bytes *out, const char *metric, json_object *finding)
{
        const char *p = aza_json_string(finding, "pcrs-changed");
        int r = 0;

        while (r == 0 && p != NULL && *p != '\0') {
                unsigned int first = 0, last;
                int used = 0;

                if (sscanf(p, "%u%n", &first, &used) != 1)
                        return 0;
                last = first;
                p += used;
                if (*p == '-' && sscanf(p, "-%u%n", &last, &used) == 1)
                        p += used;
                for (unsigned int pcr = first; r == 0 && pcr <= last && pcr < 24; pcr++) {
                        char text[16];

                        (void)snprintf(text, sizeof(text), "%u", pcr);
                        r = append_sample(out, metric, finding, text, 1);
                }
                p += *p == ',';
        }
        return r;
}

static int append_metric(struct aza_bytes *out, const struct metric *m, json_object *findings)
{
        int r = append_head(out, m->name, m->help);

        for (size_t i = 0; r == 0 && i < json_object_array_length(findings); i++) {
                json_object *finding = json_object_array_get_idx(findings, i);
                int64_t value = 0;

                if (m->value == NULL)
                        r = append_pcrs(out, m->name, finding);
                else if (m->value(finding, &value))
                        r = append_sample(out, m->name, finding, NULL, value);
        }
        return r;
}

int cli_metrics(json_object *status, struct aza_bytes *ret)
{
        static const char looked[] = "azattest_status_timestamp_seconds";
        AZA_BYTES struct aza_bytes out = {0};
        json_object *findings = aza_json_array(status, "findings");
        char text[96];
        int64_t at = 0;
        int r = append_head(&out, looked, "When azattest status looked.");

        (void)time_of(status, "time", &at);
        (void)snprintf(text, sizeof(text), "%s %" PRId64 "\n", looked, at);
        if (r == 0)
                r = aza_bytes_append_text(&out, text);
        for (size_t i = 0; r == 0 && findings != NULL && i < sizeof(metrics) / sizeof(metrics[0]);
             i++)
                r = append_metric(&out, &metrics[i], findings);
        if (r == 0)
                *ret = aza_bytes_take(&out);
        return r;
}
