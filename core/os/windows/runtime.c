/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's private runtime directory (D36), private by owner and access list. */
#include "os/file.h"

#include "base/error.h"
#include "os/windows/open.h"
#include "os/windows/private.h"
#include "os/windows/wide.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>

/* No junction or symbolic link, of the wanted kind, and private. */
static bool is_ours(HANDLE file, bool folder)
{
        BY_HANDLE_FILE_INFORMATION info;

        return GetFileType(file) == FILE_TYPE_DISK && GetFileInformationByHandle(file, &info) &&
               (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0 &&
               ((info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) == folder &&
               aza_private_is(file);
}

static bool make_folder(const char *dir)
{
        SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes)};
        wchar_t wide[AZA_WIDE_PATH];
        bool made;

        if (!aza_wide_path(dir, wide))
                return false;
        if (GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES)
                return true;
        if ((attributes.lpSecurityDescriptor = aza_private_new(true)) == NULL)
                return false;
        made = CreateDirectoryW(wide, &attributes) || GetLastError() == ERROR_ALREADY_EXISTS;
        (void)LocalFree(attributes.lpSecurityDescriptor);
        return made;
}

bool aza_runtime_dir_usable(const char *dir)
{
        if (dir[0] == '\0' || !make_folder(dir))
                return false;
        HANDLE folder =
                aza_open_to_read(dir, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
        if (folder == INVALID_HANDLE_VALUE)
                return false;
        const bool good = is_ours(folder, true);
        (void)CloseHandle(folder);
        return good;
}

static int runtime_path(const char *dir, const char *name, char path[AZA_FILE_PATH])
{
        if (!aza_runtime_dir_usable(dir))
                return AZA_FAIL(
                        AZATTEST_E_INPUT,
                        "no usable runtime directory '%s' (wanted: owned by this account, open to nobody else but the system and administrators)",
                        dir);
        const int n = snprintf(path, AZA_FILE_PATH, "%s/%s", dir, name);
        if (n < 0 || n >= AZA_FILE_PATH)
                return AZA_FAIL(AZATTEST_E_INPUT, "runtime-dir is too long");
        return 0;
}

int aza_runtime_read(const char *dir, const char *name, size_t max, struct aza_bytes *ret)
{
        char path[AZA_FILE_PATH];
        int r = runtime_path(dir, name, path);

        if (r != 0)
                return r;
        HANDLE file = aza_open_to_read(path, FILE_FLAG_OPEN_REPARSE_POINT);
        if (file == INVALID_HANDLE_VALUE)
                return aza_open_failed("open", path);
        if (!is_ours(file, false))
                r = AZA_FAIL(AZATTEST_E_INPUT, "%s is not a private file of the caller", path);
        else
                r = aza_read_all(file, path, max, ret);
        (void)CloseHandle(file);
        return r;
}

int aza_runtime_write(const char *dir, const char *name, struct aza_span content)
{
        char path[AZA_FILE_PATH];
        const int r = runtime_path(dir, name, path);

        return r != 0 ? r : aza_file_write_private(path, content);
}

void aza_runtime_remove(const char *dir, const char *name)
{
        char path[AZA_FILE_PATH];
        wchar_t wide[AZA_WIDE_PATH];

        if (runtime_path(dir, name, path) == 0 && aza_wide_path(path, wide))
                (void)DeleteFileW(wide);
}

/* The C library's descriptor owns the handle: what closes it ends the lock, as does the process's
 * end. */
int aza_runtime_lock(const char *dir, const char *name, int *ret_fd)
{
        OVERLAPPED first_byte = {0};
        char path[AZA_FILE_PATH];
        wchar_t wide[AZA_WIDE_PATH];
        int r = runtime_path(dir, name, path);

        if (r != 0)
                return r;
        if (!aza_wide_path(path, wide))
                return aza_open_failed("lock", path);
        HANDLE file =
                CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                            NULL, OPEN_ALWAYS, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        if (file == INVALID_HANDLE_VALUE)
                return aza_open_failed("open", path);
        if (LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
                       &first_byte)) {
                *ret_fd = _open_osfhandle((intptr_t)file, _O_BINARY);
                if (*ret_fd >= 0)
                        return 1;
                r = AZA_FAIL(AZATTEST_E_INPUT, "cannot lock %s: too many open files", path);
        } else if (GetLastError() != ERROR_LOCK_VIOLATION && GetLastError() != ERROR_IO_PENDING) {
                r = aza_open_failed("lock", path);
        }
        (void)CloseHandle(file);
        return r;
}

void aza_runtime_unlock(int fd)
{
        (void)_close(fd);
}
