/* SPDX-License-Identifier: Apache-2.0 */
/* JWE: the example of RFC 7516 A.1, round trips with a key in software, and every malformation. */
#include "key/jwe.h"

#include "base/base64.h"
#include "libctx_fixture.h"

#include <openssl/rsa.h>
#include <string.h>

#define A1_HEADER "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ"
#define A1_KEY                                                                                   \
        "OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05" \
        "kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lD" \
        "p5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je818" \
        "60ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg"
#define A1_IV "48V1_ALb6US04U3b"
#define A1_TEXT \
        "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A"
#define A1_TAG "XFBoMYUZodetZdvTiFvSkQ"
#define A1     A1_HEADER "." A1_KEY "." A1_IV "." A1_TEXT "." A1_TAG

static const uint8_t a1_content_key[32] = {177, 161, 244, 128, 84,  143, 225, 115, 63, 180, 3,
                                           255, 107, 154, 212, 246, 138, 7,   110, 91, 112, 46,
                                           34,  105, 47,  130, 203, 46,  122, 234, 64, 252};

static struct aza_span text(const char *s)
{
        return aza_span_of(s, strlen(s));
}

static void rfc_example(void **state)
{
        AZA_BYTES struct aza_bytes plain = {0};
        struct aza_jwe jwe = {0};

        (void)state;
        assert_int_equal(aza_jwe_parse(text(A1), &jwe), 0);
        assert_int_equal(jwe.alg, AZA_JWE_RSA_OAEP);
        assert_int_equal(jwe.encrypted_key.len, 256);
        assert_int_equal(aza_jwe_open(libctx, &jwe, aza_span_of(a1_content_key, 32), &plain), 0);
        assert_string_equal((const char *)plain.data,
                            "The true sign of intelligence is not knowledge but imagination.");
        /* Any other content key, also one of another length, fails with the one code. */
        aza_jwe_free(&jwe);
        assert_int_equal(aza_jwe_parse(text(A1), &jwe), 0);
        assert_int_equal(aza_jwe_open(libctx, &jwe, aza_span_of(a1_content_key, 16), &plain),
                         AZATTEST_E_JWE);
        aza_jwe_free(&jwe);
        assert_int_equal(aza_jwe_parse(text(A1), &jwe), 0);
        jwe.tag[15] ^= 1;
        assert_int_equal(aza_jwe_open(libctx, &jwe, aza_span_of(a1_content_key, 32), &plain),
                         AZATTEST_E_JWE);
        aza_jwe_free(&jwe);
}

static EVP_PKEY *software_key(void)
{
        EVP_PKEY *key = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);

        assert_non_null(key);
        return key;
}

static void unwrap(EVP_PKEY *key, const struct aza_jwe *jwe, const char *md, uint8_t out[256],
                   size_t *len)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);

        *len = 256;
        assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, md, NULL), 1);
        assert_int_equal(
                EVP_PKEY_decrypt(ctx, out, len, jwe->encrypted_key.data, jwe->encrypted_key.len),
                1);
}

static void round_trip(enum aza_jwe_alg alg, const char *md, size_t size)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = software_key();
        AZA_BYTES struct aza_bytes data = {0};
        AZA_BYTES struct aza_bytes jwe_text = {0};
        AZA_BYTES struct aza_bytes plain = {0};
        struct aza_jwe jwe = {0};
        uint8_t content_key[256];
        size_t len;

        assert_int_equal(aza_bytes_resize(&data, size), 0);
        for (size_t i = 0; i < size; i++)
                data.data[i] = (uint8_t)(i * 7);
        assert_int_equal(aza_jwe_encrypt(libctx, key, alg, aza_bytes_span(&data), &jwe_text), 0);
        assert_true(aza_jwe_is(aza_bytes_span(&jwe_text)));
        assert_int_equal(strlen((const char *)jwe_text.data), jwe_text.len);
        assert_int_equal(aza_jwe_parse(aza_bytes_span(&jwe_text), &jwe), 0);
        assert_int_equal(jwe.alg, alg);
        unwrap(key, &jwe, md, content_key, &len);
        assert_int_equal(aza_jwe_open(libctx, &jwe, aza_span_of(content_key, len), &plain), 0);
        assert_true(aza_span_equal(aza_bytes_span(&plain), aza_bytes_span(&data)));
        /* The header is authenticated: another spelling of the same header fails. */
        aza_jwe_free(&jwe);
        assert_int_equal(aza_jwe_parse(aza_bytes_span(&jwe_text), &jwe), 0);
        jwe.aad.len--;
        assert_int_equal(aza_jwe_open(libctx, &jwe, aza_span_of(content_key, len), &plain),
                         AZATTEST_E_JWE);
        aza_jwe_free(&jwe);
}

static void round_trips(void **state)
{
        (void)state;
        round_trip(AZA_JWE_RSA_OAEP_256, "SHA256", 0);
        round_trip(AZA_JWE_RSA_OAEP_256, "SHA256", 1);
        round_trip(AZA_JWE_RSA_OAEP_256, "SHA256", 1u << 20);
        round_trip(AZA_JWE_RSA_OAEP, "SHA1", 333);
}

static void one_line_end_is_allowed(void **state)
{
        struct aza_jwe jwe = {0};

        (void)state;
        assert_int_equal(aza_jwe_parse(text(A1 "\n"), &jwe), 0);
        aza_jwe_free(&jwe);
        assert_int_equal(aza_jwe_parse(text(A1 "\r\n"), &jwe), 0);
        aza_jwe_free(&jwe);
        assert_int_equal(aza_jwe_parse(text(A1 "\n\n"), &jwe), AZATTEST_E_JWE);
}

static void refuse(const char *jwe_text, const char *fragment)
{
        struct aza_jwe jwe = {0};

        assert_int_equal(aza_jwe_parse(text(jwe_text), &jwe), AZATTEST_E_JWE);
        assert_non_null(strstr(aza_last_error()->message, fragment));
        assert_null(jwe.ciphertext.data);
}

static void refuse_header(const char *header, const char *fragment)
{
        AZA_BYTES struct aza_bytes jwe_text = {0};

        assert_int_equal(aza_base64_encode(AZA_BASE64URL, text(header), &jwe_text), 0);
        assert_int_equal(
                aza_bytes_append_text(&jwe_text, "." A1_KEY "." A1_IV "." A1_TEXT "." A1_TAG), 0);
        refuse((const char *)jwe_text.data, fragment);
}

static void malformed(void **state)
{
        (void)state;
        refuse("", "five parts");
        refuse(A1_HEADER "." A1_KEY "." A1_IV "." A1_TEXT, "five parts");
        refuse(A1 ".", "five parts");
        refuse(A1_HEADER ".." A1_IV "." A1_TEXT "." A1_TAG, "wrapped key of 0");
        refuse(A1_HEADER "." A1_KEY ".AAAA." A1_TEXT "." A1_TAG, "vector of 3");
        refuse(A1_HEADER "." A1_KEY "." A1_IV "." A1_TEXT ".XFBoMYUZodetZdvTiFvS", "tag of 15");
        refuse(A1_HEADER "." A1_KEY "." A1_IV "." A1_TEXT "=." A1_TAG, "ciphertext is not");
        refuse_header("[]", "header");
        refuse_header("{\"alg\":\"RSA-OAEP\",\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\"}", "header");
        refuse_header("{\"alg\":\"RSA1_5\",\"enc\":\"A256GCM\"}", "alg is RSA1_5");
        refuse_header("{\"enc\":\"A256GCM\"}", "alg is missing");
        refuse_header("{\"alg\":\"RSA-OAEP\",\"enc\":\"A128CBC-HS256\"}", "enc is A128CBC-HS256");
        refuse_header("{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\",\"crit\":[\"x\"]}", "crit or zip");
        refuse_header("{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\",\"zip\":\"DEF\"}", "crit or zip");
        assert_false(aza_jwe_is(text("eyJ.a.b")));
        assert_false(aza_jwe_is(text("abc.a.b.c.d")));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rfc_example),
                cmocka_unit_test(round_trips),
                cmocka_unit_test(one_line_end_is_allowed),
                cmocka_unit_test(malformed),
        };

        return cmocka_run_group_tests(tests, libctx_setup, libctx_teardown);
}
