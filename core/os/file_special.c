/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to what is no plain file, and so is not replaced: pipes, devices, /dev/fd (D56). */
#include "os/file_write.h"

#include "base/error.h"
#include "os/file_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int aza_file_write_all(int fd, const char *path, struct aza_span content)
{
        while (content.len > 0) {
                ssize_t n = write(fd, content.data, content.len);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: %s", path,
                                        strerror(errno));
                content.data += n;
                content.len -= (size_t)n;
        }
        return 0;
}

bool aza_file_is_same(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool aza_file_is_our_link(const struct stat *link)
{
        return link->st_uid == geteuid() || link->st_uid == 0;
}

bool aza_file_is_special(const char *path)
{
        struct stat st;
        return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* Pipes without a name (`>(...)`, /dev/stdout) come from who called us, whoever that is; one with a
 * name is read by its owner, and so is what his link leads to. Devices only root makes. */
static bool is_ours(const char *path, int fd, const struct stat *st)
{
        struct stat link;

        if (lstat(path, &link) != 0 || (S_ISLNK(link.st_mode) && !aza_file_is_our_link(&link)))
                return false;
        return !S_ISFIFO(st->st_mode) || st->st_uid == geteuid() || aza_file_unnamed_pipe(fd, st);
}

/* What was looked at is what is written to: opening another's FIFO would wait for him already. */
int aza_file_open_special(const char *path, int *ret_fd)
{
        int place = open(path, O_PATH | O_CLOEXEC);
        struct stat before = {0}, now = {0};
        int r = 0;

        if (place < 0 || fstat(place, &before) != 0)
                r = AZA_FAIL(AZATTEST_E_INPUT, "cannot open %s: %s", path, strerror(errno));
        else if (!S_ISFIFO(before.st_mode) && !S_ISCHR(before.st_mode) && !S_ISBLK(before.st_mode))
                r = AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                             "%s is neither a file nor a pipe or device, or was exchanged for one",
                             path);
        else if (!is_ours(path, place, &before))
                r = AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "%s is a pipe or link of another user, who would read what is written: name a file of your own",
                        path);
        int fd = r == 0 ? open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY) : -1;
        if (r == 0 && (fd < 0 || fstat(fd, &now) != 0))
                r = AZA_FAIL(AZATTEST_E_INPUT, "cannot open %s: %s", path, strerror(errno));
        if (r == 0 && !aza_file_is_same(&now, &before))
                r = AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "%s was exchanged while it was opened",
                             path);
        if (place >= 0)
                close(place);
        if (r == 0)
                *ret_fd = fd;
        else if (fd >= 0)
                close(fd);
        return r;
}

int aza_file_special_begin(const char *path)
{
        struct stat st;

        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: %s", path, strerror(EISDIR));
        return 0;
}

int aza_file_special_write(const struct aza_file_new *f)
{
        int fd = -1;
        int r;

        if (strcmp(f->path, "-") == 0)
                return aza_file_write_all(STDOUT_FILENO, "standard output", f->content);
        if ((r = aza_file_open_special(f->path, &fd)) != 0)
                return r;
        r = aza_file_write_all(fd, f->path, f->content);
        close(fd);
        return r;
}
