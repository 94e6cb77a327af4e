/* SPDX-License-Identifier: Apache-2.0 */
/* Writing files (D56): replaced as a whole. */
#include "os/windows/file_write.h"

#include "base/error.h"
#include "os/windows/open.h"
#include "os/windows/private.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_TRIED 100
#define TURN_MS     2000
#define RANDOM      6            /* letters */
#define ADDED       (RANDOM + 1) /* behind a file's name, with a dot: what is written beside it */
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
        uint8_t random[RANDOM];

        if (len + ADDED + 1 > AZA_WIDE_PATH) {
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

/* ReplaceFile hands the old file's access list on; a private file has its own. It may end half-way:
 * with the old one gone, the new one just has to be moved. */
static bool move_once(struct aza_file_writing *w)
{
        if (w->there && !w->private && !w->gone) {
                const bool done = ReplaceFileW(w->wide, w->temporary, NULL, 0, NULL, NULL) != 0;

                w->gone = !done && GetLastError() == ERROR_UNABLE_TO_MOVE_REPLACEMENT;
                return done;
        }
        return MoveFileExW(w->temporary, w->wide,
                           MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != 0;
}

/* Not found is what another replaces at this moment. */
static bool is_in_use(DWORD e)
{
        return e == ERROR_SHARING_VIOLATION || e == ERROR_LOCK_VIOLATION ||
               e == ERROR_ACCESS_DENIED || e == ERROR_UNABLE_TO_REMOVE_REPLACED ||
               e == ERROR_UNABLE_TO_MOVE_REPLACEMENT || e == ERROR_FILE_NOT_FOUND;
}

static bool move_over(struct aza_file_writing *w)
{
        for (int i = 0; i < MOVES_TRIED; i++) {
                if (move_once(w))
                        return true;
                if (!is_in_use(GetLastError()))
                        return false;
                if (GetLastError() == ERROR_FILE_NOT_FOUND && i == MOVES_TRIED - 2)
                        w->gone = true; /* for good: somebody removed it */
                Sleep(MOVE_WAIT_MS);
        }
        return false;
}

int aza_writing_find(struct aza_file_writing *w, const char *path)
{
        w->path = path;
        if (!aza_wide_path(path, w->wide))
                return aza_open_failed("write", path);
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

/* What replaces a file that is gone is all there is: it stays. */
static int not_replaced(const struct aza_file_writing *w)
{
        if (!w->gone)
                return aza_open_failed("replace", w->path);
        char *left = aza_narrow(w->temporary);
        const int r = AZA_FAIL(AZATTEST_E_INPUT,
                               "%s is gone and could not be replaced: what belongs there is in %s",
                               w->path, left != NULL ? left : "a file beside it");
        free(left);
        return r;
}

int aza_writing_end(struct aza_file_writing *w)
{
        int r = 0;

        if (!CloseHandle(w->file))
                r = aza_open_failed("write", w->path);
        else if (!move_over(w))
                r = not_replaced(w);
        if (r != 0 && !w->gone)
                (void)DeleteFileW(w->temporary);
        return r;
}

void aza_writing_abandon(struct aza_file_writing *w)
{
        (void)CloseHandle(w->file);
        (void)DeleteFileW(w->temporary);
}

/* What replaces another is not opened to more people than that was, not for a moment. */
int aza_writing_open(struct aza_file_writing *w, unsigned int mode)
{
        w->private = w->private || (mode & AZA_FILE_SECRET) != 0;
        w->file = open_beside(w, w->private || (mode & 077) == 0 || w->there);
        return w->file == INVALID_HANDLE_VALUE ? aza_open_failed("create a file beside", w->path)
                                               : 0;
}

static int begin_beside(struct aza_file_writing *w, const struct aza_file_new *f)
{
        int r = aza_writing_open(w, f->mode);

        if (r == 0 && (r = aza_write_all(w->file, w->path, f->content)) != 0)
                aza_writing_abandon(w);
        if (r != 0)
                w->file = NULL;
        return r;
}

static int begin(struct aza_file_writing *w, const struct aza_file_new *f)
{
        int r;

        w->path = f->path;
        if (strcmp(f->path, "-") == 0) {
                w->path = "standard output";
                w->special = GetStdHandle(STD_OUTPUT_HANDLE);
                return 0;
        }
        if ((r = aza_writing_find(w, f->path)) != 0)
                return r;
        w->special = aza_writing_special(w);
        return w->special != NULL ? 0 : begin_beside(w, f);
}

static int complete(struct aza_file_writing *w, const struct aza_file_new *f)
{
        if (w->file == NULL)
                return aza_write_all(w->special, w->path, f->content);
        const int r = aza_writing_end(w);
        w->file = NULL;
        return r;
}

static int complete_those(struct aza_file_writing *w, const struct aza_file_new *files,
                          size_t count, bool special)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < count; i++)
                if ((w[i].special != NULL) == special)
                        r = complete(&w[i], &files[i]);
        return r;
}

/* What can be lost on its way first. Of two processes that write the same files at once, each would
 * win one, so those of one session do it one after another; who holds the turn for long is none of
 * ours, and is not waited for. */
static int complete_all(struct aza_file_writing *w, const struct aza_file_new *files, size_t count)
{
        int r = complete_those(w, files, count, true);

        if (r != 0)
                return r;
        const HANDLE turn = count > 1 ? CreateMutexW(NULL, FALSE, L"azattest-files") : NULL;
        const DWORD came = turn != NULL ? WaitForSingleObject(turn, TURN_MS) : WAIT_FAILED;
        r = complete_those(w, files, count, false);
        if (came == WAIT_OBJECT_0 || came == WAIT_ABANDONED)
                (void)ReleaseMutex(turn);
        if (turn != NULL)
                (void)CloseHandle(turn);
        return r;
}

/* The place that a file on its way will have: where the new one is, as Windows spells it, less what
 * open_beside put behind the name. 0: not known. */
static size_t place_of(const struct aza_file_writing *w, wchar_t out[AZA_WIDE_PATH])
{
        const DWORD len = GetFinalPathNameByHandleW(w->file, out, AZA_WIDE_PATH, 0);

        return len > ADDED && len < AZA_WIDE_PATH ? len - ADDED : 0;
}

/* However it is spelled: capitals, another folder's name for it. The second would replace the
 * first. */
static bool is_same_place(const struct aza_file_writing *a, const struct aza_file_writing *b)
{
        wchar_t of_a[AZA_WIDE_PATH], of_b[AZA_WIDE_PATH];

        if (a->file == NULL || b->file == NULL)
                return false;
        const size_t len_a = place_of(a, of_a), len_b = place_of(b, of_b);
        if (len_a == 0 || len_b == 0)
                return CompareStringOrdinal(a->wide, -1, b->wide, -1, TRUE) == CSTR_EQUAL;
        return CompareStringOrdinal(of_a, (int)len_a, of_b, (int)len_b, TRUE) == CSTR_EQUAL;
}

static int each_has_its_own(const struct aza_file_writing *w, size_t count)
{
        for (size_t i = 0; i < count; i++)
                for (size_t k = i + 1; k < count; k++)
                        if (is_same_place(&w[i], &w[k]))
                                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                                "%s and %s are one file: give each its own",
                                                w[i].path, w[k].path);
        return 0;
}

static void end(struct aza_file_writing *w)
{
        if (w->file != NULL)
                aza_writing_abandon(w);
        if (w->special != NULL && w->special != GetStdHandle(STD_OUTPUT_HANDLE))
                (void)CloseHandle(w->special);
}

int aza_files_write(const struct aza_file_new *files, size_t count)
{
        struct aza_file_writing *w = calloc(count, sizeof(*w));
        size_t begun = 0;
        int r = w != NULL ? 0 : AZA_NO_MEMORY();

        for (; r == 0 && begun < count; begun++)
                r = begin(&w[begun], &files[begun]);
        r = r == 0 ? each_has_its_own(w, count) : r;
        r = r == 0 ? complete_all(w, files, count) : r;
        for (size_t i = 0; i < begun; i++)
                end(&w[i]);
        free(w);
        return r;
}

int aza_file_write_private(const char *path, struct aza_span content)
{
        const struct aza_file_new file = {path, content, AZA_FILE_SECRET};
        struct aza_file_writing w = {0};
        int r = aza_writing_find(&w, path);

        if (r == 0 && (r = begin_beside(&w, &file)) == 0)
                r = aza_writing_end(&w);
        return r;
}

bool aza_file_is_shared(const char *path)
{
        HANDLE file = aza_open_to_read(path, 0);
        bool shared = false;

        if (file == INVALID_HANDLE_VALUE)
                return false;
        shared = GetFileType(file) == FILE_TYPE_DISK && !aza_private_is(file);
        (void)CloseHandle(file);
        return shared;
}
