/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which spellings of base64 the servers take. */
#include "sim/b64.h"

#include <string.h>

bool sim_b64_decode(const char *text, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes url = {0};

        if (text == NULL)
                return false;
        size_t len = strlen(text);
        for (int i = 0; i < 2 && len > 0 && text[len - 1] == '='; i++)
                len--;
        if (aza_bytes_set(&url, text, len) != 0)
                return false;
        for (size_t i = 0; i < len; i++) {
                if (url.data[i] == '+')
                        url.data[i] = '-';
                else if (url.data[i] == '/')
                        url.data[i] = '_';
        }
        return aza_base64_decode(AZA_BASE64URL, (const char *)url.data, len, ret) == 0;
}
