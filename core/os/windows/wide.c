/* SPDX-License-Identifier: Apache-2.0 */
#include "os/windows/wide.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of MAX_PATH there is room left for what is written beside a file, and for 12 more that folders
 * want. */
#define SHORT_PATH (MAX_PATH - 24)

static bool is_too_long(void)
{
        errno = ENAMETOOLONG;
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return false;
}

bool aza_wide(const char *text, wchar_t *out, size_t room)
{
        if (room <= INT_MAX &&
            MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, out, (int)room) != 0)
                return true;
        if (GetLastError() == ERROR_INSUFFICIENT_BUFFER)
                return is_too_long();
        errno = EILSEQ;
        SetLastError(ERROR_INVALID_NAME);
        return false;
}

/* In front of the whole name of a file. A name that has a prefix of that kind keeps it. */
static const wchar_t *prefix_of(const wchar_t *full)
{
        if (wcsncmp(full, L"\\\\?\\", 4) == 0 || wcsncmp(full, L"\\\\.\\", 4) == 0)
                return L"";
        return wcsncmp(full, L"\\\\", 2) == 0 ? L"\\\\?\\UNC" : L"\\\\?\\";
}

bool aza_wide_path(const char *path, wchar_t out[AZA_WIDE_PATH])
{
        wchar_t given[AZA_WIDE_PATH];

        if (!aza_wide(path, given, AZA_WIDE_PATH))
                return false;
        const DWORD len = GetFullPathNameW(given, AZA_WIDE_PATH, out, NULL);
        if (len >= AZA_WIDE_PATH)
                return is_too_long();
        if (len == 0)
                errno = ENOENT;
        if (len < SHORT_PATH)
                return len > 0;
        const wchar_t *prefix = prefix_of(out);
        const size_t before = wcslen(prefix), skipped = before > 4 ? 1 : 0;
        if (before + len >= AZA_WIDE_PATH)
                return is_too_long();
        memmove(out + before, out + skipped, (len + 1 - skipped) * sizeof(*out));
        memcpy(out, prefix, before * sizeof(*out));
        return true;
}

char *aza_narrow(const wchar_t *text)
{
        const int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
        char *out = size > 0 ? malloc((size_t)size) : NULL;

        if (out != NULL)
                (void)WideCharToMultiByte(CP_UTF8, 0, text, -1, out, size, NULL, NULL);
        return out;
}

const char *aza_windows_error(DWORD e, char out[256])
{
        wchar_t text[256];
        const DWORD n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                                       NULL, e, 0, text, sizeof(text) / sizeof(text[0]), NULL);
        size_t len;

        if (n == 0 || WideCharToMultiByte(CP_UTF8, 0, text, -1, out, 256, NULL, NULL) == 0) {
                (void)snprintf(out, 256, "error %lu", (unsigned long)e);
                return out;
        }
        len = strlen(out);
        while (len > 0 && strchr("\r\n .", out[len - 1]) != NULL)
                out[--len] = '\0';
        return out;
}

bool aza_is_null_device(const char *path)
{
        return _stricmp(path, "NUL") == 0 || _stricmp(path, "\\\\.\\NUL") == 0;
}
