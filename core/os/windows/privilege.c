/* SPDX-License-Identifier: Apache-2.0 */
/* Windows has no set-user-id programs: a program with more rights was given them by who may. */
#include "os/privilege.h"

bool aza_more_rights_than_caller(void)
{
        return false;
}
