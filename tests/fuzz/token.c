/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens as text. */
#include "token_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        fuzz_verify((const char *)data, size);
        return 0;
}
