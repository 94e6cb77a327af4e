/* SPDX-License-Identifier: Apache-2.0 */
/* The CMW extension: made for our certificates, read from those of peers. */
#include "certificate/cmw.h"

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <string.h>

#define MEDIA_TYPE          "application/jwt"
#define ATTESTATION_RESULTS 8
#define CMW_MAX             131072

AZA_OWN_DEFINE(ASN1_OBJECT, ASN1_OBJECT_free);
AZA_OWN_DEFINE(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free);

int aza_cmw_encode(const char *jwt, struct aza_bytes *ret_der)
{
        AZA_BYTES struct aza_bytes text = {0};
        AZA_OWN(ASN1_OCTET_STRING_free) ASN1_UTF8STRING *string = ASN1_UTF8STRING_new();
        unsigned char *der = NULL;
        int len, r;

        if (string == NULL)
                return AZA_NO_MEMORY();
        if ((r = aza_bytes_append_text(&text, "[\"" MEDIA_TYPE "\",\"")) != 0 ||
            (r = aza_base64_encode(AZA_BASE64URL, aza_span_of(jwt, strlen(jwt)), &text)) != 0 ||
            (r = aza_bytes_append_text(&text, "\",8]")) != 0)
                return r;
        if (text.len > CMW_MAX || ASN1_STRING_set(string, text.data, (int)text.len) != 1)
                return AZA_NO_MEMORY();
        len = i2d_ASN1_UTF8STRING(string, &der);
        if (len < 0)
                return AZA_FAIL_OPENSSL(AZATTEST_E_NO_MEMORY, "the CMW could not be encoded");
        r = aza_bytes_set(ret_der, der, (size_t)len);
        OPENSSL_free(der);
        return r;
}

/* The one strict DER spelling of a UTF8String: what is read must encode to the same bytes. */
static int read_string(struct aza_span der, ASN1_UTF8STRING **ret)
{
        AZA_OWN(ASN1_OCTET_STRING_free) ASN1_UTF8STRING *string = NULL;
        const unsigned char *at = der.data;
        unsigned char *again = NULL;
        int len;
        bool same;

        if (der.len == 0 || der.len > CMW_MAX)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, "the CMW extension has %zu bytes", der.len);
        if (der.data[0] == V_ASN1_OCTET_STRING)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, "the CMW is CBOR, which is not supported");
        (void)ERR_set_mark();
        string = d2i_ASN1_UTF8STRING(NULL, &at, (long)der.len);
        (void)ERR_pop_to_mark();
        if (string == NULL)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, "the CMW extension is no DER UTF8String");
        len = i2d_ASN1_UTF8STRING(string, &again);
        same = len > 0 && aza_span_equal(der, aza_span_of(again, (size_t)len));
        OPENSSL_free(again);
        if (!same)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, "the CMW extension is not DER");
        *ret = aza_take(&string);
        return 0;
}

/* [media type, base64url value] or [media type, base64url value, indicator]. */
static const char *record_value(json_object *record)
{
        json_object *indicator;
        const char *type;
        size_t n =
                json_object_is_type(record, json_type_array) ? json_object_array_length(record) : 0;

        if (n != 2 && n != 3)
                return NULL;
        type = aza_json_text(json_object_array_get_idx(record, 0));
        indicator = json_object_array_get_idx(record, 2);
        if (type == NULL || strcmp(type, MEDIA_TYPE) != 0)
                return NULL;
        if (n == 3 && (!json_object_is_type(indicator, json_type_int) ||
                       (json_object_get_int64(indicator) & ATTESTATION_RESULTS) == 0))
                return NULL;
        return aza_json_text(json_object_array_get_idx(record, 1));
}

int aza_cmw_decode(struct aza_span der, struct aza_bytes *ret_jwt)
{
        AZA_OWN(ASN1_OCTET_STRING_free) ASN1_UTF8STRING *string = NULL;
        AZA_OWN(json_object_put) json_object *record = NULL;
        AZA_BYTES struct aza_bytes jwt = {0};
        struct aza_span text;
        const char *value;
        int r = read_string(der, &string);

        if (r != 0)
                return r;
        text = aza_span_of(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
        if (aza_json_parse(text, CMW_MAX, &record) != 0)
                return aza_context(AZA_FAIL(AZATTEST_E_CERTIFICATE, "the CMW is no strict JSON"),
                                   "extension");
        value = record_value(record);
        if (value == NULL)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE,
                                "the CMW is not [\"" MEDIA_TYPE "\", base64url token, 8]");
        r = aza_base64_decode(AZA_BASE64URL, value, strlen(value), &jwt);
        if (r == AZATTEST_E_NO_MEMORY)
                return r;
        if (r != 0 || jwt.len == 0 || memchr(jwt.data, 0, jwt.len) != NULL)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, "the CMW's value is no base64url token");
        aza_bytes_free(ret_jwt);
        *ret_jwt = aza_bytes_take(&jwt);
        return 0;
}

int aza_cmw_of_extensions(const STACK_OF(X509_EXTENSION) * list, const char *what, const char *oid,
                          struct aza_bytes *ret_jwt)
{
        AZA_OWN(ASN1_OBJECT_free) ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);

        if (object == NULL)
                return AZA_NO_MEMORY();
        const int at = X509v3_get_ext_by_OBJ(list, object, -1);
        if (at < 0)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE,
                                "the %s carries no attestation (extension %s)", what, oid);
        if (X509v3_get_ext_by_OBJ(list, object, at) >= 0)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE,
                                "the %s carries the attestation extension twice", what);
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(sk_X509_EXTENSION_value(list, at));
        return aza_cmw_decode(
                aza_span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)),
                ret_jwt);
}

int aza_cmw_of_certificate(const X509 *certificate, const char *oid, struct aza_bytes *ret_jwt)
{
        return aza_cmw_of_extensions(X509_get0_extensions(certificate), "certificate", oid,
                                     ret_jwt);
}

bool aza_cmw_present(const X509 *certificate)
{
        AZA_OWN(ASN1_OBJECT_free) ASN1_OBJECT *object = OBJ_txt2obj(AZA_CMW_OID, 1);

        return object != NULL && X509_get_ext_by_OBJ(certificate, object, -1) >= 0;
}

X509_EXTENSION *aza_cmw_extension(const char *oid, const char *jwt)
{
        AZA_OWN(ASN1_OBJECT_free) ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
        AZA_OWN(ASN1_OCTET_STRING_free) ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
        AZA_BYTES struct aza_bytes der = {0};
        X509_EXTENSION *extension;

        if (object == NULL || value == NULL)
                return AZA_NO_MEMORY(), NULL;
        if (aza_cmw_encode(jwt, &der) != 0)
                return NULL;
        if (ASN1_OCTET_STRING_set(value, der.data, (int)der.len) != 1)
                return AZA_NO_MEMORY(), NULL;
        extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
        if (extension == NULL)
                (void)AZA_NO_MEMORY();
        return extension;
}
