/* SPDX-License-Identifier: Apache-2.0 */
/* Renewal of the AK certificate in the vTPM (D58). Network half. */
#ifndef AZA_ONLINE_AK_RENEW_H
#define AZA_ONLINE_AK_RENEW_H

#include "online/collect.h"

struct aza_ak_renewed {
        bool renewed;
        bool restored;    /* what an interrupted renewal left was put right first */
        int64_t until;    /* when the certificate that is there now ends */
        int64_t previous; /* and the one that was */
};

/* Renews it unless it lasts longer than `if_before` seconds; negative: in any case. What comes
 * is written only if it is for the AK, of the same issuer and lasts longer. Until it reads back
 * the old one is kept in the runtime directory, and put back if it does not. 0;
 * AZATTEST_E_AK_CERT_RENEW; what reading the old one, the AK or IMDS came to. */
int aza_ak_renew(const struct aza_attester *vm, int64_t if_before, struct aza_ak_renewed *ret);

#endif
