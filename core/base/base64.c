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

/* The text in the standard alphabet, padded to whole quanta. */
static int canonical(enum aza_base64_form form, const char *text, size_t body,
                     struct aza_bytes *ret)
{
        uint8_t table[256];
        int r = aza_bytes_resize(ret, (body + 3) / 4 * 4);
        if (r != 0)
                return r;
        uint8_t *out = ret->data;
        unsigned int bad = 0; /* above 255 when one was 0 */
        make_table(form, table);
        for (size_t i = 0; i < body; i++) {
                const uint8_t c = table[(uint8_t)text[i]];
                out[i] = c;
                bad |= c - 1u;
        }
        if (bad > 255)
                return AZA_FAIL(AZATTEST_E_INPUT, "not base64%s at character %zu",
                                form == AZA_BASE64URL ? "url" : "", strlen((const char *)out));
        memset(out + body, '=', ret->len - body);
        return 0;
}

int aza_base64_decode(enum aza_base64_form form, const char *text, size_t len,
                      struct aza_bytes *out)
{
        AZA_BYTES struct aza_bytes padded = {0};
        AZA_BYTES struct aza_bytes decoded = {0};

        if (len > INT_MAX / 2)
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 of %zu characters is too long", len);
        size_t body = len - (form == AZA_BASE64 ? count_padding(text, len) : 0);
        int r = canonical(form, text, body, &padded);
        if (r != 0)
                return r;
        if (form == AZA_BASE64 ? len % 4 != 0 : len % 4 == 1)
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 of %zu characters is truncated", len);
        r = aza_bytes_resize(&decoded, padded.len / 4 * 3);
        if (r != 0)
                return r;
        if (padded.len > 0 &&
            EVP_DecodeBlock(decoded.data, padded.data, (int)padded.len) != (int)decoded.len)
                return AZA_FAIL(AZATTEST_E_INPUT, "not base64");
        /* EVP_DecodeBlock takes padding for zero bits, so what else is in these bytes was
         * unused. */
        size_t kept = decoded.len - (padded.len - body);
        if (!aza_span_is_zero(aza_span_of(decoded.data + kept, decoded.len - kept)))
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 has unused bits set at its end");
        r = aza_bytes_resize(&decoded, kept);
        if (r != 0)
                return r;
        aza_bytes_free(out);
        *out = aza_bytes_take(&decoded);
        return 0;
}
