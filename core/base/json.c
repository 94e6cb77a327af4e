/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON: a scanner that knows RFC 8259's grammar goes over the text first, json-c builds the
 * tree afterwards. Must not interpret members; every parser of JSON from outside comes through here.
 */
#include "base/json.h"

#include "base/error.h"
#include "base/own.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

AZA_OWN_DEFINE(json_tokener, json_tokener_free);

struct scan {
        const uint8_t *start;
        const uint8_t *p;
        const uint8_t *end;
        size_t members;    /* of all objects together */
        const char *fault; /* static text */
};

static bool fault(struct scan *s, const char *what)
{
        if (s->fault == NULL)
                s->fault = what;
        return false;
}

static int peek(const struct scan *s)
{
        return s->p < s->end ? *s->p : -1;
}

static void skip_space(struct scan *s)
{
        while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
                s->p++;
}

static bool skip_literal(struct scan *s, const char *word)
{
        size_t len = strlen(word);
        if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
                return fault(s, "unknown word");
        s->p += len;
        return true;
}

/* One UTF-8 sequence of two or more bytes (RFC 3629: shortest form, no surrogates, <= U+10FFFF). */
static bool skip_utf8(struct scan *s)
{
        uint8_t first = *s->p;
        unsigned int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
        if (first < 0xC2 || first > 0xF4 || (size_t)(s->end - s->p) <= more)
                return fault(s, "invalid UTF-8");
        uint8_t second = s->p[1];
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
            (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
                return fault(s, "invalid UTF-8");
        for (unsigned int i = 1; i <= more; i++)
                if ((s->p[i] & 0xC0) != 0x80)
                        return fault(s, "invalid UTF-8");
        s->p += more + 1;
        return true;
}

static bool read_hex4(struct scan *s, unsigned int *ret)
{
        unsigned int v = 0;
        if (s->end - s->p < 4)
                return fault(s, "short \\u escape");
        for (int i = 0; i < 4; i++) {
                uint8_t c = *s->p++;
                if (c >= '0' && c <= '9')
                        v = v << 4 | (unsigned int)(c - '0');
                else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
                        v = v << 4 | (unsigned int)((c | 0x20) - 'a' + 10);
                else
                        return fault(s, "bad \\u escape");
        }
        *ret = v;
        return true;
}

/* After the backslash. */
static bool skip_escape(struct scan *s, bool is_name)
{
        int c = peek(s);
        if (c < 0 || strchr("\"\\/bfnrtu", c) == NULL || c == 0)
                return fault(s, "bad escape");
        s->p++;
        if (c != 'u')
                return true;
        unsigned int unit = 0;
        unsigned int low = 0;
        if (!read_hex4(s, &unit))
                return false;
        if (unit == 0 && is_name)
                return fault(s, "NUL in a member name");
        if (unit >= 0xDC00 && unit <= 0xDFFF)
                return fault(s, "lone surrogate");
        if (unit < 0xD800 || unit > 0xDBFF)
                return true;
        if (s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
                return fault(s, "lone surrogate");
        s->p += 2;
        if (!read_hex4(s, &low))
                return false;
        return (low >= 0xDC00 && low <= 0xDFFF) || fault(s, "lone surrogate");
}

static bool skip_string(struct scan *s, bool is_name)
{
        if (peek(s) != '"')
                return fault(s, "string expected");
        s->p++;
        while (s->p < s->end) {
                uint8_t c = *s->p;
                if (c == '"') {
                        s->p++;
                        return true;
                }
                if (c < 0x20)
                        return fault(s, "control character in a string");
                if (c >= 0x80) {
                        if (!skip_utf8(s))
                                return false;
                        continue;
                }
                s->p++;
                if (c == '\\' && !skip_escape(s, is_name))
                        return false;
        }
        return fault(s, "string without end");
}

static bool skip_digits(struct scan *s)
{
        const uint8_t *from = s->p;
        while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
                s->p++;
        return s->p > from || fault(s, "digit expected");
}

/* json-c saturates what does not fit; so it must not see such a number. */
static bool integer_fits(const uint8_t *from, const uint8_t *to)
{
        char digits[24] = "";
        if ((size_t)(to - from) >= sizeof digits)
                return false;
        memcpy(digits, from, (size_t)(to - from));
        errno = 0;
        (void)strtoll(digits, NULL, 10);
        return errno == 0;
}

static bool skip_number(struct scan *s)
{
        const uint8_t *from = s->p;
        bool integer = true;
        if (peek(s) == '-')
                s->p++;
        if (peek(s) == '0')
                s->p++;
        else if (!skip_digits(s))
                return false;
        if (peek(s) == '.') {
                integer = false;
                s->p++;
                if (!skip_digits(s))
                        return false;
        }
        if (peek(s) == 'e' || peek(s) == 'E') {
                integer = false;
                s->p++;
                if (peek(s) == '+' || peek(s) == '-')
                        s->p++;
                if (!skip_digits(s))
                        return false;
        }
        return !integer || integer_fits(from, s->p) || fault(s, "integer out of range");
}

static bool skip_value(struct scan *s, unsigned int depth);

/* Members or elements between brackets; the opening one is next. */
static bool skip_container(struct scan *s, unsigned int depth, bool is_object)
{
        int close = is_object ? '}' : ']';
        if (depth >= AZA_JSON_MAX_DEPTH)
                return fault(s, "nested too deeply");
        s->p++;
        skip_space(s);
        if (peek(s) == close) {
                s->p++;
                return true;
        }
        for (;;) {
                if (is_object) {
                        skip_space(s);
                        if (!skip_string(s, true))
                                return false;
                        s->members++;
                        skip_space(s);
                        if (peek(s) != ':')
                                return fault(s, "':' expected");
                        s->p++;
                }
                if (!skip_value(s, depth + 1))
                        return false;
                skip_space(s);
                if (peek(s) == close) {
                        s->p++;
                        return true;
                }
                if (peek(s) != ',')
                        return fault(s, "',' or closing bracket expected");
                s->p++;
        }
}

static bool skip_value(struct scan *s, unsigned int depth)
{
        skip_space(s);
        switch (peek(s)) {
        case '{':
                return skip_container(s, depth, true);
        case '[':
                return skip_container(s, depth, false);
        case '"':
                return skip_string(s, false);
        case 't':
                return skip_literal(s, "true");
        case 'f':
                return skip_literal(s, "false");
        case 'n':
                return skip_literal(s, "null");
        case -1:
                return fault(s, "value expected");
        default:
                return skip_number(s);
        }
}

/* Counts the members below `value`; false when a number overflowed to infinity. json-c lets the last
 * of two equal names win, so a duplicate shows as fewer members than the scanner saw. */
static bool count_members(json_object *value, size_t *count)
{
        if (json_object_is_type(value, json_type_double))
                return isfinite(json_object_get_double(value)) != 0;
        if (json_object_is_type(value, json_type_array)) {
                size_t n = json_object_array_length(value);
                for (size_t i = 0; i < n; i++)
                        if (!count_members(json_object_array_get_idx(value, i), count))
                                return false;
        } else if (json_object_is_type(value, json_type_object)) {
                json_object_object_foreach(value, name, member)
                {
                        (void)name;
                        *count += 1;
                        if (!count_members(member, count))
                                return false;
                }
        }
        return true;
}

/* json-c needs the NUL behind the text to see the end of a bare number. */
static int build_tree(const struct aza_bytes *text, json_object **ret)
{
        AZA_OWN(json_tokener_free)
        json_tokener *tokener = json_tokener_new_ex(AZA_JSON_MAX_DEPTH + 2);
        if (tokener == NULL)
                return AZA_NO_MEMORY();
        /* Not JSON_TOKENER_STRICT: the scanner is stricter, and json-c 0.18's refuses UTF-8. */
        json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
        json_object *tree =
                json_tokener_parse_ex(tokener, (const char *)text->data, (int)text->len + 1);
        enum json_tokener_error error = json_tokener_get_error(tokener);
        if (error != json_tokener_success) {
                json_object_put(tree);
                return AZA_FAIL(AZATTEST_E_INPUT, "JSON: %s at byte %zu",
                                json_tokener_error_desc(error),
                                json_tokener_get_parse_end(tokener));
        }
        *ret = tree;
        return 0;
}

int aza_json_parse(struct aza_span text, size_t max, json_object **ret)
{
        if (text.len > max || text.len >= INT_MAX)
                return AZA_FAIL(AZATTEST_E_INPUT, "JSON: %zu bytes, more than the %zu allowed",
                                text.len, max);
        AZA_BYTES struct aza_bytes copy = {0};
        int r = aza_bytes_set(&copy, text.data, text.len);
        if (r < 0)
                return r;
        struct scan s = {.start = copy.data, .p = copy.data, .end = copy.data + copy.len};
        bool good = text.len > 0 ? skip_value(&s, 0) : fault(&s, "empty text");
        if (good) {
                skip_space(&s);
                good = s.p == s.end || fault(&s, "something after the value");
        }
        if (!good)
                return AZA_FAIL(AZATTEST_E_INPUT, "JSON: %s at byte %zu", s.fault,
                                (size_t)(s.p - s.start));

        AZA_OWN(json_object_put) json_object *tree = NULL;
        r = build_tree(&copy, &tree);
        if (r < 0)
                return r;
        size_t members = 0;
        if (!count_members(tree, &members))
                return AZA_FAIL(AZATTEST_E_INPUT, "JSON: a number is out of range");
        if (members != s.members)
                return AZA_FAIL(AZATTEST_E_INPUT, "JSON: a member name occurs twice in one object");
        *ret = aza_take(&tree);
        return 0;
}

static json_object *member(json_object *object, const char *name, enum json_type type)
{
        json_object *found = NULL;
        if (!json_object_is_type(object, json_type_object) ||
            !json_object_object_get_ex(object, name, &found) || !json_object_is_type(found, type))
                return NULL;
        return found;
}

json_object *aza_json_object(json_object *object, const char *name)
{
        return member(object, name, json_type_object);
}

json_object *aza_json_array(json_object *object, const char *name)
{
        return member(object, name, json_type_array);
}

const char *aza_json_text(json_object *value)
{
        if (!json_object_is_type(value, json_type_string))
                return NULL;
        const char *text = json_object_get_string(value);
        return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

const char *aza_json_string(json_object *object, const char *name)
{
        return aza_json_text(member(object, name, json_type_string));
}

bool aza_json_int64(json_object *object, const char *name, int64_t *ret)
{
        json_object *found = member(object, name, json_type_int);
        if (found == NULL)
                return false;
        *ret = json_object_get_int64(found);
        return true;
}

bool aza_json_bool(json_object *object, const char *name, bool *ret)
{
        json_object *found = member(object, name, json_type_boolean);
        if (found == NULL)
                return false;
        *ret = json_object_get_boolean(found) != 0;
        return true;
}

bool aza_json_path(json_object *object, const char *path, json_object **ret)
{
        char name[256];
        json_object *at = object;
        for (;;) {
                size_t len = strcspn(path, ".");
                json_object *next = NULL;
                if (len >= sizeof name)
                        return false;
                memcpy(name, path, len);
                name[len] = '\0';
                if (!json_object_is_type(at, json_type_object) ||
                    !json_object_object_get_ex(at, name, &next))
                        return false;
                at = next;
                if (path[len] == '\0')
                        break;
                path += len + 1;
        }
        *ret = at;
        return true;
}
