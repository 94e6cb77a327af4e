/* SPDX-License-Identifier: Apache-2.0 */
/* Writing files (D56): replaced as a whole. */
#include "os/windows/file_write.h"

#include "base/error.h"
#include "os/windows/open.h"
#include "os/windows/private.h"

#include <errno.h>
#include <openssl/rand.h>
#include <string.h>

#define NAMES_TRIED 100
#define MOVES_TRIED \
        20 /* who reads the old file, or looks for viruses in the new one, is soon done */
#define MOVE_WAIT_MS 25

/* Opens a new file beside the path. */
static HANDLE open_beside(struct aza_file_writing *w, bool private)
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
static bool move_once(const struct aza_file_writing *w)
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

static bool move_over(const struct aza_file_writing *w)
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

int aza_writing_find(struct aza_file_writing *w, const char *path)
{
        wchar_t given[AZA_WIDE_PATH];

        w->path = path;
        if (!aza_wide(path, given, AZA_WIDE_PATH))
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: %s", path, strerror(errno));
        /* ReplaceFile of wine 8 refuses names without a folder. */
        const DWORD len = GetFullPathNameW(given, AZA_WIDE_PATH, w->wide, NULL);
        if (len == 0 || len >= AZA_WIDE_PATH)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: the name is too long", path);
        const DWORD attributes = GetFileAttributesW(w->wide);
        w->there = attributes != INVALID_FILE_ATTRIBUTES;
        if (w->there && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
                return AZA_FAIL(AZATTEST_E_INPUT, "cannot write %s: it is a folder", path);
        return 0;
}

HANDLE aza_writing_special(const struct aza_file_writing *w)
{
        HANDLE file = CreateFileW(w->wide, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                  OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);

        if (file == INVALID_HANDLE_VALUE)
                return NULL;
        if (GetFileType(file) != FILE_TYPE_DISK)
                return file;
        (void)CloseHandle(file);
        return NULL;
}

int aza_writing_open(struct aza_file_writing *w, bool private)
{
        w->file = open_beside(w, private);
        return w->file == INVALID_HANDLE_VALUE ? aza_open_failed("create a file beside", w->path)
                                               : 0;
}

int aza_writing_end(struct aza_file_writing *w)
{
        int r = 0;

        if (!CloseHandle(w->file))
                r = aza_open_failed("write", w->path);
        else if (!move_over(w))
                r = aza_open_failed("replace", w->path);
        if (r != 0)
                (void)DeleteFileW(w->temporary);
        return r;
}

void aza_writing_abandon(struct aza_file_writing *w)
{
        (void)CloseHandle(w->file);
        (void)DeleteFileW(w->temporary);
}

static int replace(struct aza_file_writing *w, struct aza_span content, bool private)
{
        int r = aza_writing_open(w, private);

        if (r != 0)
                return r;
        if ((r = aza_write_all(w->file, w->path, content)) == 0)
                return aza_writing_end(w);
        aza_writing_abandon(w);
        return r;
}

int aza_file_write(const char *path, struct aza_span content, unsigned int mode)
{
        struct aza_file_writing w = {0};

        if (strcmp(path, "-") == 0)
                return aza_write_all(GetStdHandle(STD_OUTPUT_HANDLE), "standard output", content);
        int r = aza_writing_find(&w, path);
        if (r != 0)
                return r;
        HANDLE special = aza_writing_special(&w);
        if (special != NULL) {
                r = aza_write_all(special, path, content);
                (void)CloseHandle(special);
                return r;
        }
        /* What replaces another is not opened to more people than that was, not for a moment. */
        return replace(&w, content, (mode & 077) == 0 || w.there);
}

int aza_file_write_private(const char *path, struct aza_span content)
{
        struct aza_file_writing w = {.private = true};
        const int r = aza_writing_find(&w, path);

        return r != 0 ? r : replace(&w, content, true);
}
