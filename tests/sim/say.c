/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the form of the simulator's messages; called by everybody in tests/sim. */
#include "sim/say.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>

int sim_fail(const char *format, ...)
{
        char text[1024];
        char why[256] = "";
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        unsigned long error = ERR_get_error();
        if (error != 0)
                ERR_error_string_n(error, why, sizeof(why));
        ERR_clear_error();
        (void)fprintf(stderr, "azattest-sim: %s%s%s\n", text, why[0] != '\0' ? ": " : "", why);
        return -1;
}
