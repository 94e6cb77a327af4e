/* SPDX-License-Identifier: Apache-2.0 */
/* Which Linux this is, as the request to MAA says it (PROTOCOL.md 7.5). */
#ifndef AZA_OS_OS_INFO_H
#define AZA_OS_OS_INFO_H

#include "base/bytes.h"

struct aza_os_info {
        char distro[128];
        unsigned int major, minor;
};
/* os-release text -> NAME and VERSION_ID as PROTOCOL.md 7.5. AZATTEST_E_OS_INFO. */
int aza_os_info_parse(struct aza_span text, struct aza_os_info *ret);
int aza_os_info_read(struct aza_os_info *ret);

#endif
