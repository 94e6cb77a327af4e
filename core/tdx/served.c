/* SPDX-License-Identifier: Apache-2.0 */
/* What services write in another way than it is kept: Intel's own, and caches of it. */
#include "tdx/collateral.h"

#include "base/certs.h"
#include "base/error.h"

#include <openssl/crypto.h>

/* The byte of two hexadecimal digits, or -1. */
static int pair(const uint8_t *at)
{
        const int high = OPENSSL_hexchar2int(at[0]), low = OPENSSL_hexchar2int(at[1]);

        return high < 0 || low < 0 ? -1 : high << 4 | low;
}

void aza_td_served_chain(struct aza_bytes *text)
{
        size_t to = 0;

        for (size_t i = 0; i < text->len; i++) {
                const uint8_t *at = text->data + i;
                const int byte = *at == '%' && text->len - i > 2 ? pair(at + 1) : -1;
                text->data[to++] = byte < 0 ? *at : (uint8_t)byte;
                i += byte < 0 ? 0 : 2;
        }
        (void)aza_bytes_resize(text, to); /* shrinking cannot fail */
}

/* Where the digits become bytes, in place; what is no digits throughout stays as it came. */
static void from_hex(struct aza_bytes *list)
{
        size_t len = list->len;

        while (len > 0 && (list->data[len - 1] == '\n' || list->data[len - 1] == '\r'))
                len--;
        if (len == 0 || len % 2 != 0)
                return;
        for (size_t i = 0; i < len; i += 2)
                if (pair(list->data + i) < 0)
                        return;
        for (size_t i = 0; i < len; i += 2)
                list->data[i / 2] = (uint8_t)pair(list->data + i);
        (void)aza_bytes_resize(list, len / 2); /* shrinking cannot fail */
}

int aza_td_served_list(OSSL_LIB_CTX *libctx, struct aza_bytes *list)
{
        unsigned char *der = NULL;

        from_hex(list);
        AZA_OWN(X509_CRL_free) X509_CRL *crl = aza_crl_parse(libctx, aza_bytes_span(list));
        const int len = crl != NULL ? i2d_X509_CRL(crl, &der) : 0;
        if (len <= 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "not exactly one revocation list");
        const int r = aza_bytes_set(list, der, (size_t)len);
        OPENSSL_free(der);
        return r;
}
