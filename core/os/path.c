/* SPDX-License-Identifier: Apache-2.0 */
#include "os/path.h"

#include "base/error.h"
#include "os/process.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum aza_path_kind aza_path_kind(const char *path)
{
        struct stat st;

        if (stat(path, &st) != 0)
                return AZA_PATH_NONE;
        if (S_ISREG(st.st_mode))
                return AZA_PATH_FILE;
        return S_ISDIR(st.st_mode) ? AZA_PATH_FOLDER : AZA_PATH_OTHER;
}

bool aza_path_readable(const char *path)
{
        return access(path, R_OK) == 0;
}

static bool is_wanted(const char *path, const struct dirent *entry)
{
        const enum aza_path_kind kind = aza_path_kind(path);

        return entry->d_name[0] != '.' && (kind == AZA_PATH_FILE || kind == AZA_PATH_NONE);
}

int aza_folder_each(const char *folder, int (*each)(void *arg, const char *path), void *arg)
{
        struct dirent **names = NULL;
        const int count = scandir(folder, &names, NULL, alphasort);
        int r = 0;

        if (count < 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot open directory %s: %s", folder,
                                strerror(errno));
        for (int i = 0; i < count; i++) {
                char path[4096];
                const int n = snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);

                if (r == 0 && n > 0 && (size_t)n < sizeof(path) && is_wanted(path, names[i]))
                        r = each(arg, path);
                free(names[i]);
        }
        free(names);
        return r;
}

void aza_runtime_dir_default(char *out, size_t size)
{
        const char *base = geteuid() == 0 ? "/run" : aza_environment("XDG_RUNTIME_DIR");

        out[0] = '\0';
        if (base != NULL && base[0] == '/')
                (void)snprintf(out, size, "%s/azattest", base);
}
