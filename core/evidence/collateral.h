/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that evidence lacks: where AMD and Azure publish them (collateral.c, pure) and
 * fetching them when the user asks (fetch.c, network half). What comes back is only a candidate:
 * trust comes from pins (D3, A7). */
#ifndef AZA_EVIDENCE_COLLATERAL_H
#define AZA_EVIDENCE_COLLATERAL_H

#include "base/certs.h"
#include "base/clock.h"
#include "evidence/file.h"
#include "snp/report.h"

#define AZA_URL_MAX 512

/* URL of the chip's VCEK at its reported TCB, and of ASK and ARK, at AMD's key service. `product`
 * is that of the report, or one to try with version 2. False: unknown product, or a masked chip
 * id. */
bool aza_kds_urls(const struct aza_snp_report *report, enum aza_snp_product product,
                  char vcek[AZA_URL_MAX], char chain[AZA_URL_MAX]);

/* The first caIssuers URL of the certificate that A7 allows: http or https, hosts below
 * pki.core.windows.net, crl.microsoft.com, www.microsoft.com. False when there is none. */
bool aza_aia_url(X509 *certificate, char out[AZA_URL_MAX]);

#endif
