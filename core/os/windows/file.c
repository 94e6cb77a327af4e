/* SPDX-License-Identifier: Apache-2.0 */
/* Files read with a size cap. No text mode anywhere. */
#include "os/file.h"

#include "os/windows/open.h"

#include <string.h>

int aza_file_readable(const char *path)
{
        HANDLE file = NULL;
        const int r = aza_open_file(path, &file);

        if (r == 0)
                (void)CloseHandle(file);
        return r;
}

int aza_file_read(const char *path, size_t max, struct aza_bytes *ret)
{
        HANDLE file = NULL;

        if (strcmp(path, "-") == 0)
                return aza_read_all(GetStdHandle(STD_INPUT_HANDLE), "standard input", max, ret);
        int r = aza_open_file(path, &file);
        if (r != 0)
                return r;
        r = aza_read_all(file, path, max, ret);
        (void)CloseHandle(file);
        return r;
}
