/* SPDX-License-Identifier: Apache-2.0 */
/* What every fuzzer shares. One fuzzer a file; each also states what must hold of accepted
 * input. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "base/checks.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Also in builds with NDEBUG. */
#define FUZZ_CHECK(condition)                                                                 \
        do {                                                                                  \
                if (!(condition)) {                                                           \
                        (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
                        abort();                                                              \
                }                                                                             \
        } while (0)

static inline OSSL_LIB_CTX *fuzz_libctx(void)
{
        static OSSL_LIB_CTX *libctx;
        if (libctx == NULL)
                libctx = aza_libctx_new("default");
        FUZZ_CHECK(libctx != NULL);
        return libctx;
}

/* An RSA-2048 public key that nobody has the private half of. */
static inline EVP_PKEY *fuzz_rsa(void)
{
        static EVP_PKEY *key;
        static const uint8_t e[] = {1, 0, 1};
        uint8_t n[256];
        memset(n, 0xB7, sizeof n);
        if (key == NULL)
                FUZZ_CHECK(aza_rsa_public(fuzz_libctx(), aza_span_of(n, sizeof n),
                                          aza_span_of(e, sizeof e), &key) == 0);
        return key;
}

/* Cuts a part off the front whose length stands before it in two bytes, as far as there is one. */
static inline struct aza_span fuzz_part(struct aza_span *rest)
{
        size_t len = rest->len < 2 ? 0 : (size_t)(rest->data[0] << 8 | rest->data[1]);
        if (rest->len < 2)
                return aza_span_of(rest->data, 0);
        if (len > rest->len - 2)
                len = rest->len - 2;
        struct aza_span part = aza_span_of(rest->data + 2, len);
        *rest = aza_span_of(part.data + len, rest->len - 2 - len);
        return part;
}

/* A NUL-terminated copy; the caller frees. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
        char *text = calloc(1, size + 1);
        FUZZ_CHECK(text != NULL);
        if (size > 0)
                memcpy(text, data, size);
        return text;
}

/* No row rejects and none that is required is missing, when a function says true. */
static inline void fuzz_rows_agree(const struct aza_checks *checks, bool accepted)
{
        for (size_t i = 0; accepted && i < checks->count; i++)
                FUZZ_CHECK(checks->items[i].outcome != AZA_REJECT);
}

#endif
