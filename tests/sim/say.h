/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the simulator to its user: one line on stderr each. */
#ifndef SIM_SAY_H
#define SIM_SAY_H

/* Prints "azattest-sim: ..." and returns -1, so that a function can end with it. Empties OpenSSL's
 * error queue into the line when there is something on it. Thread-safe. */
int sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
