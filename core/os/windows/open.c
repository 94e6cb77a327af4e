/* SPDX-License-Identifier: Apache-2.0 */
#include "os/windows/open.h"

#include "base/error.h"
#include "os/windows/wide.h"

#include <errno.h>

int aza_open_failed(const char *what, const char *path)
{
        char why[256];
        const DWORD e = GetLastError();

        return AZA_FAIL(AZATTEST_E_INPUT, "cannot %s %s: %s", what, path,
                        aza_windows_error(e, why));
}

HANDLE aza_open_to_read(const char *path, DWORD flags)
{
        wchar_t wide[AZA_WIDE_PATH];

        if (!aza_wide_path(path, wide))
                return INVALID_HANDLE_VALUE;
        return CreateFileW(wide, GENERIC_READ,
                           FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                           OPEN_EXISTING, flags | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
}

/* So a pipe ends whose writer is done. */
static bool is_end(DWORD e)
{
        return e == ERROR_BROKEN_PIPE || e == ERROR_HANDLE_EOF;
}

int aza_read_all(HANDLE from, const char *path, size_t max, struct aza_bytes *ret)
{
        AZA_BYTES struct aza_bytes content = {0};
        AZA_BYTES struct aza_bytes chunk = {0}; /* may be a key's: cleansed */
        DWORD n = 1;
        int r = aza_bytes_resize(&chunk, 16384);

        while (r == 0 && n > 0) {
                if (!ReadFile(from, chunk.data, (DWORD)chunk.len, &n, NULL)) {
                        if (!is_end(GetLastError()))
                                return aza_open_failed("read", path);
                        n = 0;
                }
                if (n > max - content.len)
                        return AZA_FAIL(AZATTEST_E_INPUT, "%s is larger than %zu bytes", path, max);
                r = aza_bytes_append(&content, chunk.data, n);
        }
        if (r != 0)
                return r;
        aza_bytes_free(ret);
        *ret = aza_bytes_take(&content);
        return 0;
}

int aza_write_all(HANDLE to, const char *path, struct aza_span content)
{
        while (content.len > 0) {
                const DWORD part = content.len > 1u << 20 ? 1u << 20 : (DWORD)content.len;
                DWORD n = 0;

                if (!WriteFile(to, content.data, part, &n, NULL))
                        return aza_open_failed("write", path);
                content.data += n;
                content.len -= n;
        }
        return 0;
}

/* What has an end that somebody answers for. */
static int refuse_endless(HANDLE file, const char *path)
{
        if (GetFileType(file) == FILE_TYPE_DISK || aza_is_null_device(path))
                return 0;
        return AZA_FAIL(AZATTEST_E_INPUT, "%s is a %s and no file: name a file", path,
                        GetFileType(file) == FILE_TYPE_PIPE ? "named pipe" : "device");
}

int aza_open_file(const char *path, HANDLE *ret)
{
        HANDLE file = aza_open_to_read(path, 0);

        if (file == INVALID_HANDLE_VALUE)
                return aza_open_failed("open", path);
        const int r = refuse_endless(file, path);
        if (r == 0)
                *ret = file;
        else
                (void)CloseHandle(file);
        return r;
}
