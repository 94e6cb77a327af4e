/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes: owned buffers that are cleansed when freed, borrowed spans, and the one bounds-checked
 * reader through which every length from outside passes (G7).
 */
#ifndef AZA_BASE_BYTES_H
#define AZA_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed, read only. */
struct aza_span {
        const uint8_t *data;
        size_t len;
};

/* Owned; {NULL, 0, 0} is empty and valid. `data` has room for one more byte, which is NUL, so that
 * text may be used as a C string. Cleansed when freed or moved. */
struct aza_bytes {
        uint8_t *data;
        size_t len;
        size_t room;
};

#define AZA_BYTES __attribute__((cleanup(aza_bytes_free)))

void aza_bytes_free(struct aza_bytes *b);
/* 0 or AZATTEST_E_NO_MEMORY. */
int aza_bytes_set(struct aza_bytes *b, const void *data, size_t len);
int aza_bytes_append(struct aza_bytes *b, const void *data, size_t len);
int aza_bytes_append_text(struct aza_bytes *b, const char *text);
int aza_bytes_append_be16(struct aza_bytes *b, uint16_t v);
int aza_bytes_append_be32(struct aza_bytes *b, uint32_t v);
int aza_bytes_resize(struct aza_bytes *b, size_t len); /* new bytes are zero */
struct aza_bytes aza_bytes_take(struct aza_bytes *b);  /* moves; leaves *b empty */
/* The buffer itself, NUL behind its bytes, leaving *b empty; aza_given_free cleanses and
 * releases it. NULL: out of memory. */
uint8_t *aza_bytes_give(struct aza_bytes *b);
void aza_given_free(void *p);
static inline struct aza_span aza_bytes_span(const struct aza_bytes *b)
{
        return (struct aza_span){b->data, b->len};
}
static inline struct aza_span aza_span_of(const void *data, size_t len)
{
        return (struct aza_span){(const uint8_t *)data, len};
}

/* Constant time in the content; false when lengths differ. */
bool aza_span_equal(struct aza_span a, struct aza_span b);
/* True when every byte is zero (also when empty). */
bool aza_span_is_zero(struct aza_span s);

/*
 * A cursor over a span. A read past the end sets `failed`, yields zero (or an empty span), and
 * makes every later read fail: check `failed` once at the end.
 */
struct aza_reader {
        struct aza_span rest;
        bool failed;
};

struct aza_reader aza_reader_of(struct aza_span s);
struct aza_span aza_read(struct aza_reader *r, uint64_t n);
uint8_t aza_read_u8(struct aza_reader *r);
uint16_t aza_read_le16(struct aza_reader *r);
uint32_t aza_read_le32(struct aza_reader *r);
uint64_t aza_read_le64(struct aza_reader *r);
uint16_t aza_read_be16(struct aza_reader *r);
uint32_t aza_read_be32(struct aza_reader *r);
/* True when everything was read and nothing failed. */
bool aza_reader_done(const struct aza_reader *r);

/* Lower-case hex, NUL-terminated; `out` has 2 * len + 1 bytes. Returns `out`. */
char *aza_hex(struct aza_span s, char *out);
/* Either case, exactly 2 * len digits. 0 or AZATTEST_E_INPUT. */
int aza_unhex(const char *text, size_t text_len, uint8_t *out, size_t len);

#endif
