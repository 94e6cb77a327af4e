/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching certificates that evidence lacks. */
#ifndef AZA_ONLINE_COLLATERAL_H
#define AZA_ONLINE_COLLATERAL_H

#include "base/certs.h"
#include "base/clock.h"
#include "evidence/file.h"

/* Both fetch what `file` lacks into `pile`: the VCEK chain of its SNP report; the issuers of its AK
 * certificate (at most five steps). 0, also when nothing was missing or is known; what the network
 * fails with. */
int aza_fetch_vcek(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline, const char *ca_file,
                   const struct aza_evidence_file *file, aza_certs *pile);
int aza_fetch_ak_issuers(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline,
                         const char *ca_file, const struct aza_evidence_file *file,
                         aza_certs *pile);
/* The list of what AMD has revoked, of the product and kind of key that the report's chain
 * names, in the evidence or in `pile`; none without SNP report or chain. 0, what the network
 * fails with. */
int aza_fetch_crl(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline,
                  const struct aza_evidence_file *file, const aza_certs *pile, aza_crls *crls);

#endif
