/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict JSON parser: knows RFC 8259's grammar and builds json-c's tree as it goes, in one pass.
 * json-c's own parser takes too much (G8) and is asked for numbers with a fraction only. Must not
 * interpret members; every JSON from outside comes through here.
 */
#include "base/json.h"

#include "base/error.h"
#include "base/own.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* Strings are unescaped where they stand: what is behind `p` is no longer the text received. */
struct parse {
        uint8_t *start;
        uint8_t *p;
        uint8_t *end; /* a NUL is here */
        const char *fault;
        const char *late; /* a fault that is reported only of text that has no other */
        bool out_of_memory;
};

static bool fault(struct parse *s, const char *what)
{
        if (s->fault == NULL)
                s->fault = what;
        return false;
}

static bool late_fault(struct parse *s, const char *what)
{
        if (s->late == NULL)
                s->late = what;
        return true;
}

static bool made(struct parse *s, json_object *value, json_object **ret)
{
        s->out_of_memory |= value == NULL;
        *ret = value;
        return value != NULL;
}

static int peek(const struct parse *s)
{
        return s->p < s->end ? *s->p : -1;
}

static void skip_space(struct parse *s)
{
        while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
                s->p++;
}

static bool skip_literal(struct parse *s, const char *word)
{
        size_t len = strlen(word);
        if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
                return fault(s, "unknown word");
        s->p += len;
        return true;
}

/* One UTF-8 sequence of two or more bytes (RFC 3629: shortest form, no surrogates, <= U+10FFFF). */
static bool skip_utf8(struct parse *s)
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

static bool read_hex4(struct parse *s, unsigned int *ret)
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

/* Behind "\u". */
static bool read_code_point(struct parse *s, bool is_name, unsigned int *ret)
{
        unsigned int unit = 0;
        unsigned int low = 0;
        if (!read_hex4(s, &unit))
                return false;
        if (unit == 0 && is_name)
                return fault(s, "NUL in a member name");
        if (unit >= 0xDC00 && unit <= 0xDFFF)
                return fault(s, "lone surrogate");
        *ret = unit;
        if (unit < 0xD800 || unit > 0xDBFF)
                return true;
        if (s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
                return fault(s, "lone surrogate");
        s->p += 2;
        if (!read_hex4(s, &low))
                return false;
        *ret = 0x10000 + ((unit - 0xD800) << 10 | ((low - 0xDC00) & 0x3FF));
        return (low >= 0xDC00 && low <= 0xDFFF) || fault(s, "lone surrogate");
}

/* Never longer than the escape it came from. */
static uint8_t *put_utf8(uint8_t *out, unsigned int c)
{
        if (c < 0x80) {
                *out++ = (uint8_t)c;
                return out;
        }
        if (c < 0x800) {
                *out++ = (uint8_t)(0xC0 | c >> 6);
        } else {
                if (c < 0x10000) {
                        *out++ = (uint8_t)(0xE0 | c >> 12);
                } else {
                        *out++ = (uint8_t)(0xF0 | c >> 18);
                        *out++ = (uint8_t)(0x80 | (c >> 12 & 0x3F));
                }
                *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        }
        *out++ = (uint8_t)(0x80 | (c & 0x3F));
        return out;
}

/* Behind the backslash. */
static bool read_escape(struct parse *s, bool is_name, uint8_t **out)
{
        static const char letters[] = "\"\\/bfnrtu";
        static const char meanings[] = "\"\\/\b\f\n\r\t";
        unsigned int c = 0;
        const char *letter = s->p < s->end && *s->p != 0 ? strchr(letters, *s->p) : NULL;
        if (letter == NULL)
                return fault(s, "bad escape");
        s->p++;
        if (*letter != 'u')
                c = (unsigned char)meanings[letter - letters];
        else if (!read_code_point(s, is_name, &c))
                return false;
        *out = put_utf8(*out, c);
        return true;
}

/* How many characters from `p` on stand for themselves: ASCII without control characters, quote and
 * backslash. Eight at a time, because a token is mostly long strings: `high` collects in the top bit
 * of each byte that it is one of the others. */
static size_t plain_length(const uint8_t *p, const uint8_t *end)
{
        const uint64_t ones = 0x0101010101010101;
        const uint8_t *from = p;
        while (end - p >= 8) {
                uint64_t eight;
                memcpy(&eight, p, sizeof eight);
                uint64_t quote = eight ^ ones * '"';
                uint64_t backslash = eight ^ ones * '\\';
                uint64_t high = eight | (eight - ones * 0x20) | (quote - ones) | (backslash - ones);
                if ((high & ones * 0x80) != 0)
                        break;
                p += 8;
        }
        while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
                p++;
        return (size_t)(p - from);
}

/* *ret is inside the text, unescaped, and ends with a NUL. */
static bool read_string(struct parse *s, bool is_name, char **ret, size_t *ret_len)
{
        if (peek(s) != '"')
                return fault(s, "string expected");
        uint8_t *out = ++s->p;
        *ret = (char *)out;
        while (s->p < s->end) {
                const uint8_t *from = s->p;
                s->p += plain_length(s->p, s->end);
                int c = peek(s);
                if (c >= 0x80 && !skip_utf8(s))
                        return false;
                if (out != from)
                        memmove(out, from, (size_t)(s->p - from));
                out += s->p - from;
                if (c == '"') {
                        s->p++;
                        *ret_len = (size_t)(out - (const uint8_t *)*ret);
                        *out = 0;
                        return true;
                }
                if (c >= 0 && c < 0x20)
                        return fault(s, "control character in a string");
                if (c != '\\')
                        continue;
                s->p++;
                if (!read_escape(s, is_name, &out))
                        return false;
        }
        return fault(s, "string without end");
}

static bool read_text(struct parse *s, json_object **ret)
{
        char *text = NULL;
        size_t len = 0;
        return read_string(s, false, &text, &len) &&
               made(s, json_object_new_string_len(text, (int)len), ret);
}

static bool skip_digits(struct parse *s)
{
        const uint8_t *from = s->p;
        while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
                s->p++;
        return s->p > from || fault(s, "digit expected");
}

/* *ret_fraction: more than an integer. */
static bool skip_number(struct parse *s, bool *ret_fraction)
{
        *ret_fraction = false;
        if (peek(s) == '-')
                s->p++;
        if (peek(s) == '0')
                s->p++;
        else if (!skip_digits(s))
                return false;
        if (peek(s) == '.') {
                *ret_fraction = true;
                s->p++;
                if (!skip_digits(s))
                        return false;
        }
        if (peek(s) == 'e' || peek(s) == 'E') {
                *ret_fraction = true;
                s->p++;
                if (peek(s) == '+' || peek(s) == '-')
                        s->p++;
                if (!skip_digits(s))
                        return false;
        }
        return true;
}

/* json-c keeps the digits as written and minds the locale. */
static bool read_fraction(struct parse *s, const uint8_t *from, json_object **ret)
{
        AZA_OWN(free) char *text = strndup((const char *)from, (size_t)(s->p - from));
        enum json_tokener_error error;
        if (!made(s, text != NULL ? json_tokener_parse_verbose(text, &error) : NULL, ret))
                return false;
        return isfinite(json_object_get_double(*ret)) != 0 ||
               late_fault(s, "a number is out of range");
}

static bool read_number(struct parse *s, json_object **ret)
{
        const uint8_t *from = s->p;
        bool fraction;
        char digits[24] = "";
        if (!skip_number(s, &fraction))
                return false;
        if (fraction)
                return read_fraction(s, from, ret);
        if ((size_t)(s->p - from) >= sizeof digits)
                return fault(s, "integer out of range");
        memcpy(digits, from, (size_t)(s->p - from));
        errno = 0;
        int64_t value = strtoll(digits, NULL, 10);
        if (errno != 0)
                return fault(s, "integer out of range");
        return made(s, json_object_new_int64(value), ret);
}

static bool read_value(struct parse *s, unsigned int depth, json_object **ret);

static bool read_element(struct parse *s, unsigned int depth, json_object *array)
{
        json_object *value = NULL;
        if (!read_value(s, depth + 1, &value))
                return false;
        if (json_object_array_add(array, value) == 0)
                return true;
        json_object_put(value);
        s->out_of_memory = true;
        return false;
}

static bool read_member(struct parse *s, unsigned int depth, json_object *object)
{
        json_object *value = NULL;
        char *name = NULL;
        size_t len = 0;
        skip_space(s);
        if (!read_string(s, true, &name, &len))
                return false;
        skip_space(s);
        if (peek(s) != ':')
                return fault(s, "':' expected");
        s->p++;
        if (!read_value(s, depth + 1, &value))
                return false;
        int before = json_object_object_length(object);
        if (json_object_object_add(object, name, value) != 0) {
                json_object_put(value);
                s->out_of_memory = true;
                return false;
        }
        return json_object_object_length(object) > before ||
               late_fault(s, "a member name occurs twice in one object");
}

/* Members or elements between brackets; the opening one is next. */
static bool read_container(struct parse *s, unsigned int depth, bool is_object, json_object **ret)
{
        int close = is_object ? '}' : ']';
        if (depth >= AZA_JSON_MAX_DEPTH)
                return fault(s, "nested too deeply");
        if (!made(s, is_object ? json_object_new_object() : json_object_new_array_ext(4), ret))
                return false;
        s->p++;
        skip_space(s);
        if (peek(s) == close) {
                s->p++;
                return true;
        }
        for (;;) {
                if (!(is_object ? read_member(s, depth, *ret) : read_element(s, depth, *ret)))
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

/* False: *ret is NULL. */
static bool read_value(struct parse *s, unsigned int depth, json_object **ret)
{
        bool good;
        *ret = NULL;
        skip_space(s);
        switch (peek(s)) {
        case '{':
                good = read_container(s, depth, true, ret);
                break;
        case '[':
                good = read_container(s, depth, false, ret);
                break;
        case '"':
                good = read_text(s, ret);
                break;
        case 't':
                good = skip_literal(s, "true") && made(s, json_object_new_boolean(1), ret);
                break;
        case 'f':
                good = skip_literal(s, "false") && made(s, json_object_new_boolean(0), ret);
                break;
        case 'n':
                good = skip_literal(s, "null");
                break;
        case -1:
                good = fault(s, "value expected");
                break;
        default:
                good = read_number(s, ret);
                break;
        }
        if (!good)
                json_object_put(aza_take(ret));
        return good;
}

int aza_json_parse_in_place(struct aza_bytes *text, size_t max, json_object **ret)
{
        AZA_OWN(json_object_put) json_object *tree = NULL;

        if (text->len > max || text->len >= INT_MAX)
                return AZA_FAIL(AZATTEST_E_INPUT, "JSON: %zu bytes, more than the %zu allowed",
                                text->len, max);
        struct parse s = {.start = text->data, .p = text->data, .end = text->data + text->len};
        bool good = text->len > 0 ? read_value(&s, 0, &tree) : fault(&s, "empty text");
        if (good) {
                skip_space(&s);
                good = s.p == s.end || fault(&s, "something after the value");
        }
        if (s.out_of_memory)
                return AZA_NO_MEMORY();
        if (!good)
                return AZA_FAIL(AZATTEST_E_INPUT, "JSON: %s at byte %zu", s.fault,
                                (size_t)(s.p - s.start));
        if (s.late != NULL)
                return AZA_FAIL(AZATTEST_E_INPUT, "JSON: %s", s.late);
        *ret = aza_take(&tree);
        return 0;
}

int aza_json_parse(struct aza_span text, size_t max, json_object **ret)
{
        AZA_BYTES struct aza_bytes copy = {0};

        if (text.len > max || text.len >= INT_MAX)
                return AZA_FAIL(AZATTEST_E_INPUT, "JSON: %zu bytes, more than the %zu allowed",
                                text.len, max);
        int r = aza_bytes_set(&copy, text.data, text.len);
        return r < 0 ? r : aza_json_parse_in_place(&copy, max, ret);
}
