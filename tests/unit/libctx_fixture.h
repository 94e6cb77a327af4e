/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that need a library context of OpenSSL and nothing else. */
#ifndef TEST_LIBCTX_FIXTURE_H
#define TEST_LIBCTX_FIXTURE_H

#include "base/crypto.h"
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static OSSL_LIB_CTX *libctx;

static inline int libctx_setup(void **state)
{
        (void)state;
        libctx = aza_libctx_new("default");
        return libctx == NULL;
}

static inline int libctx_teardown(void **state)
{
        (void)state;
        OSSL_LIB_CTX_free(libctx);
        return 0;
}

#endif
