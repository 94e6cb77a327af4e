/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled once, so that not every unit test reads windows.h. */
#include "missing_in_tests.h"

#include "os/windows/private.h"

#include <string.h>
#include <windows.h>

#undef fclose

int setenv(const char *name, const char *value, int overwrite)
{
        if (overwrite == 0 && getenv(name) != NULL)
                return 0;
        (void)_putenv_s(name, value); /* which takes an empty one away */
        return SetEnvironmentVariableA(name, value) ? 0 : -1;
}

int unsetenv(const char *name)
{
        return _putenv_s(name, "");
}

char *mkdtemp(char *name)
{
        SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes)};

        if (_mktemp(name) == NULL ||
            (attributes.lpSecurityDescriptor = aza_private_new(true)) == NULL)
                return NULL;
        const BOOL made = CreateDirectoryA(name, &attributes);
        (void)LocalFree(attributes.lpSecurityDescriptor);
        return made ? name : NULL;
}

static struct {
        FILE *file;
        char **text;
        size_t *size;
} memory_stream;

FILE *open_memstream(char **text, size_t *size)
{
        memory_stream.file = tmpfile();
        memory_stream.text = text;
        memory_stream.size = size;
        return memory_stream.file;
}

int test_close_stream(FILE *file)
{
        if (memory_stream.file == NULL || file != memory_stream.file)
                return fclose(file);
        const size_t size = (size_t)ftell(file);
        char *text = calloc(1, size + 1);

        rewind(file);
        *memory_stream.size = text != NULL ? fread(text, 1, size, file) : 0;
        *memory_stream.text = text;
        memory_stream.file = NULL;
        return fclose(file);
}
