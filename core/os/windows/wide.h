/* SPDX-License-Identifier: Apache-2.0 */
/* Text of Windows and ours: UTF-16 there, UTF-8 here. */
#ifndef AZA_OS_WINDOWS_WIDE_H
#define AZA_OS_WINDOWS_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

#define AZA_WIDE_PATH 2048

/* False: not UTF-8, or too long; errno and GetLastError say so. */
bool aza_wide(const char *text, wchar_t *out, size_t room);
/* The whole name of a file, in the form that Windows takes at any length. False as above. */
bool aza_wide_path(const char *path, wchar_t out[AZA_WIDE_PATH]);
/* UTF-8 in new memory, undone with free. NULL: out of memory, or no text. */
char *aza_narrow(const wchar_t *text);

/* What Windows calls the error `e`, in its own language, without line ends. */
const char *aza_windows_error(DWORD e, char out[256]);

/* Whether the path names the null device. */
bool aza_is_null_device(const char *path);

#endif
