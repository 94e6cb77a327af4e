/* SPDX-License-Identifier: Apache-2.0 */
/* Files read with a size cap, and written as a whole (D56). No text mode anywhere. */
#include "os/file.h"

#include "base/error.h"
#include "os/windows/open.h"
#include "os/windows/private.h"
#include "os/windows/wide.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define NAMES_TRIED 100
#define MOVES_TRIED \
        20 /* who reads the old file, or looks for viruses in the new one, is soon done */
#define MOVE_WAIT_MS 25

/* ---- reading ---- */

/* What has an end that somebody answers for. */
static int refuse_endless(HANDLE file, const char *path)
{
        if (GetFileType(file) == FILE_TYPE_DISK || aza_is_null_device(path))
                return 0;
        return AZA_FAIL(AZATTEST_E_INPUT, "%s is a %s and no file: name a file", path,
                        GetFileType(file) == FILE_TYPE_PIPE ? "named pipe" : "device");
}

static int open_file(const char *path, HANDLE *ret)
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

int aza_file_readable(const char *path)
{
        HANDLE file = NULL;
        const int r = open_file(path, &file);

        if (r == 0)
                (void)CloseHandle(file);
        return r;
}

int aza_file_read(const char *path, size_t max, struct aza_bytes *ret)
{
        HANDLE file = NULL;

        if (strcmp(path, "-") == 0)
                return aza_read_all(GetStdHandle(STD_INPUT_HANDLE), "standard input", max, ret);
        int r = open_file(path, &file);
        if (r != 0)
                return r;
        r = aza_read_all(file, path, max, ret);
        (void)CloseHandle(file);
        return r;
}

/* ---- writing ---- */

struct writing {
        const char *path;
        struct aza_span content;
        bool private; /* open to nobody else, whatever was there */
        bool there;
        wchar_t wide[AZA_WIDE_PATH];
        wchar_t temporary[AZA_WIDE_PATH];
};

/* Opens a new file beside the path. */
static HANDLE open_beside(struct writing *w, bool private)
{
        static const wchar_t letters[] = L"abcdefghijklmnopqrstuvwxyz234567";
        SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes)};
        HANDLE file = INVALID_HANDLE_VALUE;
        const size_t len = wcslen(w->wide);
        uint8_t random[6];

        if (len + sizeof(random) + 2 > AZA_WIDE_PATH) {
                SetLastError(ERROR_FILENAME_EXCED_RANGE);
                return file;
        }
        if (private && (attributes.lpSecurityDescriptor = aza_private_new(false)) == NULL)
                return file;
        memcpy(w->temporary, w->wide, len * sizeof(wchar_t));
        w->temporary[len] = L'.';
        for (int i = 0; i < NAMES_TRIED && file == INVALID_HANDLE_VALUE; i++) {
                if (RAND_bytes(random, sizeof(random)) != 1)
                        break;
                for (size_t n = 0; n < sizeof(random); n++)
                        w->temporary[len + 1 + n] = letters[random[n] % 32];
                w->temporary[len + 1 + sizeof(random)] = L'\0';
                file = CreateFileW(w->temporary, GENERIC_WRITE, 0, &attributes, CREATE_NEW,
                                   FILE_ATTRIBUTE_NORMAL, NULL);
                if (file == INVALID_HANDLE_VALUE && GetLastError() != ERROR_FILE_EXISTS)
                        break;
        }
        const DWORD why = GetLastError();
        if (attributes.lpSecurityDescriptor != NULL)
                (void)LocalFree(attributes.lpSecurityDescriptor);
        SetLastError(why);
        return file;
}

/* ReplaceFile hands the old file's access list on; a private file has its own. */
static bool move_once(const struct writing *w)
{
        if (w->there && !w->private)
                return ReplaceFileW(w->wide, w->temporary, NULL, 0, NULL, NULL) != 0;
        return MoveFileExW(w->temporary, w->wide,
                           MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != 0;
}

static bool is_in_use(DWORD e)
{
        return e == ERROR_SHARING_VIOLATION || e == ERROR_LOCK_VIOLATION ||
               e == ERROR_ACCESS_DENIED || e == ERROR_UNABLE_TO_REMOVE_REPLACED;
}

static bool move_over(const struct writing *w)
{
        for (int i = 0; i < MOVES_TRIED; i++) {
                if (move_once(w))
                        return true;
                if (!is_in_use(GetLastError()))
                        return false;
                Sleep(MOVE_WAIT_MS);
        }
        return false;
}

static int replace(struct writing *w, bool private)
{
        HANDLE file = open_beside(w, private);

        if (file == INVALID_HANDLE_VALUE)
                return aza_open_failed("create a file beside", w->path);
        int r = aza_write_all(file, w->path, w->content);
        if (!CloseHandle(file) && r == 0)
                r = aza_open_failed("write", w->path);
        if (r == 0 && !move_over(w))
                r = aza_open_failed("replace", w->path);
        if (r != 0)
                (void)DeleteFileW(w->temporary);
        return r;
}

/* A pipe, NUL or the console is written to as it is. 1: it is a file, and shall be replaced. */
static int write_special(const struct writing *w)
{
        HANDLE file = CreateFileW(w->wide, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                  OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
        int r = 1;

        if (file == INVALID_HANDLE_VALUE)
                return 1;
        if (GetFileType(file) != FILE_TYPE_DISK)
                r = aza_write_all(file, w->path, w->content);
        (void)CloseHandle(file);
        return r;
}

static int begin(struct writing *w, const char *path)
{
        if (!aza_wide(path, w->wide, AZA_WIDE_PATH))
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: %s", path, strerror(errno));
        const DWORD attributes = GetFileAttributesW(w->wide);
        w->there = attributes != INVALID_FILE_ATTRIBUTES;
        if (w->there && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: it is a folder", path);
        return 0;
}

int aza_file_write(const char *path, struct aza_span content, unsigned int mode)
{
        struct writing w = {.path = path, .content = content};
        const bool private = (mode & 077) == 0;

        if (strcmp(path, "-") == 0)
                return aza_write_all(GetStdHandle(STD_OUTPUT_HANDLE), "standard output", content);
        int r = begin(&w, path);
        if (r != 0)
                return r;
        r = write_special(&w);
        /* What replaces another is not opened to more people than that was, not for a moment. */
        return r == 1 ? replace(&w, private || w.there) : r;
}

int aza_file_write_private(const char *path, struct aza_span content)
{
        struct writing w = {.path = path, .content = content, .private = true};
        const int r = begin(&w, path);

        return r != 0 ? r : replace(&w, true);
}
