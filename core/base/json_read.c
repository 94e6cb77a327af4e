/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON (RFC 8259), read once: the text is judged and json-c's tree is built in one pass.
 * Must not interpret members; every parser of JSON from outside comes through here. Only the value
 * of a number with a fraction or an exponent is left to json-c, whose tree keeps its text.
 */
#include "base/json.h"

#include "base/error.h"
#include "base/own.h"
#include "base/printable.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <openssl/crypto.h>
#include <string.h>

#define SHORT_NAME 128 /* longer ones cost an allocation */

struct reader {
        const uint8_t *start;
        const uint8_t *p;
        const uint8_t *end;
        struct aza_bytes text; /* of the string at hand, when it has escapes */
        const char *fault;     /* static text; NULL with a failure: no memory */
};

static bool fault(struct reader *r, const char *what)
{
        if (r->fault == NULL)
                r->fault = what;
        return false;
}

static int peek(const struct reader *r)
{
        return r->p < r->end ? *r->p : -1;
}

static void skip_space(struct reader *r)
{
        while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
                r->p++;
}

static bool skip_literal(struct reader *r, const char *word)
{
        size_t len = strlen(word);
        if ((size_t)(r->end - r->p) < len || memcmp(r->p, word, len) != 0)
                return fault(r, "unknown word");
        r->p += len;
        return true;
}

/* ---- strings ---- */

static bool skip_utf8(struct reader *r)
{
        uint32_t c = 0;
        const size_t len = aza_utf8_character(r->p, (size_t)(r->end - r->p), &c);

        r->p += len;
        return len > 0 || fault(r, "invalid UTF-8");
}

static bool read_hex4(struct reader *r, unsigned int *ret)
{
        unsigned int v = 0;
        if (r->end - r->p < 4)
                return fault(r, "short \\u escape");
        for (int i = 0; i < 4; i++) {
                int digit = OPENSSL_hexchar2int(*r->p++);

                if (digit < 0)
                        return fault(r, "bad \\u escape");
                v = v << 4 | (unsigned int)digit;
        }
        *ret = v;
        return true;
}

/* The code point behind "\\u", of one unit or of two. */
static bool read_code_point(struct reader *r, unsigned int *ret)
{
        unsigned int low = 0;

        if (!read_hex4(r, ret))
                return false;
        if (*ret >= 0xDC00 && *ret <= 0xDFFF)
                return fault(r, "lone surrogate");
        if (*ret < 0xD800 || *ret > 0xDBFF)
                return true;
        if (r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u')
                return fault(r, "lone surrogate");
        r->p += 2;
        if (!read_hex4(r, &low))
                return false;
        if (low < 0xDC00 || low > 0xDFFF)
                return fault(r, "lone surrogate");
        *ret = 0x10000 + ((*ret - 0xD800) << 10) + (low - 0xDC00);
        return true;
}

static bool append(struct reader *r, const uint8_t *bytes, size_t len)
{
        return aza_bytes_append(&r->text, bytes, len) == 0;
}

static bool append_utf8(struct reader *r, unsigned int c)
{
        const uint8_t last = (uint8_t)(0x80 | (c & 0x3F));
        const uint8_t third = (uint8_t)(0x80 | (c >> 6 & 0x3F));
        const uint8_t second = (uint8_t)(0x80 | (c >> 12 & 0x3F));

        if (c < 0x80)
                return append(r, &(uint8_t){(uint8_t)c}, 1);
        if (c < 0x800)
                return append(r, (uint8_t[]){(uint8_t)(0xC0 | c >> 6), last}, 2);
        if (c < 0x10000)
                return append(r, (uint8_t[]){(uint8_t)(0xE0 | c >> 12), third, last}, 3);
        return append(r, (uint8_t[]){(uint8_t)(0xF0 | c >> 18), second, third, last}, 4);
}

/* After the backslash. */
static bool read_escape(struct reader *r, bool is_name)
{
        static const char letters[] = "\"\\/bfnrt";
        static const uint8_t meanings[] = "\"\\/\b\f\n\r\t";
        unsigned int c = 0;

        if (peek(r) == 'u') {
                r->p++;
                if (!read_code_point(r, &c))
                        return false;
                if (c == 0 && is_name)
                        return fault(r, "NUL in a member name");
                return append_utf8(r, c);
        }
        const char *letter = peek(r) <= 0 ? NULL : strchr(letters, peek(r));
        if (letter == NULL)
                return fault(r, "bad escape");
        r->p++;
        return append(r, &meanings[letter - letters], 1);
}

/* Up to the quote or backslash that is next in the string. */
static bool skip_plain(struct reader *r)
{
        for (;;) {
                const uint8_t *p = r->p;
                while (p < r->end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
                        p++;
                r->p = p;
                if (p == r->end)
                        return fault(r, "string without end");
                if (*p < 0x20)
                        return fault(r, "control character in a string");
                if (*p < 0x80)
                        return true;
                if (!skip_utf8(r))
                        return false;
        }
}

/* A string's content: as it stands in the text, or r->text when it has escapes. */
static bool read_string(struct reader *r, bool is_name, struct aza_span *ret)
{
        bool escaped = false;

        if (peek(r) != '"')
                return fault(r, "string expected");
        r->text.len = 0;
        for (const uint8_t *from = ++r->p;; from = r->p) {
                if (!skip_plain(r))
                        return false;
                const bool last = *r->p == '"';
                const size_t len = (size_t)(r->p++ - from);
                if (last && !escaped) {
                        *ret = aza_span_of(from, len);
                        return true;
                }
                if (!append(r, from, len))
                        return false;
                if (last) {
                        *ret = aza_bytes_span(&r->text);
                        return true;
                }
                escaped = true;
                if (!read_escape(r, is_name))
                        return false;
        }
}

static bool read_string_value(struct reader *r, json_object **ret)
{
        struct aza_span text = {0};

        if (!read_string(r, false, &text))
                return false;
        *ret = json_object_new_string_len((const char *)text.data, (int)text.len);
        return *ret != NULL;
}

/* ---- numbers ---- */

static bool skip_digits(struct reader *r)
{
        const uint8_t *from = r->p;
        while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
                r->p++;
        return r->p > from || fault(r, "digit expected");
}

/* json-c saturates what does not fit; so it must not see such a number. */
static bool make_integer(struct reader *r, const uint8_t *from, json_object **ret)
{
        char digits[24] = "";
        const size_t len = (size_t)(r->p - from);

        if (len >= sizeof digits)
                return fault(r, "integer out of range");
        memcpy(digits, from, len);
        errno = 0;
        const long long value = strtoll(digits, NULL, 10);
        if (errno != 0)
                return fault(r, "integer out of range");
        *ret = json_object_new_int64(value);
        return *ret != NULL;
}

static bool make_double(struct reader *r, const uint8_t *from, json_object **ret)
{
        AZA_BYTES struct aza_bytes digits = {0};

        if (aza_bytes_set(&digits, from, (size_t)(r->p - from)) != 0)
                return false;
        *ret = json_tokener_parse((const char *)digits.data);
        return (json_object_is_type(*ret, json_type_double) &&
                isfinite(json_object_get_double(*ret)) != 0) ||
               fault(r, "number out of range");
}

static bool read_number(struct reader *r, json_object **ret)
{
        const uint8_t *from = r->p;
        bool integer = true;
        if (peek(r) == '-')
                r->p++;
        if (peek(r) == '0')
                r->p++;
        else if (!skip_digits(r))
                return false;
        if (peek(r) == '.') {
                integer = false;
                r->p++;
                if (!skip_digits(r))
                        return false;
        }
        if (peek(r) == 'e' || peek(r) == 'E') {
                integer = false;
                r->p++;
                if (peek(r) == '+' || peek(r) == '-')
                        r->p++;
                if (!skip_digits(r))
                        return false;
        }
        return integer ? make_integer(r, from, ret) : make_double(r, from, ret);
}

/* ---- containers ---- */

/* *ret is what the caller puts, also after a failure. */
static bool read_value(struct reader *r, unsigned int depth, json_object **ret);

static bool add_member(struct reader *r, unsigned int depth, const char *name, json_object *object)
{
        AZA_OWN(json_object_put) json_object *value = NULL;
        const int before = json_object_object_length(object);

        skip_space(r);
        if (peek(r) != ':')
                return fault(r, "':' expected");
        r->p++;
        if (!read_value(r, depth + 1, &value) || json_object_object_add(object, name, value) != 0)
                return false;
        (void)aza_take(&value);
        /* json-c lets the last of two equal names win. */
        return json_object_object_length(object) > before ||
               fault(r, "a member name occurs twice in one object");
}

static bool read_member(struct reader *r, unsigned int depth, json_object *object)
{
        char short_name[SHORT_NAME];
        struct aza_span text = {0};

        skip_space(r);
        if (!read_string(r, true, &text))
                return false;
        const bool is_short = text.len < sizeof short_name;
        AZA_OWN(free) char *long_name = is_short ? NULL : malloc(text.len + 1);
        char *name = is_short ? short_name : long_name;
        if (name == NULL)
                return false;
        if (text.len > 0)
                memcpy(name, text.data, text.len);
        name[text.len] = '\0';
        return add_member(r, depth, name, object);
}

static bool read_element(struct reader *r, unsigned int depth, json_object *array)
{
        AZA_OWN(json_object_put) json_object *value = NULL;

        if (!read_value(r, depth + 1, &value) || json_object_array_add(array, value) != 0)
                return false;
        (void)aza_take(&value);
        return true;
}

/* Members or elements between brackets; the opening one is next. */
static bool read_container(struct reader *r, unsigned int depth, bool is_object, json_object **ret)
{
        int close = is_object ? '}' : ']';
        if (depth >= AZA_JSON_MAX_DEPTH)
                return fault(r, "nested too deeply");
        *ret = is_object ? json_object_new_object() : json_object_new_array_ext(4);
        if (*ret == NULL)
                return false;
        r->p++;
        skip_space(r);
        if (peek(r) == close) {
                r->p++;
                return true;
        }
        for (;;) {
                if (!(is_object ? read_member : read_element)(r, depth, *ret))
                        return false;
                skip_space(r);
                if (peek(r) == close) {
                        r->p++;
                        return true;
                }
                if (peek(r) != ',')
                        return fault(r, "',' or closing bracket expected");
                r->p++;
        }
}

static bool read_boolean(struct reader *r, bool value, json_object **ret)
{
        if (!skip_literal(r, value ? "true" : "false"))
                return false;
        *ret = json_object_new_boolean(value);
        return *ret != NULL;
}

static bool read_value(struct reader *r, unsigned int depth, json_object **ret)
{
        skip_space(r);
        switch (peek(r)) {
        case '{':
                return read_container(r, depth, true, ret);
        case '[':
                return read_container(r, depth, false, ret);
        case '"':
                return read_string_value(r, ret);
        case 't':
                return read_boolean(r, true, ret);
        case 'f':
                return read_boolean(r, false, ret);
        case 'n':
                return skip_literal(r, "null"); /* which json-c says as NULL */
        case -1:
                return fault(r, "value expected");
        default:
                if (peek(r) != '-' && (peek(r) < '0' || peek(r) > '9'))
                        return fault(r, "value expected");
                return read_number(r, ret);
        }
}

static bool read_text(struct reader *r, json_object **ret)
{
        if (!read_value(r, 0, ret))
                return false;
        skip_space(r);
        return r->p == r->end || fault(r, "something after the value");
}

/* A text that does not even begin as JSON is another thing: not a slip at some byte of it. What
 * it is instead is not shown, as it may be anybody's secret. */
static int refuse(const struct reader *r)
{
        const size_t at = (size_t)(r->p - r->start);
        struct reader begin = {.p = r->start, .end = r->end};

        skip_space(&begin);
        if (begin.p == r->p && begin.p < begin.end && peek(r) != '{' && peek(r) != '[')
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "JSON: this is no JSON text, which begins with { (or [)%s",
                                aza_text_advice(r->start, (size_t)(r->end - r->start)));
        return AZA_FAIL(AZATTEST_E_INPUT, "JSON: %s at byte %zu", r->fault, at);
}

int aza_json_parse(struct aza_span text, size_t max, json_object **ret)
{
        if (text.len > max || text.len >= INT_MAX)
                return AZA_FAIL(AZATTEST_E_INPUT, "JSON: %zu bytes, more than the %zu allowed",
                                text.len, max);
        if (text.len == 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "JSON: empty text");
        AZA_OWN(json_object_put) json_object *tree = NULL;
        struct reader r = {.start = text.data, .p = text.data, .end = text.data + text.len};
        const bool good = read_text(&r, &tree);

        aza_bytes_free(&r.text);
        if (!good && r.fault == NULL)
                return AZA_NO_MEMORY();
        if (!good)
                return refuse(&r);
        *ret = aza_take(&tree);
        return 0;
}
