/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how single members of a request are spelled. Knows no document. */
#include "sim/maa_member.h"

#include "base/error.h"
#include "sim/b64.h"

#include <string.h>

#define MAX_JSON (8UL * 1024 * 1024)
#define MAX_TEXT 256

static bool decode(const struct sim_reading *in, const struct sim_member *m, const char *text,
                   struct aza_bytes *ret)
{
        static const char *const forms[] = {"base64 with '=' padding (RFC 4648 section 4)",
                                            "base64url without padding (RFC 4648 section 5)"};

        if (in->lenient)
                return sim_b64_decode(text, ret) || sim_refuse(in->refusal, m->name, "not base64");
        return aza_base64_decode(m->form, text, strlen(text), ret) == 0 ||
               sim_refuse(in->refusal, m->name, "wanted %s: %s", forms[m->form],
                          aza_last_error()->message);
}

bool sim_member_bytes(const struct sim_reading *in, json_object *object, const struct sim_member *m,
                      struct aza_bytes *ret)
{
        const char *text = aza_json_string(object, m->name);

        if (text == NULL)
                return sim_refuse(in->refusal, m->name, "missing or not a string");
        if (!decode(in, m, text, ret))
                return false;
        if (ret->len == 0 && m->min > 0)
                return sim_refuse(in->refusal, m->name, "empty");
        if (ret->len < m->min || ret->len > m->max)
                return sim_refuse(in->refusal, m->name, "%zu bytes, wanted %zu to %zu", ret->len,
                                  m->min, m->max);
        return true;
}

/* The token repeats it as JSON: what is no UTF-8 would make one that nobody can read. */
static bool is_utf8(const struct aza_bytes *text)
{
        AZA_OWN(json_object_put)
        json_object *string = json_object_new_string_len((const char *)text->data, (int)text->len);
        AZA_OWN(json_object_put) json_object *again = NULL;
        size_t len = 0;
        const char *json = json_object_to_json_string_length(string, JSON_C_TO_STRING_PLAIN, &len);

        return json != NULL && aza_json_parse(aza_span_of(json, len), MAX_JSON, &again) == 0;
}

bool sim_member_text(const struct sim_reading *in, json_object *object, const char *name,
                     char **ret)
{
        const struct sim_member m = {name, AZA_BASE64, in->lenient ? 0 : 1, MAX_TEXT};
        AZA_BYTES struct aza_bytes text = {0};

        if (!sim_member_bytes(in, object, &m, &text))
                return false;
        if (text.len > 0 && memchr(text.data, 0, text.len) != NULL)
                return sim_refuse(in->refusal, name, "text with a NUL");
        if (text.len > 0 && !is_utf8(&text))
                return sim_refuse(in->refusal, name, "not UTF-8");
        *ret = text.len == 0 ? strdup("") : strndup((const char *)text.data, text.len);
        return *ret != NULL;
}

bool sim_member_number(const struct sim_reading *in, json_object *object, const char *name,
                       int64_t *ret)
{
        const char *text = in->lenient ? aza_json_string(object, name) : NULL;

        if (aza_json_int64(object, name, ret))
                return (*ret >= 0 && *ret <= UINT32_MAX) ||
                       sim_refuse(in->refusal, name, "negative or more than 32 bits");
        size_t len = text == NULL ? 0 : strlen(text);
        if (len == 0 || len > 9 || strspn(text, "0123456789") != len)
                return sim_refuse(in->refusal, name,
                                  in->lenient ? "neither a number nor a numeric string"
                                              : "missing or not a whole number");
        *ret = strtoll(text, NULL, 10);
        return true;
}

bool sim_member_json(const struct sim_reading *in, const char *name, struct aza_span text,
                     json_object **ret)
{
        return aza_json_parse(text, MAX_JSON, ret) == 0 ||
               sim_refuse(in->refusal, name, "not JSON: %s", aza_last_error()->message);
}

bool sim_members_only(const struct sim_reading *in, json_object *object, const char *check,
                      const char *const *names)
{
        if (in->lenient)
                return true;
        json_object_object_foreach(object, found, value)
        {
                char shown[64];
                size_t i = 0;

                (void)value;
                while (names[i] != NULL && strcmp(names[i], found) != 0)
                        i++;
                if (names[i] == NULL)
                        return sim_refuse(
                                in->refusal, check, "unknown member '%s'",
                                aza_printable(found, strlen(found), shown, sizeof(shown)));
        }
        return true;
}
