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

AZA_OWN_DEFINE(ASN1_BIT_STRING, ASN1_BIT_STRING_free);
AZA_OWN_DEFINE(BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free);
AZA_OWN_DEFINE(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free);
AZA_OWN_DEFINE(GENERAL_NAMES, GENERAL_NAMES_free);
AZA_OWN_DEFINE(RSA_PSS_PARAMS, RSA_PSS_PARAMS_free);

void aza_extensions_free(aza_extensions *list)
{
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

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

/* ---- what it must not ask for ---- */

bool aza_extensions_repeat(const aza_extensions *list)
{
        for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
                const ASN1_OBJECT *id = X509_EXTENSION_get_object(sk_X509_EXTENSION_value(list, i));
                if (X509v3_get_ext_by_OBJ(list, id, i) >= 0)
                        return true;
        }
        return false;
}

static bool unknown_critical(const aza_extensions *list)
{
        for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
                X509_EXTENSION *one = sk_X509_EXTENSION_value(list, i);
                if (X509_EXTENSION_get_critical(one) && !X509_supported_extension(one))
                        return true;
        }
        return false;
}

/* X509V3_get_d2i leaves this where there is no such extension. */
#define ABSENT (-1)

static const char *usage_fault(const aza_extensions *list)
{
        int at[4] = {ABSENT, ABSENT, ABSENT, ABSENT};
        AZA_OWN(BASIC_CONSTRAINTS_free)
        BASIC_CONSTRAINTS *constraints = X509V3_get_d2i(list, NID_basic_constraints, &at[0], NULL);
        AZA_OWN(ASN1_BIT_STRING_free)
        ASN1_BIT_STRING *usage = X509V3_get_d2i(list, NID_key_usage, &at[1], NULL);
        AZA_OWN(EXTENDED_KEY_USAGE_free)
        EXTENDED_KEY_USAGE *extended = X509V3_get_d2i(list, NID_ext_key_usage, &at[2], NULL);
        AZA_OWN(GENERAL_NAMES_free)
        GENERAL_NAMES *names = X509V3_get_d2i(list, NID_subject_alt_name, &at[3], NULL);

        if ((constraints == NULL && at[0] != ABSENT) || (usage == NULL && at[1] != ABSENT) ||
            (extended == NULL && at[2] != ABSENT) || (names == NULL && at[3] != ABSENT))
                return "an extension that it asks for cannot be read";
        /* keyCertSign is bit 5 */
        if ((constraints != NULL && constraints->ca != 0) ||
            (usage != NULL && ASN1_BIT_STRING_get_bit(usage, 5) == 1))
                return "it asks for a CA certificate: an attested key is no CA";
        return NULL;
}

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

static const char *fault_of(X509_REQ *csr, const aza_extensions *list)
{
        if (X509_REQ_get_version(csr) != X509_REQ_VERSION_1)
                return "its version is not the one there is";
        if (aza_extensions_repeat(list))
                return "it asks for an extension twice";
        if (unknown_critical(list))
                return "it asks for a critical extension that is unknown here";
        if (X509v3_get_ext_by_NID(list, NID_proxyCertInfo, -1) >= 0)
                return "it asks for a proxy certificate";
        const char *fault = usage_fault(list);
        if (fault == NULL && !strong_signature(csr))
                fault = "its signature algorithm is weak or unknown";
        return fault;
}

const char *aza_csr_fault(X509_REQ *csr)
{
        AZA_OWN(aza_extensions_free) aza_extensions *list = NULL;

        if (aza_csr_extensions(csr, &list) != 0)
                return "its extensions cannot be read";
        (void)ERR_set_mark();
        const char *fault = fault_of(csr, list);
        (void)ERR_pop_to_mark();
        return fault;
}
