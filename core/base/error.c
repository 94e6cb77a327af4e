/* SPDX-License-Identifier: Apache-2.0 */
/* The last failure of each thread. */
#include "base/error.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct aza_error last = {.file = "", .function = ""};

static void record(const char *file, int line, const char *function, int code, uint32_t tpm_rc)
{
        last.file = file;
        last.line = line;
        last.function = function;
        last.code = code;
        last.tpm_rc = tpm_rc;
}

int aza_fail(const char *file, int line, const char *function, int code, uint32_t tpm_rc,
             const char *format, ...)
{
        char text[sizeof(last.message)];
        va_list args;

        /* Through a buffer: the arguments may point into last.message. */
        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        record(file, line, function, code, tpm_rc);
        memcpy(last.message, text, sizeof(text));
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
        memcpy(last.message, text, sizeof(text));
        return code;
}

int aza_fail_openssl(const char *file, int line, const char *function, int code, const char *format,
                     ...)
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
        record(file, line, function, code, 0);
        memcpy(last.message, text, sizeof(text));
        return code;
}

const struct aza_error *aza_last_error(void)
{
        return &last;
}

void aza_clear_error(void)
{
        record("", 0, "", 0, 0);
        last.message[0] = '\0';
}

const char *aza_printable(const char *text, size_t len, char *out, size_t out_size)
{
        size_t n = len < out_size - 1 ? len : out_size - 1;

        for (size_t i = 0; i < n; i++)
                out[i] = (char)(text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?');
        out[n] = '\0';
        return out;
}
