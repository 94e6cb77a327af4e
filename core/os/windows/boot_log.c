/* SPDX-License-Identifier: Apache-2.0 */
#include "os/boot_log.h"

#include "base/error.h"
#include "os/defaults.h"
#include "os/file.h"
#include "os/windows/tbs.h"

#include <stdlib.h>
#include <string.h>

static int refused(uint32_t result)
{
        char why[256];

        return AZA_FAIL(AZATTEST_E_INPUT, "the TPM service (TBS) gives no boot log: %s",
                        aza_tbs_text(result, why));
}

int aza_boot_log_read(const char *name, size_t max, struct aza_bytes *ret)
{
        const struct aza_tbs *tbs = aza_tbs();
        AZA_BYTES struct aza_bytes log = {0};
        uint32_t size = 0;

        if (strcmp(name, AZA_DEFAULT_EVENT_LOG) != 0)
                return aza_file_read(name, max, ret);
        const uint32_t asked =
                tbs != NULL ? tbs->log(AZA_TBS_BOOT_LOG, NULL, &size) : AZA_TBS_NOT_LOADED;
        if (asked != 0 && asked != AZA_TBS_SMALL_ROOM)
                return refused(asked);
        if (size > max)
                return AZA_FAIL(AZATTEST_E_INPUT, "the boot log is larger than %zu bytes", max);
        uint8_t *room = calloc(1, (size_t)size + 1);
        if (room == NULL)
                return AZA_NO_MEMORY();
        uint32_t got = size;
        const uint32_t result = tbs->log(AZA_TBS_BOOT_LOG, room, &got);
        int r = result != 0 ? refused(result) : 0;
        if (r == 0)
                r = aza_bytes_set(&log, room, got <= size ? got : size);
        free(room);
        if (r == 0) {
                aza_bytes_free(ret);
                *ret = aza_bytes_take(&log);
        }
        return r;
}
