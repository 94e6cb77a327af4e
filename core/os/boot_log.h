/* SPDX-License-Identifier: Apache-2.0 */
/* The TCG event log of this machine's boot. */
#ifndef AZA_OS_BOOT_LOG_H
#define AZA_OS_BOOT_LOG_H

#include "base/bytes.h"

/* `name` is a file, or what the system calls its own log (AZA_DEFAULT_EVENT_LOG). 0, or what
 * aza_file_read returns. */
int aza_boot_log_read(const char *name, size_t max, struct aza_bytes *ret);

#endif
