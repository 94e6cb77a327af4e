/* SPDX-License-Identifier: Apache-2.0 */
/* What stands for the library that old binaries were linked with: its soname and its symbols, and
 * nothing behind them. */
#include <AttestationClient.h>

bool Initialize(attest::AttestationLogger *, AttestationClient **)
{
        return false;
}

void Uninitialize()
{
}
