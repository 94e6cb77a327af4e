/* SPDX-License-Identifier: Apache-2.0 */
/* Files that hold exactly one thing: everything else that OpenSSL's readers would take is
 * refused. */
#include "base/one.h"

#include "base/crypto.h"
#include "base/error.h"

#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after setjmp.h and stdarg.h */
#include <cmocka.h>

AZA_OWN_DEFINE(X509_EXTENSION, X509_EXTENSION_free);
AZA_OWN_DEFINE(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free);
AZA_OWN_DEFINE(ASN1_OBJECT, ASN1_OBJECT_free);

static OSSL_LIB_CTX *libctx;
static struct aza_bytes der, pem, other, request;
static struct aza_bytes hiding; /* a DER certificate with `other` as the value of an extension */

static void hide(X509 *certificate, const struct aza_bytes *text)
{
        AZA_OWN(X509_EXTENSION_free) X509_EXTENSION *extension = NULL;
        AZA_OWN(ASN1_OCTET_STRING_free) ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
        AZA_OWN(ASN1_OBJECT_free) ASN1_OBJECT *oid = OBJ_txt2obj("1.2.3.4", 1);
        AZA_BYTES struct aza_bytes line = {0};

        assert_int_equal(aza_bytes_append_text(&line, "\n"), 0);
        assert_int_equal(aza_bytes_append(&line, text->data, text->len), 0);
        assert_int_equal(ASN1_OCTET_STRING_set(value, line.data, (int)line.len), 1);
        extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
        assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
}

static X509 *make_certificate(EVP_PKEY *key, long serial)
{
        X509 *made = X509_new_ex(libctx, NULL);

        assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(made), serial), 1);
        assert_int_equal(X509_set_version(made, X509_VERSION_3), 1);
        assert_non_null(X509_gmtime_adj(X509_getm_notBefore(made), 0));
        assert_non_null(X509_gmtime_adj(X509_getm_notAfter(made), 3600));
        assert_int_equal(X509_set_pubkey(made, key), 1);
        if (other.len > 0)
                hide(made, &other);
        assert_true(X509_sign(made, key, EVP_sha256()) > 0);
        return made;
}

static void take(BIO *bio, struct aza_bytes *ret)
{
        char *text = NULL;
        long len = BIO_get_mem_data(bio, &text);

        assert_int_equal(aza_bytes_set(ret, text, (size_t)len), 0);
        assert_int_equal(BIO_reset(bio), 1);
}

static int make(void **state)
{
        (void)state;
        libctx = aza_libctx_new("default");
        assert_non_null(libctx);
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        AZA_OWN(X509_free) X509 *first = make_certificate(key, 1);
        AZA_OWN(X509_free) X509 *second = make_certificate(key, 2);
        AZA_OWN(X509_REQ_free) X509_REQ *asked = X509_REQ_new_ex(libctx, NULL);
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());

        assert_true(X509_REQ_set_pubkey(asked, key) == 1 &&
                    X509_REQ_sign(asked, key, EVP_sha256()) > 0);
        assert_int_equal(i2d_X509_bio(bio, first), 1);
        take(bio, &der);
        assert_int_equal(PEM_write_bio_X509(bio, first), 1);
        take(bio, &pem);
        assert_int_equal(PEM_write_bio_X509(bio, second), 1);
        take(bio, &other);
        AZA_OWN(X509_free) X509 *third = make_certificate(key, 3);
        assert_int_equal(i2d_X509_bio(bio, third), 1);
        take(bio, &hiding);
        assert_int_equal(PEM_write_bio_X509_REQ(bio, asked), 1);
        take(bio, &request);
        return 0;
}

static int unmake(void **state)
{
        (void)state;
        aza_bytes_free(&der);
        aza_bytes_free(&pem);
        aza_bytes_free(&other);
        aza_bytes_free(&request);
        aza_bytes_free(&hiding);
        OSSL_LIB_CTX_free(libctx);
        return 0;
}

/* `before`, the text, `behind`. */
static void join(const char *before, const struct aza_bytes *text, const char *behind,
                 struct aza_bytes *ret)
{
        assert_int_equal(aza_bytes_set(ret, "", 0), 0);
        assert_int_equal(aza_bytes_append_text(ret, before), 0);
        assert_int_equal(aza_bytes_append(ret, text->data, text->len), 0);
        assert_int_equal(aza_bytes_append_text(ret, behind), 0);
}

static void accepts(const struct aza_bytes *in)
{
        AZA_OWN(X509_free) X509 *read = NULL;
        AZA_BYTES struct aza_bytes again = {0};
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());

        assert_int_equal(aza_one_certificate(libctx, aza_bytes_span(in), &read), 0);
        assert_int_equal(i2d_X509_bio(bio, read), 1);
        take(bio, &again);
        assert_true(aza_span_equal(aza_bytes_span(&again), aza_bytes_span(&der)));
}

static void refuses(const struct aza_bytes *in)
{
        X509 *read = NULL;

        assert_int_equal(aza_one_certificate(libctx, aza_bytes_span(in), &read),
                         AZATTEST_E_CERTIFICATE);
        assert_null(read);
}

/* `text` with every "\n" as `line_end`, or `from` as `to`. */
static void replace(const struct aza_bytes *text, const char *from, const char *to,
                    struct aza_bytes *ret)
{
        const char *at = (const char *)text->data, *found;

        assert_int_equal(aza_bytes_set(ret, "", 0), 0);
        for (; (found = strstr(at, from)) != NULL; at = found + strlen(from)) {
                assert_int_equal(aza_bytes_append(ret, at, (size_t)(found - at)), 0);
                assert_int_equal(aza_bytes_append_text(ret, to), 0);
        }
        assert_int_equal(aza_bytes_append_text(ret, at), 0);
}

static void one_certificate(void **state)
{
        AZA_BYTES struct aza_bytes text = {0};

        (void)state;
        accepts(&der);
        accepts(&pem);
        replace(&pem, "\n", "\r\n", &text);
        accepts(&text);
        join("", &pem, "\n \r\n\t\n", &text);
        accepts(&text);
        assert_int_equal(aza_bytes_set(&text, pem.data, pem.len - 1), 0); /* no last line end */
        accepts(&text);
}

/* OpenSSL's PEM reader finds the block that is the value of an extension. */
static void one_in_another(void **state)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new_mem_buf(hiding.data, (int)hiding.len);
        AZA_OWN(X509_free) X509 *found = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        AZA_OWN(X509_free) X509 *read = NULL;
        AZA_OWN(BIO_free_all) BIO *encoded = BIO_new(BIO_s_mem());
        AZA_BYTES struct aza_bytes text = {0};
        const unsigned char *at = hiding.data;
        AZA_OWN(X509_free) X509 *outer = d2i_X509(NULL, &at, (long)hiding.len);

        (void)state;
        assert_non_null(found);
        assert_int_equal(ASN1_INTEGER_get(X509_get0_serialNumber(found)), 2);
        refuses(&hiding);
        assert_non_null(strstr(aza_last_error()->message, "inside of the DER"));
        /* In PEM it is what every reader finds. */
        assert_int_equal(PEM_write_bio_X509(encoded, outer), 1);
        take(encoded, &text);
        assert_int_equal(aza_one_certificate(libctx, aza_bytes_span(&text), &read), 0);
        assert_int_equal(ASN1_INTEGER_get(X509_get0_serialNumber(read)), 3);
}

/* Each of these is read as the first certificate, or as another one, by some reader. */
static void more_than_one(void **state)
{
        AZA_BYTES struct aza_bytes text = {0};
        AZA_BYTES struct aza_bytes trusted = {0};

        (void)state;
        replace(&other, " CERTIFICATE", " TRUSTED CERTIFICATE", &trusted);
        join((const char *)trusted.data, &pem, "", &text);
        refuses(&text);
        join("", &pem, (const char *)trusted.data, &text);
        refuses(&text);
        refuses(&trusted);
        join("", &pem, (const char *)other.data, &text);
        refuses(&text);
        join("", &der, (const char *)other.data, &text);
        refuses(&text);
        join((const char *)other.data, &der, "", &text);
        refuses(&text);
        replace(&pem, " CERTIFICATE", " X509 CERTIFICATE", &text);
        refuses(&text);
        join((const char *)request.data, &pem, "", &text);
        refuses(&text);
        join("", &pem, "x", &text);
        refuses(&text);
        join("", &der, "\n", &text);
        refuses(&text);
}

static void around_and_inside(void **state)
{
        static const char *const before[] = {"\n", " ", "Subject: x\n", "\xef\xbb\xbf", "0"};
        static const struct {
                const char *from, *to;
        } inside[] = {
                {"BEGIN CERTIFICATE-----\n", "BEGIN CERTIFICATE-----\n\n"},
                {"BEGIN CERTIFICATE-----\n",
                 "BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n"},
                {"BEGIN CERTIFICATE-----\n", "BEGIN CERTIFICATE-----\nComment: x\n"},
                {"BEGIN CERTIFICATE-----\n", "BEGIN CERTIFICATE----- \n"},
                {"BEGIN CERTIFICATE-----\n", "BEGIN CERTIFICATE-----"},
                {"\n-----END CERTIFICATE", "====\n-----END CERTIFICATE"},
                {"\n-----END CERTIFICATE", "\nAAAA\n-----END CERTIFICATE"},
                {"\n-----END CERTIFICATE", "\n\n-----END CERTIFICATE"},
                {"\n-----END CERTIFICATE", "\n-----END X509 CERTIFICATE"},
                {"\n-----END CERTIFICATE-----\n", "\n"},
                {"\nM", "\n M"},
                {"\nM", " \nM"},
                {"\n", "\r"},
                {"\n", ""},
        };
        AZA_BYTES struct aza_bytes text = {0};

        (void)state;
        for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
                join(before[i], &pem, "", &text);
                refuses(&text);
        }
        for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
                replace(&pem, inside[i].from, inside[i].to, &text);
                assert_false(aza_span_equal(aza_bytes_span(&text), aza_bytes_span(&pem)));
                refuses(&text);
        }
        /* NULs behind a block or a DER certificate. */
        assert_int_equal(aza_bytes_set(&text, pem.data, pem.len), 0);
        assert_int_equal(aza_bytes_append(&text, "\0", 1), 0);
        refuses(&text);
        assert_int_equal(aza_bytes_set(&text, der.data, der.len), 0);
        assert_int_equal(aza_bytes_append(&text, "\0", 1), 0);
        refuses(&text);
        assert_int_equal(aza_bytes_resize(&text, 0), 0);
        refuses(&text);
}

/* The serial number's length in two bytes, and all lengths around it one longer: BER, not DER. */
static void one_encoding(void **state)
{
        AZA_BYTES struct aza_bytes ber = {0};
        static const uint8_t serial[] = {0x02, 0x01, 0x01}, longer[] = {0x02, 0x81, 0x01, 0x01};
        const uint8_t *at = memmem(der.data, 24, serial, sizeof(serial));

        (void)state;
        assert_non_null(at);
        const size_t before = (size_t)(at - der.data);
        assert_int_equal(aza_bytes_set(&ber, der.data, before), 0);
        assert_int_equal(aza_bytes_append(&ber, longer, sizeof(longer)), 0);
        assert_int_equal(aza_bytes_append(&ber, at + 3, der.len - before - 3), 0);
        assert_true(ber.data[1] == 0x82 && ber.data[5] == 0x82 && ber.data[3] < 255 &&
                    ber.data[7] < 255);
        ber.data[3]++;
        ber.data[7]++;
        refuses(&ber);
        const unsigned char *read = ber.data;
        AZA_OWN(X509_free) X509 *taken = d2i_X509(NULL, &read, (long)ber.len);
        assert_non_null(taken); /* OpenSSL reads it */
}

static void one_request(void **state)
{
        AZA_OWN(X509_REQ_free) X509_REQ *read = NULL;
        AZA_BYTES struct aza_bytes text = {0};

        (void)state;
        assert_int_equal(aza_one_request(libctx, aza_bytes_span(&request), &read), 0);
        assert_int_equal(X509_REQ_verify_ex(read, X509_REQ_get0_pubkey(read), libctx, NULL), 1);
        X509_REQ_free(aza_take(&read));
        join("", &request, (const char *)request.data, &text);
        assert_int_equal(aza_one_request(libctx, aza_bytes_span(&text), &read),
                         AZATTEST_E_CERTIFICATE);
        replace(&request, "BEGIN ", "BEGIN NEW ", &text);
        assert_int_equal(aza_one_request(libctx, aza_bytes_span(&text), &read),
                         AZATTEST_E_CERTIFICATE);
        assert_int_equal(aza_one_request(libctx, aza_bytes_span(&pem), &read),
                         AZATTEST_E_CERTIFICATE);
        assert_int_equal(aza_one_request(libctx, aza_bytes_span(&der), &read),
                         AZATTEST_E_CERTIFICATE);
        assert_null(read);
        refuses(&request);
}

static void token_text(void **state)
{
        static const char *const bad[] = {"a.b.c\0", "a.b.c\n\0", "a.b.c\0\n", "\0a.b.c",
                                          "a.b\0.c"};
        AZA_BYTES struct aza_bytes text = {0};

        (void)state;
        assert_int_equal(aza_bytes_set(&text, "a.b.c \r\n\n", 9), 0);
        assert_int_equal(aza_one_token(&text), 0);
        assert_string_equal((const char *)text.data, "a.b.c");
        assert_int_equal(text.len, 5);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                assert_int_equal(aza_bytes_set(&text, bad[i], i == 1 || i == 2 ? 7 : 6), 0);
                assert_int_equal(aza_one_token(&text), AZATTEST_E_TOKEN_FORM);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_certificate), cmocka_unit_test(more_than_one),
                cmocka_unit_test(one_in_another),  cmocka_unit_test(around_and_inside),
                cmocka_unit_test(one_encoding),    cmocka_unit_test(one_request),
                cmocka_unit_test(token_text),
        };

        return cmocka_run_group_tests_name("one", tests, make, unmake);
}
