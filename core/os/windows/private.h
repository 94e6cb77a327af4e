/* SPDX-License-Identifier: Apache-2.0 */
/* What POSIX says by mode 0600 and 0700: an owner and an access list. */
#ifndef AZA_OS_WINDOWS_PRIVATE_H
#define AZA_OS_WINDOWS_PRIVATE_H

#include <stdbool.h>
#include <windows.h>

/* For new files, or folders with what comes into them: this account, the system and administrators,
 * nothing inherited. Undone with LocalFree. NULL: GetLastError says why. */
PSECURITY_DESCRIPTOR aza_private_new(bool folder);
/* Whether the open file or folder belongs to this account and its access list names nobody but this
 * account, the system and administrators. */
bool aza_private_is(HANDLE file);

#endif
