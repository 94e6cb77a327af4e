/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the simulator to its user: one line on stderr each. */
#ifndef SIM_SAY_H
#define SIM_SAY_H

#include <stdarg.h>

/* A line of the log. Text from requests is escaped here and in sim_fail (base/printable.h). */
void sim_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sim_vsay(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Prints "azattest-sim: ..." and returns -1, so that a function can end with it. Empties OpenSSL's
 * error queue into the line when there is something on it. Thread-safe. */
int sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
