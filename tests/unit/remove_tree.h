/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_REMOVE_TREE_H
#define TEST_REMOVE_TREE_H

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Removes a directory of the test's own with all that is in it. */
static inline void remove_tree(const char *path)
{
        DIR *d = opendir(path);
        struct dirent *e;

        while (d != NULL && (e = readdir(d)) != NULL) {
                char child[4096];
                if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
                        continue;
                (void)snprintf(child, sizeof(child), "%s/%s", path, e->d_name);
                if (unlink(child) != 0)
                        remove_tree(child);
        }
        if (d != NULL)
                (void)closedir(d);
        (void)rmdir(path);
}

#endif
