/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failures: a result code (azattest.h) returned upwards, and one message per thread that says what
 * was attempted, on what, and what to do next. Whoever detects an error reports it with AZA_FAIL;
 * callers pass the code up and may put a prefix in front with AZA_CONTEXT.
 */
#ifndef AZA_BASE_ERROR_H
#define AZA_BASE_ERROR_H

#include "azattest.h"
#include "base/printable.h"

#include <stdint.h>

/* A place in the source. */
struct aza_place {
        const char *file; /* relative to the source tree */
        int line;
        const char *function;
};
#define AZA_HERE ((struct aza_place){__FILE__, __LINE__, __func__})

struct aza_error {
        int code;               /* enum azattest_result */
        uint32_t tpm_rc;        /* TSS2_RC behind it, or 0 */
        struct aza_place place; /* where AZA_FAIL stood */
        char message[1024];     /* one printable line, no secrets */
};

/* Records a failure of this thread and returns `code`. */
int aza_fail(struct aza_place place, int code, uint32_t tpm_rc, const char *format, ...)
        AZATTEST_PRINTF(4, 5);
#define AZA_FAIL(code, ...)         aza_fail(AZA_HERE, (code), 0, __VA_ARGS__)
#define AZA_FAIL_TPM(code, rc, ...) aza_fail(AZA_HERE, (code), (rc), __VA_ARGS__)
#define AZA_NO_MEMORY()             AZA_FAIL(AZATTEST_E_NO_MEMORY, "out of memory")

/* Puts "prefix: " before the message of the last failure, whose code becomes `code`, which is
 * returned. */
int aza_context(int code, const char *format, ...) AZATTEST_PRINTF(2, 3);

/* A failure whose reason is the first error on this thread's OpenSSL queue; empties the queue. */
int aza_fail_openssl(struct aza_place place, int code, const char *format, ...)
        AZATTEST_PRINTF(3, 4);
#define AZA_FAIL_OPENSSL(code, ...) aza_fail_openssl(AZA_HERE, (code), __VA_ARGS__)

/* The last failure of this thread (code 0 and "" when there was none). Never NULL. */
const struct aza_error *aza_last_error(void);
void aza_clear_error(void);
/* The failure behind the result `r` of a call: the last one, its code being `r` whatever came
 * between (a program's log callback). A copy whose code is 0 would be taken for success. */
struct aza_error aza_error_of(int r);
/* Makes `why`, a copy of an earlier last failure, the last one again; returns its code. For what
 * has to be done between a failure and its report and may fail itself. */
int aza_error_restore(const struct aza_error *why);

#endif
