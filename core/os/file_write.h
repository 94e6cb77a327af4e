/* SPDX-License-Identifier: Apache-2.0 */
/* What writing at once and piece by piece share. */
#ifndef AZA_OS_FILE_WRITE_H
#define AZA_OS_FILE_WRITE_H

#include "os/file.h"

#include <sys/stat.h>

/* One file on its way: what is there now, and what shall take its place. */
struct aza_file_writing {
        char path[AZA_FILE_PATH];
        bool special;  /* no plain file: nothing is beside it */
        bool in_place; /* there can be no new one */
        bool secret;   /* closed to others, whatever the old one, the umask and the directory say */
        bool there;
        struct stat old; /* when there */
        char temporary[AZA_FILE_PATH];
        int fd;        /* of the new file */
        bool nameless; /* until it is complete: nobody finds what was interrupted */
};

/* ---- file_special.c ---- */

int aza_file_write_all(int fd, const char *path, struct aza_span content);
bool aza_file_is_same(const struct stat *a, const struct stat *b);
/* Where another's link leads, he decides. */
bool aza_file_is_our_link(const struct stat *link);
/* Something that is no plain file (a pipe, /dev/null) cannot be replaced by renaming. */
bool aza_file_is_special(const char *path);
int aza_file_open_special(const char *path, int *ret_fd);
/* Whoever reads a pipe may wait for another file first, so it is opened when its turn comes: what
 * can be said before that, and then all of it. `path` "-" is standard output. */
int aza_file_special_begin(const char *path);
int aza_file_special_write(const struct aza_file_new *f);

/* ---- file_replace.c ---- */

/* Where `path` leads, and what is there. */
int aza_file_writing_find(const char *path, struct aza_file_writing *ret);
/* Opens a new file beside it, if `nameless` is set and the file system can, without a name; `mode`
 * as of aza_file_write. 0, a failure, or 1: only in place, then. */
int aza_file_writing_open(struct aza_file_writing *w, unsigned int mode);
/* The new file, which is complete, takes its place. 0, a failure, or 1 as before. It is closed, and
 * gone unless it was renamed. */
int aza_file_writing_rename(struct aza_file_writing *w);
/* Nothing is left of it unless it was renamed. */
void aza_file_writing_abandon(struct aza_file_writing *w);
/* A new file with the content beside its place; `in_place` when there can be none. */
int aza_file_writing_begin(const struct aza_file_new *f, struct aza_file_writing *w);
/* It takes its place, or the content is written over what is there. */
int aza_file_writing_complete(struct aza_file_writing *w, struct aza_span content);
/* Holds the folder of it, in which files that belong together take their places: of two processes
 * that write the same ones at once, each would win one. Who holds it for more than two seconds is
 * none of ours, and is not waited for. A descriptor to close, -1: there is none. */
int aza_file_writing_hold(const struct aza_file_writing *w);
/* Whether both take one place, however it is spelled: the second would replace the first. */
bool aza_file_writing_is_same_place(const struct aza_file_writing *a,
                                    const struct aza_file_writing *b);

#endif
