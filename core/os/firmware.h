/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware says of the machine, for people: nothing of it is evidence. */
#ifndef AZA_OS_FIRMWARE_H
#define AZA_OS_FIRMWARE_H

#include "base/bytes.h"

/* The asset tag of the chassis, by which Azure's VMs are known. 0, or a failure: not to be read. */
int aza_chassis_tag(struct aza_bytes *ret);
/* Whether secure boot is on; -1: nobody says. */
int aza_secure_boot(void);

#endif
