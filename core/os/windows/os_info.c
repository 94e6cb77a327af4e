/* SPDX-License-Identifier: Apache-2.0 */
/* The fixed words that the reference client sends of every Windows, which policies compare. */
#include "os/os_info.h"

#include <string.h>

int aza_os_info_read(struct aza_os_info *ret)
{
        struct aza_os_info os = {.major = 10, .minor = 0};

        memcpy(os.distro, "Microsoft", sizeof("Microsoft"));
        *ret = os;
        return 0;
}
