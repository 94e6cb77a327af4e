/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral of TDX as files. */
#ifndef AZA_ONLINE_TD_COLLATERAL_FILE_H
#define AZA_ONLINE_TD_COLLATERAL_FILE_H

#include "tdx/collateral.h"

/* A file, or a directory of the parts as Intel's services answer. 0 or AZATTEST_E_INPUT. */
int aza_td_collateral_read(const char *path, struct aza_td_collateral *ret);

#endif
