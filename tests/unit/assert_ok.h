/* SPDX-License-Identifier: Apache-2.0 */
/* A call that must succeed: else the test fails with what the library says about it. And what
 * cmocka 1 and 2 name differently. */
#ifndef TEST_ASSERT_OK_H
#define TEST_ASSERT_OK_H

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define assert_ok(call)                                                              \
        do {                                                                         \
                int r_ = (call);                                                     \
                if (r_ != 0)                                                         \
                        fail_msg("%s: %d %s", #call, r_, aza_last_error()->message); \
        } while (0)

#ifndef assert_int_in_range
#define assert_int_in_range assert_in_range
#endif

#endif
