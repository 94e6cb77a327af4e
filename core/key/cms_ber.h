/* SPDX-License-Identifier: Apache-2.0 */
/* BER (X.690) as a stream: every length from outside passes here. Elements have to end within the
 * one they stand in, and where they said they would. */
#ifndef AZA_KEY_CMS_BER_H
#define AZA_KEY_CMS_BER_H

#include "azattest.h"
#include "base/bytes.h"

#define AZA_BER_ROOM   65536 /* the longest element that is taken whole */
#define AZA_BER_LEVELS 8

struct aza_ber {
        const struct azattest_stream *stream;
        struct aza_bytes buffer;
        size_t at, end;                /* what is unread in it */
        uint64_t offset;               /* of `at` in the stream */
        bool dry;                      /* the stream has ended */
        uint64_t ends[AZA_BER_LEVELS]; /* where an open element ends; AZA_BER_OPEN: at its mark */
        size_t depth;
};
#define AZA_BER_OPEN UINT64_MAX

struct aza_ber_element {
        uint8_t tag;  /* identifier octet; numbers above 30 are refused */
        bool open;    /* of indefinite length */
        uint64_t len; /* else */
};

/* 0, AZATTEST_E_NO_MEMORY. `stream` has to last. */
int aza_ber_begin(struct aza_ber *b, const struct azattest_stream *stream);
void aza_ber_free(struct aza_ber *b);

/* All of these: 0, AZATTEST_E_JWE, or what the stream came to. */

/* The next element's head. */
int aza_ber_next(struct aza_ber *b, struct aza_ber_element *ret);
/* The same, which has to have this tag; `what` names it. */
int aza_ber_expect(struct aza_ber *b, uint8_t tag, const char *what, struct aza_ber_element *ret);
/* The next element's tag, without reading it; 0 where the open element ends. */
int aza_ber_peek(struct aza_ber *b, uint8_t *ret);
/* Into a constructed element, and out of it: nothing may be left in it. */
int aza_ber_enter(struct aza_ber *b, const struct aza_ber_element *element);
int aza_ber_leave(struct aza_ber *b);
/* The content of a primitive element, whole; lasts until the next call. */
int aza_ber_take(struct aza_ber *b, const struct aza_ber_element *element, struct aza_span *ret);
/* Up to `max` bytes of content: what is there, and at least one. */
int aza_ber_some(struct aza_ber *b, uint64_t max, struct aza_span *ret);
/* Whether the stream ends here. */
int aza_ber_done(struct aza_ber *b, bool *ret);

#endif
