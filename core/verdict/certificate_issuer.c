/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signed an attested certificate, and is it anybody whose word counts (row C8, D41). A token
 * and its key are public: whoever has them can put them under a signature of his own, with names
 * and dates of his own. So names and dates count when the attested key signed them, when an
 * attested signing key of the same VM did (recipient certificates), or when a CA did that the
 * relying party names. Requests are signed by their own key or by nobody.
 */
#include "verdict/certificate.h"

#include "base/error.h"
#include "base/json.h"
#include "certificate/cmw.h"
#include "certificate/csr.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#define WEAKEST_BITS 112 /* of a signature: SHA-1 has fewer */
#define AUTH_LEVEL   2   /* the same for a chain */

/* The issuer's name for people; rows escape it. */
static void issuer_name(const X509 *certificate, char out[256])
{
        AZA_OWN(BIO_free_all) BIO *text = BIO_new(BIO_s_mem());
        int n = -1;

        if (text != NULL &&
            X509_NAME_print_ex(text, X509_get_issuer_name(certificate), 0, XN_FLAG_RFC2253) >= 0)
                n = BIO_read(text, out, 255);
        out[n > 0 ? n : 0] = '\0';
}

const char *aza_certificate_fault(X509 *certificate, enum aza_extensions_of of,
                                  struct aza_fault *fault)
{
        const char *why = aza_extensions_fault(X509_get0_extensions(certificate), of, fault);
        const uint32_t flags = X509_get_extension_flags(certificate);
        int bits = 0;

        if (why != NULL)
                return why;
        /* What OpenSSL thinks of them, is as good a reason. */
        if ((flags & EXFLAG_INVALID) != 0)
                return "its extensions cannot be read";
        if ((flags & EXFLAG_CRITICAL) != 0)
                return "it has a critical extension that is unknown here";
        if ((flags & EXFLAG_PROXY) != 0)
                return "it is a proxy certificate";
        if (of != AZA_OF_ISSUER && X509_check_ca(certificate) != 0)
                return "it is a CA certificate: an attested key is no CA";
        if (X509_get_signature_info(certificate, NULL, NULL, &bits, NULL) != 1 ||
            bits < WEAKEST_BITS)
                return "its signature algorithm is weak or unknown";
        return NULL;
}

static bool signed_by(X509 *certificate, EVP_PKEY *key)
{
        return key != NULL && X509_verify(certificate, key) == 1;
}

/* ---- a CA that was given ---- */

static const char *chain_fault(OSSL_LIB_CTX *libctx, X509 *certificate, X509 *ca, int64_t time)
{
        AZA_OWN(X509_STORE_free) X509_STORE *store = X509_STORE_new();
        AZA_OWN(X509_STORE_CTX_free) X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(libctx, NULL);

        if (store == NULL || ctx == NULL || X509_STORE_add_cert(store, ca) != 1 ||
            X509_STORE_CTX_init(ctx, store, certificate, NULL) != 1)
                return "out of memory";
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
        X509_VERIFY_PARAM_set_time(param, (time_t)time);
        X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
        if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN |
                                                       X509_V_FLAG_CHECK_SS_SIGNATURE) != 1)
                return "out of memory";
        if (X509_verify_cert(ctx) != 1)
                return X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
        /* The certificate itself, given as its CA, vouches for nothing. */
        return sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) >= 2
                       ? NULL
                       : "the CA that was given is this certificate";
}

/* ---- a recipient certificate: the attested signing key of the same VM ---- */

static bool same_vm(const struct aza_token *a, const struct aza_token *b)
{
        const char *first = aza_json_string(a->claims, "x-ms-azurevm-vmid");
        const char *second = aza_json_string(b->claims, "x-ms-azurevm-vmid");

        return first != NULL && second != NULL && strcmp(first, second) == 0;
}

static bool judge_signing_key(const struct aza_issuer_judge *j, const struct aza_bytes *jwt,
                              struct aza_checks *checks)
{
        AZA_CHECKS struct aza_checks rows = {0};
        AZA_OWN(aza_token_free) struct aza_token *issuer = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        struct aza_verify_request request = *j->request->token;

        request.purpose = AZA_PURPOSE_SIGN;
        request.any_purpose = false;
        request.own_modulus = NULL;
        const struct aza_verifier verifier = {j->libctx, j->config, j->request->find,
                                              j->request->find_arg};
        int r = aza_verify_token(&verifier, &request, (const char *)jwt->data, &rows, &issuer);
        if (r != 0 && aza_checks_verdict(&rows) == AZA_VERDICT_INCOMPLETE)
                return aza_not_checked(checks, AZA_CHECK_C8, AZA_UNAVAILABLE,
                                       "the issuer's token: %s", aza_last_error()->message);
        if (r != 0)
                return aza_reject(checks, AZA_CHECK_C8, "the issuer's token: %s",
                                  aza_last_error()->message);
        if (!same_vm(issuer, j->token))
                return aza_reject(checks, AZA_CHECK_C8, "the issuer's token is of another VM");
        if (aza_token_key(j->libctx, issuer, &key) != 0 || !signed_by(j->request->certificate, key))
                return aza_reject(
                        checks, AZA_CHECK_C8,
                        "the attested signing key that the certificate names did not sign it");
        return aza_accept(checks, AZA_CHECK_C8, "signed by an attested signing key of this VM");
}

/* ---- the row ---- */

static bool judge_foreign(const struct aza_issuer_judge *j, struct aza_checks *checks)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        char name[256];

        X509 *certificate = aza_certificate_attested(j->request);

        if (j->request->token->purpose == AZA_PURPOSE_DECRYPT &&
            aza_cmw_of_certificate(certificate, AZA_CMW_ISSUER_OID, &jwt) == 0)
                return judge_signing_key(j, &jwt, checks);
        if (X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(certificate)) ==
            0)
                return aza_reject(checks, AZA_CHECK_C8,
                                  "it names itself as issuer, but its key did not sign it");
        issuer_name(certificate, name);
        if (j->request->in_handshake)
                return aza_not_checked(
                        checks, AZA_CHECK_C8, AZA_NOT_APPLICABLE,
                        "signed by %s, whose word its names and dates are; they are not used",
                        name);
        return aza_not_checked(
                checks, AZA_CHECK_C8, AZA_NO_INPUT,
                "signed by %s, which nothing here vouches for: names and dates may be anybody's; give the CA's certificate with --ca",
                name);
}

static bool judge_request(const struct aza_issuer_judge *j, struct aza_checks *checks)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *own = NULL;
        X509_REQ *csr = j->request->csr;
        struct aza_fault words;
        const char *fault = aza_csr_fault(csr, &words);

        if (fault != NULL)
                return aza_reject(checks, AZA_CHECK_C8, "%s", fault);
        if (aza_token_key(j->libctx, j->token, &own) != 0 ||
            X509_REQ_verify_ex(csr, own, j->libctx, NULL) != 1)
                return aza_reject(
                        checks, AZA_CHECK_C8,
                        "the attested key did not sign it: whoever asks need not have it");
        return aza_accept(checks, AZA_CHECK_C8,
                          "signed by the attested key itself, which who asks therefore has");
}

static bool judge_certificate(const struct aza_issuer_judge *j, struct aza_checks *checks)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *own = NULL;
        const bool delegated = aza_certificate_is_delegated(j->request);
        X509 *certificate = aza_certificate_attested(j->request);
        struct aza_fault words;
        const char *fault = aza_certificate_fault(
                certificate, delegated ? AZA_OF_ISSUER : AZA_OF_CERTIFICATE, &words);

        if (fault != NULL)
                return aza_reject(checks, AZA_CHECK_C8, "%s%s", delegated ? "the issuer: " : "",
                                  fault);
        if (aza_token_key(j->libctx, j->token, &own) == 0 && signed_by(certificate, own))
                return aza_accept(checks, AZA_CHECK_C8, "signed by the attested key itself");
        if (j->request->ca == NULL)
                return judge_foreign(j, checks);
        fault = chain_fault(j->libctx, certificate, j->request->ca, j->request->token->time);
        return fault == NULL ? aza_accept(checks, AZA_CHECK_C8, "signed by the CA that was given")
                             : aza_reject(checks, AZA_CHECK_C8,
                                          "not issued by the CA that was given: %s", fault);
}

bool aza_certificate_issuer(const struct aza_issuer_judge *j, struct aza_checks *checks)
{
        (void)ERR_set_mark();
        bool good =
                j->request->csr != NULL ? judge_request(j, checks) : judge_certificate(j, checks);
        (void)ERR_pop_to_mark();
        return good;
}
