/* SPDX-License-Identifier: Apache-2.0 */
/* Owns nothing but its buffer. */
#include "sim/writer.h"

#include <string.h>

void sim_put(struct sim_writer *w, const void *data, size_t len)
{
        if (!w->failed && len > 0)
                w->failed = aza_bytes_append(&w->bytes, data, len) != 0;
}

void sim_put_span(struct sim_writer *w, struct aza_span s)
{
        sim_put(w, s.data, s.len);
}

void sim_put_zeros(struct sim_writer *w, size_t len)
{
        if (!w->failed)
                w->failed = aza_bytes_resize(&w->bytes, w->bytes.len + len) != 0;
}

void sim_put_text(struct sim_writer *w, const char *text)
{
        sim_put(w, text, strlen(text));
}

void sim_put_u8(struct sim_writer *w, uint8_t v)
{
        sim_put(w, &v, 1);
}

void sim_put_le16(struct sim_writer *w, uint16_t v)
{
        sim_put_u8(w, (uint8_t)v);
        sim_put_u8(w, (uint8_t)(v >> 8));
}

void sim_put_le32(struct sim_writer *w, uint32_t v)
{
        sim_put_le16(w, (uint16_t)v);
        sim_put_le16(w, (uint16_t)(v >> 16));
}

void sim_put_le64(struct sim_writer *w, uint64_t v)
{
        sim_put_le32(w, (uint32_t)v);
        sim_put_le32(w, (uint32_t)(v >> 32));
}

void sim_put_be16(struct sim_writer *w, uint16_t v)
{
        sim_put_u8(w, (uint8_t)(v >> 8));
        sim_put_u8(w, (uint8_t)v);
}

void sim_put_be32(struct sim_writer *w, uint32_t v)
{
        sim_put_be16(w, (uint16_t)(v >> 16));
        sim_put_be16(w, (uint16_t)v);
}

int sim_writer_take(struct sim_writer *w, struct aza_bytes *ret)
{
        if (w->failed)
                return -1;
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&w->bytes);
        return 0;
}

void sim_writer_free(struct sim_writer *w)
{
        aza_bytes_free(&w->bytes);
}
