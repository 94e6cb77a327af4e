/* SPDX-License-Identifier: Apache-2.0 */
/* Reading certificate requests. OpenSSL takes the first of two lists of extensions, others the
 * last. */
#include "certificate/csr.h"

#include "base/error.h"
#include "certificate/cmw.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define WEAKEST_BYTES 28 /* of a digest: SHA-1 has fewer */

AZA_OWN_DEFINE(RSA_PSS_PARAMS, RSA_PSS_PARAMS_free);

/* ---- the list ---- */

static const char *attribute_fault(X509_REQ *csr, const ASN1_STRING **ret)
{
        const int count = X509_REQ_get_attr_count(csr);
        X509_ATTRIBUTE *attribute = count > 0 ? X509_REQ_get_attr(csr, 0) : NULL;

        if (attribute == NULL)
                return "it asks for no extensions, so there is no attestation in it";
        if (count > 1)
                return "it has more than one attribute; one extensionRequest is possible";
        if (OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute)) != NID_ext_req)
                return "its attribute is no extensionRequest (PKCS#9)";
        if (X509_ATTRIBUTE_count(attribute) != 1)
                return "its extensionRequest has not exactly one value";
        *ret = X509_ATTRIBUTE_get0_data(attribute, 0, V_ASN1_SEQUENCE, NULL);
        return *ret != NULL ? NULL : "its extensionRequest is no list of extensions";
}

/* The re-encoded request proves that it is DER only down to the attribute's value. */
static bool same_list(const aza_extensions *list, struct aza_span der)
{
        unsigned char *again = NULL;
        int len = i2d_X509_EXTENSIONS(list, &again);
        bool same = len > 0 && aza_span_equal(der, aza_span_of(again, (size_t)len));

        OPENSSL_free(again);
        return same;
}

int aza_csr_extensions(X509_REQ *csr, aza_extensions **ret)
{
        AZA_OWN(aza_extensions_free) aza_extensions *list = NULL;
        const ASN1_STRING *value = NULL;
        const char *fault = attribute_fault(csr, &value);

        if (fault != NULL)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, "the request: %s", fault);
        const struct aza_span der =
                aza_span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
        const unsigned char *at = der.data;
        (void)ERR_set_mark();
        list = d2i_X509_EXTENSIONS(NULL, &at, (long)der.len);
        (void)ERR_pop_to_mark();
        if (list == NULL || at != der.data + der.len || !same_list(list, der))
                return AZA_FAIL(AZATTEST_E_CERTIFICATE,
                                "the request: its extensions are no DER of such a list");
        *ret = aza_take(&list);
        return 0;
}

int aza_csr_token(X509_REQ *csr, struct aza_bytes *ret_jwt)
{
        AZA_OWN(aza_extensions_free) aza_extensions *list = NULL;
        int r = aza_csr_extensions(csr, &list);

        return r != 0 ? r : aza_cmw_of_extensions(list, "request", AZA_CMW_OID, ret_jwt);
}

/* ---- what is wrong with it ---- */

static int digest_of_pss(const ASN1_STRING *parameters)
{
        AZA_OWN(RSA_PSS_PARAMS_free)
        RSA_PSS_PARAMS *pss = ASN1_item_unpack(parameters, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
        const ASN1_OBJECT *id = NULL;

        if (pss == NULL || pss->hashAlgorithm == NULL)
                return NID_sha1; /* the default */
        X509_ALGOR_get0(&id, NULL, NULL, pss->hashAlgorithm);
        return OBJ_obj2nid(id);
}

/* OpenSSL says it of certificates (X509_get_signature_info), not of requests. */
static bool strong_signature(const X509_REQ *csr)
{
        const X509_ALGOR *algorithm = NULL;
        const ASN1_OBJECT *id = NULL;
        const void *parameters = NULL;
        int type = V_ASN1_UNDEF, digest = NID_undef;

        X509_REQ_get0_signature(csr, NULL, &algorithm);
        X509_ALGOR_get0(&id, &type, &parameters, algorithm);
        if (OBJ_obj2nid(id) != NID_rsassaPss)
                (void)OBJ_find_sigid_algs(OBJ_obj2nid(id), &digest, NULL);
        else if (type == V_ASN1_SEQUENCE)
                digest = digest_of_pss(parameters);
        const EVP_MD *md = EVP_get_digestbynid(digest);
        return md != NULL && EVP_MD_get_size(md) >= WEAKEST_BYTES;
}

static const char *fault_of(X509_REQ *csr, const aza_extensions *list, struct aza_fault *fault)
{
        if (X509_REQ_get_version(csr) != X509_REQ_VERSION_1)
                return "its version is not the one there is";
        const char *why = aza_extensions_fault(list, AZA_OF_REQUEST, fault);
        if (why == NULL && !strong_signature(csr))
                why = "its signature algorithm is weak or unknown";
        return why;
}

const char *aza_csr_fault(X509_REQ *csr, struct aza_fault *fault)
{
        AZA_OWN(aza_extensions_free) aza_extensions *list = NULL;

        if (aza_csr_extensions(csr, &list) != 0)
                return "its extensions cannot be read";
        (void)ERR_set_mark();
        const char *why = fault_of(csr, list, fault);
        (void)ERR_pop_to_mark();
        return why;
}
