/* SPDX-License-Identifier: Apache-2.0 */
/* Files: read with a cap, write atomically, and the private runtime directory. */
#ifndef AZA_OS_FILE_H
#define AZA_OS_FILE_H

#include "base/bytes.h"

#define AZA_FILE_PATH 2048 /* bytes of a path, its end included */

/* Reads to end of file, also where the size is unknown (securityfs, pipes without a name). `path`
 * "-" is standard input. 0, AZATTEST_E_INPUT (unreadable, a named pipe, socket or device, or more
 * than `max` bytes), AZATTEST_E_NO_MEMORY. Never waits for a writer to come. */
int aza_file_read(const char *path, size_t max, struct aza_bytes *ret);
/* For what another library will read: 0, or AZATTEST_E_INPUT as aza_file_read would say. */
int aza_file_readable(const char *path);
/* As mode of what is written: a secret. A new file has mode 0600; one that is replaced loses what
 * its group, others and its access list may do, and in a directory where others make files its
 * owner; one that can only be written in place has to be closed to them already. */
#define AZA_FILE_SECRET 0x10000u
/* Whether others than its owner may do anything with the file that is there. */
bool aza_file_is_shared(const char *path);
/* Files that belong together: none takes its place before all are written beside theirs, so that
 * what cannot be written leaves all as they were. */
struct aza_file_new {
        const char *path;
        struct aza_span content;
        unsigned int mode;
};
int aza_files_write(const struct aza_file_new *files, size_t count);

/* Writes to a new file beside `path` and renames (D56): a new file gets `mode` less the umask, a
 * file that is replaced passes mode, owner and access list on, and where a link of the caller's or
 * root's leads, the file there is replaced. Where that is impossible (a mount point, another's
 * directory), the file that is there is written in place, which a reader may see half done. What is
 * no plain file is written as it is, unless it is a named pipe of another user; links of other
 * users are refused. `path` "-" is standard output. 0 or AZATTEST_E_INPUT,
 * AZATTEST_E_INVALID_PARAMETER. */
static inline int aza_file_write(const char *path, struct aza_span content, unsigned int mode)
{
        const struct aza_file_new file = {path, content, mode};

        return aza_files_write(&file, 1);
}

/* A new file of mode 0600 in place of whatever has this name. */
int aza_file_write_private(const char *path, struct aza_span content);

/* A file read piece by piece, by the rules of aza_file_read. */
struct aza_file_in {
        const char *path; /* as messages name it; has to last */
        int fd;
};
int aza_file_in_open(const char *path, struct aza_file_in *ret);
/* 1 to `size` bytes; *ret_len 0: the end. 0 or AZATTEST_E_INPUT. */
int aza_file_in_read(struct aza_file_in *in, uint8_t *data, size_t size, size_t *ret_len);
void aza_file_in_close(struct aza_file_in *in);

#define AZA_FILE_HELD_MAX (64u << 20)

/* A file written piece by piece that is there as a whole or not at all, by the rules of
 * aza_file_write. Where that is not possible (standard output, a pipe, a file that can only be
 * written in place) it is held in memory until the end, up to AZA_FILE_HELD_MAX bytes; `early`
 * are standard output and pipes written as it comes, because half of it does no harm. */
struct aza_file_out {
        const char *path; /* has to last */
        unsigned int mode;
        bool early;
        /* set by aza_file_out_begin */
        struct aza_file_writing *writing; /* NULL: not beside the path */
        int fd;                           /* -1: held, or beside the path */
        struct aza_bytes held;
};
int aza_file_out_begin(struct aza_file_out *out);
/* 0, AZATTEST_E_INPUT, AZATTEST_E_NO_MEMORY. */
int aza_file_out_write(struct aza_file_out *out, struct aza_span content);
/* Puts it in its place. Either way the last call. */
int aza_file_out_end(struct aza_file_out *out);
void aza_file_out_abandon(struct aza_file_out *out);

/* True when `dir` is (or could be made) a directory of mode 0700 owned by the caller (D36). */
bool aza_runtime_dir_usable(const char *dir);
/* Reads or writes `name` in the runtime directory; dir "" fails quietly with AZATTEST_E_INPUT.
 * The reader refuses what is not a plain file of the caller, mode 0600. */
int aza_runtime_read(const char *dir, const char *name, size_t max, struct aza_bytes *ret);
int aza_runtime_write(const char *dir, const char *name, struct aza_span content);
void aza_runtime_remove(const char *dir, const char *name);

/* Locks the file `name` of the runtime directory against other processes, without waiting; not
 * against threads of this one. 1: until aza_runtime_unlock of *ret_fd or the end of the process;
 * 0: another process has it; AZATTEST_E_INPUT: cannot be locked here. A forked
 * child has no part in it. */
int aza_runtime_lock(const char *dir, const char *name, int *ret_fd);
void aza_runtime_unlock(int fd);

#endif
