/* SPDX-License-Identifier: Apache-2.0 */
/* What certificates and requests say, and the token that an attested one carries. */
#include "show/show.h"

#include "base/checks.h"
#include "base/error.h"
#include "base/json.h"
#include "base/one.h"
#include "certificate/cmw.h"
#include "certificate/leaf.h"
#include "evidence/ak_cert.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

static void show_name(json_object *out, const char *name, const X509_NAME *subject)
{
        AZA_OWN(BIO_free_all) BIO *text = BIO_new(BIO_s_mem());
        char *start = NULL;
        long len;

        if (text == NULL || X509_NAME_print_ex(text, subject, 0, XN_FLAG_RFC2253) < 0)
                return;
        len = BIO_get_mem_data(text, &start);
        aza_show_text(out, name, "%.*s", (int)len, start);
}

static void show_asn1_time(json_object *out, const char *name, const ASN1_TIME *time)
{
        struct tm tm;

        if (ASN1_TIME_to_tm(time, &tm) == 1)
                aza_show_time(out, name, (int64_t)timegm(&tm));
}

/* One name as OpenSSL prints it, "DNS:web.example". */
static void add_name(json_object *list, GENERAL_NAME *name)
{
        AZA_OWN(BIO_free_all) BIO *text = BIO_new(BIO_s_mem());
        char *start = NULL;

        if (text == NULL || GENERAL_NAME_print(text, name) != 1)
                return;
        const long len = BIO_get_mem_data(text, &start);
        json_object *item = json_object_new_string_len(start, (int)len);

        if (item != NULL && json_object_array_add(list, item) != 0)
                json_object_put(item);
}

static void show_names(json_object *out, const STACK_OF(X509_EXTENSION) * extensions)
{
        GENERAL_NAMES *names = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
        json_object *list = names != NULL ? json_object_new_array() : NULL;

        for (int i = 0; list != NULL && i < sk_GENERAL_NAME_num(names); i++)
                add_name(list, sk_GENERAL_NAME_value(names, i));
        GENERAL_NAMES_free(names);
        if (list != NULL)
                aza_show_object(out, "names", list);
}

/* What the token in extension `oid` says, its VM first; without one nothing, one that cannot be
 * read is named. */
static void show_token(OSSL_LIB_CTX *libctx, json_object *out, const char *name,
                       const STACK_OF(X509_EXTENSION) * extensions, const char *oid)
{
        ASN1_OBJECT *type = OBJ_txt2obj(oid, 1);
        const bool has = type != NULL && X509v3_get_ext_by_OBJ(extensions, type, -1) >= 0;
        AZA_BYTES struct aza_bytes jwt = {0};
        json_object *said = NULL;

        ASN1_OBJECT_free(type);
        if (!has)
                return;
        if (aza_cmw_of_extensions(extensions, name, oid, &jwt) == 0)
                said = aza_show_token(libctx, aza_bytes_span(&jwt));
        if (said == NULL) {
                aza_show_text(out, name, "unreadable: %s", aza_last_error()->message);
                return;
        }
        const char *vm = aza_json_string(said, "vm-id");
        if (vm != NULL && strcmp(name, "token") == 0)
                aza_show_text(out, "vm-id", "%s", vm);
        aza_show_object(out, name, said);
}

static json_object *describe_certificate(OSSL_LIB_CTX *libctx, X509 *certificate)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        EVP_PKEY *key;

        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        show_name(out, "subject", X509_get_subject_name(certificate));
        show_name(out, "issuer", X509_get_issuer_name(certificate));
        show_asn1_time(out, "not-before", X509_get0_notBefore(certificate));
        show_asn1_time(out, "not-after", X509_get0_notAfter(certificate));
        key = X509_get0_pubkey(certificate);
        if (key != NULL)
                aza_show_key(libctx, out, "public-key", key);
        show_names(out, X509_get0_extensions(certificate));
        show_token(libctx, out, "token", X509_get0_extensions(certificate), AZA_CMW_OID);
        show_token(libctx, out, "issuer-token", X509_get0_extensions(certificate),
                   AZA_CMW_ISSUER_OID);
        ERR_clear_error();
        return aza_take(&out);
}

/* The leaf, and what stands behind it. */
static json_object *describe_chain(OSSL_LIB_CTX *libctx, const aza_certs *chain)
{
        AZA_OWN(json_object_put)
        json_object *out = describe_certificate(libctx, sk_X509_value(chain, 0));
        json_object *behind = out != NULL ? json_object_new_array() : NULL;

        for (int i = 1; behind != NULL && i < sk_X509_num(chain); i++)
                (void)json_object_array_add(behind,
                                            describe_certificate(libctx, sk_X509_value(chain, i)));
        if (behind == NULL)
                return NULL;
        aza_show_object(out, "behind", behind);
        return aza_take(&out);
}

json_object *aza_show_certificate(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(aza_certs_free) aza_certs *chain = NULL;
        AZA_OWN(X509_free) X509 *certificate = NULL;

        if (aza_leaf_chain(libctx, content, &chain))
                return describe_chain(libctx, chain);
        if (aza_one_certificate(libctx, content, &certificate) != 0)
                return NULL;
        return describe_certificate(libctx, certificate);
}

json_object *aza_show_ak_certificate(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_CHECKS struct aza_checks rows = {0};
        AZA_OWN(X509_free) X509 *certificate = NULL;

        if (!aza_ak_cert_parse(libctx, content, &rows, &certificate))
                return AZA_FAIL(AZATTEST_E_AK_CERT_PARSING,
                                "not one DER certificate with nothing but zeros behind it"),
                       NULL;
        return describe_certificate(libctx, certificate);
}

json_object *aza_show_request(OSSL_LIB_CTX *libctx, struct aza_span content)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        AZA_OWN(X509_REQ_free) X509_REQ *request = NULL;
        STACK_OF(X509_EXTENSION) * asked;
        EVP_PKEY *key;

        if (out == NULL)
                return AZA_NO_MEMORY(), NULL;
        if (aza_one_request(libctx, content, &request) != 0)
                return NULL;
        show_name(out, "subject", X509_REQ_get_subject_name(request));
        key = X509_REQ_get0_pubkey(request);
        if (key != NULL)
                aza_show_key(libctx, out, "public-key", key);
        asked = X509_REQ_get_extensions(request);
        show_names(out, asked);
        show_token(libctx, out, "token", asked, AZA_CMW_OID);
        sk_X509_EXTENSION_pop_free(asked, X509_EXTENSION_free);
        ERR_clear_error();
        return aza_take(&out);
}
