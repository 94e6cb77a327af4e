/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that other readers could read otherwise: one extensionRequest, one value, one list,
 * strict DER; and what nobody may ask for. */
#include "certificate/csr.h"

#include "base/error.h"
#include "base/one.h"
#include "certificate/cmw.h"
#include "unit/assert_ok.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static EVP_PKEY *key;

static X509_REQ *new_request(void)
{
        X509_REQ *csr = X509_REQ_new();
        X509_NAME *name = X509_NAME_new();

        assert_non_null(csr);
        assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                    (const unsigned char *)"web", -1, -1, 0),
                         1);
        assert_int_equal(X509_REQ_set_version(csr, X509_REQ_VERSION_1), 1);
        assert_int_equal(X509_REQ_set_subject_name(csr, name), 1);
        assert_int_equal(X509_REQ_set_pubkey(csr, key), 1);
        X509_NAME_free(name);
        return csr;
}

static aza_extensions *list_of_token(void)
{
        aza_extensions *list = sk_X509_EXTENSION_new_null();
        X509_EXTENSION *cmw = aza_cmw_extension(AZA_CMW_OID, "a.b.c");

        assert_non_null(cmw);
        assert_true(sk_X509_EXTENSION_push(list, cmw) > 0);
        return list;
}

static void push_value(aza_extensions *list, const char *oid, bool critical, const char *hex)
{
        ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
        ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
        long len = 0;
        unsigned char *der = OPENSSL_hexstr2buf(hex, &len);

        assert_non_null(der);
        assert_int_equal(ASN1_OCTET_STRING_set(value, der, (int)len), 1);
        OPENSSL_free(der);
        X509_EXTENSION *one = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
        assert_true(sk_X509_EXTENSION_push(list, one) > 0);
        ASN1_OBJECT_free(object);
        ASN1_OCTET_STRING_free(value);
}

static void push(aza_extensions *list, const char *oid, bool critical)
{
        push_value(list, oid, critical, "0500");
}

/* An attribute `nid` whose one value is the SEQUENCE `der`. */
static X509_ATTRIBUTE *attribute(int nid, const unsigned char *der, int len)
{
        X509_ATTRIBUTE *a = X509_ATTRIBUTE_create_by_NID(NULL, nid, V_ASN1_SEQUENCE, der, len);

        assert_non_null(a);
        return a;
}

/* As a reader gets it: signed, encoded, read by the strict reader. */
static X509_REQ *read_back(X509_REQ *csr, const EVP_MD *md)
{
        X509_REQ *read = NULL;
        unsigned char *der = NULL;

        assert_true(X509_REQ_sign(csr, key, md) > 0);
        int len = i2d_X509_REQ(csr, &der);
        assert_true(len > 0);
        assert_true(aza_is_request(aza_span_of(der, (size_t)len)));
        assert_int_equal(aza_one_request(NULL, aza_span_of(der, (size_t)len), &read), 0);
        OPENSSL_free(der);
        X509_REQ_free(csr);
        return read;
}

static void refused(X509_REQ *made, const char *why)
{
        struct aza_fault words;
        struct aza_bytes jwt = {0};
        X509_REQ *csr = read_back(made, EVP_sha256());

        assert_int_equal(aza_csr_token(csr, &jwt), AZATTEST_E_CERTIFICATE);
        if (strstr(aza_last_error()->message, why) == NULL)
                fail_msg("'%s' does not say '%s'", aza_last_error()->message, why);
        assert_non_null(aza_csr_fault(csr, &words));
        aza_bytes_free(&jwt);
        X509_REQ_free(csr);
}

/* OpenSSL makes no such thing: an attribute of another name is renamed afterwards. */
static void two_lists(const aza_extensions *list)
{
        static const unsigned char empty[] = {0x30, 0},
                                   oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 7};
        X509_ATTRIBUTE *a = attribute(NID_pkcs9_challengePassword, empty, sizeof(empty));
        X509_REQ *csr = new_request(), *read = NULL;
        struct aza_bytes jwt = {0};
        struct aza_fault words;
        unsigned char *der = NULL;

        assert_int_equal(X509_REQ_add_extensions(csr, (aza_extensions *)list), 1);
        assert_int_equal(X509_REQ_add1_attr(csr, a), 1);
        assert_true(X509_REQ_sign(csr, key, EVP_sha256()) > 0);
        int len = i2d_X509_REQ(csr, &der);
        assert_true(len > 0);
        unsigned char *at = memmem(der, (size_t)len, oid, sizeof(oid));
        assert_non_null(at);
        at[sizeof(oid) - 1] = 14; /* extensionRequest */
        assert_int_equal(aza_one_request(NULL, aza_span_of(der, (size_t)len), &read), 0);
        assert_int_equal(aza_csr_token(read, &jwt), AZATTEST_E_CERTIFICATE);
        assert_non_null(strstr(aza_last_error()->message, "more than one attribute"));
        assert_non_null(aza_csr_fault(read, &words));
        OPENSSL_free(der);
        X509_ATTRIBUTE_free(a);
        X509_REQ_free(csr);
        X509_REQ_free(read);
}

static void one_list(void **state)
{
        aza_extensions *list = list_of_token();
        struct aza_bytes jwt = {0};
        struct aza_fault words;
        unsigned char *der = NULL;
        X509_REQ *csr;
        X509_ATTRIBUTE *a;
        int len = i2d_X509_EXTENSIONS(list, &der);

        (void)state;
        csr = new_request();
        assert_int_equal(X509_REQ_add_extensions(csr, list), 1);
        csr = read_back(csr, EVP_sha256());
        assert_int_equal(aza_csr_token(csr, &jwt), 0);
        assert_string_equal((const char *)jwt.data, "a.b.c");
        assert_null(aza_csr_fault(csr, &words));
        X509_REQ_free(csr);
        aza_bytes_free(&jwt);

        refused(new_request(), "asks for no extensions");
        /* Two lists: which one a reader takes, is its own affair. */
        two_lists(list);
        csr = new_request();
        assert_int_equal(X509_REQ_add_extensions(csr, list), 1);
        a = attribute(NID_ms_ext_req, der, len);
        assert_int_equal(X509_REQ_add1_attr(csr, a), 1);
        X509_ATTRIBUTE_free(a);
        refused(csr, "more than one attribute");
        csr = new_request();
        a = attribute(NID_ms_ext_req, der, len);
        assert_int_equal(X509_REQ_add1_attr(csr, a), 1);
        X509_ATTRIBUTE_free(a);
        refused(csr, "no extensionRequest");
        csr = new_request();
        a = attribute(NID_ext_req, der, len);
        assert_int_equal(X509_ATTRIBUTE_set1_data(a, V_ASN1_SEQUENCE, der, len), 1);
        assert_int_equal(X509_ATTRIBUTE_count(a), 2);
        assert_int_equal(X509_REQ_add1_attr(csr, a), 1);
        X509_ATTRIBUTE_free(a);
        refused(csr, "not exactly one value");
        csr = new_request();
        assert_int_equal(X509_REQ_add1_attr_by_NID(csr, NID_ext_req, V_ASN1_OCTET_STRING, der, len),
                         1);
        refused(csr, "no list of extensions");
        OPENSSL_free(der);
        aza_extensions_free(list);
}

/* The list inside the attribute is not read again by whoever encodes the request again. */
static void strict_der(void **state)
{
        aza_extensions *list = list_of_token();
        unsigned char *der = NULL, ber[512];
        X509_ATTRIBUTE *a;
        X509_REQ *csr;
        int len = i2d_X509_EXTENSIONS(list, &der);

        (void)state;
        /* Behind the list, within the value. */
        assert_int_in_range(len, 32, 120);
        memcpy(ber, der, (size_t)len);
        memset(ber + len, 0, 4);
        ber[1] = (unsigned char)(ber[1] + 4);
        csr = new_request();
        a = attribute(NID_ext_req, ber, len + 4);
        assert_int_equal(X509_REQ_add1_attr(csr, a), 1);
        X509_ATTRIBUTE_free(a);
        refused(csr, "no DER of such a list");
        /* A length that is longer than it need be. */
        ber[0] = 0x30;
        ber[1] = 0x81;
        memcpy(ber + 2, der + 1, (size_t)len - 1);
        csr = new_request();
        a = attribute(NID_ext_req, ber, len + 1);
        assert_int_equal(X509_REQ_add1_attr(csr, a), 1);
        X509_ATTRIBUTE_free(a);
        refused(csr, "no DER of such a list");
        OPENSSL_free(der);
        aza_extensions_free(list);
}

static void says(aza_extensions *list, const EVP_MD *md, const char *why)
{
        X509_REQ *csr = new_request();
        struct aza_fault words;

        assert_int_equal(X509_REQ_add_extensions(csr, list), 1);
        csr = read_back(csr, md);
        const char *fault = aza_csr_fault(csr, &words);
        if (why == NULL ? fault != NULL : fault == NULL || strstr(fault, why) == NULL)
                fail_msg("'%s' instead of '%s'", fault, why);
        X509_REQ_free(csr);
        aza_extensions_free(list);
}

static void what_is_asked_for(void **state)
{
        aza_extensions *list = list_of_token();

        (void)state;
        push(list, "1.2.3.4", false);
        says(list, EVP_sha256(), "1.2.3.4 is none that a request may ask for");
        says(list_of_token(), EVP_sha256(), NULL);
        says(list_of_token(), EVP_sha384(), NULL);
        says(list_of_token(), EVP_sha1(), "weak");
        says(list_of_token(), EVP_md5(), "weak");
        list = list_of_token();
        push(list, "1.2.3.4", true);
        says(list, EVP_sha256(), "critical extension");
        list = list_of_token();
        push(list, "1.2.3.4", false);
        push(list, "1.2.3.4", false);
        says(list, EVP_sha256(), "twice");
        list = list_of_token();
        push(list, AZA_CMW_OID, false);
        says(list, EVP_sha256(), "twice");
        list = list_of_token();
        push(list, "2.5.29.19", true);
        says(list, EVP_sha256(), "cannot be read");
        list = list_of_token();
        push(list, "2.5.29.17", false);
        says(list, EVP_sha256(), "cannot be read");
        list = list_of_token();
        push_value(list, "1.3.6.1.5.5.7.1.14", true, "300c300a06082b06010505071501");
        says(list, EVP_sha256(), "proxy");
}

#define BASIC_CONSTRAINTS_OID "2.5.29.19"
#define KEY_USAGE_OID         "2.5.29.15"
#define EXTENDED_USAGE_OID    "2.5.29.37"
#define NAMES_OID             "2.5.29.17"
#define NETSCAPE_TYPE_OID     "2.16.840.1.113730.1.1"

static const char NOT_ASKED[] = "none that a request may ask for", UNREADABLE[] = "cannot be read",
                  CA[] = "a CA certificate";

/* NULL: it may be so, in a request, in a certificate. */
static const struct {
        const char *oid, *hex, *request, *certificate;
} extensions[] = {
        {BASIC_CONSTRAINTS_OID, "3000", NULL, NULL},
        {BASIC_CONSTRAINTS_OID, "30030101ff", CA, CA},
        {BASIC_CONSTRAINTS_OID, "3003020100", CA, CA}, /* a path's length, which only CAs have */
        {BASIC_CONSTRAINTS_OID, "3003010100", UNREADABLE, UNREADABLE}, /* DER leaves FALSE out */
        {BASIC_CONSTRAINTS_OID, "3003010101", CA, CA},
        {BASIC_CONSTRAINTS_OID, "300030030101ff", UNREADABLE, UNREADABLE},
        {BASIC_CONSTRAINTS_OID, "30800101ff0000", UNREADABLE, UNREADABLE},
        {KEY_USAGE_OID, "03020780", NULL, NULL},
        {KEY_USAGE_OID, "030205a0", NULL, NULL},
        {KEY_USAGE_OID, "03020204", CA, CA},
        {KEY_USAGE_OID, "03020102", "cRLSign", NULL},
        {KEY_USAGE_OID, "0302078003020204", UNREADABLE, UNREADABLE},
        {KEY_USAGE_OID, "0302078000", UNREADABLE, UNREADABLE},
        {KEY_USAGE_OID, "0381020780", UNREADABLE, UNREADABLE},
        {KEY_USAGE_OID, "230403020780", UNREADABLE, UNREADABLE},
        {KEY_USAGE_OID, "030207ff", UNREADABLE, UNREADABLE},
        {EXTENDED_USAGE_OID, "301406082b0601050507030106082b06010505070302", NULL, NULL},
        {EXTENDED_USAGE_OID, "301406082b0601050507030106082b06010505070309", "OCSPSigning", NULL},
        {EXTENDED_USAGE_OID, "30060604551d2500", "anyExtendedKeyUsage", NULL},
        {EXTENDED_USAGE_OID, "300a06082b060105050703013000", UNREADABLE, UNREADABLE},
        {NAMES_OID, "30038201613003820162", UNREADABLE, UNREADABLE},
        {NAMES_OID, "3003820161", NULL, NULL},
        {"2.5.29.14", "040101", NULL, NULL}, /* key identifiers */
        {"2.5.29.35", "3003800101", NULL, NULL},
        {"1.3.6.1.5.5.7.1.24", "3003020105", NULL, NULL}, /* TLS feature: must staple */
        {NETSCAPE_TYPE_OID, "03020204", CA, CA},
        {NETSCAPE_TYPE_OID, "03020102", CA, CA},
        {NETSCAPE_TYPE_OID, "03020001", CA, CA},
        {NETSCAPE_TYPE_OID, "03020640", NOT_ASKED, NULL},
        {NETSCAPE_TYPE_OID, "0302064003020204", UNREADABLE, UNREADABLE},
        {"2.16.840.1.113730.1.13", "160161", NOT_ASKED, NULL}, /* nsComment */
        {"2.5.29.30", "3000", NOT_ASKED, NULL},                /* nameConstraints */
        {"2.5.29.32", "300630040602550a", NOT_ASKED, NULL},    /* policies */
        {"1.3.6.1.5.5.7.48.1.5", "0500", NOT_ASKED, NULL},     /* OCSP noCheck */
        {"1.3.6.1.5.5.7.48.1.5", "05000500", UNREADABLE, UNREADABLE},
        {"2.25.190053934806805132817053026294002236189", "0500", NOT_ASKED,
         NULL},                                            /* the issuer's */
        {"1.3.6.1.4.1.311.21.7", "0500", NOT_ASKED, NULL}, /* a template's, unknown */
};

/* Each beside the token, in both kinds of list. */
static void each_extension(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
                aza_extensions *list = list_of_token();
                struct aza_fault words;

                push_value(list, extensions[i].oid, false, extensions[i].hex);
                const char *fault = aza_extensions_fault(list, AZA_OF_CERTIFICATE, &words);
                const char *why = extensions[i].certificate;
                if (why == NULL ? fault != NULL : fault == NULL || strstr(fault, why) == NULL)
                        fail_msg("certificate, %s %s: '%s' instead of '%s'", extensions[i].oid,
                                 extensions[i].hex, fault, why);
                says(list, EVP_sha256(), extensions[i].request);
        }
        struct aza_fault words;
        assert_null(aza_extensions_fault(NULL, AZA_OF_CERTIFICATE, &words));
}

/* keyUsage with or without basicConstraints beside it: nobody's certificate signs others. */
static void ca_by_halves(void **state)
{
        static const char *const others[] = {NETSCAPE_TYPE_OID, KEY_USAGE_OID};

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                aza_extensions *list = list_of_token();
                struct aza_fault words;
                push_value(list, BASIC_CONSTRAINTS_OID, true, "3000");
                push_value(list, others[i], false, "03020204");
                assert_string_equal(aza_extensions_fault(list, AZA_OF_CERTIFICATE, &words),
                                    "it is a CA certificate: an attested key is no CA");
                says(list, EVP_sha256(), "asks for a CA certificate");
        }
}

/* A self-signed certificate of version 1 with serial number 0 begins alike. */
static void looks(void **state)
{
        X509 *certificate = X509_new();
        unsigned char *der = NULL;

        (void)state;
        assert_int_equal(X509_set_version(certificate, X509_VERSION_1), 1);
        assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0), 1);
        assert_int_equal(X509_set_pubkey(certificate, key), 1);
        assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
        assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 60));
        assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
        int len = i2d_X509(certificate, &der);
        assert_true(len > 0);
        assert_false(aza_is_request(aza_span_of(der, (size_t)len)));
        for (size_t n = 0; n < 16; n++)
                assert_false(aza_is_request(aza_span_of(der, n)));
        OPENSSL_free(der);
        X509_free(certificate);
        assert_false(aza_is_request((struct aza_span){0}));
}

static int setup(void **state)
{
        (void)state;
        key = EVP_RSA_gen(2048);
        return key != NULL ? 0 : -1;
}

static int teardown(void **state)
{
        (void)state;
        EVP_PKEY_free(key);
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_list),          cmocka_unit_test(strict_der),
                cmocka_unit_test(what_is_asked_for), cmocka_unit_test(each_extension),
                cmocka_unit_test(ca_by_halves),      cmocka_unit_test(looks),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
