/* SPDX-License-Identifier: Apache-2.0 */
/* From a certificate to a verdict. */
#include "verdict/certificate.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/one.h"
#include "certificate/cmw.h"
#include "certificate/csr.h"
#include "certificate/leaf.h"

#include <openssl/x509v3.h>

/* C4 and C7, before the token is verified: a certificate that has somebody else's makes nobody ask
 * for keys. True when neither refuses. */
static bool judge_form(const struct aza_issuer_judge *j, struct aza_checks *rows)
{
        bool good = false;

        if (j->token != NULL)
                good = aza_certificate_check(j->libctx, j->request, j->token, rows);
        else
                (void)aza_not_checked(rows, AZA_CHECK_C4, AZA_NO_INPUT, "no token");
        return aza_delegation_check(j, rows) && good;
}

/* Of a leaf that an attested key vouches for it is said first whether that is allowed: else it
 * would be refused for what is asked of issuers only. */
static void put_together(const struct aza_certificate_request *request, struct aza_checks *own,
                         struct aza_checks *token, struct aza_checks *checks)
{
        const bool first = aza_certificate_is_delegated(request);

        aza_checks_append(checks, first ? own : token);
        aza_checks_append(checks, first ? token : own);
}

static bool is_accepted(const struct aza_checks *rows, enum aza_check_id id)
{
        const struct aza_check *row = aza_checks_get(rows, id);

        return row != NULL && row->outcome == AZA_ACCEPT;
}

int aza_certificate_verify(OSSL_LIB_CTX *libctx, const struct aza_config *config,
                           const struct aza_certificate_request *request, struct aza_checks *checks,
                           struct aza_token **ret)
{
        AZA_CHECKS struct aza_checks own = {0};
        AZA_CHECKS struct aza_checks rows = {0};
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
        /* Whatever a program asked for: what vouches for leaves was attested for that. */
        if (aza_certificate_is_delegated(request)) {
                at.purpose = AZA_PURPOSE_ISSUE;
                at.any_purpose = false;
        }
        if (aza_certificate_token(request, &jwt) != 0) {
                (void)aza_reject(checks, AZA_CHECK_C4, "%s", aza_last_error()->message);
                return aza_checks_result(checks, subject);
        }
        (void)aza_token_parse((const char *)jwt.data, jwt.len, NULL, &unverified);
        const struct aza_issuer_judge judge = {libctx, config, &fixed, unverified};
        at.refused |= !judge_form(&judge, &own);
        const struct aza_verifier verifier = {libctx, config, request->find, request->find_arg};
        r = aza_verify_token(&verifier, &at, (const char *)jwt.data, &rows, &token);
        /* What kept the rows from being made (no key set, no policy file) is a failure of its
         * own. */
        if (r != 0 && rows.count == 0)
                return r;
        const bool proven = is_accepted(&rows, AZA_CHECK_T8);
        put_together(request, &own, &rows, checks);
        at.refused |= aza_checks_verdict(checks) == AZA_VERDICT_REJECT;
        if (unverified != NULL)
                (void)aza_certificate_issuer(&judge, checks);
        else
                (void)aza_not_checked(checks, AZA_CHECK_C8, AZA_NO_INPUT, "no token");
        if (!proven)
                aza_checks_doubt(checks, AZA_CHECK_C4, AZA_CHECK_C8, AZA_TOKEN_UNPROVEN);
        r = aza_checks_result(checks, subject);
        if (r == 0 && ret != NULL)
                *ret = aza_take(&token);
        return r;
}
