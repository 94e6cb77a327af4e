/* SPDX-License-Identifier: Apache-2.0 */
/* Owned buffers, spans and the bounds-checked reader. */
#include "base/bytes.h"

#include "base/error.h"

#include <openssl/crypto.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Stands before every buffer, so that one that was given away can be cleansed, too. */
struct block {
        size_t room;
        _Alignas(max_align_t) uint8_t bytes[];
};

void aza_given_free(void *p)
{
        if (p == NULL)
                return;
        struct block *block =
                (struct block *)(void *)((uint8_t *)p - offsetof(struct block, bytes));
        OPENSSL_cleanse(block->bytes, block->room);
        free(block);
}

void aza_bytes_free(struct aza_bytes *b)
{
        aza_given_free(b->data);
        *b = (struct aza_bytes){0};
}

/* Makes room for `len` bytes and the NUL behind them. realloc would leave an uncleansed copy. */
static int reserve(struct aza_bytes *b, size_t len)
{
        if (len < b->room)
                return 0;
        if (len > SIZE_MAX / 4)
                return AZA_NO_MEMORY();
        size_t room = b->room * 2 > len + 1 ? b->room * 2 : len + 1;
        struct block *block = malloc(sizeof(*block) + room);
        if (block == NULL)
                return AZA_NO_MEMORY();
        block->room = room;
        if (b->data != NULL)
                memcpy(block->bytes, b->data, b->len);
        aza_given_free(b->data);
        b->data = block->bytes;
        b->room = room;
        /* cppcheck-suppress memleak; `b` has it now */
        return 0;
}

int aza_bytes_set(struct aza_bytes *b, const void *data, size_t len)
{
        struct aza_bytes fresh = {0};
        int r = aza_bytes_append(&fresh, data, len);
        if (r != 0)
                return r;
        aza_bytes_free(b);
        *b = fresh;
        return 0;
}

int aza_bytes_append(struct aza_bytes *b, const void *data, size_t len)
{
        if (len > SIZE_MAX / 2 - b->len)
                return AZA_NO_MEMORY();
        int r = reserve(b, b->len + len);
        if (r != 0 || b->data == NULL) /* the second is for readers without our invariant */
                return r;
        if (len > 0)
                memcpy(b->data + b->len, data, len);
        b->len += len;
        b->data[b->len] = 0;
        return 0;
}

int aza_bytes_append_text(struct aza_bytes *b, const char *text)
{
        return aza_bytes_append(b, text, strlen(text));
}

int aza_bytes_append_be16(struct aza_bytes *b, uint16_t v)
{
        const uint8_t be[2] = {(uint8_t)(v >> 8), (uint8_t)v};
        return aza_bytes_append(b, be, sizeof(be));
}

int aza_bytes_append_be32(struct aza_bytes *b, uint32_t v)
{
        const uint8_t be[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
                               (uint8_t)v};
        return aza_bytes_append(b, be, sizeof(be));
}

int aza_bytes_resize(struct aza_bytes *b, size_t len)
{
        int r = reserve(b, len);
        if (r != 0)
                return r;
        if (len > b->len)
                memset(b->data + b->len, 0, len - b->len);
        else
                OPENSSL_cleanse(b->data + len, b->len - len);
        b->len = len;
        b->data[len] = 0;
        return 0;
}

struct aza_bytes aza_bytes_take(struct aza_bytes *b)
{
        struct aza_bytes taken = *b;
        *b = (struct aza_bytes){0};
        return taken;
}

uint8_t *aza_bytes_give(struct aza_bytes *b)
{
        return aza_bytes_append(b, NULL, 0) == 0 ? aza_bytes_take(b).data : NULL;
}

bool aza_span_equal(struct aza_span a, struct aza_span b)
{
        return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}

bool aza_span_is_zero(struct aza_span s)
{
        uint8_t any = 0;
        for (size_t i = 0; i < s.len; i++)
                any |= s.data[i];
        return any == 0;
}

struct aza_reader aza_reader_of(struct aza_span s)
{
        return (struct aza_reader){s, false};
}

struct aza_span aza_read(struct aza_reader *r, uint64_t n)
{
        if (r->failed || n > r->rest.len) {
                r->failed = true;
                return (struct aza_span){0};
        }
        struct aza_span taken = {r->rest.data, (size_t)n};
        if (n > 0) {
                r->rest.data += n;
                r->rest.len -= (size_t)n;
        }
        return taken;
}

static uint64_t read_number(struct aza_reader *r, size_t n, bool big_endian)
{
        struct aza_span s = aza_read(r, n);
        uint64_t v = 0;
        for (size_t i = 0; i < s.len; i++)
                v = v << 8 | s.data[big_endian ? i : s.len - 1 - i];
        return v;
}

uint8_t aza_read_u8(struct aza_reader *r)
{
        return (uint8_t)read_number(r, 1, true);
}

uint16_t aza_read_le16(struct aza_reader *r)
{
        return (uint16_t)read_number(r, 2, false);
}

uint32_t aza_read_le32(struct aza_reader *r)
{
        return (uint32_t)read_number(r, 4, false);
}

uint64_t aza_read_le64(struct aza_reader *r)
{
        return read_number(r, 8, false);
}

uint16_t aza_read_be16(struct aza_reader *r)
{
        return (uint16_t)read_number(r, 2, true);
}

uint32_t aza_read_be32(struct aza_reader *r)
{
        return (uint32_t)read_number(r, 4, true);
}

bool aza_reader_done(const struct aza_reader *r)
{
        return !r->failed && r->rest.len == 0;
}

char *aza_hex(struct aza_span s, char *out)
{
        static const char digits[] = "0123456789abcdef";
        for (size_t i = 0; i < s.len; i++) {
                out[2 * i] = digits[s.data[i] >> 4];
                out[2 * i + 1] = digits[s.data[i] & 15];
        }
        out[2 * s.len] = '\0';
        return out;
}

int aza_unhex(const char *text, size_t text_len, uint8_t *out, size_t len)
{
        if (text_len != 2 * len)
                return AZA_FAIL(AZATTEST_E_INPUT, "expected %zu hex digits, found %zu characters",
                                2 * len, text_len);
        for (size_t i = 0; i < len; i++) {
                int high = OPENSSL_hexchar2int((unsigned char)text[2 * i]);
                int low = OPENSSL_hexchar2int((unsigned char)text[2 * i + 1]);
                if (high < 0 || low < 0)
                        return AZA_FAIL(AZATTEST_E_INPUT, "not a hex digit near character %zu",
                                        2 * i);
                out[i] = (uint8_t)(high << 4 | low);
        }
        return 0;
}
