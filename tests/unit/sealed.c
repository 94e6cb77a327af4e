/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed keys without a TPM: the form there and back with a key in software, and what is refused;
 * reading private keys of every form. */
#include "key/sealed.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "key/pkcs8.h"
#include "libctx_fixture.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

static EVP_PKEY *recipient;
static struct aza_bytes pkcs8; /* of an Ed25519 key */

static struct aza_span text(const char *s)
{
        return aza_span_of(s, strlen(s));
}

static int setup(void **state)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        PKCS8_PRIV_KEY_INFO *info;

        assert_int_equal(libctx_setup(state), 0);
        recipient = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        key = EVP_PKEY_Q_keygen(libctx, NULL, "ED25519");
        info = EVP_PKEY2PKCS8(key);
        assert_non_null(info);
        unsigned char *der = NULL;
        const int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
        assert_true(len > 0);
        assert_int_equal(aza_bytes_set(&pkcs8, der, (size_t)len), 0);
        OPENSSL_free(der);
        PKCS8_PRIV_KEY_INFO_free(info);
        return 0;
}

static int teardown(void **state)
{
        EVP_PKEY_free(recipient);
        aza_bytes_free(&pkcs8);
        return libctx_teardown(state);
}

/* As whoever holds the recipient's private half opens it. */
static int open_in_software(struct aza_sealed *sealed, struct aza_bytes *ret)
{
        AZA_OWN(EVP_PKEY_CTX_free)
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, recipient, NULL);
        uint8_t key[256];
        size_t len = sizeof(key);

        assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, "SHA256", NULL), 1);
        assert_int_equal(EVP_PKEY_decrypt(ctx, key, &len, sealed->jwe.encrypted_key.data,
                                          sealed->jwe.encrypted_key.len),
                         1);
        return aza_jwe_open(libctx, &sealed->jwe, aza_span_of(key, len), ret);
}

static struct aza_sealed_to whole(uint32_t mask)
{
        struct aza_sealed_to to = {.name = "web",
                                   .has_hierarchy = true,
                                   .hierarchy = TPM2_RH_OWNER,
                                   .has_key = true,
                                   .pcrs = {.mask = mask}};
        AZA_BYTES struct aza_bytes n = {0};

        assert_int_equal(aza_rsa_modulus(recipient, &n), 0);
        memcpy(to.modulus, n.data, sizeof(to.modulus));
        for (int i = 0; i < AZA_PCR_COUNT; i++)
                if ((mask >> i & 1) != 0)
                        memset(to.pcrs.value[i], i + 1, AZA_PCR_SIZE);
        return to;
}

static void make(const struct aza_sealed_to *to, struct aza_bytes *ret_text)
{
        AZA_BYTES struct aza_bytes pem = {0};

        assert_int_equal(aza_sealed_make(libctx, recipient, to, aza_bytes_span(&pkcs8), &pem), 0);
        assert_int_equal(strncmp((const char *)pem.data,
                                 "-----BEGIN AZATTEST SEALED PRIVATE KEY-----\n", 44),
                         0);
        assert_int_equal(aza_sealed_of_pem(aza_bytes_span(&pem), ret_text), 0);
        assert_true(aza_jwe_is(aza_bytes_span(ret_text)));
}

static void there_and_back(void **state)
{
        const struct aza_sealed_to all[] = {{.name = ""}, whole(0), whole(0xff), whole(0xffffff)};

        (void)state;
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                AZA_BYTES struct aza_bytes jwe = {0};
                AZA_BYTES struct aza_bytes plain = {0};
                AZA_SEALED struct aza_sealed sealed = {0};

                make(&all[i], &jwe);
                assert_int_equal(aza_sealed_parse(aza_bytes_span(&jwe), &sealed), 0);
                assert_memory_equal(&sealed.to, &all[i], sizeof(all[i]));
                assert_int_equal(open_in_software(&sealed, &plain), 0);
                assert_true(aza_span_equal(aza_bytes_span(&plain), aza_bytes_span(&pkcs8)));
                aza_sealed_free(&sealed);
                /* A tag that is another one's. */
                assert_int_equal(aza_sealed_parse(aza_bytes_span(&jwe), &sealed), 0);
                sealed.jwe.tag[0] ^= 1;
                assert_int_equal(open_in_software(&sealed, &plain), AZATTEST_E_JWE);
        }
}

/* By npm's jose 5.9.6 on 2026-11-29: the private key of RFC 8410 10.3, to an RSA key that nobody
 * has. The content key was given, so that it opens here. */
static const char of_jose[] = "-----BEGIN AZATTEST SEALED PRIVATE KEY-----\n"
                              "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZaUxDSmxibU1pT2lKQk1qVTJSME5O\n"
                              "SWl3aVkzUjVJam9pY0d0amN6Z2lMQ0poZW1GMGRHVnpkQ0k2ZXlKMklqb3hMQ0p1\n"
                              "WVcxbElqb2lkMlZpSW4xOS5NUzdNNDA5RjFvRWhReUExazFRTkhLMGZ3bi03UUtJ\n"
                              "TzNFdjVPd21VaDctRFdUbTNwd0R4SHdYdW1WS0VBekVGNEpWRmxxQzZ5amtseGEt\n"
                              "emdOQzZVUXRibGc4RGlneHk3Y0RvZXlZU090V2lyb3Njbnh6MC1XTmw2dDJ0YVdv\n"
                              "bU9wOEIxbGotaGppQ2lUVUJYY1pMWVRjZ21YTGU3Nm1EeWFDU3AzVUthWklzaFds\n"
                              "eXhDdUFUdmxNMmxDdUV5czZGV1d6OEV4RFBINTFCeUZRYUIwZUt0SHk3cEdLNnFm\n"
                              "NktTZUd0YUp0UkJ1TGo0Rmdxd2otZHdONHF6SDlwMzJEWDIxSWdhWkI1QW1vemN0\n"
                              "S0RCdG9HRURsUEp1VkdaemFCT252bGhnRmlyei0xNFE0U3ZSVHpkN0tNVzk0cW5X\n"
                              "OXFFSEZlR0YtWEJVN1pOT2tFcEctUXcuc3pkdzNyRnk0ajFxdkJiTi4yWGhrX0Q0\n"
                              "U1ItNDNXWkZYaXJOcDhFMl9mV1dLWTdPNWZ0Rm0zRHlrOWhHaF9QREMzVGRtYjli\n"
                              "eWh5Mm9sam5pLmI4RjhSejhWSXpzbXkzVk5DaDdENUE=\n"
                              "-----END AZATTEST SEALED PRIVATE KEY-----\n";
static const uint8_t rfc8410_seed[] = {0xd4, 0xee, 0x72, 0xdb, 0xf9, 0x13, 0x58, 0x4a,
                                       0xd5, 0xb6, 0xd8, 0xf1, 0xf7, 0x69, 0xf8, 0xad,
                                       0x3a, 0xfe, 0x7c, 0x28, 0xcb, 0xf1, 0xd4, 0xfb,
                                       0xe0, 0x97, 0xa8, 0x8f, 0x44, 0x75, 0x58, 0x42};

static void made_by_jose(void **state)
{
        AZA_BYTES struct aza_bytes jwe = {0};
        AZA_BYTES struct aza_bytes plain = {0};
        AZA_SEALED struct aza_sealed sealed = {0};
        uint8_t content_key[AZA_SHA256_LEN];

        (void)state;
        assert_int_equal(aza_sha256(libctx, text("azattest"), content_key), 0);
        assert_int_equal(aza_sealed_of_pem(text(of_jose), &jwe), 0);
        assert_int_equal(aza_sealed_parse(aza_bytes_span(&jwe), &sealed), 0);
        assert_string_equal(sealed.to.name, "web");
        assert_false(sealed.to.has_key || sealed.to.has_hierarchy || sealed.to.pcrs.mask != 0);
        assert_int_equal(aza_jwe_open(libctx, &sealed.jwe,
                                      aza_span_of(content_key, sizeof(content_key)), &plain),
                         0);
        assert_int_equal(aza_pkcs8_check(aza_bytes_span(&plain)), 0);
        assert_int_equal(plain.len, 48);
        assert_memory_equal(plain.data + 16, rfc8410_seed, sizeof(rfc8410_seed));
}

/* The reference is that of the key whose PCR values the file has. */
static void reference(void **state)
{
        const struct aza_sealed_to to = whole(0x81);
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        uint8_t policy[32];

        (void)state;
        assert_int_equal(aza_sealed_reference(libctx, &to, &ref), 0);
        assert_int_equal(aza_pcr_policy(libctx, &to.pcrs, policy), 0);
        assert_memory_equal(ref->policy, policy, sizeof(policy));
        assert_memory_equal(ref->modulus, to.modulus, sizeof(to.modulus));
        assert_int_equal(ref->pcr_mask, 0x81);
        assert_int_equal(ref->purpose, AZA_PURPOSE_DECRYPT);
        assert_int_equal(ref->hierarchy, TPM2_RH_OWNER);
        assert_string_equal(ref->name, "web");
}

/* ---- headers ---- */

static int parse_with_header(const char *header)
{
        AZA_BYTES struct aza_bytes jwe = {0};
        AZA_SEALED struct aza_sealed sealed = {0};

        assert_int_equal(
                aza_jwe_encrypt_with(libctx, recipient, header, aza_bytes_span(&pkcs8), &jwe), 0);
        return aza_sealed_parse(aza_bytes_span(&jwe), &sealed);
}

static void refuse_header(const char *header, const char *fragment)
{
        assert_int_equal(parse_with_header(header), AZATTEST_E_JWE);
        assert_non_null(strstr(aza_last_error()->message, fragment));
        assert_non_null(strstr(aza_last_error()->message, "sealed key"));
}

#define HEAD "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"cty\":\"pkcs8\""

static void refuse_member(const char *member, const char *fragment)
{
        char header[4096];

        (void)snprintf(header, sizeof(header), HEAD ",\"azattest\":%s}", member);
        refuse_header(header, fragment);
}

static void headers(void **state)
{
        (void)state;
        assert_int_equal(parse_with_header(HEAD "}"), 0);
        assert_int_equal(parse_with_header(HEAD ",\"kid\":\"other\",\"x\":[1]}"), 0);
        assert_int_equal(parse_with_header(HEAD ",\"azattest\":{\"v\":1}}"), 0);
        refuse_header("{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\",\"cty\":\"pkcs8\"}",
                      "RSA-OAEP-256");
        refuse_header("{\"alg\":\"RSA1_5\",\"enc\":\"A256GCM\",\"cty\":\"pkcs8\"}",
                      "alg is RSA1_5");
        refuse_header("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"cty\":\"pkcs8\"}",
                      "enc is A128GCM");
        refuse_header("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\"}", "cty");
        refuse_header("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"cty\":\"jwk+json\"}", "cty");
        refuse_header(HEAD ",\"zip\":\"DEF\"}", "crit or zip");
}

static void members(void **state)
{
        (void)state;
        refuse_member("null", "no object");
        refuse_member("[]", "no object");
        refuse_member("{}", "version");
        refuse_member("{\"v\":2,\"new\":1}", "version");
        refuse_member("{\"v\":\"1\"}", "version");
        refuse_member("{\"v\":1,\"purpose\":\"any\"}", "\"purpose\" is not known");
        refuse_member("{\"v\":1,\"name\":\"a b\"}", "azattest.name");
        refuse_member("{\"v\":1,\"name\":1}", "azattest.name");
        refuse_member("{\"v\":1,\"hierarchy\":\"platform\"}", "azattest.hierarchy");
        refuse_member("{\"v\":1,\"key\":\"AAAA\"}", "azattest.key");
        refuse_member("{\"v\":1,\"key\":7}", "azattest.key");
        refuse_member("{\"v\":1,\"pcrs\":[0]}", "azattest.pcrs");
        refuse_member("{\"v\":1,\"pcrs\":{}}", "azattest.pcrs");
        refuse_member("{\"v\":1,\"pcrs\":{\"0\":\"00\"}}", "azattest.pcrs");
        static const char *const numbers[] = {"24", "00", "-1", "", "7 ", "100"};
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
                char member[256];

                (void)snprintf(member, sizeof(member), "{\"v\":1,\"pcrs\":{\"%s\":\"%064d\"}}",
                               numbers[i], 0);
                refuse_member(member, "azattest.pcrs");
        }
        char alone[256];
        (void)snprintf(alone, sizeof(alone), "{\"v\":1,\"pcrs\":{\"7\":\"%064d\"}}", 0);
        refuse_member(alone, "without key and hierarchy");
}

/* ---- files and texts ---- */

static void refuse_file(const char *file, const char *fragment)
{
        AZA_BYTES struct aza_bytes jwe = {0};

        assert_int_equal(aza_sealed_of_pem(text(file), &jwe), AZATTEST_E_INPUT);
        assert_non_null(strstr(aza_last_error()->message, fragment));
        assert_null(jwe.data);
}

#define BEGIN "-----BEGIN AZATTEST SEALED PRIVATE KEY-----\n"
#define END   "-----END AZATTEST SEALED PRIVATE KEY-----\n"

static void files(void **state)
{
        (void)state;
        refuse_file("", "BEGIN AZATTEST SEALED");
        refuse_file("0\x82", "BEGIN AZATTEST SEALED");
        refuse_file("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "AZATTEST");
        refuse_file(BEGIN "AAAA\n", "does not end");
        refuse_file(BEGIN "AAAA\n" END BEGIN "AAAA\n" END, "stand behind");
        refuse_file(BEGIN "eyJ.a.b.c.d\n" END, "base64");
}

static void refuse_text(struct aza_span jwe, const char *fragment)
{
        AZA_SEALED struct aza_sealed sealed = {0};

        assert_int_equal(aza_sealed_parse(jwe, &sealed), AZATTEST_E_JWE);
        assert_non_null(strstr(aza_last_error()->message, fragment));
        assert_null(sealed.text.data);
}

static void texts(void **state)
{
        const struct aza_sealed_to to = {.name = ""};
        AZA_BYTES struct aza_bytes jwe = {0};
        AZA_BYTES struct aza_bytes large = {0};

        (void)state;
        refuse_text(text(""), "five parts");
        refuse_text(text("hello"), "five parts");
        make(&to, &jwe);
        assert_int_equal(aza_bytes_append_text(&jwe, ".x"), 0);
        refuse_text(aza_bytes_span(&jwe), "five parts");
        jwe.len -= 2;
        assert_int_equal(aza_bytes_append_text(&jwe, "=="), 0);
        refuse_text(aza_bytes_span(&jwe), "tag is not");
        jwe.len -= 3;
        refuse_text(aza_bytes_span(&jwe), "");
        assert_int_equal(aza_bytes_resize(&large, AZA_SEALED_MAX + 1), 0);
        refuse_text(aza_bytes_span(&large), "65536 are possible");
}

static void sealed_is_pkcs8(void **state)
{
        const struct aza_sealed_to to = {.name = ""};
        AZA_BYTES struct aza_bytes pem = {0};
        AZA_BYTES struct aza_bytes longer = {0};

        (void)state;
        assert_int_equal(aza_sealed_make(libctx, recipient, &to, text("hello"), &pem),
                         AZATTEST_E_INPUT);
        assert_int_equal(aza_sealed_make(libctx, recipient, &to, text(""), &pem), AZATTEST_E_INPUT);
        assert_int_equal(aza_bytes_set(&longer, pkcs8.data, pkcs8.len), 0);
        assert_int_equal(aza_bytes_append(&longer, "", 1), 0);
        assert_int_equal(aza_sealed_make(libctx, recipient, &to, aza_bytes_span(&longer), &pem),
                         AZATTEST_E_INPUT);
        assert_non_null(strstr(aza_last_error()->message, "1 bytes stand behind"));
        assert_null(pem.data);
}

/* One whose JWE would be larger than what is read. */
static void too_large(void **state)
{
        const struct aza_sealed_to to = {.name = ""};
        AZA_BYTES struct aza_bytes pem = {0};
        PKCS8_PRIV_KEY_INFO *info = PKCS8_PRIV_KEY_INFO_new();
        unsigned char *der = NULL;

        (void)state;
        assert_int_equal(PKCS8_pkey_set0(info, OBJ_nid2obj(NID_ED25519), 0, V_ASN1_UNDEF, NULL,
                                         OPENSSL_zalloc(60000), 60000),
                         1);
        const int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
        assert_true(len > 60000);
        assert_int_equal(
                aza_sealed_make(libctx, recipient, &to, aza_span_of(der, (size_t)len), &pem),
                AZATTEST_E_INPUT);
        assert_non_null(strstr(aza_last_error()->message, "too large"));
        OPENSSL_free(der);
        PKCS8_PRIV_KEY_INFO_free(info);
}

/* ---- private keys of files ---- */

static int asked;

static int secret(char *out, int room, int writing, void *arg)
{
        const char *word = arg;

        (void)writing;
        asked++;
        assert_true(room > (int)strlen(word));
        memcpy(out, word, strlen(word));
        return (int)strlen(word);
}

/* What `write` made of `key`, as text or DER. */
static void read_back(BIO *bio, const char *passphrase, const EVP_PKEY *key)
{
        const struct aza_passphrase p = {.ask = passphrase != NULL ? secret : NULL,
                                         .arg = (void *)passphrase};
        AZA_BYTES struct aza_bytes der = {0};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *back = NULL;
        char *start = NULL;
        const long len = BIO_get_mem_data(bio, &start);

        asked = 0;
        assert_true(len > 0);
        assert_int_equal(aza_pkcs8_read(libctx, aza_span_of(start, (size_t)len), &p, &der), 0);
        assert_true(asked <= 1);
        assert_int_equal(aza_pkcs8_check(aza_bytes_span(&der)), 0);
        const unsigned char *at = der.data;
        back = d2i_AutoPrivateKey_ex(NULL, &at, (long)der.len, libctx, NULL);
        assert_int_equal(EVP_PKEY_eq(back, key), 1);
        BIO_reset(bio);
}

static void read_forms(EVP_PKEY *key)
{
        static char word[] = "word";
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, "AES-256-CBC", NULL);

        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
        read_back(bio, NULL, key);
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, NULL, 0, NULL, word), 1);
        read_back(bio, word, key);
        assert_int_equal(i2d_PKCS8PrivateKey_bio(bio, key, cipher, NULL, 0, NULL, word), 1);
        read_back(bio, word, key);
        assert_int_equal(i2d_PrivateKey_bio(bio, key), 1);
        read_back(bio, NULL, key);
        if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "EC")) {
                assert_int_equal(
                        PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL),
                        1);
                read_back(bio, NULL, key);
                assert_int_equal(
                        PEM_write_bio_PrivateKey_traditional(bio, key, cipher, NULL, 0, NULL, word),
                        1);
                read_back(bio, word, key);
        }
        EVP_CIPHER_free(cipher);
}

static void every_form(void **state)
{
        static const char *const types[] = {"ED25519", "ED448", "X25519", "X448"};
        AZA_OWN(EVP_PKEY_free)
        EVP_PKEY *rsa = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *ec = EVP_PKEY_Q_keygen(libctx, NULL, "EC", "P-384");

        (void)state;
        read_forms(rsa);
        read_forms(ec);
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
                AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = EVP_PKEY_Q_keygen(libctx, NULL, types[i]);

                read_forms(key);
        }
}

static void refuse_key(struct aza_span file, const char *passphrase, const char *fragment)
{
        const struct aza_passphrase p = {.ask = passphrase != NULL ? secret : NULL,
                                         .arg = (void *)passphrase};
        AZA_BYTES struct aza_bytes der = {0};

        asked = 0;
        assert_int_equal(aza_pkcs8_read(libctx, file, &p, &der), AZATTEST_E_INPUT);
        assert_true(asked <= 1);
        assert_non_null(strstr(aza_last_error()->message, fragment));
        assert_null(der.data);
}

/* Also one whose passphrase is empty: that is never tried. */
static void no_key(void **state)
{
        AZA_OWN(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = EVP_PKEY_Q_keygen(libctx, NULL, "ED25519");
        AZA_BYTES struct aza_bytes longer = {0};
        EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, "AES-256-CBC", NULL);
        static char none[] = "";
        char *start = NULL;

        (void)state;
        refuse_key(text(""), NULL, "1 to 262144 bytes");
        refuse_key(text("hello"), "x", "no private key");
        assert_int_equal(asked, 0);
        assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
        long len = BIO_get_mem_data(bio, &start);
        refuse_key(aza_span_of(start, (size_t)len), NULL, "no private key");
        BIO_reset(bio);
        assert_int_equal(aza_bytes_set(&longer, pkcs8.data, pkcs8.len), 0);
        assert_int_equal(aza_bytes_append(&longer, "x", 1), 0);
        refuse_key(aza_bytes_span(&longer), NULL, "no private key");

        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, "", 0, NULL, none), 1);
        len = BIO_get_mem_data(bio, &start);
        const struct aza_span empty = aza_span_of(start, (size_t)len);
        refuse_key(empty, NULL, "its passphrase is not given");
        refuse_key(empty, "", "missing or wrong");
        refuse_key(empty, "wrong", "missing or wrong");
        EVP_CIPHER_free(cipher);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(made_by_jose), cmocka_unit_test(there_and_back),
                cmocka_unit_test(reference),    cmocka_unit_test(headers),
                cmocka_unit_test(members),      cmocka_unit_test(files),
                cmocka_unit_test(texts),        cmocka_unit_test(sealed_is_pkcs8),
                cmocka_unit_test(too_large),    cmocka_unit_test(every_form),
                cmocka_unit_test(no_key),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
