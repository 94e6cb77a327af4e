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
/* Writes to a new file beside `path` and renames (D56): a new file gets `mode` less the umask, a
 * file that is replaced passes mode, owner and access list on, and where a link of the caller's or
 * root's leads, the file there is replaced. Where that is impossible (a mount point, another's
 * directory), the file that is there is written in place, which a reader may see half done. What is
 * no plain file is written as it is, unless it is a named pipe of another user; links of other
 * users are refused. `path` "-" is standard output. 0 or AZATTEST_E_INPUT,
 * AZATTEST_E_INVALID_PARAMETER. */
int aza_file_write(const char *path, struct aza_span content, unsigned int mode);
/* A new file of mode 0600 in place of whatever has this name. */
int aza_file_write_private(const char *path, struct aza_span content);

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
