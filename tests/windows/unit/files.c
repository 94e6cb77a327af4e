/* SPDX-License-Identifier: Apache-2.0 */
/* core/os/windows: files that are replaced as a whole, names of any length, what is no file, the
 * private folder and its lock. */
#include "os/file.h"

#include "base/error.h"
#include "os/path.h"
#include "os/process.h"
#include "os/windows/open.h"
#include "os/windows/wide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>

#define LONG_NAME "a-folder-with-a-name-of-nearly-fifty-characters--"

static char dir[200]; /* in that of the run, which removes it with names that few can remove */

static const char *in_dir(const char *name)
{
        static char path[4][AZA_FILE_PATH];
        static unsigned int n;
        char *at = path[n++ % 4];

        (void)snprintf(at, AZA_FILE_PATH, "%s/%s", dir, name);
        return at;
}

static void write_text(const char *path, const char *text)
{
        if (aza_file_write(path, aza_span_of(text, strlen(text)), 0644) != 0)
                fail_msg("%s", aza_last_error()->message);
}

static void assert_text(const char *path, const char *text)
{
        AZA_BYTES struct aza_bytes found = {0};

        if (aza_file_read(path, 1000, &found) != 0)
                fail_msg("%s", aza_last_error()->message);
        assert_string_equal((const char *)found.data, text);
}

static void assert_refused(int r, const char *says)
{
        assert_int_equal(r, AZATTEST_E_INPUT);
        if (strstr(aza_last_error()->message, says) == NULL)
                fail_msg("%s", aza_last_error()->message);
}

static int count_one(void *arg, const char *path)
{
        (void)path;
        ++*(int *)arg;
        return 0;
}

static int files_in(const char *folder)
{
        int n = 0;

        assert_int_equal(aza_folder_each(folder, count_one, &n), 0);
        return n;
}

static int make_dir(void **state)
{
        const char *runs = getenv("TMPDIR");

        (void)state;
        (void)snprintf(dir, sizeof(dir), "%s/azattest-windows-XXXXXX",
                       runs != NULL ? runs : "/tmp");
        return mkdtemp(dir) != NULL ? 0 : -1;
}

static void replaced_as_a_whole(void **state)
{
        AZA_BYTES struct aza_bytes found = {0};

        (void)state;
        write_text(in_dir("plain"), "one\r\ntwo\n\x1a");
        assert_text(in_dir("plain"), "one\r\ntwo\n\x1a");
        write_text(in_dir("plain"), "other");
        assert_text(in_dir("plain"), "other");
        assert_int_equal(files_in(dir), 1);
        assert_refused(aza_file_read(in_dir("plain"), 4, &found), "is larger than 4 bytes");
        assert_refused(aza_file_read(in_dir("none"), 4, &found), "cannot open");
        assert_refused(aza_file_write(dir, aza_span_of("x", 1), 0644), "it is a folder");
}

/* Whoever reads the old file while it is replaced goes on reading it; one who lets nobody in is
 * waited for, and then the old file stays. */
static void readers_of_the_old(void **state)
{
        wchar_t wide[AZA_WIDE_PATH];
        char text[8] = "";
        DWORD n = 0;

        (void)state;
        write_text(in_dir("old"), "old");
        HANDLE reader = aza_open_to_read(in_dir("old"), 0);
        write_text(in_dir("old"), "new");
        assert_true(ReadFile(reader, text, sizeof(text), &n, NULL));
        assert_string_equal(text, "old");
        (void)CloseHandle(reader);
        assert_text(in_dir("old"), "new");

        assert_true(aza_wide_path(in_dir("old"), wide));
        HANDLE alone = CreateFileW(wide, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
        assert_ptr_not_equal(alone, INVALID_HANDLE_VALUE);
        assert_refused(aza_file_write(in_dir("old"), aza_span_of("x", 1), 0644), "cannot replace");
        (void)CloseHandle(alone);
        assert_text(in_dir("old"), "new");
}

/* Stands before that of Windows: the one that is imported by this name. */
static int half_way; /* so many times */
static bool busy;    /* as if another were replacing it */
static bool taken;   /* and nothing else can stand there any more */
static BOOL WINAPI replace(const wchar_t *old, const wchar_t *new, const wchar_t *backup,
                           DWORD flags, void *exclude, void *reserved)
{
        BOOL(WINAPI * real)
        (const wchar_t *, const wchar_t *, const wchar_t *, DWORD, void *, void *);
        FARPROC found = GetProcAddress(GetModuleHandleA("kernel32"), "ReplaceFileW");

        memcpy(&real, &found, sizeof(real));
        if (half_way-- <= 0)
                return real(old, new, backup, flags, exclude, reserved);
        SetLastError(ERROR_FILE_NOT_FOUND);
        if (busy)
                return FALSE;
        (void)DeleteFileW(old);
        if (taken)
                (void)CreateDirectoryW(old, NULL);
        SetLastError(ERROR_UNABLE_TO_MOVE_REPLACEMENT);
        return FALSE;
}
extern const void *const __imp_ReplaceFileW;
const void *const __imp_ReplaceFileW = (const void *)replace;

/* Windows may fail with the old file gone: then the new one takes the place that is free, or stays
 * where it is, and its name is said. */
static void nothing_is_lost_half_way(void **state)
{
        char left[AZA_FILE_PATH];

        (void)state;
        write_text(in_dir("half"), "old");
        half_way = 1;
        write_text(in_dir("half"), "new");
        assert_text(in_dir("half"), "new");
        assert_int_equal(half_way, 0);
        half_way = 2;
        busy = true;
        write_text(in_dir("half"), "newer");
        assert_text(in_dir("half"), "newer");
        half_way = 1000;
        write_text(in_dir("half"), "newest of all");
        assert_text(in_dir("half"), "newest of all");
        busy = false;
        half_way = 1;
        taken = true;
        assert_refused(aza_file_write(in_dir("half"), aza_span_of("newest", 6), 0644),
                       "is gone and could not be replaced: what belongs there is in ");
        (void)snprintf(left, sizeof(left), "%s", strstr(aza_last_error()->message, " is in ") + 7);
        assert_text(left, "newest");
}

/* Two that belong together are no two files when one would replace the other. */
static void each_has_its_own_place(void **state)
{
        AZA_BYTES struct aza_bytes found = {0};
        struct aza_file_new two[] = {{in_dir("cert.pem"), aza_span_of("cert", 4), 0644},
                                     {in_dir("CERT.pem"), aza_span_of("key", 3), AZA_FILE_SECRET}};
        char other[AZA_FILE_PATH];

        (void)state;
        assert_int_equal(aza_files_write(two, 2), AZATTEST_E_INVALID_PARAMETER);
        assert_non_null(strstr(aza_last_error()->message, "are one file: give each its own"));
        assert_int_equal(aza_file_read(in_dir("cert.pem"), 10, &found), AZATTEST_E_INPUT);
        (void)snprintf(other, sizeof(other), "%s/none/../cert.pem", dir);
        two[1].path = other;
        assert_int_equal(aza_files_write(two, 2), AZATTEST_E_INVALID_PARAMETER);
        two[1].path = in_dir("key.pem");
        assert_int_equal(aza_files_write(two, 2), 0);
        assert_text(in_dir("cert.pem"), "cert");
        assert_text(in_dir("key.pem"), "key");
        two[0].path = two[1].path = "NUL";
        assert_int_equal(aza_files_write(two, 2), 0);
}

static DWORD WINAPI write_both(void *arg)
{
        (void)arg;
        const struct aza_file_new two[] = {{in_dir("one"), aza_span_of("new", 3), 0644},
                                           {in_dir("two"), aza_span_of("new", 3), 0644}};

        return aza_files_write(two, 2) == 0 ? 0 : 1;
}

/* Of two that write the same files at once, one writes all of them behind the other. */
static void one_after_the_other(void **state)
{
        HANDLE turn = CreateMutexW(NULL, TRUE, L"azattest-files");
        DWORD result = 1;

        (void)state;
        assert_non_null(turn);
        write_text(in_dir("one"), "old");
        write_text(in_dir("two"), "old");
        HANDLE other = CreateThread(NULL, 0, write_both, NULL, 0, NULL);
        assert_non_null(other);
        assert_int_equal(WaitForSingleObject(other, 100), WAIT_TIMEOUT);
        assert_text(in_dir("one"), "old");
        assert_text(in_dir("two"), "old");
        assert_true(ReleaseMutex(turn));
        assert_int_equal(WaitForSingleObject(other, 20000), WAIT_OBJECT_0);
        assert_true(GetExitCodeThread(other, &result));
        assert_int_equal(result, 0);
        (void)CloseHandle(other);
        (void)CloseHandle(turn);
        assert_text(in_dir("one"), "new");
        assert_text(in_dir("two"), "new");
}

static void names_of_any_length(void **state)
{
        char deep[AZA_FILE_PATH], path[AZA_FILE_PATH + 8];
        wchar_t wide[AZA_WIDE_PATH];
        size_t len = strlen(dir);

        (void)state;
        memcpy(deep, dir, len + 1);
        for (int i = 0; i < 8; i++) {
                (void)snprintf(deep + len, sizeof(deep) - len, "/%s%d", LONG_NAME, i);
                len += strlen(deep + len);
                assert_true(aza_wide_path(deep, wide));
                assert_true(CreateDirectoryW(wide, NULL));
        }
        assert_true(wcsncmp(wide, L"\\\\?\\", 4) == 0);
        (void)snprintf(path, sizeof(path), "%s/file", deep);
        assert_int_equal(aza_path_kind(path), AZA_PATH_NONE);
        write_text(path, "first");
        write_text(path, "second");
        assert_text(path, "second");
        assert_int_equal(aza_path_kind(path), AZA_PATH_FILE);
        assert_int_equal(aza_path_kind(deep), AZA_PATH_FOLDER);
        assert_int_equal(files_in(deep), 1);
}

static void names_that_are_none(void **state)
{
        AZA_BYTES struct aza_bytes found = {0};
        char longest[3 * AZA_FILE_PATH];

        (void)state;
        memset(longest, 'x', sizeof(longest) - 1);
        longest[sizeof(longest) - 1] = '\0';
        SetLastError(0);
        assert_int_equal(aza_file_read(longest, 10, &found), AZATTEST_E_INPUT);
        assert_int_equal(aza_file_write(longest, aza_span_of("x", 1), 0644), AZATTEST_E_INPUT);
        assert_int_equal(aza_file_read("latin1-\xe9", 10, &found), AZATTEST_E_INPUT);
        assert_int_equal(aza_file_write("latin1-\xe9", aza_span_of("x", 1), 0644),
                         AZATTEST_E_INPUT);
        assert_int_equal(aza_path_kind(longest), AZA_PATH_NONE);
        assert_int_equal(aza_path_kind(""), AZA_PATH_NONE);
}

/* With a server's name too; names that have their form already keep it. */
static void forms_of_names(void **state)
{
        char share[400] = "//server/share/";
        char given[400] = "\\\\?\\C:\\";
        wchar_t wide[AZA_WIDE_PATH];

        (void)state;
        memset(share + 15, 'x', 300);
        memset(given + 7, 'y', 300);
        assert_true(aza_wide_path(share, wide));
        assert_true(wcsncmp(wide, L"\\\\?\\UNC\\server\\share\\xxx", 24) == 0);
        assert_int_equal(wcslen(wide), 6 + 315);
        assert_true(aza_wide_path(given, wide));
        assert_true(wcsncmp(wide, L"\\\\?\\C:\\yyy", 10) == 0);
        assert_int_equal(wcslen(wide), 307);
        assert_true(aza_wide_path("NUL", wide));
        assert_true(wcscmp(wide, L"\\\\.\\NUL") == 0);
}

static void null_device(void **state)
{
        AZA_BYTES struct aza_bytes found = {0};

        (void)state;
        assert_int_equal(aza_file_read("NUL", 10, &found), 0);
        assert_int_equal(found.len, 0);
        write_text("NUL", "nobody wants it");
        assert_int_equal(aza_path_kind("nul"), AZA_PATH_OTHER);
}

static void named_pipes_are_no_files(void **state)
{
        const char *name = "\\\\.\\pipe\\azattest-test";
        AZA_BYTES struct aza_bytes found = {0};
        HANDLE pipe =
                CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 100, 100, 0, NULL);

        (void)state;
        assert_ptr_not_equal(pipe, INVALID_HANDLE_VALUE);
        assert_refused(aza_file_read(name, 10, &found), "is a named pipe and no file");
        (void)CloseHandle(pipe);
}

/* A pipe whose writer has gone ends; one whose reader has gone is an error and no crash. */
static void pipes_that_end(void **state)
{
        AZA_BYTES struct aza_bytes found = {0};
        HANDLE out = NULL, in = NULL;

        (void)state;
        assert_true(CreatePipe(&out, &in, NULL, 0));
        assert_int_equal(aza_write_all(in, "pipe", aza_span_of("text", 4)), 0);
        (void)CloseHandle(in);
        assert_int_equal(aza_read_all(out, "pipe", 10, &found), 0);
        assert_string_equal((const char *)found.data, "text");
        (void)CloseHandle(out);

        assert_true(CreatePipe(&out, &in, NULL, 0));
        (void)CloseHandle(out);
        assert_refused(aza_write_all(in, "pipe", aza_span_of("text", 4)), "cannot write pipe");
        (void)CloseHandle(in);
}

static void private_folder(void **state)
{
        AZA_BYTES struct aza_bytes found = {0};
        const char *own = in_dir("own");
        int first = -1, second = -1;

        (void)state;
        assert_false(aza_runtime_dir_usable(""));
        assert_true(aza_runtime_dir_usable(own));
        assert_int_equal(aza_runtime_write(own, "name", aza_span_of("x", 1)), 0);
        assert_int_equal(aza_runtime_read(own, "name", 10, &found), 0);
        assert_string_equal((const char *)found.data, "x");
        assert_int_equal(aza_runtime_lock(own, "lock", &first), 1);
        assert_int_equal(aza_runtime_lock(own, "lock", &second), 0);
        aza_runtime_unlock(first);
        assert_int_equal(aza_runtime_lock(own, "lock", &second), 1);
        aza_runtime_unlock(second);
        aza_runtime_remove(own, "name");
        assert_int_equal(aza_runtime_read(own, "name", 10, &found), AZATTEST_E_INPUT);
}

static int interrupts;

static void interrupted(int number)
{
        (void)number;
        interrupts++;
}

/* The second one ends the program, so this program sends one. */
static void first_interrupt_is_ours(void **state)
{
        (void)state;
        aza_on_interrupt(interrupted);
        (void)raise(SIGINT);
        assert_int_equal(interrupts, 1);
        assert_ptr_equal(signal(SIGINT, SIG_IGN), SIG_DFL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(replaced_as_a_whole),
                cmocka_unit_test(readers_of_the_old),
                cmocka_unit_test(nothing_is_lost_half_way),
                cmocka_unit_test(each_has_its_own_place),
                cmocka_unit_test(one_after_the_other),
                cmocka_unit_test(names_of_any_length),
                cmocka_unit_test(names_that_are_none),
                cmocka_unit_test(forms_of_names),
                cmocka_unit_test(null_device),
                cmocka_unit_test(named_pipes_are_no_files),
                cmocka_unit_test(pipes_that_end),
                cmocka_unit_test(private_folder),
                cmocka_unit_test(first_interrupt_is_ours),
        };

        return cmocka_run_group_tests(tests, make_dir, NULL);
}
