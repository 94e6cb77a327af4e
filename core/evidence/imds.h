/* SPDX-License-Identifier: Apache-2.0 */
/* Azure instance metadata (protocol.md 6): plain HTTP to a link-local address, proxies bypassed.
 * The parsers are pure; the fetchers are in the network half. */
#ifndef AZA_EVIDENCE_IMDS_H
#define AZA_EVIDENCE_IMDS_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/config.h"

/* {"vcekCert","certificateChain"} -> PEM VCEK, ASK, ARK, concatenated.
 * AZATTEST_E_EMPTY_RESPONSE, AZATTEST_E_INVALID_JSON, AZATTEST_E_EMPTY_VCEK_CERT. */
int aza_imds_parse_vcek(struct aza_span body, struct aza_bytes *ret_pem);
/* {"quote": base64url} -> the TD quote. AZATTEST_E_EMPTY_TD_QUOTE and as above. */
int aza_imds_parse_td_quote(struct aza_span body, struct aza_bytes *ret);

int aza_imds_vcek(const struct aza_config *config, const struct aza_deadline *deadline,
                  struct aza_bytes *ret_pem);
int aza_imds_td_quote(const struct aza_config *config, const struct aza_deadline *deadline,
                      struct aza_span td_report, struct aza_bytes *ret);

#endif
