/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attested certificates and requests as a relying party judges them: the token inside verifies
 * (every T check, identity, policy) and attests the very key of the certificate (C4, C5). `find`
 * gets the issuer's key set, from the network where the caller allows it. Names and dates count
 * only under a signature that is worth something (C8); of a request that is the attested key's own,
 * which proves that whoever asks has it. A leaf without a token may stand before the certificate of
 * an attested key that vouches for it (C7, D61): then that one is the attested certificate.
 */
#ifndef AZA_VERDICT_CERTIFICATE_H
#define AZA_VERDICT_CERTIFICATE_H

#include "base/certs.h"
#include "certificate/extension_list.h"
#include "verdict/token.h"

struct aza_certificate_request {
        X509 *certificate; /* what is judged: this, */
        X509_REQ *csr;     /* or this */
        aza_certs *above; /* what stands behind the certificate, the nearest first; NULL: nothing */
        const struct aza_verify_request *token; /* what is demanded of the token inside */
        aza_find_jwks *find;
        void *find_arg;
        X509 *ca;          /* may have issued the certificate; NULL: none was given */
        bool in_handshake; /* possession of the key is proven there, names and dates are not used */
};

/*
 * Rows go to `checks`. request->token->purpose says what the certificate is for: sign (TLS,
 * signatures, requests) or decrypt (recipient certificates). *ret (may be NULL) receives the token
 * when accepted. 0, or the first rejecting row's code.
 */
int aza_certificate_verify(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                           const struct aza_certificate_request *request, struct aza_checks *checks,
                           struct aza_token **ret);

/* The one certificate or request in `data` (base/one.h), or the chain of a leaf and who vouches
 * for it, into the first three members of *ret, which aza_certificate_release frees. 0,
 * AZATTEST_E_CERTIFICATE, AZATTEST_E_NO_MEMORY. */
int aza_certificate_read(OSSL_LIB_CTX *libctx, struct aza_span data,
                         struct aza_certificate_request *ret);
void aza_certificate_release(struct aza_certificate_request *request);
#define AZA_CERTIFICATE_REQUEST __attribute__((cleanup(aza_certificate_release)))

/* A leaf and the certificates behind it, of which one carries a token. */
bool aza_certificate_is_delegated(const struct aza_certificate_request *request);
/* The certificate whose key is attested: itself, or that of the one behind it with the token.
 * NULL of a request. */
X509 *aza_certificate_attested(const struct aza_certificate_request *request);

/* What it is for: what the keyUsage of a certificate says, else to sign; to issue, where it is
 * delegated. */
enum aza_purpose aza_certificate_purpose(const struct aza_certificate_request *request);

/* The token inside, NUL-terminated, not verified; the key that shall be the attested one. */
int aza_certificate_token(const struct aza_certificate_request *request, struct aza_bytes *ret_jwt);
EVP_PKEY *aza_certificate_key(const struct aza_certificate_request *request);

/* Row C4, for certificate_verify.c only: the key is the one `token` (verified by verify.h) attests,
 * it has one purpose, and a certificate is valid at request->token->time. True when accepted. */
bool aza_certificate_check(OSSL_LIB_CTX *libctx, const struct aza_certificate_request *request,
                           const struct aza_token *token, struct aza_checks *checks);

/* Row C8, for certificate_verify.c only: who signed it; its token is `token` (parsed). */
struct aza_issuer_judge {
        OSSL_LIB_CTX *libctx;
        const struct aza_config *config;
        const struct aza_certificate_request *request;
        const struct aza_token *token;
};
bool aza_certificate_issuer(const struct aza_issuer_judge *j, struct aza_checks *checks);
/* Row C7 (delegation.c): the leaf before an attested issuer; not applicable to all else. True when
 * nothing of it refuses. */
bool aza_delegation_check(const struct aza_issuer_judge *j, struct aza_checks *checks);
/* What no signature mends in a certificate of `of`; NULL: nothing. `fault` holds the words. */
const char *aza_certificate_fault(X509 *certificate, enum aza_extensions_of of,
                                  struct aza_fault *fault);
/* Why it is not valid at `time`; NULL: it is. */
const char *aza_certificate_time_fault(const X509 *certificate, int64_t time);

#endif
