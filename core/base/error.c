/* SPDX-License-Identifier: Apache-2.0 */
/* The last failure of each thread. */
#include "base/error.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct aza_error last = {.place = {.file = "", .function = ""}};

static void record(struct aza_place place, int code, uint32_t tpm_rc)
{
        last.place = place;
        last.code = code;
        last.tpm_rc = tpm_rc;
}

/* Names, claims and words of servers stand in messages. */
static void keep(const char *text)
{
        (void)aza_printable(text, strlen(text), last.message, sizeof(last.message));
}

int aza_fail(struct aza_place place, int code, uint32_t tpm_rc, const char *format, ...)
{
        char text[sizeof(last.message)];
        va_list args;

        /* Through a buffer: the arguments may point into last.message. */
        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        record(place, code, tpm_rc);
        keep(text);
        return code;
}

int aza_context(int code, const char *format, ...)
{
        char text[sizeof(last.message)];
        va_list args;

        va_start(args, format);
        int n = vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        if (n >= 0 && (size_t)n < sizeof(text))
                (void)snprintf(text + n, sizeof(text) - (size_t)n, ": %s", last.message);
        last.code = code;
        keep(text);
        return code;
}

int aza_fail_openssl(struct aza_place place, int code, const char *format, ...)
{
        char text[sizeof(last.message)];
        const char *reason = ERR_reason_error_string(ERR_peek_error());
        va_list args;

        va_start(args, format);
        int n = vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        if (n >= 0 && (size_t)n < sizeof(text) && reason != NULL)
                (void)snprintf(text + n, sizeof(text) - (size_t)n, ": %s", reason);
        ERR_clear_error();
        record(place, code, 0);
        keep(text);
        return code;
}

const struct aza_error *aza_last_error(void)
{
        return &last;
}

void aza_clear_error(void)
{
        record((struct aza_place){"", 0, ""}, 0, 0);
        last.message[0] = '\0';
}

struct aza_error aza_error_of(int r)
{
        struct aza_error why = last;

        if (why.code == r)
                return why;
        if (r != 0 && why.code == 0)
                (void)snprintf(why.message, sizeof(why.message),
                               "failed (%s), and the reason was not kept", azattest_result_name(r));
        why.code = r;
        return why;
}

int aza_error_restore(const struct aza_error *why)
{
        last = *why;
        return why->code;
}
