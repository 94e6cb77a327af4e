/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attested certificates as a relying party judges them: the token inside verifies (every T check,
 * identity, policy) and attests the very key of the certificate (C4, C5). `find` gets the issuer's
 * key set, from the network where the caller allows it. Used by `azattest verify` and the TLS verifier.
 */
#ifndef AZA_CERTIFICATE_VERIFY_H
#define AZA_CERTIFICATE_VERIFY_H

#include "verify.h"

/*
 * Rows go to `checks`. request->purpose says what the certificate is for: sign (TLS, signatures) or
 * decrypt (recipient certificates). *ret (may be NULL) receives the token when accepted. The
 * certificate's own signature proves nothing that a handshake does not and is not looked at.
 * 0, or the first rejecting row's code.
 */
int aza_certificate_verify(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                           const struct aza_verify_request *request, X509 *certificate,
                           aza_find_jwks *find, void *find_arg, struct aza_checks *checks,
                           struct aza_token **ret);

#endif
