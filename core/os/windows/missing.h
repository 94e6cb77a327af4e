/* SPDX-License-Identifier: Apache-2.0 */
/* What C libraries elsewhere have and that of Windows lacks. The build puts it in front of every
 * source, so that no other needs to know. */
#ifndef AZA_OS_WINDOWS_MISSING_H
#define AZA_OS_WINDOWS_MISSING_H

#include <malloc.h>
#include <stddef.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

char *strndup(const char *text, size_t max);
char *stpcpy(char *to, const char *from);
char *strsep(char **rest, const char *separators);
void *memmem(const void *in, size_t in_len, const void *what, size_t what_len);
/* Every year that fits; those of Windows end with 3000. */
time_t timegm(struct tm *utc);
struct tm *gmtime_r(const time_t *t, struct tm *ret);
/* Of the conversions only %Y %m %d %H %M %S. */
char *strptime(const char *text, const char *format, struct tm *ret);
#define malloc_usable_size _msize
static inline void explicit_bzero(void *data, size_t size)
{
        for (volatile char *p = (volatile char *)data; size > 0; size--)
                *p++ = 0;
}

#ifdef __cplusplus
}
#endif

#endif
