/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes what could drive a terminal, forge a line or turn text around. */
#include "base/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE_MAX 6 /* \uNNNN, the longest thing one character becomes */

size_t aza_utf8_character(const uint8_t *text, size_t left, uint32_t *ret)
{
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        const unsigned char first = text[0];
        const size_t len = first < 0x80   ? 1
                           : first < 0xC2 ? 0
                           : first < 0xE0 ? 2
                           : first < 0xF0 ? 3
                           : first < 0xF5 ? 4
                                          : 0;
        uint32_t c = len < 2 ? first : first & (0x7Fu >> len);

        if (len == 0 || len > left)
                return 0;
        for (size_t i = 1; i < len; i++) {
                if ((text[i] & 0xC0) != 0x80)
                        return 0;
                c = c << 6 | (text[i] & 0x3Fu);
        }
        if (c < least[len] || (c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF)
                return 0;
        *ret = c;
        return len;
}

static bool is_hostile(uint32_t c)
{
        return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
               (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* What the character at `text` is shown as; `out` has ESCAPE_MAX + 1 bytes. Returns how much of
 * `text` that was. */
static size_t show(const unsigned char *text, size_t left, char *out)
{
        uint32_t c = 0;
        const size_t len = aza_utf8_character(text, left, &c);

        if (len == 0 || (is_hostile(c) && c < 0x80)) {
                (void)snprintf(out, ESCAPE_MAX + 1, "\\x%02x", text[0]);
                return 1;
        }
        if (is_hostile(c)) {
                (void)snprintf(out, ESCAPE_MAX + 1, "\\u%04x", (unsigned int)(c & 0xFFFF));
                return len;
        }
        memcpy(out, text, len);
        out[len] = '\0';
        return len;
}

const char *aza_printable(const char *text, size_t len, char *out, size_t out_size)
{
        size_t used = 0;

        for (size_t i = 0; i < len;) {
                char piece[ESCAPE_MAX + 1];

                i += show((const unsigned char *)text + i, len - i, piece);
                const size_t more = strlen(piece);
                if (used + more >= out_size)
                        break;
                memcpy(out + used, piece, more);
                used += more;
        }
        out[used] = '\0';
        return out;
}

char *aza_printable_copy(const char *text)
{
        const size_t len = strlen(text);
        const size_t size = 4 * len + 1; /* a byte becomes four, two or more bytes become six */
        char *copy = len < SIZE_MAX / 8 ? malloc(size) : NULL;

        if (copy != NULL)
                (void)aza_printable(text, len, copy, size);
        return copy;
}

void aza_print(FILE *out, const char *text)
{
        const size_t len = strlen(text);

        for (size_t i = 0; i < len;) {
                char piece[ESCAPE_MAX + 1];

                i += show((const unsigned char *)text + i, len - i, piece);
                (void)fputs(piece, out);
        }
}

/* What json-c leaves as it is: everything but C0, which in its output is the layout. */
static size_t show_json(const unsigned char *text, size_t left, char *out)
{
        uint32_t c = 0;
        const size_t len = aza_utf8_character(text, left, &c);

        if (len == 0)
                c = 0xFFFD;
        if (len == 0 || (is_hostile(c) && c >= 0x20)) {
                (void)snprintf(out, ESCAPE_MAX + 1, "\\u%04x", (unsigned int)(c & 0xFFFF));
                return len == 0 ? 1 : len;
        }
        memcpy(out, text, len);
        out[len] = '\0';
        return len;
}

char *aza_json_write(json_object *value, int flags)
{
        size_t len = 0, used = 0;
        const char *text = json_object_to_json_string_length(value, flags, &len);
        char *out = text != NULL && len < SIZE_MAX / 8 ? malloc(ESCAPE_MAX * len + 1) : NULL;

        if (out == NULL)
                return NULL;
        for (size_t i = 0; i < len;) {
                char piece[ESCAPE_MAX + 1];

                i += show_json((const unsigned char *)text + i, len - i, piece);
                memcpy(out + used, piece, strlen(piece));
                used += strlen(piece);
        }
        out[used] = '\0';
        return out;
}

const char *aza_text_advice(const uint8_t *text, size_t len)
{
        if (len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
                return "; it is UTF-16, as > of PowerShell writes what programs print: write it with --out";
        if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
                return "; it begins with a byte order mark: save it as UTF-8 without one";
        return "";
}
