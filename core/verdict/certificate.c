/* SPDX-License-Identifier: Apache-2.0 */
/* From a certificate to a verdict. */
#include "verdict/certificate.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/one.h"
#include "certificate/cmw.h"
#include "certificate/csr.h"

#include <openssl/x509v3.h>

int aza_certificate_read(OSSL_LIB_CTX *libctx, struct aza_span data,
                         struct aza_certificate_request *ret)
{
        return aza_is_request(data) ? aza_one_request(libctx, data, &ret->csr)
                                    : aza_one_certificate(libctx, data, &ret->certificate);
}

void aza_certificate_release(struct aza_certificate_request *request)
{
        X509_free(request->certificate);
        X509_REQ_free(request->csr);
        request->certificate = NULL;
        request->csr = NULL;
}

/* A request is signed by its own key. Of certificates all bits are set when there is no such
 * extension. */
enum aza_purpose aza_certificate_purpose(const struct aza_certificate_request *request)
{
        const uint32_t both = KU_KEY_ENCIPHERMENT | KU_DIGITAL_SIGNATURE;
        X509 *certificate = request->certificate;

        return certificate != NULL &&
                               (X509_get_key_usage(certificate) & both) == KU_KEY_ENCIPHERMENT
                       ? AZA_PURPOSE_DECRYPT
                       : AZA_PURPOSE_SIGN;
}

int aza_certificate_token(const struct aza_certificate_request *request, struct aza_bytes *ret_jwt)
{
        return request->csr != NULL
                       ? aza_csr_token(request->csr, ret_jwt)
                       : aza_cmw_of_certificate(request->certificate, AZA_CMW_OID, ret_jwt);
}

EVP_PKEY *aza_certificate_key(const struct aza_certificate_request *request)
{
        return request->csr != NULL ? X509_REQ_get0_pubkey(request->csr)
                                    : X509_get0_pubkey(request->certificate);
}

int aza_certificate_verify(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                           const struct aza_certificate_request *request, struct aza_checks *checks,
                           struct aza_token **ret)
{
        AZA_CHECKS struct aza_checks own = {0};
        AZA_BYTES struct aza_bytes jwt = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_OWN(aza_token_free) struct aza_token *unverified = NULL;
        const char *subject = request->csr != NULL ? "request" : "certificate";
        struct aza_verify_request at = *request->token;
        struct aza_certificate_request fixed = *request;
        int r = at.time == 0 ? aza_now(&at.time) : 0;

        fixed.token = &at;
        if (r != 0)
                return r;
        if (aza_certificate_token(request, &jwt) != 0) {
                (void)aza_reject(checks, AZA_CHECK_C4, "%s", aza_last_error()->message);
                return aza_checks_result(checks, subject);
        }
        /* Before the token is verified: a certificate that has somebody else's makes nobody ask for
         * keys. */
        if (aza_token_parse((const char *)jwt.data, jwt.len, NULL, &unverified) == 0)
                at.refused |= !aza_certificate_check(libctx, &fixed, unverified, &own);
        else
                (void)aza_not_checked(&own, AZA_CHECK_C4, AZA_NO_INPUT, "no token");
        size_t rows = checks->count;
        const struct aza_verifier verifier = {libctx, config, request->find, request->find_arg};
        r = aza_verify_token(&verifier, &at, (const char *)jwt.data, checks, &token);
        /* What kept the rows from being made (no key set, no policy file) is a failure of its
         * own. */
        if (r != 0 && checks->count == rows)
                return r;
        aza_checks_append(checks, &own);
        at.refused |= aza_checks_verdict(checks) == AZA_VERDICT_REJECT;
        const struct aza_issuer_judge issuer = {libctx, config, &fixed, unverified};
        if (unverified != NULL)
                (void)aza_certificate_issuer(&issuer, checks);
        else
                (void)aza_not_checked(checks, AZA_CHECK_C8, AZA_NO_INPUT, "no token");
        r = aza_checks_result(checks, subject);
        if (r == 0 && ret != NULL)
                *ret = aza_take(&token);
        return r;
}
