/* SPDX-License-Identifier: Apache-2.0 */
#include "os/windows/wide.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool aza_wide(const char *text, wchar_t *out, size_t room)
{
        if (room > INT_MAX ||
            MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, out, (int)room) == 0) {
                errno = GetLastError() == ERROR_INSUFFICIENT_BUFFER ? ENAMETOOLONG : EILSEQ;
                return false;
        }
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
