/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an attested key vouches for the leaf before its certificate (row C7, D61), and whether
 * the verifier takes that. Of the issuer's certificate C4, C8 and the token's rows judge the rest.
 * Needs no network: what is forged here makes nobody ask for keys.
 */
#include "verdict/certificate.h"

#include "certificate/cmw.h"
#include "certificate/leaf.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

/* Later than `b`, or not comparable. */
static bool after(const ASN1_TIME *a, const ASN1_TIME *b)
{
        const int order = ASN1_TIME_compare(a, b);

        return order != 0 && order != -1;
}

static bool outlives(const X509 *leaf, const X509 *issuer)
{
        return after(X509_get0_notBefore(issuer), X509_get0_notBefore(leaf)) ||
               after(X509_get0_notAfter(leaf), X509_get0_notAfter(issuer));
}

/* What stands where: which key is attested must be beyond doubt. */
static const char *order_fault(const struct aza_certificate_request *request)
{
        if (aza_cmw_present(request->certificate))
                return "leaf and issuer both carry an attestation: a leaf that has its own needs no issuer";
        if (sk_X509_num(request->above) != 1)
                return "more than one certificate stands behind the leaf; exactly the attested issuer's may";
        return NULL;
}

static const char *leaf_fault(X509 *leaf, struct aza_fault *words)
{
        const char *fault = aza_certificate_fault(leaf, AZA_OF_CERTIFICATE, words);
        EVP_PKEY *key = X509_get0_pubkey(leaf);

        if (fault != NULL)
                return fault;
        if ((X509_get_extension_flags(leaf) & EXFLAG_KUSAGE) == 0 ||
            (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0)
                return "its keyUsage is not digitalSignature";
        if (key == NULL)
                return "its key cannot be read";
        return aza_leaf_weakness(key);
}

static const char *bond_fault(X509 *leaf, X509 *issuer)
{
        EVP_PKEY *key = X509_get0_pubkey(issuer);

        if (key == NULL || X509_verify(leaf, key) != 1)
                return "the attested issuer did not sign it";
        if (X509_check_issued(issuer, leaf) != X509_V_OK)
                return "it names another issuer than the attested one";
        return outlives(leaf, issuer) ? "it is valid when its issuer is not" : NULL;
}

static bool judge(const struct aza_issuer_judge *j, struct aza_checks *checks)
{
        const struct aza_certificate_request *request = j->request;
        X509 *leaf = request->certificate;
        struct aza_fault words;
        char kind[32];

        if (!j->config->delegated)
                return aza_reject(
                        checks, AZA_CHECK_C7,
                        "the certificate's key is in memory and an attested key vouches for it, which is accepted only with delegated = yes (--delegated)");
        const char *fault = order_fault(request);
        if (fault != NULL)
                return aza_reject(checks, AZA_CHECK_C7, "%s", fault);
        if ((fault = leaf_fault(leaf, &words)) == NULL)
                fault = bond_fault(leaf, aza_certificate_attested(request));
        if (fault != NULL)
                return aza_reject(checks, AZA_CHECK_C7, "the leaf: %s", fault);
        if ((fault = aza_certificate_time_fault(leaf, request->token->time)) != NULL)
                return aza_reject(checks, AZA_CHECK_C7, "the leaf %s", fault);
        return aza_accept(checks, AZA_CHECK_C7,
                          "a %s key in memory, for which the attested key vouches",
                          aza_leaf_kind(X509_get0_pubkey(leaf), kind));
}

bool aza_delegation_check(const struct aza_issuer_judge *j, struct aza_checks *checks)
{
        if (!aza_certificate_is_delegated(j->request)) {
                (void)aza_not_checked(checks, AZA_CHECK_C7, AZA_NOT_APPLICABLE,
                                      "the attested key is the %s's own",
                                      j->request->csr != NULL ? "request" : "certificate");
                return true;
        }
        (void)ERR_set_mark();
        const bool good = judge(j, checks);
        (void)ERR_pop_to_mark();
        return good;
}
