/* SPDX-License-Identifier: Apache-2.0 */
/* What the reading and the writing half of files share. */
#ifndef AZA_OS_FILE_PIPE_H
#define AZA_OS_FILE_PIPE_H

#include <stdbool.h>
#include <sys/stat.h>

/* A pipe without a name: `<(...)`, /dev/stdin. */
bool aza_file_unnamed_pipe(int fd, const struct stat *st);
/* Opens for reading what aza_file_read would read. */
int aza_file_open(const char *path, int *ret_fd);

#endif
