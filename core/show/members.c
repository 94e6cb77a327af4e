/* SPDX-License-Identifier: Apache-2.0 */
/* Members of descriptions. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/printable.h"
#include "show/show.h"

#include <stdarg.h>

void aza_show_object(json_object *object, const char *name, json_object *value)
{
        if (value != NULL && json_object_object_add(object, name, value) != 0)
                json_object_put(value);
}

void aza_show_text(json_object *object, const char *name, const char *format, ...)
{
        AZA_OWN(free) char *text = NULL, *shown = NULL;
        va_list args;
        int n;

        va_start(args, format);
        n = vasprintf(&text, format, args);
        va_end(args);
        if (n < 0) {
                text = NULL;
                return;
        }
        shown = aza_printable_copy(text);
        if (shown != NULL)
                aza_show_object(object, name, json_object_new_string(shown));
}

void aza_show_bytes(json_object *object, const char *name, struct aza_span bytes)
{
        AZA_OWN(free) char *text = bytes.len < 1u << 20 ? malloc(2 * bytes.len + 1) : NULL;

        if (text != NULL)
                aza_show_text(object, name, "%s", aza_hex(bytes, text));
}

void aza_show_number(json_object *object, const char *name, uint64_t value)
{
        aza_show_object(object, name, json_object_new_uint64(value));
}

void aza_show_bool(json_object *object, const char *name, bool value)
{
        aza_show_object(object, name, json_object_new_boolean(value));
}

void aza_show_time(json_object *object, const char *name, int64_t seconds)
{
        char text[32];

        aza_show_text(object, name, "%s", aza_rfc3339(seconds, text));
}

void aza_show_key(OSSL_LIB_CTX *libctx, json_object *object, const char *name, const EVP_PKEY *key)
{
        AZA_BYTES struct aza_bytes spki = {0};
        uint8_t digest[AZA_SHA256_LEN];
        char hex[2 * AZA_SHA256_LEN + 1];

        if (aza_spki(key, &spki) != 0 || aza_sha256(libctx, aza_bytes_span(&spki), digest) != 0)
                return;
        aza_show_text(object, name, "%s %d bits, SubjectPublicKeyInfo SHA-256 %s",
                      EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key),
                      aza_hex(aza_span_of(digest, sizeof(digest)), hex));
}
