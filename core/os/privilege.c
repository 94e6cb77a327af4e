/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel says it: AT_SECURE, as the loader and secure_getenv see it. */
#include "os/privilege.h"

#include <sys/auxv.h>

bool aza_more_rights_than_caller(void)
{
        return getauxval(AT_SECURE) != 0;
}
