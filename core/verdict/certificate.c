/* SPDX-License-Identifier: Apache-2.0 */
/* From a certificate to a verdict. */
#include "verdict/certificate.h"

#include "base/clock.h"
#include "base/error.h"
#include "certificate/certificate.h"
#include "certificate/cmw.h"

int aza_certificate_verify(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                           const struct aza_certificate_request *request, X509 *certificate,
                           struct aza_checks *checks, struct aza_token **ret)
{
        AZA_CHECKS struct aza_checks own = {0};
        AZA_BYTES struct aza_bytes jwt = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_OWN(aza_token_free) struct aza_token *unverified = NULL;
        struct aza_verify_request at = *request->token;
        int r = at.time == 0 ? aza_now(&at.time) : 0;

        if (r != 0)
                return r;
        if (aza_cmw_of_certificate(certificate, AZA_CMW_OID, &jwt) != 0) {
                (void)aza_reject(checks, AZA_CHECK_C4, "%s", aza_last_error()->message);
                return aza_checks_result(checks, "certificate");
        }
        /* Before the token is verified: a certificate that has somebody else's makes nobody ask for keys. */
        if (aza_token_parse((const char *)jwt.data, jwt.len, NULL, &unverified) == 0)
                at.refused |=
                        !aza_certificate_check(libctx, certificate, unverified, at.time, &own);
        else
                (void)aza_not_checked(&own, AZA_CHECK_C4, AZA_NO_INPUT, "no token");
        size_t rows = checks->count;
        r = aza_verify_with(libctx, config, &at, (const char *)jwt.data, request->find,
                            request->find_arg, checks, &token);
        /* What kept the rows from being made (no key set, no policy file) is a failure of its own. */
        if (r != 0 && checks->count == rows)
                return r;
        aza_checks_append(checks, &own);
        at.refused |= aza_checks_verdict(checks) == AZA_VERDICT_REJECT;
        struct aza_certificate_request fixed = *request;
        fixed.token = &at;
        const struct aza_issuer_judge issuer = {libctx,      config,     &fixed,
                                                certificate, unverified, at.time};
        if (unverified != NULL)
                (void)aza_certificate_issuer(&issuer, checks);
        else
                (void)aza_not_checked(checks, AZA_CHECK_C8, AZA_NO_INPUT, "no token");
        r = aza_checks_result(checks, "certificate");
        if (r == 0 && ret != NULL)
                *ret = aza_take(&token);
        return r;
}
