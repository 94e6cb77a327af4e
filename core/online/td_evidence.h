/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `td-collateral` says of Intel's documents about this VM's platform: they go into evidence,
 * so that whoever judges it needs neither network nor files (D59). Network half.
 */
#ifndef AZA_ONLINE_TD_EVIDENCE_H
#define AZA_ONLINE_TD_EVIDENCE_H

#include "base/clock.h"
#include "config/config.h"
#include "evidence/file.h"

#include <openssl/types.h>

/* "fetch": of a TDX VM, from Azure's cache of Intel's service (THIM), through instance metadata
 * and, on Azure, at its public address, for at most 10 seconds; from nowhere else. What comes
 * must be whole, signed by Intel, of this time and of this platform. Without it the evidence is
 * as good as it was: a warning says why, the result is 0. It is kept in the runtime directory,
 * and in this process, until a part of it is outdated; a failure for a minute. "none": nothing.
 * Else a file or directory that is taken as it is; AZATTEST_E_CONFIGURATION when it cannot be
 * read or has none. */
int aza_evidence_td_collateral(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                               const struct aza_deadline *deadline, struct aza_evidence_file *file);

#endif
