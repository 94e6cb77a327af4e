/* SPDX-License-Identifier: Apache-2.0 */
/* Puts bytes one after the other; a failed allocation sticks, so that it is checked once at the
 * end. */
#ifndef SIM_WRITER_H
#define SIM_WRITER_H

#include "base/bytes.h"

struct sim_writer {
        struct aza_bytes bytes; /* owned */
        bool failed;
};

void sim_put(struct sim_writer *w, const void *data, size_t len);
void sim_put_span(struct sim_writer *w, struct aza_span s);
void sim_put_zeros(struct sim_writer *w, size_t len);
void sim_put_text(struct sim_writer *w, const char *text);
void sim_put_u8(struct sim_writer *w, uint8_t v);
void sim_put_le16(struct sim_writer *w, uint16_t v);
void sim_put_le32(struct sim_writer *w, uint32_t v);
void sim_put_le64(struct sim_writer *w, uint64_t v);
void sim_put_be16(struct sim_writer *w, uint16_t v);
void sim_put_be32(struct sim_writer *w, uint32_t v);
/* Moves the bytes out: 0, or -1 when something failed. Leaves the writer empty. */
int sim_writer_take(struct sim_writer *w, struct aza_bytes *ret);
void sim_writer_free(struct sim_writer *w);

#define SIM_WRITER __attribute__((cleanup(sim_writer_free)))

#endif
