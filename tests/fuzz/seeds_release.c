/* SPDX-License-Identifier: Apache-2.0 */
/* First inputs about keys that a vault releases. */
#include "seeds.h"

#include "base/base64.h"
#include "sim/cert.h"

#define KID "https://v.example/keys/k/1"
#define HSM                                                                                         \
        "{\"schema_version\":\"1.0\",\"header\":{\"alg\":\"dir\",\"enc\":\"RSA_AES_KEY_WRAP_256\"," \
        "\"kid\":\"TpmEphemeralEncryptionKey\"},\"ciphertext\":\"%s\"}"

static void base64(enum aza_base64_form form, struct aza_span in, struct aza_bytes *ret)
{
        FUZZ_CHECK(aza_base64_encode(form, in, ret) == 0);
}

static void hsm(char out[1024])
{
        AZA_BYTES struct aza_bytes text = {0};
        uint8_t wrapped[256 + 40] = {1};

        base64(AZA_BASE64URL, aza_span_of(wrapped, sizeof wrapped), &text);
        (void)snprintf(out, 1024, HSM, (const char *)text.data);
}

static void answers(void)
{
        static const char *const subject[] = {"CN", "v.example", NULL};
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = sim_rsa_key(2048);
        AZA_OWN(X509_free)
        X509 *certificate = sim_certificate_make(&(struct sim_certificate){
                .subject = subject, .key = key, .issuer_key = key, .days = 9, .digest = "SHA256"});
        AZA_BYTES struct aza_bytes x5c = {0};
        AZA_BYTES struct aza_bytes key_hsm = {0};
        AZA_BYTES struct aza_bytes jws = {0};
        char header[4096], claims[4096], json[1024];
        unsigned char *der = NULL;

        FUZZ_CHECK(certificate != NULL);
        int len = i2d_X509(certificate, &der);
        FUZZ_CHECK(len > 0);
        base64(AZA_BASE64, aza_span_of(der, (size_t)len), &x5c);
        OPENSSL_free(der);
        hsm(json);
        base64(AZA_BASE64URL, aza_span_of(json, strlen(json)), &key_hsm);
        (void)snprintf(header, sizeof header, "{\"alg\":\"RS256\",\"x5c\":[\"%s\"]}",
                       (const char *)x5c.data);
        (void)snprintf(claims, sizeof claims,
                       "{\"request\":{\"enc\":\"RSA_AES_KEY_WRAP_256\",\"kid\":\"" KID
                       "\",\"nonce\":\"nonce\"},\"response\":{\"key\":{\"attributes\":{"
                       "\"exportable\":true},\"key\":{\"kid\":\"" KID
                       "\",\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"key_hsm\":\"%s\"},"
                       "\"release_policy\":{\"data\":\"e30\"}}}}",
                       (const char *)key_hsm.data);
        seed_jwt(header, claims, &jws);
        seed("release", aza_bytes_span(&jws));
}

static void part(struct aza_bytes *out, struct aza_span in)
{
        FUZZ_CHECK(aza_bytes_append_be16(out, (uint16_t)in.len) == 0);
        FUZZ_CHECK(aza_bytes_append(out, in.data, in.len) == 0);
}

/* A JWK, key_hsm and the key that it shall be. */
static void key(const char *jwk, struct aza_span plain)
{
        AZA_BYTES struct aza_bytes out = {0};
        char json[1024];

        hsm(json);
        part(&out, aza_span_of(jwk, strlen(jwk)));
        part(&out, aza_span_of(json, strlen(json)));
        FUZZ_CHECK(aza_bytes_append(&out, plain.data, plain.len) == 0);
        seed("key_hsm", aza_bytes_span(&out));
}

static void ec_key(void)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *pair = sim_ec_key("P-256");
        AZA_BYTES struct aza_bytes x = {0};
        AZA_BYTES struct aza_bytes y = {0};
        PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pair);
        unsigned char *der = NULL;
        uint8_t point[65];
        char jwk[300];
        size_t n = 0;
        int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

        FUZZ_CHECK(len > 0 &&
                   EVP_PKEY_get_octet_string_param(pair, "pub", point, sizeof point, &n) == 1);
        FUZZ_CHECK(n == sizeof point);
        base64(AZA_BASE64URL, aza_span_of(point + 1, 32), &x);
        base64(AZA_BASE64URL, aza_span_of(point + 33, 32), &y);
        (void)snprintf(jwk, sizeof jwk,
                       "{\"kty\":\"EC-HSM\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}",
                       (const char *)x.data, (const char *)y.data);
        key(jwk, aza_span_of(der, (size_t)len));
        OPENSSL_free(der);
        PKCS8_PRIV_KEY_INFO_free(info);
}

void seeds_release(void)
{
        static const uint8_t bytes[32] = {1};

        answers();
        ec_key();
        key("{\"kty\":\"oct\"}", aza_span_of(bytes, sizeof bytes));
}
