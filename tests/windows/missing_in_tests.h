/* SPDX-License-Identifier: Apache-2.0 */
/* What unit tests use and the C library of Windows lacks. The build puts it in front of each. */
#ifndef TEST_WINDOWS_MISSING_IN_TESTS_H
#define TEST_WINDOWS_MISSING_IN_TESTS_H

#include "os/windows/private.h"

#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* windows.h has it as a macro of its own. */
#undef ERROR

static inline int setenv(const char *name, const char *value, int overwrite)
{
        if (overwrite == 0 && getenv(name) != NULL)
                return 0;
        (void)_putenv_s(name, value); /* which takes an empty one away */
        return SetEnvironmentVariableA(name, value) ? 0 : -1;
}

static inline int unsetenv(const char *name)
{
        return _putenv_s(name, "");
}

/* A private folder; /tmp is below the root of the current drive. */
static inline char *mkdtemp(char *name)
{
        SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes)};

        if (_mktemp(name) == NULL ||
            (attributes.lpSecurityDescriptor = aza_private_new(true)) == NULL)
                return NULL;
        const BOOL made = CreateDirectoryA(name, &attributes);
        (void)LocalFree(attributes.lpSecurityDescriptor);
        return made ? name : NULL;
}

/* One stream into memory at a time: a file that is read when it is closed. */
static struct memory_stream {
        FILE *file;
        char **text;
        size_t *size;
} memory_stream;

static inline FILE *open_memstream(char **text, size_t *size)
{
        memory_stream = (struct memory_stream){tmpfile(), text, size};
        return memory_stream.file;
}

static inline int close_stream(FILE *file)
{
        if (file == NULL || file != memory_stream.file)
                return fclose(file);
        const size_t size = (size_t)ftell(file);
        char *text = calloc(1, size + 1);

        rewind(file);
        *memory_stream.size = text != NULL ? fread(text, 1, size, file) : 0;
        *memory_stream.text = text;
        memory_stream.file = NULL;
        return fclose(file);
}
#define fclose close_stream

#endif
