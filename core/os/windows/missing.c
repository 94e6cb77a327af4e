/* SPDX-License-Identifier: Apache-2.0 */
#include "os/windows/missing.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400

char *strndup(const char *text, size_t max)
{
        const size_t len = strnlen(text, max);
        char *copy = malloc(len + 1);

        if (copy != NULL) {
                memcpy(copy, text, len);
                copy[len] = '\0';
        }
        return copy;
}

char *stpcpy(char *to, const char *from)
{
        const size_t len = strlen(from);

        memcpy(to, from, len + 1);
        return to + len;
}

char *strsep(char **rest, const char *separators)
{
        char *word = *rest;
        char *end;

        if (word == NULL)
                return NULL;
        end = word + strcspn(word, separators);
        *rest = *end != '\0' ? end + 1 : NULL;
        *end = '\0';
        return word;
}

void *memmem(const void *in, size_t in_len, const void *what, size_t what_len)
{
        for (const char *p = in; what_len <= in_len; p++, in_len--)
                if (memcmp(p, what, what_len) == 0)
                        return (void *)p;
        return NULL;
}

/* ---- time: the calendar repeats every 400 years, which begin here with March ---- */

#define DAYS_400 146097
#define EPOCH    719468 /* days from 0000-03-01 to 1970-01-01 */

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
        const int64_t from_march = (month + 9) % 12;
        const int64_t y = month <= 2 ? year - 1 : year;
        const int64_t era = (y >= 0 ? y : y - 399) / 400;
        const int64_t of_era = y - era * 400;
        const int64_t of_year = (153 * from_march + 2) / 5 + day - 1;

        return era * DAYS_400 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;
}

time_t timegm(struct tm *utc)
{
        const int64_t days = days_of((int64_t)utc->tm_year + 1900, utc->tm_mon + 1, utc->tm_mday);

        return days * DAY + utc->tm_hour * 3600 + utc->tm_min * 60 + utc->tm_sec;
}

static void date_of(int64_t days, struct tm *ret)
{
        const int64_t z = days + EPOCH;
        const int64_t era = (z >= 0 ? z : z - DAYS_400 + 1) / DAYS_400;
        const int64_t of_era = z - era * DAYS_400;
        const int64_t year_of_era =
                (of_era - of_era / 1460 + of_era / 36524 - of_era / (DAYS_400 - 1)) / 365;
        const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        const int64_t from_march = (5 * of_year + 2) / 153;
        const int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
        const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);

        ret->tm_mday = (int)(of_year - (153 * from_march + 2) / 5 + 1);
        ret->tm_mon = (int)(month - 1);
        ret->tm_year = (int)(year - 1900);
        ret->tm_yday = (int)(days - days_of(year, 1, 1));
        ret->tm_wday = (int)(((days + 4) % 7 + 7) % 7);
}

struct tm *gmtime_r(const time_t *t, struct tm *ret)
{
        const int64_t seconds = ((int64_t)*t % DAY + DAY) % DAY;
        const int64_t days = ((int64_t)*t - seconds) / DAY;

        if (days > (int64_t)INT_MAX * 365 || days < (int64_t)INT_MIN * 365)
                return NULL;
        *ret = (struct tm){.tm_hour = (int)(seconds / 3600),
                           .tm_min = (int)(seconds / 60 % 60),
                           .tm_sec = (int)(seconds % 60)};
        date_of(days, ret);
        return ret;
}

/* Where the field of a conversion is, how many digits it has, and between what. */
struct field {
        int *value;
        size_t digits;
        int low, high, less;
};

static struct field field_of(char conversion, struct tm *tm)
{
        switch (conversion) {
        case 'Y':
                return (struct field){&tm->tm_year, 4, 0, 9999, 1900};
        case 'm':
                return (struct field){&tm->tm_mon, 2, 1, 12, 1};
        case 'd':
                return (struct field){&tm->tm_mday, 2, 1, 31, 0};
        case 'H':
                return (struct field){&tm->tm_hour, 2, 0, 23, 0};
        case 'M':
                return (struct field){&tm->tm_min, 2, 0, 59, 0};
        case 'S':
                return (struct field){&tm->tm_sec, 2, 0, 61, 0};
        default:
                return (struct field){0};
        }
}

/* Behind the digits; NULL: there are none, or they are out of range. */
static const char *read_field(const char *text, const struct field *field)
{
        size_t n = 0;
        int value = 0;

        for (; n < field->digits && text[n] >= '0' && text[n] <= '9'; n++)
                value = value * 10 + (text[n] - '0');
        if (n == 0 || value < field->low || value > field->high)
                return NULL;
        *field->value = value - field->less;
        return text + n;
}

char *strptime(const char *text, const char *format, struct tm *ret)
{
        for (; text != NULL && *format != '\0'; format++) {
                if (*format == '%') {
                        const struct field field = field_of(*++format, ret);

                        text = field.value != NULL ? read_field(text, &field) : NULL;
                } else {
                        text = *text == *format ? text + 1 : NULL;
                }
        }
        return (char *)(uintptr_t)text;
}
