/* SPDX-License-Identifier: Apache-2.0 */
/* Judging lists of extensions. OpenSSL reads the first value of an extension and passes over what
 * stands behind it, others may take the last, or none. */
#include "certificate/extension_list.h"

#include "certificate/cmw.h"

#include <stdio.h>
#include <string.h>

AZA_OWN_DEFINE(ASN1_BIT_STRING, ASN1_BIT_STRING_free);
AZA_OWN_DEFINE(BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free);
AZA_OWN_DEFINE(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free);

#define USAGE_CERT_SIGN   5 /* bits of keyUsage */
#define USAGE_CRL_SIGN    6
#define USAGE_BITS        9
#define NETSCAPE_FIRST_CA 5 /* bits of nsCertType: CAs for TLS, e-mail, programs */
#define NETSCAPE_LAST_CA  7

void aza_extensions_free(aza_extensions *list)
{
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

/* Its name, or its number when it has none. */
static const char *name_of(const ASN1_OBJECT *object, char out[80])
{
        const int nid = OBJ_obj2nid(object);

        if (nid != NID_undef)
                (void)snprintf(out, 80, "%s", OBJ_nid2sn(nid));
        else if (OBJ_obj2txt(out, 80, object, 1) <= 0)
                (void)snprintf(out, 80, "of no name");
        return out;
}

/* ---- one extension ---- */

static void free_value(const X509V3_EXT_METHOD *method, void *value)
{
        if (method->it != NULL)
                ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
        else
                method->ext_free(value);
}

/* What OpenSSL does not know nobody here reads, but our own, which is read strictly (cmw.h). */
static bool one_value(X509_EXTENSION *one)
{
        const X509V3_EXT_METHOD *method = X509V3_EXT_get(one);
        void *value = method != NULL ? X509V3_EXT_d2i(one) : NULL;

        if (method == NULL || value == NULL)
                return method == NULL;
        X509_EXTENSION *again =
                X509V3_EXT_i2d(OBJ_obj2nid(X509_EXTENSION_get_object(one)), 0, value);
        const bool same =
                again != NULL && ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(one),
                                                       X509_EXTENSION_get_data(again)) == 0;
        X509_EXTENSION_free(again);
        free_value(method, value);
        return same;
}

/* What `azattest cert --csr` and openssl req ask for, and certificates are usually made of. */
static bool may_be_asked(const ASN1_OBJECT *object)
{
        static const int listed[] = {
                NID_subject_alt_name,
                NID_key_usage,
                NID_ext_key_usage,
                NID_basic_constraints,
                NID_subject_key_identifier,
                NID_authority_key_identifier,
                NID_tlsfeature,
        };
        const int nid = OBJ_obj2nid(object);
        char number[80];

        for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++)
                if (nid == listed[i])
                        return true;
        return OBJ_obj2txt(number, sizeof(number), object, 1) > 0 &&
               strcmp(number, AZA_CMW_OID) == 0;
}

static const char *form_fault(const aza_extensions *list, int at)
{
        X509_EXTENSION *one = sk_X509_EXTENSION_value(list, at);

        if (X509v3_get_ext_by_OBJ(list, X509_EXTENSION_get_object(one), at) >= 0)
                return "stands twice";
        if (X509_EXTENSION_get_critical(one) && !X509_supported_extension(one))
                return "is a critical extension that is unknown here";
        return one_value(one) ? NULL : "cannot be read: it is not exactly one value in DER";
}

/* ---- what they make together ---- */

static bool bit_of(const ASN1_BIT_STRING *bits, int n)
{
        return bits != NULL && ASN1_BIT_STRING_get_bit(bits, n) == 1;
}

/* What browsers of old took for a CA. */
static bool netscape_ca(const aza_extensions *list)
{
        AZA_OWN(ASN1_BIT_STRING_free)
        ASN1_BIT_STRING *netscape = X509V3_get_d2i(list, NID_netscape_cert_type, NULL, NULL);

        for (int i = NETSCAPE_FIRST_CA; i <= NETSCAPE_LAST_CA; i++)
                if (bit_of(netscape, i))
                        return true;
        return false;
}

static bool makes_ca(const aza_extensions *list, const ASN1_BIT_STRING *usage)
{
        AZA_OWN(BASIC_CONSTRAINTS_free)
        BASIC_CONSTRAINTS *constraints = X509V3_get_d2i(list, NID_basic_constraints, NULL, NULL);

        return netscape_ca(list) || bit_of(usage, USAGE_CERT_SIGN) ||
               (constraints != NULL && (constraints->ca != 0 || constraints->pathlen != NULL));
}

/* D61: of leaves only, and for nothing beside. */
static const char *issuer_fault(const aza_extensions *list, const ASN1_BIT_STRING *usage)
{
        AZA_OWN(BASIC_CONSTRAINTS_free)
        BASIC_CONSTRAINTS *constraints = X509V3_get_d2i(list, NID_basic_constraints, NULL, NULL);

        if (constraints == NULL || constraints->ca == 0 || constraints->pathlen == NULL ||
            ASN1_INTEGER_get(constraints->pathlen) != 0)
                return "it is no CA of path length 0, as who issues leaves is";
        if (usage == NULL || netscape_ca(list))
                return "its keyUsage is not keyCertSign alone";
        for (int i = 0; i < USAGE_BITS; i++)
                if (bit_of(usage, i) != (i == USAGE_CERT_SIGN))
                        return "its keyUsage is not keyCertSign alone";
        return NULL;
}

/* Who may revoke, or answer for, certificates of the CA speaks in its name. */
static const char *asks_for(const aza_extensions *list, const ASN1_BIT_STRING *usage)
{
        AZA_OWN(EXTENDED_KEY_USAGE_free)
        EXTENDED_KEY_USAGE *extended = X509V3_get_d2i(list, NID_ext_key_usage, NULL, NULL);

        if (bit_of(usage, USAGE_CRL_SIGN))
                return "it asks to sign revocation lists (cRLSign): an attested key is no CA";
        for (int i = 0; i < sk_ASN1_OBJECT_num(extended); i++) {
                const int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(extended, i));
                if (nid == NID_OCSP_sign)
                        return "it asks to answer for its CA (OCSPSigning): an attested key is no CA";
                if (nid == NID_anyExtendedKeyUsage)
                        return "it asks for every usage (anyExtendedKeyUsage), that of a CA's responder among them";
        }
        return NULL;
}

static const char *sum_fault(const aza_extensions *list, enum aza_extensions_of of)
{
        const bool request = of == AZA_OF_REQUEST;
        AZA_OWN(ASN1_BIT_STRING_free)
        ASN1_BIT_STRING *usage = X509V3_get_d2i(list, NID_key_usage, NULL, NULL);

        if (X509v3_get_ext_by_NID(list, NID_proxyCertInfo, -1) >= 0)
                return request ? "it asks for a proxy certificate" : "it is a proxy certificate";
        if (of == AZA_OF_ISSUER)
                return issuer_fault(list, usage);
        if (makes_ca(list, usage))
                return request ? "it asks for a CA certificate: an attested key is no CA"
                               : "it is a CA certificate: an attested key is no CA";
        return request ? asks_for(list, usage) : NULL;
}

/* ---- all ---- */

static const char *say(X509_EXTENSION *one, const char *what, struct aza_fault *fault)
{
        char name[80];

        (void)snprintf(fault->text, sizeof(fault->text), "its extension %s %s",
                       name_of(X509_EXTENSION_get_object(one), name), what);
        return fault->text;
}

const char *aza_extensions_fault(const aza_extensions *list, enum aza_extensions_of of,
                                 struct aza_fault *fault)
{
        const int count = sk_X509_EXTENSION_num(list);

        for (int i = 0; i < count; i++) {
                const char *what = form_fault(list, i);
                if (what != NULL)
                        return say(sk_X509_EXTENSION_value(list, i), what, fault);
        }
        const char *sum = sum_fault(list, of);
        if (sum != NULL)
                return sum;
        for (int i = 0; of == AZA_OF_REQUEST && i < count; i++) {
                X509_EXTENSION *one = sk_X509_EXTENSION_value(list, i);
                if (!may_be_asked(X509_EXTENSION_get_object(one)))
                        return say(
                                one,
                                "is none that a request may ask for: those are names, key usages, key identifiers and TLS features",
                                fault);
        }
        return NULL;
}
