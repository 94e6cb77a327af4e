/* SPDX-License-Identifier: Apache-2.0 */
/* Opening files: what reading, writing and the private folder share. */
#ifndef AZA_OS_WINDOWS_OPEN_H
#define AZA_OS_WINDOWS_OPEN_H

#include "base/bytes.h"

#include <windows.h>

/* AZATTEST_E_INPUT with "cannot DO PATH: " and what Windows said last. */
int aza_open_failed(const char *what, const char *path);
/* To read; others may read, write, rename and delete it meanwhile. Whoever serves a pipe of that
 * name learns nothing of the caller. INVALID_HANDLE_VALUE: errno and GetLastError say why. */
HANDLE aza_open_to_read(const char *path, DWORD flags);
/* What aza_file_read may read. 0 or AZATTEST_E_INPUT. */
int aza_open_file(const char *path, HANDLE *ret);
int aza_read_all(HANDLE from, const char *path, size_t max, struct aza_bytes *ret);
int aza_write_all(HANDLE to, const char *path, struct aza_span content);

#endif
