/* SPDX-License-Identifier: Apache-2.0 */
/* From libazattest's result codes to those of the C++ interface. */
#ifndef AZA_CPP_RESULT_H
#define AZA_CPP_RESULT_H

#include "AttestationLibTypes.h"

namespace aza
{

/* The interface's number for a result code: itself from 0 to -32, else the nearest. */
attest::AttestationResult::ErrorCode nearest_code(int result) noexcept;

/* What the calling thread's last azattest call came to; `result` is what it returned. */
attest::AttestationResult result_of(int result);

/* A fault found here: -8 with `text`. */
attest::AttestationResult invalid(const char *text);

} // namespace aza

#endif
