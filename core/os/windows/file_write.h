/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a file: what the calls that have all of it and those that have pieces share. */
#ifndef AZA_OS_WINDOWS_FILE_WRITE_H
#define AZA_OS_WINDOWS_FILE_WRITE_H

#include "os/file.h"
#include "os/windows/wide.h"

/* A file on its way: what is there now, and what shall take its place. */
struct aza_file_writing {
        const char *path;
        bool private; /* open to nobody else, whatever was there */
        bool there;
        bool gone;      /* what was there, while the new one could not take its place */
        HANDLE special; /* what is written to as it is; NULL: a file, or nothing */
        HANDLE file;    /* the new one, beside the path */
        wchar_t wide[AZA_WIDE_PATH];
        wchar_t temporary[AZA_WIDE_PATH];
};

/* Looks at the path. 0 or AZATTEST_E_INPUT. */
int aza_writing_find(struct aza_file_writing *w, const char *path);
/* A pipe, NUL or the console, which is written to as it is; NULL: a file, or nothing. */
HANDLE aza_writing_special(const struct aza_file_writing *w);
/* Opens the new file; `mode` as of aza_file_write. */
int aza_writing_open(struct aza_file_writing *w, unsigned int mode);
/* Puts it in its place, or removes it. */
int aza_writing_end(struct aza_file_writing *w);
void aza_writing_abandon(struct aza_file_writing *w);

#endif
