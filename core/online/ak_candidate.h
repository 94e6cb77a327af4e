/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate may take the place of the AK certificate that is there. */
#ifndef AZA_ONLINE_AK_CANDIDATE_H
#define AZA_ONLINE_AK_CANDIDATE_H

#include "base/own.h"
#include "online/collect.h"

/* What is there. Borrowed. */
struct aza_ak_candidate {
        const EVP_PKEY *ak;
        X509 *certificate;
        struct aza_span content; /* of the index, whole */
};

/* The certificate in `content`, which has to be for the AK. 0, AZATTEST_E_AK_CERT_PARSING,
 * AZATTEST_E_EVIDENCE. The caller frees. */
int aza_ak_candidate_own(OSSL_LIB_CTX *libctx, const EVP_PKEY *ak, struct aza_span content,
                         X509 **ret);

/* The one certificate in `pem` as DER, if it is for the same AK, of the same issuer, down to a
 * pinned root by what `ak-issuers` has or finds, valid now and lasts longer. 0, or
 * AZATTEST_E_AK_CERT_RENEW. */
int aza_ak_candidate_judge(const struct aza_attester *vm, const struct aza_ak_candidate *old,
                           struct aza_span pem, struct aza_bytes *ret_der);

#endif
