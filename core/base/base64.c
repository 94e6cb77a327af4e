/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64, strict: each byte string has exactly one spelling. Decoding is our own, because OpenSSL's
 * skips white space and ignores trailing bits, and to find that out afterwards takes three more passes
 * over a token; encoding is OpenSSL's.
 */
#include "base/base64.h"

#include "base/error.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

static const uint8_t values[128];

static void to_url(char *text, size_t len)
{
        for (size_t i = 0; i < len; i++) {
                if (text[i] == '+')
                        text[i] = '-';
                else if (text[i] == '/')
                        text[i] = '_';
        }
}

int aza_base64_encode(enum aza_base64_form form, struct aza_span in, struct aza_bytes *out)
{
        size_t before = out->len;

        if (in.len > INT_MAX / 2)
                return AZA_NO_MEMORY();
        size_t encoded = (in.len + 2) / 3 * 4;
        int r = aza_bytes_resize(out, before + encoded + 1);
        if (r != 0)
                return r;
        char *text = (char *)out->data + before;
        if (in.len > 0)
                (void)EVP_EncodeBlock((unsigned char *)text, in.data, (int)in.len);
        if (form == AZA_BASE64URL) {
                to_url(text, encoded);
                while (encoded > 0 && text[encoded - 1] == '=')
                        encoded--;
        }
        return aza_bytes_resize(out, before + encoded);
}

static bool in_alphabet(enum aza_base64_form form, char c)
{
        if (form == AZA_BASE64 ? c == '-' || c == '_' : c == '+' || c == '/')
                return false;
        return (uint8_t)c < sizeof values && values[(uint8_t)c] < 64;
}

/* The offset of the first character that is not of the alphabet, for the message. */
static size_t first_bad(enum aza_base64_form form, const char *text, size_t len)
{
        size_t i = 0;
        while (i < len && in_alphabet(form, text[i]))
                i++;
        return i;
}

/* Bit 7 of the result is set when a character is of neither alphabet. */
static unsigned int decode_groups(const uint8_t *text, size_t groups, uint8_t *out)
{
        unsigned int any = 0;
        for (size_t i = 0; i < groups; i++, text += 4, out += 3) {
                unsigned int a = values[text[0] & 127];
                unsigned int b = values[text[1] & 127];
                unsigned int c = values[text[2] & 127];
                unsigned int d = values[text[3] & 127];
                any |= a | b | c | d | text[0] | text[1] | text[2] | text[3];
                /* A value of 0x80 spoils its neighbour, which nobody will read. */
                out[0] = (uint8_t)(a << 2 | b >> 4);
                out[1] = (uint8_t)(b << 4 | c >> 2);
                out[2] = (uint8_t)(c << 6 | d);
        }
        return any;
}

/* The two or three characters behind the last whole group; *ret_unused: bits that no byte takes. */
static unsigned int decode_rest(const uint8_t *text, size_t len, uint8_t *out, bool *ret_unused)
{
        uint8_t group[4] = {'A', 'A', 'A', 'A'};
        uint8_t bytes[3];
        memcpy(group, text, len);
        unsigned int any = decode_groups(group, 1, bytes);
        memcpy(out, bytes, len - 1);
        *ret_unused = bytes[len - 1] != 0;
        return any;
}

static bool has_foreign(enum aza_base64_form form, const char *text, size_t len)
{
        return memchr(text, form == AZA_BASE64 ? '-' : '+', len) != NULL ||
               memchr(text, form == AZA_BASE64 ? '_' : '/', len) != NULL;
}

int aza_base64_decode(enum aza_base64_form form, const char *text, size_t len,
                      struct aza_bytes *out)
{
        AZA_BYTES struct aza_bytes decoded = {0};
        bool unused = false;
        size_t body = len;

        if (len > INT_MAX / 2)
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 of %zu characters is too long", len);
        if (form == AZA_BASE64)
                for (int i = 0; i < 2 && body > 0 && text[body - 1] == '='; i++)
                        body--;
        size_t rest = body % 4;
        int r = aza_bytes_resize(&decoded, body / 4 * 3 + (rest > 1 ? rest - 1 : 0));
        if (r != 0)
                return r;
        const uint8_t *in = (const uint8_t *)text;
        unsigned int any = decode_groups(in, body / 4, decoded.data);
        if (rest > 1)
                any |= decode_rest(in + (body - rest), rest, decoded.data + body / 4 * 3, &unused);
        else if (rest == 1)
                any |= values[in[body - 1] & 127] | in[body - 1];
        if ((any & 0x80) != 0 || (body > 0 && has_foreign(form, text, body)))
                return AZA_FAIL(AZATTEST_E_INPUT, "not base64%s at character %zu",
                                form == AZA_BASE64URL ? "url" : "", first_bad(form, text, body));
        if (form == AZA_BASE64 ? len % 4 != 0 : len % 4 == 1)
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 of %zu characters is truncated", len);
        if (unused)
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 has unused bits set at its end");
        aza_bytes_free(out);
        *out = aza_bytes_take(&decoded);
        return 0;
}

/* What each character of either alphabet stands for, 0x80 for all others. */
static const uint8_t values[128] = {
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x3e, 0x80,
        0x3e, 0x80, 0x3f, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09,
        0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
        0x19, 0x80, 0x80, 0x80, 0x80, 0x3f, 0x80, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21,
        0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30,
        0x31, 0x32, 0x33, 0x80, 0x80, 0x80, 0x80, 0x80,
};
