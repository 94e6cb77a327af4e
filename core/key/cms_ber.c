/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which bytes of a stream belong to which element. */
#include "key/cms_ber.h"

#include "base/error.h"

#include <string.h>

#define HEAD_MAX    10 /* tag, length of length, eight bytes of it */
#define CONSTRUCTED 0x20

static int cut_short(void)
{
        return AZA_FAIL(AZATTEST_E_JWE, "the CMS message ends early: it is cut off");
}

int aza_ber_begin(struct aza_ber *b, const struct azattest_stream *stream)
{
        *b = (struct aza_ber){.stream = stream};
        return aza_bytes_resize(&b->buffer, AZA_BER_ROOM);
}

void aza_ber_free(struct aza_ber *b)
{
        aza_bytes_free(&b->buffer);
}

/* Until `want` bytes are unread, or the stream has no more. */
static int fill(struct aza_ber *b, size_t want)
{
        if (b->end - b->at >= want)
                return 0;
        memmove(b->buffer.data, b->buffer.data + b->at, b->end - b->at);
        b->end -= b->at;
        b->at = 0;
        while (b->end < want && !b->dry) {
                size_t n = 0;
                const int r = b->stream->read(b->stream->arg, b->buffer.data + b->end,
                                              AZA_BER_ROOM - b->end, &n);

                if (r != 0)
                        return r;
                if (n > AZA_BER_ROOM - b->end)
                        return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                        "the stream says that it read more than there is room for");
                b->dry = n == 0;
                b->end += n;
        }
        return 0;
}

static void skip(struct aza_ber *b, size_t n)
{
        b->at += n;
        b->offset += n;
}

/* Where the innermost element of definite length ends. */
static uint64_t limit(const struct aza_ber *b)
{
        for (size_t i = b->depth; i > 0; i--)
                if (b->ends[i - 1] != AZA_BER_OPEN)
                        return b->ends[i - 1];
        return UINT64_MAX - 1;
}

/* Of `seen` bytes at `head`; how many they are, 0: malformed. */
static size_t parse_head(const uint8_t *head, size_t seen, struct aza_ber_element *ret)
{
        if (seen < 2 || (head[0] & 0x1f) == 0x1f || head[0] == 0)
                return 0;
        *ret = (struct aza_ber_element){.tag = head[0], .len = head[1]};
        if (head[1] < 0x80)
                return 2;
        const size_t count = head[1] & 0x7f;
        if (count == 0) {
                ret->open = true;
                ret->len = 0;
                return (head[0] & CONSTRUCTED) != 0 ? 2 : 0;
        }
        if (count > 8 || seen < 2 + count)
                return 0;
        ret->len = 0;
        for (size_t i = 0; i < count; i++)
                ret->len = ret->len << 8 | head[2 + i];
        return 2 + count;
}

int aza_ber_next(struct aza_ber *b, struct aza_ber_element *ret)
{
        int r = fill(b, HEAD_MAX);

        if (r != 0)
                return r;
        const size_t seen = b->end - b->at;
        const size_t n = parse_head(b->buffer.data + b->at, seen, ret);
        if (n == 0)
                return seen < HEAD_MAX ? cut_short()
                                       : AZA_FAIL(AZATTEST_E_JWE,
                                                  "no CMS message: there is no BER element");
        skip(b, n);
        if (b->offset > limit(b) || (!ret->open && ret->len > limit(b) - b->offset))
                return AZA_FAIL(AZATTEST_E_JWE,
                                "the CMS message has an element that is longer than what it is in");
        return 0;
}

int aza_ber_expect(struct aza_ber *b, uint8_t tag, const char *what, struct aza_ber_element *ret)
{
        const int r = aza_ber_next(b, ret);

        if (r != 0 || ret->tag == tag)
                return r;
        return AZA_FAIL(AZATTEST_E_JWE, "the CMS message has no %s where it belongs", what);
}

int aza_ber_peek(struct aza_ber *b, uint8_t *ret)
{
        const int r = fill(b, 2);

        *ret = 0;
        if (r != 0 || (b->depth > 0 && b->ends[b->depth - 1] == b->offset))
                return r;
        if (b->end - b->at < 2)
                return cut_short();
        *ret = b->buffer.data[b->at];
        return 0;
}

int aza_ber_enter(struct aza_ber *b, const struct aza_ber_element *element)
{
        if ((element->tag & CONSTRUCTED) == 0 || b->depth == AZA_BER_LEVELS)
                return AZA_FAIL(AZATTEST_E_JWE, "the CMS message is nested in another way");
        b->ends[b->depth++] = element->open ? AZA_BER_OPEN : b->offset + element->len;
        return 0;
}

int aza_ber_leave(struct aza_ber *b)
{
        uint8_t tag = 0;
        int r = aza_ber_peek(b, &tag);

        if (r != 0)
                return r;
        if (tag != 0)
                return AZA_FAIL(AZATTEST_E_JWE,
                                "the CMS message has more in it than was expected (attributes?)");
        if (b->ends[--b->depth] != AZA_BER_OPEN)
                return 0;
        if (b->end - b->at < 2 || b->buffer.data[b->at + 1] != 0)
                return cut_short();
        skip(b, 2);
        return b->offset <= limit(b)
                       ? 0
                       : AZA_FAIL(AZATTEST_E_JWE, "the CMS message has lengths that do not add up");
}

int aza_ber_take(struct aza_ber *b, const struct aza_ber_element *element, struct aza_span *ret)
{
        int r;

        if (element->open || element->len > AZA_BER_ROOM)
                return AZA_FAIL(AZATTEST_E_JWE, "the CMS message has an element that is too long");
        if ((r = fill(b, (size_t)element->len)) != 0)
                return r;
        if (b->end - b->at < element->len)
                return cut_short();
        *ret = aza_span_of(b->buffer.data + b->at, (size_t)element->len);
        skip(b, (size_t)element->len);
        return 0;
}

int aza_ber_some(struct aza_ber *b, uint64_t max, struct aza_span *ret)
{
        const int r = fill(b, 1);

        if (r != 0)
                return r;
        const size_t there = b->end - b->at;
        if (there == 0)
                return cut_short();
        *ret = aza_span_of(b->buffer.data + b->at, max < there ? (size_t)max : there);
        skip(b, ret->len);
        return 0;
}

int aza_ber_done(struct aza_ber *b, bool *ret)
{
        const int r = fill(b, 1);

        *ret = r == 0 && b->end == b->at;
        return r;
}
