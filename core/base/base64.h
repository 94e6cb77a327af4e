/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4648 base64, strict: no white space, no foreign characters, '=' only as final padding, unused
 * trailing bits zero, so that each byte string has exactly one spelling (T1). */
#ifndef AZA_BASE_BASE64_H
#define AZA_BASE_BASE64_H

#include "base/bytes.h"

enum aza_base64_form {
        AZA_BASE64,    /* section 4, with padding */
        AZA_BASE64URL, /* section 5, without padding */
};

/* Appends NUL-terminated text. 0 or AZATTEST_E_NO_MEMORY. */
int aza_base64_encode(enum aza_base64_form form, struct aza_span in, struct aza_bytes *out);
/* Sets `out`. 0, AZATTEST_E_INPUT (says at which character), AZATTEST_E_NO_MEMORY. */
int aza_base64_decode(enum aza_base64_form form, const char *text, size_t len,
                      struct aza_bytes *out);

#endif
