/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines to stderr or to the program's callback. Level `error` until configured otherwise.
 * Never log tokens, payloads, evidence, keys, headers or bodies (G12). */
#ifndef AZA_BASE_LOG_H
#define AZA_BASE_LOG_H

#include "azattest.h"

void aza_log_set_level(enum azattest_log_level level);
void aza_log_set_sink(azattest_log_fn *fn, void *arg);
void aza_log(enum azattest_log_level level, const char *function, int line, const char *format, ...)
        AZATTEST_PRINTF(4, 5);
#define AZA_LOG(level, ...) aza_log(AZATTEST_LOG_##level, __func__, __LINE__, __VA_ARGS__)

#endif
