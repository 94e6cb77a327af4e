/* SPDX-License-Identifier: Apache-2.0 */
/* Where the real data lies that the tests judge (D38). */
#ifndef TEST_VECTORS_H
#define TEST_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
/* after setjmp.h and stdarg.h */
#include <cmocka.h>

/* The folder. Ends the test as skipped where there is none, so it is asked before anything is
 * allocated: skip() does not return. */
__attribute__((unused)) static const char *vectors(void)
{
        static const char *const standard = AZATTEST_SOURCE_DIR "/../shared/vectors";
        const char *dir = getenv("AZATTEST_VECTORS");

        if (dir == NULL || *dir == '\0')
                dir = standard;
        if (access(dir, R_OK) != 0) {
                print_message("skipped: no vectors\n");
                skip();
        }
        return dir;
}

#endif
