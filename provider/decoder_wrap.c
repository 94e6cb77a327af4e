/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoders share: their context, what goes between two of them, and how a DER decoder
 * tells ours from others': by as few bytes as possible. */
#include "base/error.h"
#include "decoder.h"

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#define PEEK   64 /* enough for version and description; all of ours are longer */
#define HEADER 5u /* tag, 83, three bytes of length */

static const char *const descriptions[] = {AZA_KEYREF_DESCRIPTION, AZA_TOKEN_DESCRIPTION,
                                           AZA_SEALED_DESCRIPTION};

/* After the SEQUENCE header: version 1, then the description. */
static bool begins_with(struct aza_span content, const char *description)
{
        const size_t len = strlen(description);
        const uint8_t head[] = {0x02, 0x01, 0x01, 0x1A, (uint8_t)len};

        return content.len > sizeof(head) + len && memcmp(content.data, head, sizeof(head)) == 0 &&
               memcmp(content.data + sizeof(head), description, len) == 0;
}

static bool read_exactly(BIO *in, struct aza_bytes *to, size_t len)
{
        const size_t before = to->len;
        size_t got = 0, total = 0;

        if (aza_bytes_resize(to, before + len) != 0)
                return false;
        while (total < len && BIO_read_ex(in, to->data + before + total, len - total, &got) == 1)
                total += got;
        return total == len;
}

/* The length takes one to three bytes after the 81, 82 or 83. */
const char *aza_decoder_read(BIO *in, struct aza_bytes *ret_der)
{
        size_t length = 0;

        if (!read_exactly(in, ret_der, 2) || ret_der->data[0] != 0x30 || ret_der->data[1] < 0x81 ||
            ret_der->data[1] > 0x83 || !read_exactly(in, ret_der, ret_der->data[1] & 0x7Fu))
                return NULL;
        for (size_t i = 2; i < ret_der->len; i++)
                length = length << 8 | ret_der->data[i];
        const size_t header = ret_der->len;
        if (length < PEEK || length > AZA_TOKEN_MAX + PEEK || !read_exactly(in, ret_der, PEEK))
                return NULL;
        for (size_t i = 0; i < sizeof(descriptions) / sizeof(descriptions[0]); i++)
                if (begins_with(aza_span_of(ret_der->data + header, PEEK), descriptions[i]))
                        return read_exactly(in, ret_der, length - PEEK) ? descriptions[i] : NULL;
        return NULL;
}

/* DER length of three bytes, whatever the value needs: both ends are ours. */
static int append_header(struct aza_bytes *der, uint8_t tag, size_t len)
{
        const uint8_t header[] = {tag, 0x83, (uint8_t)(len >> 16), (uint8_t)(len >> 8),
                                  (uint8_t)len};

        return aza_bytes_append(der, header, sizeof(header));
}

/* Version, and the header of the description. */
#define BEGIN 5u

static size_t before_text(const char *description)
{
        return HEADER + BEGIN + strlen(description) + HEADER;
}

int aza_decoder_wrap(const char *description, struct aza_span text, struct aza_bytes *ret_der)
{
        const uint8_t begin[BEGIN] = {0x02, 0x01, 0x01, 0x1A, (uint8_t)strlen(description)};
        int r;

        if (text.len > AZA_TOKEN_MAX)
                return AZA_FAIL(AZATTEST_E_INPUT, "%zu bytes are more than the %d that are read",
                                text.len, AZA_TOKEN_MAX);
        r = append_header(ret_der, 0x30, before_text(description) - HEADER + text.len);
        r = r != 0 ? r : aza_bytes_append(ret_der, begin, sizeof(begin));
        r = r != 0 ? r : aza_bytes_append_text(ret_der, description);
        r = r != 0 ? r : append_header(ret_der, 0x0C, text.len);
        return r != 0 ? r : aza_bytes_append(ret_der, text.data, text.len);
}

struct aza_span aza_decoder_unwrap(const char *description, struct aza_span der)
{
        const size_t before = before_text(description);

        if (der.len <= before || der.data[1] != 0x83 || der.data[before - HEADER + 1] != 0x83)
                return aza_span_of(NULL, 0);
        return aza_span_of(der.data + before, der.len - before);
}

void *aza_decoder_newctx(void *provctx)
{
        struct aza_decoder *ctx = calloc(1, sizeof(*ctx));

        if (ctx != NULL)
                ctx->prov = provctx;
        return ctx;
}

void aza_decoder_freectx(void *vctx)
{
        free(vctx);
}

int aza_decoder_emit_der(unsigned char *der, size_t len, OSSL_CALLBACK *callback, void *arg)
{
        int type = OSSL_OBJECT_PKEY;
        char name[] = "RSA", structure[] = "azattest";
        const OSSL_PARAM params[] = {
                OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
                OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, name, 0),
                OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE, structure, 0),
                OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, der, len),
                OSSL_PARAM_construct_end()};

        return callback(params, arg);
}
