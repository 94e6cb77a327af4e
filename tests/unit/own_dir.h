/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of the test's own, and names in it. */
#ifndef TEST_OWN_DIR_H
#define TEST_OWN_DIR_H

#include "unit/remove_tree.h"

#include <stdlib.h>
#include <sys/stat.h>

static char dir[] = "/tmp/azattest-test-XXXXXX";

/* Each call gives another of some buffers. */
static inline const char *in_dir(const char *name)
{
        static char path[4][128];
        static unsigned int n;
        char *at = path[n++ % 4];

        (void)snprintf(at, sizeof(path[0]), "%s/%s", dir, name);
        return at;
}

static inline int make_dir(void **state)
{
        (void)state;
        (void)umask(022);
        return mkdtemp(dir) != NULL ? 0 : -1;
}

static inline int remove_dir(void **state)
{
        (void)state;
        remove_tree(dir);
        return 0;
}

#endif
