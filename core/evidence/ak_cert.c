/* SPDX-License-Identifier: Apache-2.0 */
/* The AK certificate as an object: framing (A2), the placeholder, and whose key it is (A1). Its
 * chain is ak_chain.c's matter. */
#include "evidence/ak_cert.h"

#include "base/error.h"

#include <openssl/err.h>
#include <string.h>

#define PLACEHOLDER_ISSUER "MICROSOFT AZURE TRUSTED VM RSA"

/* NULL or the reason. */
static const char *read_cert(OSSL_LIB_CTX *libctx, struct aza_span blob, X509 **ret)
{
        AZA_OWN(X509_free) X509 *cert = X509_new_ex(libctx, NULL);
        const unsigned char *p = blob.data;

        if (cert == NULL)
                return "out of memory";
        if (blob.len == 0 || blob.len > LONG_MAX)
                return "it is empty";
        (void)ERR_set_mark();
        X509 *parsed = d2i_X509(&cert, &p, (long)blob.len);
        bool usable = parsed != NULL && X509_get0_pubkey(parsed) != NULL;
        (void)ERR_pop_to_mark();
        if (parsed == NULL)
                return "it does not begin with an X.509 certificate in DER";
        if (!usable)
                return "its public key cannot be read";
        size_t used = (size_t)(p - blob.data);
        if (!aza_span_is_zero(aza_span_of(p, blob.len - used)))
                return "bytes other than zero follow the certificate";
        *ret = aza_take(&cert);
        return NULL;
}

bool aza_ak_cert_parse(OSSL_LIB_CTX *libctx, struct aza_span blob, struct aza_checks *checks,
                       X509 **ret)
{
        const char *reason = read_cert(libctx, blob, ret);

        if (reason != NULL)
                return aza_reject(checks, AZA_CHECK_A2, "AK certificate: %s", reason);
        return aza_accept(checks, AZA_CHECK_A2, NULL);
}

/* True when some CN of `name` begins with `prefix`. */
static bool common_name_begins(const X509_NAME *name, const char *prefix)
{
        size_t len = strlen(prefix);

        for (int i = -1; (i = X509_NAME_get_index_by_NID(name, NID_commonName, i)) >= 0;) {
                const ASN1_STRING *cn = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));
                if ((size_t)ASN1_STRING_length(cn) >= len &&
                    memcmp(ASN1_STRING_get0_data(cn), prefix, len) == 0)
                        return true;
        }
        return false;
}

int aza_ak_cert_usable(OSSL_LIB_CTX *libctx, struct aza_span blob)
{
        AZA_OWN(X509_free) X509 *cert = NULL;
        const char *reason = read_cert(libctx, blob, &cert);

        if (reason != NULL)
                return AZA_FAIL(
                        AZATTEST_E_AK_CERT_PARSING,
                        "AK certificate (NV 0x01C101D0): %s; Azure writes it, try again in a few minutes or redeploy the VM",
                        reason);
        if (common_name_begins(X509_get_issuer_name(cert), PLACEHOLDER_ISSUER))
                return AZA_FAIL(
                        AZATTEST_E_AK_CERT_PROVISIONING,
                        "AK certificate (NV 0x01C101D0) still is the placeholder: Azure has not provisioned it yet; try again in a few minutes");
        return 0;
}

bool aza_ak_same(const EVP_PKEY *ak, const EVP_PKEY *hcl, X509 *cert, struct aza_checks *checks)
{
        (void)ERR_set_mark();
        bool with_hcl = hcl == NULL || EVP_PKEY_eq(ak, hcl) == 1;
        bool with_cert = cert == NULL || EVP_PKEY_eq(ak, X509_get0_pubkey(cert)) == 1;

        (void)ERR_pop_to_mark();
        if (!with_hcl)
                return aza_reject(checks, AZA_CHECK_A1,
                                  "the key that signs quotes is not HCLAkPub of the HCL report");
        if (!with_cert)
                return aza_reject(
                        checks, AZA_CHECK_A1,
                        "the AK certificate is for another key than the one that signs quotes");
        if (hcl == NULL && cert == NULL)
                return aza_reject(checks, AZA_CHECK_A1,
                                  "neither HCL report nor AK certificate says whose AK this is");
        return aza_accept(checks, AZA_CHECK_A1, "%s",
                          cert == NULL  ? "HCLAkPub signs the quotes; no AK certificate"
                          : hcl == NULL ? "the certificate's key signs the quotes"
                                        : "HCLAkPub, certificate and quoting key are one");
}
