/* SPDX-License-Identifier: Apache-2.0 */
/* Owns making and removing DIR. Removes nothing that it did not mark. */
#include "sim/tree.h"

#include "os/file.h"
#include "sim/say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "azattest-sim.mark"
/* A socket's path has room for 107 characters, and DIR/vm/tpm.device is one. */
#define MAX_DIR 80

static void mark_path(const char *dir, char out[256])
{
        (void)snprintf(out, 256, "%s/%s", dir, MARK);
}

static bool is_empty(const char *dir)
{
        DIR *d = opendir(dir);
        int entries = 0;

        if (d == NULL)
                return false;
        while (readdir(d) != NULL)
                entries++;
        (void)closedir(d);
        return entries == 2; /* . and .. */
}

/* DIR stands in openssl.cnf and env.sh: no character that means something there. */
static bool is_plain(const char *dir)
{
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789/._+-@";
        return dir[0] != '\0' && dir[strspn(dir, allowed)] == '\0';
}

int sim_tree_make(const char *dir)
{
        char path[256];
        char early[264];

        if (strlen(dir) > MAX_DIR)
                return sim_fail("%s: more than %d characters, too long for sockets", dir, MAX_DIR);
        if (!is_plain(dir))
                return sim_fail("%s: only letters, digits and /._+-@ can stand in openssl.cnf",
                                dir);
        if (mkdir(dir, 0755) != 0 && errno != EEXIST)
                return sim_fail("cannot make %s: %s", dir, strerror(errno));
        if (!is_empty(dir))
                return sim_fail("%s is not an empty directory (azattest-sim stop %s?)", dir, dir);
        /* The mark appears locked: a directory with an unlocked one is abandoned. */
        mark_path(dir, path);
        (void)snprintf(early, sizeof(early), "%s.new", path);
        int fd = open(early, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
        if (fd < 0)
                return sim_fail("cannot write to %s: %s", dir, strerror(errno));
        /* Other users' processes (server workers) connect to the sockets below. */
        if (chmod(dir, 0755) != 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 ||
            rename(early, path) != 0) {
                (void)close(fd);
                return sim_fail("cannot lock %s: %s", path, strerror(errno));
        }
        return fd;
}

bool sim_tree_is_ours(const char *dir, bool *ret_alive)
{
        char path[256];

        *ret_alive = false;
        if (strlen(dir) > MAX_DIR)
                return false;
        mark_path(dir, path);
        int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
                return false;
        *ret_alive = flock(fd, LOCK_EX | LOCK_NB) != 0;
        (void)close(fd);
        return true;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
        (void)st;
        (void)at;
        (void)(kind == FTW_DP ? rmdir(path) : unlink(path));
        return 0;
}

void sim_tree_remove(const char *dir)
{
        char path[256];
        struct stat st;

        mark_path(dir, path);
        if (strlen(dir) > MAX_DIR || lstat(path, &st) != 0)
                return;
        (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void sim_tree_sweep(const char *pattern)
{
        glob_t found = {0};

        if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
                for (size_t i = 0; i < found.gl_pathc; i++) {
                        struct stat st;
                        bool alive = false;
                        if (lstat(found.gl_pathv[i], &st) == 0 && S_ISDIR(st.st_mode) &&
                            st.st_uid == geteuid() && sim_tree_is_ours(found.gl_pathv[i], &alive) &&
                            !alive)
                                sim_tree_remove(found.gl_pathv[i]);
                }
        }
        globfree(&found);
}

int sim_tree_write(const char *dir, const char *name, const char *text, unsigned int mode)
{
        char path[256];

        (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
        if (aza_file_write(path, aza_span_of(text, strlen(text)), mode) != 0)
                return sim_fail("cannot write %s", path);
        return 0;
}

int sim_tree_read(const char *dir, const char *name, char *out, size_t size)
{
        AZA_BYTES struct aza_bytes text = {0};
        char path[256];

        (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
        if (aza_file_read(path, size - 1, &text) != 0)
                return sim_fail("cannot read %s", path);
        memcpy(out, text.data, text.len);
        out[text.len] = '\0';
        return 0;
}
