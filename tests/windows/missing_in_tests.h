/* SPDX-License-Identifier: Apache-2.0 */
/* What unit tests use and the C library of Windows lacks. The build puts it in front of each. */
#ifndef TEST_WINDOWS_MISSING_IN_TESTS_H
#define TEST_WINDOWS_MISSING_IN_TESTS_H

#include <io.h>
#include <stdio.h>
#include <stdlib.h>

int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name);

/* A private folder; /tmp is below the root of the current drive. */
char *mkdtemp(char *name);

/* One stream into memory at a time: a file that is read when it is closed. */
FILE *open_memstream(char **text, size_t *size);
int test_close_stream(FILE *file);
#define fclose test_close_stream

#endif
