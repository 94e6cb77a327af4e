/* SPDX-License-Identifier: Apache-2.0 */
/* The CMW extension: its exact bytes, and every way in which one can be wrong. */
#include "certificate/cmw.h"

#include "base/base64.h"
#include "libctx_fixture.h"

#include <openssl/x509v3.h>
#include <string.h>

/* DER of a UTF8String (or another tag) with a one-byte length. */
static struct aza_span der_of(uint8_t *out, uint8_t tag, const char *json)
{
        size_t len = strlen(json);

        assert_true(len < 128);
        out[0] = tag;
        out[1] = (uint8_t)len;
        memcpy(out + 2, json, len);
        return aza_span_of(out, len + 2);
}

static void encodes_the_record(void **state)
{
        static const char expected[] = "[\"application/jwt\",\"YS5iLmM\",8]";
        AZA_BYTES struct aza_bytes der = {0};
        AZA_BYTES struct aza_bytes jwt = {0};
        uint8_t wanted[130];

        (void)state;
        assert_int_equal(aza_cmw_encode("a.b.c", &der), 0);
        assert_true(aza_span_equal(aza_bytes_span(&der), der_of(wanted, 0x0c, expected)));
        assert_int_equal(aza_cmw_decode(aza_bytes_span(&der), &jwt), 0);
        assert_string_equal((const char *)jwt.data, "a.b.c");
}

static void accepts(const char *json)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        uint8_t der[130];

        assert_int_equal(aza_cmw_decode(der_of(der, 0x0c, json), &jwt), 0);
        assert_string_equal((const char *)jwt.data, "a.b.c");
}

static void refuses(uint8_t tag, const char *json, const char *fragment)
{
        AZA_BYTES struct aza_bytes jwt = {0};
        uint8_t der[130];

        assert_int_equal(aza_cmw_decode(der_of(der, tag, json), &jwt), AZATTEST_E_CERTIFICATE);
        assert_non_null(strstr(aza_last_error()->message, fragment));
        assert_null(jwt.data);
}

static void forms(void **state)
{
        (void)state;
        accepts("[\"application/jwt\",\"YS5iLmM\"]");
        accepts("[\"application/jwt\", \"YS5iLmM\", 12]");
        refuses(0x0c, "[\"application/jwt\",\"YS5iLmM\",4]", "is not [");
        refuses(0x0c, "[\"application/jwt\",\"YS5iLmM\",\"8\"]", "is not [");
        refuses(0x0c, "[\"application/jwt\",\"YS5iLmM\",8,8]", "is not [");
        refuses(0x0c, "[\"application/eat+cwt\",\"YS5iLmM\",8]", "is not [");
        refuses(0x0c, "[\"application/jwt\",\"YS5iLmM=\",8]", "base64url");
        refuses(0x0c, "[\"application/jwt\",\"\",8]", "base64url");
        refuses(0x0c, "[\"application/jwt\",\"YQBi\",8]", "base64url");
        refuses(0x0c, "[\"application/jwt\\u0000x\",\"YS5iLmM\",8]", "is not [");
        refuses(0x0c, "[\"application/jwt\",\"YS5iLmM\\u0000x\",8]", "is not [");
        refuses(0x0c, "{\"a\":[\"application/jwt\",\"YS5iLmM\",8]}", "is not [");
        refuses(0x0c, "[\"application/jwt\",\"YS5iLmM\",8] ]", "JSON");
        refuses(0x0c, "", "JSON");
        refuses(0x04, "[\"application/jwt\",\"YS5iLmM\",8]", "CBOR");
        refuses(0x16, "[\"application/jwt\",\"YS5iLmM\",8]", "UTF8String");
}

static void der_is_strict(void **state)
{
        AZA_BYTES struct aza_bytes der = {0};
        AZA_BYTES struct aza_bytes jwt = {0};
        uint8_t longer[200];

        (void)state;
        assert_int_equal(aza_cmw_encode("a.b.c", &der), 0);
        /* The same length in two bytes instead of one. */
        longer[0] = 0x0c;
        longer[1] = 0x81;
        memcpy(longer + 2, der.data + 1, der.len - 1);
        assert_int_equal(aza_cmw_decode(aza_span_of(longer, der.len + 1), &jwt),
                         AZATTEST_E_CERTIFICATE);
        assert_int_equal(aza_cmw_decode(aza_span_of(der.data, der.len - 1), &jwt),
                         AZATTEST_E_CERTIFICATE);
        assert_int_equal(aza_bytes_append(&der, "", 1), 0);
        assert_int_equal(aza_cmw_decode(aza_bytes_span(&der), &jwt), AZATTEST_E_CERTIFICATE);
        assert_int_equal(aza_cmw_decode(aza_span_of(NULL, 0), &jwt), AZATTEST_E_CERTIFICATE);
}

static void in_a_certificate(void **state)
{
        AZA_OWN(X509_free) X509 *certificate = X509_new_ex(libctx, NULL);
        AZA_BYTES struct aza_bytes jwt = {0};
        X509_EXTENSION *extension = aza_cmw_extension(AZA_CMW_OID, "a.b.c");

        (void)state;
        assert_non_null(extension);
        assert_int_equal(X509_EXTENSION_get_critical(extension), 0);
        assert_int_equal(aza_cmw_of_certificate(certificate, AZA_CMW_OID, &jwt),
                         AZATTEST_E_CERTIFICATE);
        assert_non_null(strstr(aza_last_error()->message, "carries no attestation"));
        assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
        assert_int_equal(aza_cmw_of_certificate(certificate, AZA_CMW_OID, &jwt), 0);
        assert_string_equal((const char *)jwt.data, "a.b.c");
        assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
        assert_int_equal(aza_cmw_of_certificate(certificate, AZA_CMW_OID, &jwt),
                         AZATTEST_E_CERTIFICATE);
        assert_non_null(strstr(aza_last_error()->message, "twice"));
        X509_EXTENSION_free(extension);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(encodes_the_record),
                cmocka_unit_test(forms),
                cmocka_unit_test(der_is_strict),
                cmocka_unit_test(in_a_certificate),
        };

        return cmocka_run_group_tests(tests, libctx_setup, libctx_teardown);
}
