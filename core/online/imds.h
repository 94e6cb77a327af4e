/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching from Azure instance metadata (PROTOCOL.md 6): plain HTTP to a link-local address,
 * proxies bypassed. */
#ifndef AZA_ONLINE_IMDS_H
#define AZA_ONLINE_IMDS_H

#include "base/bytes.h"
#include "base/clock.h"
#include "config/config.h"

/* The VCEK with its chain as PEM, and the quote for a TDREPORT. What the answer lacks, or why there
 * is none, has the codes of evidence/imds.h and aza_http. */
int aza_imds_vcek(const struct aza_config *config, const struct aza_deadline *deadline,
                  struct aza_bytes *ret_pem);
int aza_imds_td_quote(const struct aza_config *config, const struct aza_deadline *deadline,
                      struct aza_span td_report, struct aza_bytes *ret);

#endif
