/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `ak-issuers` says of the issuers of this VM's AK certificate, which the vTPM does not hold:
 * they go into evidence, so that whoever judges it needs neither network nor files (D46). Network
 * half.
 */
#ifndef AZA_ONLINE_AK_ISSUERS_H
#define AZA_ONLINE_AK_ISSUERS_H

#include "base/clock.h"
#include "config/config.h"
#include "evidence/file.h"

/* "fetch": asked for where the certificate says they are, for at most 10 seconds; what comes must
 * lead to a pinned root. Without it the evidence is as good as it was: a warning says why, the
 * result is 0. It is remembered by this process, a failure for a minute. "none": nothing. Else a
 * file of certificates that are taken as they are; AZATTEST_E_CONFIGURATION when it cannot be read
 * or has none. */
int aza_evidence_issuers(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                         const struct aza_deadline *deadline, struct aza_evidence_file *file);

#endif
