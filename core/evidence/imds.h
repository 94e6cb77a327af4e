/* SPDX-License-Identifier: Apache-2.0 */
/* What Azure instance metadata answers (PROTOCOL.md 6). Pure. */
#ifndef AZA_EVIDENCE_IMDS_H
#define AZA_EVIDENCE_IMDS_H

#include "base/bytes.h"

/* {"vcekCert","certificateChain"} -> PEM VCEK, ASK, ARK, concatenated.
 * AZATTEST_E_EMPTY_RESPONSE, AZATTEST_E_INVALID_JSON, AZATTEST_E_EMPTY_VCEK_CERT. */
int aza_imds_parse_vcek(struct aza_span body, struct aza_bytes *ret_pem);
/* {"quote": base64url} -> the TD quote. AZATTEST_E_EMPTY_TD_QUOTE and as above. */
int aza_imds_parse_td_quote(struct aza_span body, struct aza_bytes *ret);

#endif
