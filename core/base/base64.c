/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 on top of OpenSSL's block functions, which are lenient (they skip white space and trailing
 * bits): the form is checked here first, and decoding is confirmed by encoding again.
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

/* The alphabet in use, and where padding may stand. Returns the offset of the first bad character,
 * `len` when there is none. */
static size_t first_bad(enum aza_base64_form form, const char *text, size_t len)
{
        size_t body = len;

        if (form == AZA_BASE64)
                for (int i = 0; i < 2 && body > 0 && text[body - 1] == '='; i++)
                        body--;
        for (size_t i = 0; i < body; i++) {
                char c = text[i];
                bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                            (c >= '0' && c <= '9') ||
                            (form == AZA_BASE64 ? c == '+' || c == '/' : c == '-' || c == '_');
                if (!good)
                        return i;
        }
        return len;
}

/* The text in the standard alphabet, padded. */
static int canonical(const char *text, size_t len, struct aza_bytes *ret)
{
        int r = aza_bytes_set(ret, text, len);
        for (size_t i = 0; r == 0 && i < ret->len; i++) {
                if (ret->data[i] == '-')
                        ret->data[i] = '+';
                else if (ret->data[i] == '_')
                        ret->data[i] = '/';
        }
        while (r == 0 && ret->len % 4 != 0)
                r = aza_bytes_append(ret, "=", 1);
        return r;
}

int aza_base64_decode(enum aza_base64_form form, const char *text, size_t len,
                      struct aza_bytes *out)
{
        AZA_BYTES struct aza_bytes padded = {0};
        AZA_BYTES struct aza_bytes decoded = {0};
        AZA_BYTES struct aza_bytes again = {0};

        if (len > INT_MAX / 2)
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 of %zu characters is too long", len);
        size_t bad = first_bad(form, text, len);
        if (bad < len)
                return AZA_FAIL(AZATTEST_E_INPUT, "not base64%s at character %zu",
                                form == AZA_BASE64URL ? "url" : "", bad);
        if (form == AZA_BASE64 ? len % 4 != 0 : len % 4 == 1)
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 of %zu characters is truncated", len);
        int r = canonical(text, len, &padded);
        if (r == 0)
                r = aza_bytes_resize(&decoded, padded.len / 4 * 3);
        if (r != 0)
                return r;
        size_t padding = 0;
        while (padding < 2 && padding < padded.len && padded.data[padded.len - 1 - padding] == '=')
                padding++;
        if (padded.len > 0 &&
            EVP_DecodeBlock(decoded.data, padded.data, (int)padded.len) != (int)decoded.len)
                return AZA_FAIL(AZATTEST_E_INPUT, "not base64");
        r = aza_bytes_resize(&decoded, decoded.len - padding);
        if (r == 0)
                r = aza_base64_encode(AZA_BASE64, aza_bytes_span(&decoded), &again);
        if (r != 0)
                return r;
        if (!aza_span_equal(aza_bytes_span(&again), aza_bytes_span(&padded)))
                return AZA_FAIL(AZATTEST_E_INPUT, "base64 has unused bits set at its end");
        aza_bytes_free(out);
        *out = aza_bytes_take(&decoded);
        return 0;
}
