/* SPDX-License-Identifier: Apache-2.0 */
/* Which pipes have no name that somebody else could have given them. */
#include "os/file_pipe.h"

#include <linux/magic.h>
#include <sys/vfs.h>

bool aza_file_unnamed_pipe(int fd, const struct stat *st)
{
        struct statfs fs;

        return S_ISFIFO(st->st_mode) && fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC;
}
