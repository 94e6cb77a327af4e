/* SPDX-License-Identifier: Apache-2.0 */
/* Files read with a size cap, and the caller's private runtime directory. */
#include "os/file.h"

#include "base/error.h"
#include "os/file_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PATH_ROOM AZA_FILE_PATH

/* Reads until end of file: securityfs and pipes do not know their size. */
static int read_all(int fd, const char *path, size_t max, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes content = {0};
        AZA_BYTES struct aza_bytes chunk = {0}; /* may be a key's: cleansed */
        int r = aza_bytes_resize(&chunk, 16384);

        while (r == 0) {
                ssize_t n = read(fd, chunk.data, chunk.len);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return AZA_FAIL(AZATTEST_E_INPUT, "cannot read %s: %s", path,
                                        strerror(errno));
                if (n == 0)
                        break;
                if ((size_t)n > max - content.len)
                        return AZA_FAIL(AZATTEST_E_INPUT, "%s is larger than %zu bytes", path, max);
                r = aza_bytes_append(&content, chunk.data, (size_t)n);
        }
        if (r == 0)
                r = aza_bytes_append(&content, "", 0);
        if (r != 0)
                return r;
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&content);
        return 0;
}

/* /dev/stdin where that is a terminal: whoever named it means to type. */
static bool is_standard_input(const struct stat *st)
{
        struct stat in;

        return S_ISCHR(st->st_mode) && fstat(STDIN_FILENO, &in) == 0 && S_ISCHR(in.st_mode) &&
               in.st_rdev == st->st_rdev;
}

static bool is_null_device(const struct stat *st)
{
        return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* What has an end that somebody answers for. Where a named pipe or a device stands for a file,
 * reading would last for as long as its maker likes. */
static int refuse_endless(int fd, const char *path)
{
        struct stat st;

        if (fstat(fd, &st) != 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot read %s: %s", path, strerror(errno));
        if (S_ISREG(st.st_mode) || is_null_device(&st))
                return 0;
        if (S_ISDIR(st.st_mode))
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot read %s: %s", path, strerror(EISDIR));
        if (!aza_file_unnamed_pipe(fd, &st) && !is_standard_input(&st))
                return AZA_FAIL(AZATTEST_E_INPUT, "%s is a %s and no file: name a file", path,
                                S_ISFIFO(st.st_mode) ? "named pipe" : "device");
        /* It was opened not to wait for a writer; its bytes are waited for. */
        if (fcntl(fd, F_SETFL, 0) != 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot read %s: %s", path, strerror(errno));
        return 0;
}

int aza_file_open(const char *path, int *ret_fd)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

        if (fd < 0 && errno == ENXIO)
                return AZA_FAIL(AZATTEST_E_INPUT, "%s is a socket or device and no file", path);
        if (fd < 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot open %s: %s", path, strerror(errno));
        int r = refuse_endless(fd, path);
        if (r == 0)
                *ret_fd = fd;
        else
                close(fd);
        return r;
}

int aza_file_readable(const char *path)
{
        int fd = -1;
        int r = aza_file_open(path, &fd);

        if (r == 0)
                close(fd);
        return r;
}

int aza_file_read(const char *path, size_t max, struct aza_bytes *ret)
{
        int fd = -1;

        if (strcmp(path, "-") == 0)
                return read_all(STDIN_FILENO, "standard input", max, ret);
        int r = aza_file_open(path, &fd);
        if (r != 0)
                return r;
        r = read_all(fd, path, max, ret);
        close(fd);
        return r;
}

bool aza_runtime_dir_usable(const char *dir)
{
        struct stat st;

        if (dir[0] == '\0')
                return false;
        if (mkdir(dir, 0700) != 0 && errno != EEXIST)
                return false;
        return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
               (st.st_mode & 0777) == 0700;
}

static int runtime_path(const char *dir, const char *name, char path[PATH_ROOM])
{
        if (!aza_runtime_dir_usable(dir))
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "no usable runtime directory '%s' (wanted: mode 0700, owned by the caller)",
                        dir);
        int n = snprintf(path, PATH_ROOM, "%s/%s", dir, name);
        if (n < 0 || n >= PATH_ROOM)
                return AZA_FAIL(AZATTEST_E_INPUT, "runtime-dir is too long");
        return 0;
}

int aza_runtime_read(const char *dir, const char *name, size_t max, struct aza_bytes *ret)
{
        char path[PATH_ROOM];
        struct stat st;

        int r = runtime_path(dir, name, path);
        if (r != 0)
                return r;
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
        if (fd < 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot open %s: %s", path, strerror(errno));
        if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
            (st.st_mode & 0777) != 0600)
                r = AZA_FAIL(AZATTEST_E_INPUT, "%s is not a private file of the caller", path);
        else
                r = read_all(fd, path, max, ret);
        close(fd);
        return r;
}

int aza_runtime_write(const char *dir, const char *name, struct aza_span content)
{
        char path[PATH_ROOM];

        int r = runtime_path(dir, name, path);
        return r != 0 ? r : aza_file_write_private(path, content);
}

void aza_runtime_remove(const char *dir, const char *name)
{
        char path[PATH_ROOM];

        if (runtime_path(dir, name, path) == 0)
                (void)unlink(path);
}

int aza_runtime_lock(const char *dir, const char *name, int *ret_fd)
{
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        char path[PATH_ROOM];

        int r = runtime_path(dir, name, path);
        if (r != 0)
                return r;
        int fd =
                open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
        if (fd < 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot open %s: %s", path, strerror(errno));
        if (fcntl(fd, F_SETLK, &whole) == 0) {
                *ret_fd = fd;
                return 1;
        }
        const int why = errno;
        close(fd);
        if (why == EAGAIN || why == EACCES)
                return 0;
        return AZA_FAIL(AZATTEST_E_INPUT, "cannot lock %s: %s", path, strerror(why));
}

void aza_runtime_unlock(int fd)
{
        (void)close(fd);
}
