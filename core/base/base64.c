/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 on top of OpenSSL's block functions, which are lenient (they skip white space and unused
 * bits): alphabet, padding and unused bits are checked here.
 */
#include "base/base64.h"

#include "base/error.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define PIECE    16384 /* characters, whole quanta */
#define URL_STEP 64

/* Of a fixed number of characters, without branches: compilers make a few vector instructions of
 * it. */
static void to_url_some(char text[URL_STEP])
{
        for (size_t i = 0; i < URL_STEP; i++) {
                const char c = text[i];
                text[i] = (char)(c == '+' ? '-' : c == '/' ? '_' : c);
        }
}

static void to_url(char *text, size_t len)
{
        char rest[URL_STEP] = "";

        for (; len >= URL_STEP; text += URL_STEP, len -= URL_STEP)
                to_url_some(text);
        memcpy(rest, text, len);
        to_url_some(rest);
        memcpy(text, rest, len);
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

static size_t count_padding(const char *text, size_t len)
{
        size_t n = 0;
        while (n < 2 && n < len && text[len - 1 - n] == '=')
                n++;
        return n;
}

/* The value's character in the standard alphabet; 0 for what is not of the alphabet in use. */
static void make_table(enum aza_base64_form form, uint8_t table[256])
{
        memset(table, 0, 256);
        for (unsigned int i = 0; i < 26; i++) {
                table['A' + i] = (uint8_t)('A' + i);
                table['a' + i] = (uint8_t)('a' + i);
        }
        for (unsigned int i = 0; i < 10; i++)
                table['0' + i] = (uint8_t)('0' + i);
        table[form == AZA_BASE64 ? '+' : '-'] = '+';
        table[form == AZA_BASE64 ? '/' : '_'] = '/';
}

/* What is decoded at once: a few of these are cleansed instead of a copy of all of the text. */
struct piece {
        const char *text;
        size_t len, at;        /* of the whole text */
        size_t whole;          /* with padding to a whole quantum */
        uint8_t padded[PIECE]; /* in the standard alphabet */
};

static int canonical(enum aza_base64_form form, const uint8_t table[256], struct piece *p)
{
        unsigned int bad = 0; /* above 255 when one was 0 */

        for (size_t i = 0; i < p->len; i++) {
                const uint8_t c = table[(uint8_t)p->text[p->at + i]];
                p->padded[i] = c;
                bad |= c - 1u;
        }
        if (bad > 255)
                return AZA_FAIL(AZATTEST_E_INPUT, "not base64%s at character %zu",
                                form == AZA_BASE64URL ? "url" : "",
                                p->at + strnlen((const char *)p->padded, p->len));
        p->whole = (p->len + 3) / 4 * 4;
        memset(p->padded + p->len, '=', p->whole - p->len);
        return 0;
}

/* All quanta of `body` characters, the last one padded with zero bits. */
static int decode(enum aza_base64_form form, const char *text, size_t body, uint8_t *out)
{
        struct piece p = {.text = text};
        uint8_t table[256];
        int r = 0;

        make_table(form, table);
        for (; r == 0 && p.at < body; p.at += p.len) {
                p.len = body - p.at < PIECE ? body - p.at : PIECE;
                if ((r = canonical(form, table, &p)) == 0 &&
                    EVP_DecodeBlock(out + p.at / 4 * 3, p.padded, (int)p.whole) !=
                            (int)(p.whole / 4 * 3))
                        r = AZA_FAIL(AZATTEST_E_INPUT, "not base64");
        }
        OPENSSL_cleanse(p.padded, sizeof(p.padded));
        return r;
}

int aza_base64_decode(enum aza_base64_form form, const char *text, size_t len,
                      struct aza_bytes *out)
{
        AZA_BYTES struct aza_bytes decoded = {0};

        if (len > INT_MAX / 2)
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 of %zu characters is too long", len);
        size_t body = len - (form == AZA_BASE64 ? count_padding(text, len) : 0);
        int r = aza_bytes_resize(&decoded, (body + 3) / 4 * 3);
        if (r == 0)
                r = decode(form, text, body, decoded.data);
        if (r != 0)
                return r;
        if (form == AZA_BASE64 ? len % 4 != 0 : len % 4 == 1)
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 of %zu characters is truncated", len);
        /* EVP_DecodeBlock takes padding for zero bits, so what else is in these bytes was
         * unused. */
        size_t kept = decoded.len - ((body + 3) / 4 * 4 - body);
        if (!aza_span_is_zero(aza_span_of(decoded.data + kept, decoded.len - kept)))
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 has unused bits set at its end");
        r = aza_bytes_resize(&decoded, kept);
        if (r != 0)
                return r;
        aza_bytes_free(out);
        *out = aza_bytes_take(&decoded);
        return 0;
}
