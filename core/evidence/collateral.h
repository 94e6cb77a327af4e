/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that evidence lacks: where AMD and Azure publish them (collateral.c, pure) and fetching
 * them when the user asks (fetch.c, network half). What comes back is only a candidate: trust comes
 * from pins (D3, A7). */
#ifndef AZA_EVIDENCE_COLLATERAL_H
#define AZA_EVIDENCE_COLLATERAL_H

#include "base/clock.h"
#include "evidence/certs.h"
#include "evidence/evidence_file.h"
#include "evidence/snp_report.h"

#define AZA_URL_MAX 512

/* URL of the chip's VCEK at its reported TCB, and of ASK and ARK, at AMD's key service. `product` is
 * that of the report, or one to try with version 2. False: unknown product, or a masked chip id. */
bool aza_kds_urls(const struct aza_snp_report *report, enum aza_snp_product product,
                  char vcek[AZA_URL_MAX], char chain[AZA_URL_MAX]);

/* The first caIssuers URL of the certificate that A7 allows: http or https, hosts below
 * pki.core.windows.net, crl.microsoft.com, www.microsoft.com. False when there is none. */
bool aza_aia_url(X509 *certificate, char out[AZA_URL_MAX]);

/* Both fetch what `file` lacks into `pile`: the VCEK chain of its SNP report; the issuers of its AK
 * certificate (at most five steps). 0, also when nothing was missing or is known; what the network
 * fails with. */
int aza_fetch_vcek(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline, const char *ca_file,
                   const struct aza_evidence_file *file, aza_certs *pile);
int aza_fetch_ak_issuers(OSSL_LIB_CTX *libctx, const struct aza_deadline *deadline,
                         const char *ca_file, const struct aza_evidence_file *file,
                         aza_certs *pile);

#endif
