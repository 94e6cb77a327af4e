/* SPDX-License-Identifier: Apache-2.0 */
/* What a CMS message says to everybody: for whom, and how it is encrypted. */
#include "show/show.h"

#include "base/error.h"
#include "key/cms.h"

#include <string.h>

static int read_content(void *arg, uint8_t *data, size_t size, size_t *ret_len)
{
        struct aza_span *left = arg;

        *ret_len = left->len < size ? left->len : size;
        if (*ret_len > 0)
                memcpy(data, left->data, *ret_len);
        *left = aza_span_of(left->data + *ret_len, left->len - *ret_len);
        return 0;
}

static json_object *show_recipient(const struct aza_cms_recipient *one)
{
        json_object *out = json_object_new_object();

        if (out == NULL)
                return NULL;
        if (one->has_key_id)
                aza_show_bytes(out, "key-id", aza_span_of(one->key_id, sizeof(one->key_id)));
        aza_show_text(out, "alg", "RSAES-OAEP, %s, MGF1 %s", one->md, one->mgf1_md);
        return out;
}

json_object *aza_show_cms(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(json_object_put) json_object *recipients = json_object_new_array();
        const struct azattest_stream stream = {sizeof(stream), read_content, NULL, &content};
        struct aza_cms_reading *reading = NULL;
        struct aza_cms_head head = {0};
        const size_t size = content.len;

        (void)libctx;
        if (out == NULL || recipients == NULL)
                return AZA_NO_MEMORY(), NULL;
        if (aza_cms_begin(&stream, NULL, &head, &reading) != 0)
                return NULL;
        for (size_t i = 0; i < head.count; i++)
                (void)json_object_array_add(recipients, show_recipient(&head.recipients[i]));
        aza_show_object(out, "recipients", aza_take(&recipients));
        aza_show_text(out, "enc", "AES-%zu-GCM", head.key_len * 8);
        aza_show_number(out, "size", size);
        aza_cms_end(reading);
        aza_cms_head_free(&head);
        return aza_take(&out);
}
