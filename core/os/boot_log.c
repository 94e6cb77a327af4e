/* SPDX-License-Identifier: Apache-2.0 */
#include "os/boot_log.h"

#include "os/file.h"

int aza_boot_log_read(const char *name, size_t max, struct aza_bytes *ret)
{
        return aza_file_read(name, max, ret);
}
