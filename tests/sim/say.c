/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the form of the simulator's messages; called by everybody in tests/sim. */
#include "sim/say.h"

#include "base/printable.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 1024

/* In one write, so that lines of several threads do not mix. */
static void put_line(const char *text, const char *why)
{
        char joined[TEXT_MAX + 256 + 2];
        char line[4 * sizeof(joined)];

        (void)snprintf(joined, sizeof(joined), "%s%s%s", text, why[0] != '\0' ? ": " : "", why);
        (void)aza_printable(joined, strlen(joined), line, sizeof(line));
        (void)fprintf(stderr, "azattest-sim: %s\n", line);
}

void sim_vsay(const char *format, va_list args)
{
        char text[TEXT_MAX];

        (void)vsnprintf(text, sizeof(text), format, args);
        const size_t len = strlen(text);
        if (len > 0 && text[len - 1] == '\n') /* libmicrohttpd's messages end so */
                text[len - 1] = '\0';
        put_line(text, "");
}

void sim_say(const char *format, ...)
{
        va_list args;

        va_start(args, format);
        sim_vsay(format, args);
        va_end(args);
}

int sim_fail(const char *format, ...)
{
        char text[TEXT_MAX];
        char why[256] = "";
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        unsigned long error = ERR_get_error();
        if (error != 0)
                ERR_error_string_n(error, why, sizeof(why));
        ERR_clear_error();
        put_line(text, why);
        return -1;
}
