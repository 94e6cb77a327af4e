/* SPDX-License-Identifier: Apache-2.0 */
#include "os/firmware.h"

#include "base/error.h"

#include <windows.h>

#define STATE L"SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State"

int aza_chassis_tag(struct aza_bytes *ret)
{
        (void)ret;
        return AZA_FAIL(AZATTEST_E_INPUT, "the chassis tag is not looked for on Windows");
}

int aza_secure_boot(void)
{
        DWORD on = 0, size = sizeof(on);

        if (RegGetValueW(HKEY_LOCAL_MACHINE, STATE, L"UEFISecureBootEnabled", RRF_RT_REG_DWORD,
                         NULL, &on, &size) != ERROR_SUCCESS)
                return -1;
        return on == 1;
}
