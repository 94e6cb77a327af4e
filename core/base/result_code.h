/* SPDX-License-Identifier: Apache-2.0 */
/* What a result code says beyond its name (D54). */
#ifndef AZA_BASE_RESULT_CODE_H
#define AZA_BASE_RESULT_CODE_H

#include "azattest.h"

/* True when nothing could be decided: network, time or input is missing. False for 0, for what was
 * refused and for what cannot be done. */
bool aza_result_undecided(int result);

#endif
