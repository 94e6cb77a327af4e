/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attested certificates as a relying party judges them: the token inside verifies (every T check,
 * identity, policy) and attests the very key of the certificate (C4, C5). `find` gets the issuer's
 * key set, from the network where the caller allows it. Names and dates count only under a signature that
 * is worth something (C8).
 */
#ifndef AZA_VERDICT_CERTIFICATE_H
#define AZA_VERDICT_CERTIFICATE_H

#include "verdict/token.h"

struct aza_certificate_request {
        const struct aza_verify_request *token; /* what is demanded of the token inside */
        aza_find_jwks *find;
        void *find_arg;
        X509 *ca;          /* may have issued the certificate; NULL: none was given */
        bool in_handshake; /* possession of the key is proven there, names and dates are not used */
};

/*
 * Rows go to `checks`. request->token->purpose says what the certificate is for: sign (TLS, signatures) or
 * decrypt (recipient certificates). *ret (may be NULL) receives the token when accepted.
 * 0, or the first rejecting row's code.
 */
int aza_certificate_verify(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                           const struct aza_certificate_request *request, X509 *certificate,
                           struct aza_checks *checks, struct aza_token **ret);

/* Row C8, for certificate_verify.c only: who signed `certificate`, whose token is `token` (parsed). */
struct aza_issuer_judge {
        OSSL_LIB_CTX *libctx;
        const struct aza_config *config;
        const struct aza_certificate_request *request;
        X509 *certificate;
        const struct aza_token *token;
        int64_t time;
};
bool aza_certificate_issuer(const struct aza_issuer_judge *j, struct aza_checks *checks);

#endif
