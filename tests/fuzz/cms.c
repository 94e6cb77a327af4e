/* SPDX-License-Identifier: Apache-2.0 */
/* A CMS message from another machine, read in small and in large pieces, opened with a content key
 * that is not the right one: both ways come to the same. */
#include "key/cms.h"
#include "fuzz.h"

#include <string.h>

struct input {
        struct aza_span left;
        size_t step;
};

static int read_some(void *arg, uint8_t *data, size_t size, size_t *ret_len)
{
        struct input *in = arg;

        *ret_len = in->left.len < size ? in->left.len : size;
        *ret_len = *ret_len < in->step ? *ret_len : in->step;
        if (*ret_len > 0)
                memcpy(data, in->left.data, *ret_len);
        in->left = aza_span_of(in->left.data + *ret_len, in->left.len - *ret_len);
        return 0;
}

static int write_none(void *arg, const uint8_t *data, size_t len)
{
        (void)arg;
        (void)data;
        (void)len;
        return 0;
}

static int open_in_steps(struct aza_span message, size_t step)
{
        static const uint8_t key[32] = {0};
        struct input in = {message, step};
        const struct azattest_stream stream = {sizeof(stream), read_some, write_none, &in};
        struct aza_cms_reading *reading = NULL;
        struct aza_cms_head head;
        int r = aza_cms_begin(&stream, NULL, &head, &reading);

        if (r == 0)
                r = aza_cms_content(fuzz_libctx(), reading, &head, aza_span_of(key, head.key_len));
        aza_cms_end(reading);
        aza_cms_head_free(&head);
        return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct aza_span message = aza_span_of(data, size);

        (void)aza_cms_is(message);
        FUZZ_CHECK(open_in_steps(message, SIZE_MAX) == open_in_steps(message, 7));
        return 0;
}
