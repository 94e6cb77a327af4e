/* SPDX-License-Identifier: Apache-2.0 */
/* Asking Azure instance metadata for a new AK certificate (PROTOCOL.md 6.3): plain HTTP, what comes
 * is untrusted. */
#ifndef AZA_ONLINE_IMDS_RENEW_H
#define AZA_ONLINE_IMDS_RENEW_H

#include "base/bytes.h"
#include "base/clock.h"
#include "config/config.h"

#include <openssl/types.h>

/* Who asks, and for how long. */
struct aza_imds_renewal {
        OSSL_LIB_CTX *libctx;
        const struct aza_config *config;
        const struct aza_deadline *deadline;
};
/* What the service gives for `old`, the whole content of the index: text that should be PEM. 0,
 * aza_http's codes, or AZATTEST_E_AK_CERT_RENEW when it answers something else. */
int aza_imds_renew(const struct aza_imds_renewal *ask, struct aza_span old,
                   struct aza_bytes *ret_pem);

#endif
