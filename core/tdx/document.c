/* SPDX-License-Identifier: Apache-2.0 */
/* Intel signs the inner object as its service wrote it: its bytes are cut out of the answer, and
 * what is read afterwards is read from just these bytes. */
#include "tdx/tcb.h"

#include "base/clock.h"
#include "base/json.h"

#include <string.h>

void aza_tcb_document_free(struct aza_tcb_document *d)
{
        json_object_put(d->json);
        *d = (struct aza_tcb_document){0};
}

/* ---- cutting out ---- */

/* The text is one strict JSON object already: only strings and brackets have to be told apart. */
static size_t skip_blank(struct aza_span s, size_t at)
{
        while (at < s.len && s.data[at] != '\0' && strchr(" \t\r\n", s.data[at]) != NULL)
                at++;
        return at;
}

static size_t skip_string(struct aza_span s, size_t at)
{
        for (at++; at < s.len && s.data[at] != '"'; at++)
                if (s.data[at] == '\\')
                        at++;
        return at + 1;
}

/* Behind the value that begins at `at`. */
static size_t skip_value(struct aza_span s, size_t at)
{
        size_t depth = 0;

        while (at < s.len) {
                uint8_t c = s.data[at];
                if (c == '"') {
                        at = skip_string(s, at);
                        if (depth == 0)
                                return at;
                        continue;
                }
                if (depth == 0 && (c == ',' || c == '}'))
                        return at;
                if (c == '{' || c == '[')
                        depth++;
                if ((c == '}' || c == ']') && --depth == 0)
                        return at + 1;
                at++;
        }
        return at;
}

/* The bytes of the value of top-level member `name`, written without escapes; empty: none. */
static struct aza_span value_text(struct aza_span s, const char *name)
{
        const size_t len = strlen(name);
        size_t at = skip_blank(s, 0) + 1;

        for (;;) {
                size_t key = skip_blank(s, at);
                if (key >= s.len || s.data[key] != '"')
                        return (struct aza_span){0};
                size_t key_end = skip_string(s, key);
                size_t from = skip_blank(s, skip_blank(s, key_end) + 1);
                size_t to = from < s.len ? skip_value(s, from) : from;
                if (to > s.len || from >= to)
                        return (struct aza_span){0};
                if (key_end - key == len + 2 && memcmp(s.data + key + 1, name, len) == 0)
                        return aza_span_of(s.data + from, to - from);
                at = skip_blank(s, to) + 1;
        }
}

/* ---- reading ---- */

static bool read_time(json_object *json, const char *name, int64_t *ret)
{
        const char *text = aza_json_string(json, name);

        return text != NULL && strchr(text, 'T') != NULL && aza_parse_time(text, ret) == 0;
}

static const char *read_head(struct aza_tcb_document *d)
{
        if (!json_object_is_type(d->json, json_type_object))
                return "its document is no object";
        if (!read_time(d->json, "issueDate", &d->issued) ||
            !read_time(d->json, "nextUpdate", &d->next_update))
                return "issueDate or nextUpdate is missing or no time";
        if (!aza_json_int64(d->json, "tcbEvaluationDataNumber", &d->evaluation) ||
            d->evaluation < 0)
                return "tcbEvaluationDataNumber is missing or no number";
        return NULL;
}

const char *aza_tcb_document_parse(struct aza_span body, const char *member,
                                   struct aza_tcb_document *ret)
{
        AZA_OWN(json_object_put) json_object *outer = NULL;
        struct aza_tcb_document d = {0};
        const char *fault = NULL;

        *ret = d;
        if (aza_json_parse(body, AZA_TCB_DOCUMENT_MAX, &outer) != 0)
                return "it is no JSON";
        const char *signature = aza_json_string(outer, "signature");
        if (aza_json_object(outer, member) == NULL || json_object_object_length(outer) != 2)
                return "it does not hold a document of this kind and its signature, alone";
        if (signature == NULL ||
            aza_unhex(signature, strlen(signature), d.signature, sizeof(d.signature)) != 0)
                return "its signature is not 128 hex digits";
        d.text = value_text(body, member);
        if (d.text.len == 0 || aza_json_parse(d.text, AZA_TCB_DOCUMENT_MAX, &d.json) != 0)
                return "its document cannot be found in it";
        fault = read_head(&d);
        if (fault != NULL)
                aza_tcb_document_free(&d);
        *ret = d;
        return fault;
}
