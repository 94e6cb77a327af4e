/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of a PEM file by their labels' last words; nothing in them is looked at. */
#include "base/pem_parts.h"

#include <string.h>

static const char key_words[] = "PRIVATE KEY-----", certificate_words[] = "CERTIFICATE-----";

/* The first line of *s, with its end, which it then begins behind. */
static struct aza_span take_line(struct aza_span *s)
{
        const uint8_t *end = memchr(s->data, '\n', s->len);
        const size_t len = end != NULL ? (size_t)(end - s->data) + 1 : s->len;
        const struct aza_span line = aza_span_of(s->data, len);

        *s = aza_span_of(s->data + len, s->len - len);
        return line;
}

static bool contains(struct aza_span line, const char *words)
{
        return line.len > 0 && memmem(line.data, line.len, words, strlen(words)) != NULL;
}

static bool begins(struct aza_span line, const char *with)
{
        return line.len >= strlen(with) && memcmp(line.data, with, strlen(with)) == 0;
}

bool aza_has_private_key(struct aza_span in)
{
        return contains(in, key_words);
}

bool aza_is_other_pem(struct aza_span in)
{
        return contains(in, "-----BEGIN ") && !contains(in, key_words) &&
               !contains(in, certificate_words);
}

int aza_split_pem(struct aza_span in, struct aza_bytes *ret_key, struct aza_bytes *ret_certificates)
{
        struct aza_bytes *to = NULL;
        int r = 0;

        while (r == 0 && in.len > 0) {
                const struct aza_span line = take_line(&in);

                if (begins(line, "-----BEGIN "))
                        to = contains(line, key_words)           ? ret_key
                             : contains(line, certificate_words) ? ret_certificates
                                                                 : NULL;
                if (to != NULL)
                        r = aza_bytes_append(to, line.data, line.len);
                if (begins(line, "-----END "))
                        to = NULL;
        }
        return r;
}
