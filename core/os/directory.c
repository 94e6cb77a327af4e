/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a directory. */
#include "os/file.h"

#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int aza_directory_names(const char *path, int (*each)(void *arg, const char *name), void *arg)
{
        struct dirent **list = NULL;
        const int n = scandir(path, &list, NULL, alphasort);
        int r = 0;

        if (n < 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot read the directory %s: %s", path,
                                strerror(errno));
        for (int i = 0; i < n; i++) {
                if (r == 0)
                        r = each(arg, list[i]->d_name);
                free(list[i]);
        }
        free(list);
        return r;
}
