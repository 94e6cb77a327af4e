/* SPDX-License-Identifier: Apache-2.0 */
/* What the test programs judge with: says what was not as it should be, and goes on. */
#ifndef TESTS_CPP_CHECK_H
#define TESTS_CPP_CHECK_H

#include <cstdio>

static int check_failures;

#define CHECK(condition)                                                                    \
        do {                                                                                \
                if (!(condition)) {                                                         \
                        std::printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
                        check_failures++;                                                   \
                }                                                                           \
        } while (0)

#endif
