/* SPDX-License-Identifier: Apache-2.0 */
#include "os/path.h"

#include "base/error.h"
#include "os/process.h"
#include "os/windows/open.h"
#include "os/windows/wide.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int errno_of(DWORD e)
{
        switch (e) {
        case ERROR_FILE_NOT_FOUND:
        case ERROR_PATH_NOT_FOUND:
        case ERROR_INVALID_NAME:
        case ERROR_BAD_PATHNAME:
                return ENOENT;
        case ERROR_DIRECTORY:
                return ENOTDIR;
        default:
                return EACCES;
        }
}

enum aza_path_kind aza_path_kind(const char *path)
{
        wchar_t wide[AZA_WIDE_PATH];
        DWORD attributes;

        if (aza_is_null_device(path))
                return AZA_PATH_OTHER;
        if (!aza_wide_path(path, wide))
                return AZA_PATH_NONE;
        attributes = GetFileAttributesW(wide);
        if (attributes == INVALID_FILE_ATTRIBUTES) {
                errno = errno_of(GetLastError());
                return AZA_PATH_NONE;
        }
        if ((attributes & FILE_ATTRIBUTE_DEVICE) != 0)
                return AZA_PATH_OTHER;
        return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? AZA_PATH_FOLDER : AZA_PATH_FILE;
}

bool aza_path_readable(const char *path)
{
        HANDLE file = aza_open_to_read(path, FILE_FLAG_BACKUP_SEMANTICS);

        if (file == INVALID_HANDLE_VALUE)
                return false;
        (void)CloseHandle(file);
        return true;
}

/* ---- folders ---- */

struct names {
        char **item;
        size_t count;
};

static int compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool keep_name(struct names *names, const WIN32_FIND_DATAW *found)
{
        char **more;
        char *name;

        if (found->cFileName[0] == L'.' ||
            (found->dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_HIDDEN)) != 0)
                return true;
        more = realloc(names->item, (names->count + 1) * sizeof(*more));
        if (more == NULL)
                return false;
        names->item = more;
        if ((name = aza_narrow(found->cFileName)) == NULL)
                return false;
        more[names->count++] = name;
        return true;
}

static int read_names(const char *folder, struct names *names)
{
        wchar_t wide[AZA_WIDE_PATH];
        WIN32_FIND_DATAW found;
        char pattern[AZA_WIDE_PATH];
        const int n = snprintf(pattern, sizeof(pattern), "%s/*", folder);
        bool good = true;

        if (n < 0 || (size_t)n >= sizeof(pattern) || !aza_wide_path(pattern, wide))
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot open directory %s: no such name", folder);
        HANDLE search = FindFirstFileW(wide, &found);
        if (search == INVALID_HANDLE_VALUE)
                return aza_open_failed("open directory", folder);
        do
                good = keep_name(names, &found);
        while (good && FindNextFileW(search, &found));
        (void)FindClose(search);
        if (!good)
                return AZA_NO_MEMORY();
        if (names->count > 1)
                qsort(names->item, names->count, sizeof(*names->item), compare);
        return 0;
}

int aza_folder_each(const char *folder, int (*each)(void *arg, const char *path), void *arg)
{
        struct names names = {0};
        int r = read_names(folder, &names);

        for (size_t i = 0; i < names.count; i++) {
                char path[AZA_WIDE_PATH];
                const int n = snprintf(path, sizeof(path), "%s/%s", folder, names.item[i]);

                if (r == 0 && n > 0 && (size_t)n < sizeof(path))
                        r = each(arg, path);
                free(names.item[i]);
        }
        free(names.item);
        return r;
}

/* Of services it is in the profile of their account. */
void aza_runtime_dir_default(char *out, size_t size)
{
        const char *base = aza_environment("LOCALAPPDATA");

        out[0] = '\0';
        if (base != NULL && base[0] != '\0')
                (void)snprintf(out, size, "%s\\azattest", base);
}
