/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate or request and the token in it belong together (C4). The token itself is
 * verified by verify.h; whoever accepts a peer needs both. */
#include "verdict/certificate.h"

#include "base/crypto.h"
#include "base/error.h"

#include <openssl/err.h>
#include <time.h>

static const char *what(const struct aza_certificate_request *request)
{
        return request->csr != NULL                    ? "request"
               : aza_certificate_is_delegated(request) ? "issuer's certificate"
                                                       : "certificate";
}

static bool same_key(OSSL_LIB_CTX *libctx, const struct aza_certificate_request *request,
                     const struct aza_token *token, struct aza_checks *checks)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *attested = NULL;
        AZA_BYTES struct aza_bytes a = {0};
        AZA_BYTES struct aza_bytes b = {0};
        EVP_PKEY *key = aza_certificate_key(request);

        if (aza_token_key(libctx, token, &attested) != 0)
                return aza_reject(checks, AZA_CHECK_C4, "%s", aza_last_error()->message);
        if (key == NULL || !EVP_PKEY_is_a(key, "RSA") || aza_spki(attested, &a) != 0 ||
            aza_spki(key, &b) != 0)
                return aza_reject(checks, AZA_CHECK_C4, "the %s's key is no RSA key",
                                  what(request));
        if (!aza_span_equal(aza_bytes_span(&a), aza_bytes_span(&b)))
                return aza_reject(checks, AZA_CHECK_C4,
                                  "the %s's key is not the one its token attests", what(request));
        return true;
}

const char *aza_certificate_time_fault(const X509 *certificate, int64_t time)
{
        time_t at = (time_t)time;

        if (X509_cmp_time(X509_get0_notBefore(certificate), &at) >= 0)
                return "is not valid yet";
        return X509_cmp_time(X509_get0_notAfter(certificate), &at) <= 0 ? "has expired" : NULL;
}

/* Requests have no dates. */
static bool in_time(const X509 *certificate, int64_t time, struct aza_checks *checks)
{
        const char *fault =
                certificate != NULL ? aza_certificate_time_fault(certificate, time) : NULL;

        return fault == NULL || aza_reject(checks, AZA_CHECK_C4, "the certificate %s", fault);
}

/* D14: who uses one key for both purposes does not get a certificate for it. One that issues stands
 * above leaves and never before them (D61). */
static bool one_purpose(const struct aza_certificate_request *request,
                        const struct aza_token *token, struct aza_checks *checks)
{
        enum aza_purpose purpose = AZA_PURPOSE_ANY;

        if (aza_token_purpose(token, &purpose) != 0)
                purpose = AZA_PURPOSE_ANY;
        if (purpose == AZA_PURPOSE_ISSUE && !aza_certificate_is_delegated(request))
                return aza_reject(
                        checks, AZA_CHECK_C4,
                        "its key was attested to issue, so it is an issuer's: give the leaf and behind it this certificate");
        if (purpose != AZA_PURPOSE_ANY)
                return true;
        return aza_reject(checks, AZA_CHECK_C4,
                          "a key attested for any purpose is refused in certificates and requests");
}

bool aza_certificate_check(OSSL_LIB_CTX *libctx, const struct aza_certificate_request *request,
                           const struct aza_token *token, struct aza_checks *checks)
{
        bool good;

        (void)ERR_set_mark();
        good = same_key(libctx, request, token, checks) && one_purpose(request, token, checks) &&
               in_time(aza_certificate_attested(request), request->token->time, checks);
        (void)ERR_pop_to_mark();
        return good ? aza_accept(checks, AZA_CHECK_C4, "the %s's key is the attested one",
                                 what(request))
                    : false;
}
