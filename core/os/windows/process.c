/* SPDX-License-Identifier: Apache-2.0 */
#include "os/process.h"

#include "os/windows/wide.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <pthread.h>
#include <shellapi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 32768 /* of a variable, as Windows has it */

int64_t aza_process_id(void)
{
        return (int64_t)GetCurrentProcessId();
}

/* ---- the environment ---- */

/* Values that were handed out, as UTF-8: they stay, as getenv's do. */
struct value {
        struct value *next;
        char *name;
        char *text;
};
static struct value *values;
static pthread_mutex_t values_lock = PTHREAD_MUTEX_INITIALIZER;

/* Takes `text` over. */
static const char *keep(const char *name, char *text)
{
        const char *kept = NULL;
        struct value *v;

        (void)pthread_mutex_lock(&values_lock);
        for (v = values; v != NULL && kept == NULL; v = v->next)
                if (strcmp(v->name, name) == 0 && strcmp(v->text, text) == 0)
                        kept = v->text;
        if (kept == NULL && (v = calloc(1, sizeof(*v))) != NULL) {
                *v = (struct value){.next = values, .name = strdup(name), .text = text};
                if (v->name != NULL) {
                        values = v;
                        kept = text;
                } else {
                        free(v);
                }
        }
        (void)pthread_mutex_unlock(&values_lock);
        if (kept != text)
                free(text);
        return kept;
}

const char *aza_environment(const char *name)
{
        wchar_t wide_name[256];
        wchar_t *wide;
        char *text = NULL;
        DWORD n;

        if (!aza_wide(name, wide_name, sizeof(wide_name) / sizeof(wide_name[0])) ||
            (wide = malloc(VALUE_MAX * sizeof(*wide))) == NULL)
                return NULL;
        SetLastError(ERROR_SUCCESS);
        n = GetEnvironmentVariableW(wide_name, wide, VALUE_MAX);
        if (n < VALUE_MAX && (n > 0 || GetLastError() == ERROR_SUCCESS))
                text = aza_narrow(wide);
        free(wide);
        return text != NULL ? keep(name, text) : NULL;
}

void aza_environment_default(const char *name, const char *value)
{
        if (getenv(name) == NULL)
                (void)_putenv_s(name, value);
}

/* ---- signals, which Windows has only one of ---- */

int aza_without_pipe_signal(int (*work)(void *arg), void *arg)
{
        return work(arg);
}

void aza_on_interrupt(void (*handler)(int number))
{
        (void)signal(SIGINT, handler); /* the C library takes it off at the first one */
}

/* ---- a program of ours ---- */

static bool read_arguments(int *argc, char ***argv)
{
        int count = 0;
        wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
        char **own = wide != NULL ? calloc((size_t)count + 1, sizeof(*own)) : NULL;
        bool good = own != NULL;

        for (int i = 0; good && i < count; i++)
                good = (own[i] = aza_narrow(wide[i])) != NULL;
        if (wide != NULL)
                (void)LocalFree(wide);
        if (good) {
                *argc = count;
                *argv = own;
        }
        return good;
}

static UINT code_page;

static void give_console_back(void)
{
        (void)SetConsoleOutputCP(code_page);
}

/* What is printed is UTF-8, and the progress line is erased as terminals do it. */
static void prepare_console(void)
{
        HANDLE console = GetStdHandle(STD_ERROR_HANDLE);
        DWORD mode = 0;

        if (GetConsoleMode(console, &mode))
                (void)SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
        code_page = GetConsoleOutputCP();
        if (code_page != 0 && code_page != CP_UTF8 && SetConsoleOutputCP(CP_UTF8))
                (void)atexit(give_console_back);
}

bool aza_program_begin(int *argc, char ***argv)
{
        (void)_setmode(_fileno(stdin), _O_BINARY);
        (void)_setmode(_fileno(stdout), _O_BINARY);
        (void)_setmode(_fileno(stderr), _O_BINARY);
        prepare_console();
        return read_arguments(argc, argv);
}

/* Of a pipe without a reader the C library says EINVAL. */
bool aza_reader_went_away(int error)
{
        return error == EPIPE ||
               (error == EINVAL && GetFileType(GetStdHandle(STD_OUTPUT_HANDLE)) == FILE_TYPE_PIPE);
}

bool aza_stderr_is_terminal(void)
{
        DWORD mode = 0;

        return GetConsoleMode(GetStdHandle(STD_ERROR_HANDLE), &mode) != 0;
}

bool aza_has_terminal(void)
{
        HANDLE console =
                CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE,
                            FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);

        if (console == INVALID_HANDLE_VALUE)
                return false;
        (void)CloseHandle(console);
        return true;
}
