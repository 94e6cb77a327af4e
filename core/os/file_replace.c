/* SPDX-License-Identifier: Apache-2.0 */
/* Plain files: replaced as a whole where that is possible, else written in place (D56). */
#include "os/file_write.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define ACCESS_LIST  "system.posix_acl_access"
#define LINKS_MAX    40
#define NAMES_TRIED  100
#define HOLD_TRIES   200
#define HOLD_WAIT_NS 10000000

static int too_long(const char *path)
{
        return AZA_FAIL(AZATTEST_E_INPUT, "file name of %zu characters is too long", strlen(path));
}

/* One step along a link: `path` becomes what it names. */
static int step(char path[AZA_FILE_PATH])
{
        char to[AZA_FILE_PATH], whole[AZA_FILE_PATH];
        const ssize_t n = readlink(path, to, sizeof(to) - 1);
        const char *slash = strrchr(path, '/');

        if (n < 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot read the link %s: %s", path,
                                strerror(errno));
        to[n] = '\0';
        const int directory = to[0] == '/' || slash == NULL ? 0 : (int)(slash - path) + 1;
        const int len = snprintf(whole, sizeof(whole), "%.*s%s", directory, path, to);
        if (len < 0 || (size_t)len >= sizeof(whole))
                return too_long(whole);
        memcpy(path, whole, (size_t)len + 1);
        return 0;
}

/* Where `path` leads; the last of it need not be there. */
static int follow(const char *path, char ret[AZA_FILE_PATH])
{
        struct stat st;
        int r;

        if (strlen(path) >= AZA_FILE_PATH)
                return too_long(path);
        memcpy(ret, path, strlen(path) + 1);
        for (int i = 0; lstat(ret, &st) == 0 && S_ISLNK(st.st_mode); i++) {
                if (!aza_file_is_our_link(&st))
                        return AZA_FAIL(
                                AZATTEST_E_INVALID_PARAMETER,
                                "%s is a link of another user, who would choose what is written: name a file of your own",
                                ret);
                if (i == LINKS_MAX)
                        return AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: %s", path,
                                        strerror(ELOOP));
                if ((r = step(ret)) != 0)
                        return r;
        }
        return 0;
}

/* Opens a new file beside the path. The kernel takes the umask off `mode`. False with errno. */
static bool open_beside(struct aza_file_writing *w, mode_t mode)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
        uint8_t random[6];

        for (int i = 0; i < NAMES_TRIED; i++) {
                char *end = w->temporary + strlen(w->path) + 1;

                if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
                        return false;
                (void)snprintf(w->temporary, sizeof(w->temporary), "%s.", w->path);
                for (size_t n = 0; n < sizeof(random); n++)
                        end[n] = letters[random[n] % 32];
                end[sizeof(random)] = '\0';
                w->fd = open(w->temporary,
                             O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode);
                if (w->fd >= 0)
                        return true;
                w->temporary[0] = '\0';
                if (errno != EEXIST)
                        return false;
        }
        return false;
}

static void folder_of(const char *path, char out[AZA_FILE_PATH])
{
        const char *slash = strrchr(path, '/');
        const int len = slash == NULL || slash == path ? 1 : (int)(slash - path);

        (void)snprintf(out, AZA_FILE_PATH, "%.*s", len, slash == NULL ? "." : path);
}

/* The same without a name. False: it cannot be had here, or could not be given a name later. */
static bool open_nameless(struct aza_file_writing *w, mode_t mode)
{
        char folder[AZA_FILE_PATH];

        folder_of(w->path, folder);
        w->fd = access("/proc/self/fd", X_OK) == 0
                        ? open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode)
                        : -1;
        w->nameless = w->fd >= 0;
        return w->nameless;
}

/* Gives it one of the names that open_beside makes. False with errno. */
static bool give_name(struct aza_file_writing *w)
{
        const int nameless = w->fd;
        char from[64];
        bool good;

        (void)snprintf(from, sizeof(from), "/proc/self/fd/%d", nameless);
        if (!open_beside(w, 0600)) {
                w->fd = nameless;
                return false;
        }
        /* The name is ours now; what stands under it makes room. */
        close(w->fd);
        w->fd = nameless;
        good = unlink(w->temporary) == 0 &&
               linkat(AT_FDCWD, from, AT_FDCWD, w->temporary, AT_SYMLINK_FOLLOW) == 0;
        w->nameless = !good;
        return good;
}

/* Access lists are in the mode's group bits, which without them would say something else. */
static bool keep_access_list(const struct aza_file_writing *w)
{
        uint8_t list[4096];
        const ssize_t n = lgetxattr(w->path, ACCESS_LIST, list, sizeof(list));

        if (n > 0)
                return fsetxattr(w->fd, ACCESS_LIST, list, (size_t)n, 0) == 0;
        if (n < 0 && errno == ERANGE)
                return false;
        (void)fremovexattr(w->fd, ACCESS_LIST); /* one that the directory gave */
        return true;
}

/* Whether others may have made what stands here. */
static bool is_in_open_folder(const struct aza_file_writing *w)
{
        char folder[AZA_FILE_PATH];
        struct stat st;

        folder_of(w->path, folder);
        return stat(folder, &st) != 0 || (st.st_mode & 022) != 0;
}

static bool keep_owner(const struct aza_file_writing *w)
{
        struct stat new;

        if (w->secret && is_in_open_folder(w))
                return true;
        return fstat(w->fd, &new) == 0 &&
               ((new.st_uid == w->old.st_uid &&new.st_gid == w->old.st_gid) ||
                fchown(w->fd, w->old.st_uid, w->old.st_gid) == 0);
}

/* Without its list a mode says what it seems to say. */
static bool close_to_others(int fd, mode_t mode)
{
        (void)fremovexattr(fd, ACCESS_LIST);
        return fchmod(fd, mode & 0700) == 0;
}

/* Whether the new file now has owner, access list and mode of the old one. */
static bool keep(const struct aza_file_writing *w)
{
        if (!keep_owner(w))
                return false;
        if (w->secret)
                return close_to_others(w->fd, w->old.st_mode);
        return keep_access_list(w) && fchmod(w->fd, w->old.st_mode & 0777) == 0;
}

/* Whether what is written into the file stays with who writes it, or with whom root gave the file
 * to. Closing it now would leave it to who has opened it before. */
static bool can_hold_secret(const struct stat *st)
{
        return (st->st_uid == geteuid() || geteuid() == 0) && (st->st_mode & 077) == 0;
}

/* The last resort. */
static int open_in_place(const struct aza_file_writing *w, int *ret_fd)
{
        struct stat now = {0};
        int fd = open(w->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
        int r = 0;

        if (fd < 0)
                return AZA_FAIL(AZATTEST_E_INPUT,
                                "cannot write %s, nor a new file in its place: %s", w->path,
                                strerror(errno));
        if (fstat(fd, &now) != 0 || !aza_file_is_same(&now, &w->old))
                r = AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "%s was exchanged while it was opened",
                             w->path);
        else if (w->secret && !can_hold_secret(&now))
                r = AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "%s is another user's, or open to others, who may be reading it, and no new file can take its place, but what is to be written is a secret: close it first (chmod 600), or name another file",
                        w->path);
        if (r == 0)
                *ret_fd = fd;
        else
                close(fd);
        return r;
}

/* Nothing is cut off before all is written, so that a full disk leaves what it can and a reader
 * never finds an empty file. */
static int write_in_place(const struct aza_file_writing *w, struct aza_span content)
{
        int fd = -1;
        int r = open_in_place(w, &fd);

        if (r != 0)
                return r;
        r = aza_file_write_all(fd, w->path, content);
        if (r == 0 && ftruncate(fd, (off_t)content.len) != 0)
                r = AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: %s", w->path, strerror(errno));
        if (close(fd) != 0 && r == 0)
                r = AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: %s", w->path, strerror(errno));
        return r;
}

/* A mount point, another file system, somebody else's or a read-only directory. */
static bool forbids_renaming(int why)
{
        return why == EBUSY || why == EXDEV || why == EACCES || why == EPERM || why == EROFS;
}

int aza_file_writing_rename(struct aza_file_writing *w)
{
        int r = 0;

        if (w->secret && !w->there && !close_to_others(w->fd, 0600))
                r = AZA_FAIL(AZATTEST_E_INPUT, "cannot set the mode of %s: %s", w->path,
                             strerror(errno));
        if (r == 0 && w->there && !keep(w))
                r = 1;
        if (r == 0 && w->nameless && !give_name(w))
                r = AZA_FAIL(AZATTEST_E_INPUT, "cannot create a file beside %s: %s", w->path,
                             strerror(errno));
        if (close(w->fd) != 0 && r == 0)
                r = AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: %s", w->path, strerror(errno));
        w->fd = -1;
        if (r == 0 && rename(w->temporary, w->path) != 0)
                r = w->there && forbids_renaming(errno)
                            ? 1
                            : AZA_FAIL(AZATTEST_E_INPUT, "cannot replace %s: %s", w->path,
                                       strerror(errno));
        if (r != 0 && w->temporary[0] != '\0')
                (void)unlink(w->temporary);
        w->temporary[0] = '\0';
        return r;
}

int aza_file_writing_open(struct aza_file_writing *w, unsigned int mode)
{
        if (strlen(w->path) + 8 > sizeof(w->temporary))
                return too_long(w->path);
        w->secret = (mode & AZA_FILE_SECRET) != 0;
        /* What replaces another is not opened to more people than that was, not for a moment. */
        const mode_t first = w->there || w->secret ? 0600 : (mode_t)mode;
        if (w->nameless && open_nameless(w, first))
                return 0;
        w->nameless = false;
        if (open_beside(w, first))
                return 0;
        if (w->there && forbids_renaming(errno))
                return 1;
        return AZA_FAIL(AZATTEST_E_INPUT, "cannot create a file beside %s: %s", w->path,
                        strerror(errno));
}

int aza_file_writing_find(const char *path, struct aza_file_writing *ret)
{
        const int r = follow(path, ret->path);

        ret->there = r == 0 && lstat(ret->path, &ret->old) == 0;
        return r;
}

void aza_file_writing_abandon(struct aza_file_writing *w)
{
        if (w->fd > STDERR_FILENO)
                close(w->fd);
        if (w->temporary[0] != '\0' && !w->nameless)
                (void)unlink(w->temporary);
        *w = (struct aza_file_writing){.fd = -1};
}

/* What no renaming and no writing in place would change is known before: a mounted file that is
 * read-only, one that is immutable. */
static bool is_fixed(const struct aza_file_writing *w)
{
        return w->there && access(w->path, W_OK) != 0 && (errno == EROFS || errno == EPERM);
}

int aza_file_writing_begin(const struct aza_file_new *f, struct aza_file_writing *w)
{
        int fd = -1;
        int r = is_fixed(w) ? AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: %s", w->path,
                                       strerror(errno))
                            : aza_file_writing_open(w, f->mode);

        if (r == 0)
                return aza_file_write_all(w->fd, w->path, f->content);
        w->in_place = r == 1;
        if (r == 1 && (r = open_in_place(w, &fd)) == 0)
                close(fd);
        return r;
}

int aza_file_writing_complete(struct aza_file_writing *w, struct aza_span content)
{
        const int r = w->in_place ? 1 : aza_file_writing_rename(w);

        return r == 1 ? write_in_place(w, content) : r;
}

int aza_file_writing_hold(const struct aza_file_writing *w)
{
        const struct timespec pause = {.tv_nsec = HOLD_WAIT_NS};
        char folder[AZA_FILE_PATH];

        folder_of(w->path, folder);
        const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        for (int tries = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK &&
                            tries < HOLD_TRIES;
             tries++)
                (void)nanosleep(&pause, NULL);
        return fd;
}

bool aza_file_writing_is_same_place(const struct aza_file_writing *a,
                                    const struct aza_file_writing *b)
{
        char folder_a[AZA_FILE_PATH], folder_b[AZA_FILE_PATH];
        const char *slash_a = strrchr(a->path, '/'), *slash_b = strrchr(b->path, '/');
        struct stat in_a, in_b;

        if (a->special || b->special)
                return false;
        if (a->there && b->there && aza_file_is_same(&a->old, &b->old))
                return true;
        folder_of(a->path, folder_a);
        folder_of(b->path, folder_b);
        return strcmp(slash_a == NULL ? a->path : slash_a + 1,
                      slash_b == NULL ? b->path : slash_b + 1) == 0 &&
               stat(folder_a, &in_a) == 0 && stat(folder_b, &in_b) == 0 &&
               aza_file_is_same(&in_a, &in_b);
}

int aza_file_write_private(const char *path, struct aza_span content)
{
        struct aza_file_writing w = {.fd = -1};
        int r;

        if (strlen(path) >= sizeof(w.path))
                return too_long(path);
        memcpy(w.path, path, strlen(path) + 1);
        if ((r = aza_file_writing_open(&w, AZA_FILE_SECRET)) == 0 &&
            (r = aza_file_write_all(w.fd, w.path, content)) == 0)
                r = aza_file_writing_rename(&w);
        aza_file_writing_abandon(&w);
        return r;
}
