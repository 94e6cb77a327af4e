/* SPDX-License-Identifier: Apache-2.0 */
/* What a path leads to, and folders. */
#ifndef AZA_OS_PATH_H
#define AZA_OS_PATH_H

#include <stdbool.h>
#include <stddef.h>

enum aza_path_kind {
        AZA_PATH_NONE, /* nothing there, or it cannot be looked at: errno says why */
        AZA_PATH_FILE,
        AZA_PATH_FOLDER,
        AZA_PATH_OTHER, /* a pipe, socket or device */
};
enum aza_path_kind aza_path_kind(const char *path);
bool aza_path_readable(const char *path);

/* Calls `each` with the path of every plain file of the folder, and of every link that leads
 * nowhere, but hidden ones, in the order of their names, until it returns something else than 0,
 * which is returned. AZATTEST_E_INPUT: the folder cannot be read. */
int aza_folder_each(const char *folder, int (*each)(void *arg, const char *path), void *arg);

/* Where a runtime directory is by default (D36). "" when this user has no such place. */
void aza_runtime_dir_default(char *out, size_t size);

#endif
