/* SPDX-License-Identifier: Apache-2.0 */
#include "os/firmware.h"

#include "os/file.h"

#define ASSET_TAG   "/sys/class/dmi/id/chassis_asset_tag"
#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

int aza_chassis_tag(struct aza_bytes *ret)
{
        return aza_file_read(ASSET_TAG, 256, ret);
}

int aza_secure_boot(void)
{
        AZA_BYTES struct aza_bytes variable = {0};

        if (aza_file_read(SECURE_BOOT, 64, &variable) != 0 || variable.len != 5)
                return -1;
        return variable.data[4] == 1;
}
