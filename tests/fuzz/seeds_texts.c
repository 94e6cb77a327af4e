/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs that are text. */
#include "base/base64.h"
#include "certificate/cmw.h"
#include "key/cms.h"
#include "key/jwe.h"
#include "key/sealed.h"
#include "seeds.h"

#include <tss2/tss2_tpm2_types.h>

#define MODULUS_JWK "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\""
#define TEE                                                                                        \
        "\"x-ms-isolation-tee\":{\"x-ms-attestation-type\":\"sevsnpvm\","                          \
        "\"x-ms-compliance-status\":\"azure-compliant-cvm\",\"x-ms-runtime\":{\"keys\":[{"         \
        "\"e\":\"AQAB\",\"key_ops\":[\"sign\"],\"kid\":\"HCLAkPub\",\"kty\":\"RSA\",\"n\":\"AQ\"}" \
        "],"                                                                                       \
        "\"user-data\":\"00\",\"vm-configuration\":{\"secure-boot\":true,\"vmUniqueId\":\"A\"}},"  \
        "\"x-ms-sevsnpvm-is-debuggable\":false,\"x-ms-sevsnpvm-vmpl\":0,"                          \
        "\"x-ms-sevsnpvm-reportdata\":\"%0128d\"}"

static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\","
                             "\"jku\":\"https://maa.test/certs\"}";

/* base64url of fuzz_rsa's modulus. */
static const char *modulus(void)
{
        static struct aza_bytes text;
        AZA_BYTES struct aza_bytes n = {0};
        if (text.len == 0) {
                FUZZ_CHECK(aza_rsa_modulus(fuzz_rsa(), &n) == 0);
                FUZZ_CHECK(aza_base64_encode(AZA_BASE64URL, aza_bytes_span(&n), &text) == 0);
        }
        return (const char *)text.data;
}

/* Profile files with every member. */
static void profiles(void)
{
#define PROFILE "{\"azattest-profile\":1,\"name\":\"bank\",\"date\":\"2026-11-24\","
        seed_text("demands", PROFILE "\"base\":\"none\",\"allow-policy\":[\"debug\",\"cxl\"],"
                                     "\"allow-vmpl\":[1,2],\"allow-masked-chip\":true,"
                                     "\"allow-unknown-platform\":true,\"ignore-crl\":true,"
                                     "\"allow-resettable-pcrs\":true,\"csp-id\":\"c\"}");
        seed_text("demands", PROFILE "\"require-secure-boot\":true,\"require-event-log\":true,"
                                     "\"require-ak-certificate\":true,\"require-crl\":true,"
                                     "\"require-attested-key\":true,\"guest-svn\":12,"
                                     "\"product\":[\"Genoa\",\"Turin\"],"
                                     "\"exclude-product\":\"Turin\",\"tcb\":[{\"line\":\"Genoa\","
                                     "\"snp\":27,\"microcode\":86}],\"launch-tcb\":{\"snp\":23},"
                                     "\"firmware\":\"1.55.40\",\"abi\":\"0.31\","
                                     "\"mitigation\":[1,4],\"committed-firmware\":true,"
                                     "\"require-policy\":\"single-socket\","
                                     "\"forbid-policy\":\"smt\",\"require-platform\":[\"ecc\"],"
                                     "\"forbid-platform\":[\"tsme\"]}");
        seed_text("demands",
                  PROFILE "\"base\":\"strict\",\"family-id\":\"02212000000000000000000000000000\","
                          "\"image-id\":\"02000000000000000000000000000000\",\"measurement\":["
                          "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
                          "00112233445566778899aabbccddeeff\"],\"pcr\":[\"sha256:7="
                          "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"],"
                          "\"host-data\":"
                          "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}");
}

static void tokens(void)
{
        char claims[4096];
        AZA_BYTES struct aza_bytes jwt = {0};
        AZA_BYTES struct aza_bytes parts = {0};
        AZA_BYTES struct aza_bytes der = {0};
        (void)snprintf(claims, sizeof claims,
                       "{\"exp\":1800020000,\"iat\":1799999000,\"nbf\":1799999000,"
                       "\"iss\":\"https://maa.test\",\"secureboot\":true,"
                       "\"x-ms-attestation-type\":\"azurevm\",\"x-ms-azurevm-vmid\":\"A\"," TEE
                       ",\"x-ms-runtime\":{\"client-payload\":{\"nonce\":\"bm9uY2U=\","
                       "\"azattest-purpose\":\"c2lnbg==\"},\"keys\":[{\"kid\":"
                       "\"TpmEphemeralEncryptionKey\",\"key_ops\":[\"encrypt\"]," MODULUS_JWK
                       "}]},\"x-ms-ver\":\"1.0\"}",
                       0, modulus());
        seed_jwt(header, claims, &jwt);
        seed("token", aza_bytes_span(&jwt));
        seed("decoder", aza_bytes_span(&jwt));
        seed_text("token", "e30.e30.AA");
        FUZZ_CHECK(aza_bytes_set(&parts, header, sizeof header) == 0); /* with its NUL */
        FUZZ_CHECK(aza_bytes_append_text(&parts, claims) == 0);
        seed("claims", aza_bytes_span(&parts));
        seed_text("json", claims);
        FUZZ_CHECK(aza_cmw_encode((const char *)jwt.data, &der) == 0);
        seed("cmw", aza_bytes_span(&der));
        FUZZ_CHECK(aza_cmw_encode("e30.e30.AA", &der) == 0);
        seed("cmw", aza_bytes_span(&der));
}

static void key_sets(void)
{
        char text[2048];
        (void)snprintf(text, sizeof text,
                       "{\"keys\":[{\"kid\":\"k1\",\"use\":\"sig\",\"alg\":\"RS256\"," MODULUS_JWK
                       "},{\"kid\":\"k2\"," MODULUS_JWK "},{\"kid\":\"k2\",\"kty\":\"EC\"}]}",
                       modulus(), modulus());
        seed_text("jwks", text);
        (void)snprintf(
                text, sizeof text,
                "{\"written\":1799999999,\"fetched\":1799999999,\"asked\":0,\"failed\":"
                "1799999999,\"code\":-4,\"failure\":\"busy\",\"keys\":[{\"kid\":\"k1\"," MODULUS_JWK
                "}],\"withdrawn\":[{\"seen\":1799999000,\"gone\":1799999999,\"key\":{\"kid\":"
                "\"k2\"," MODULUS_JWK "}}]}",
                modulus(), modulus());
        seed_text("jwks", text);
}

static void policies(void)
{
        seed_text("policy", "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://maa.test\","
                            "\"allOf\":[{\"claim\":\"s\",\"equals\":\"t\"},{\"claim\":\"o.p\","
                            "\"equals\":0},{\"claim\":\"b\",\"equals\":\"true\"}]}]}");
        seed_text(
                "policy",
                "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://maa.test/\",\"anyOf\":"
                "[{\"claim\":\"i\",\"atLeast\":7},{\"allOf\":[{\"claim\":\"s\",\"in\":[\"t\",1]},"
                "{\"claim\":\"a\",\"contains\":[1,\"x\"]}]}]}]}");
        seed_text("policy", "{\"contentType\":\"application/json\",\"data\":"
                            "\"eyJ2ZXJzaW9uIjoiMS4wLjAiLCJhbnlPZiI6W3siYXV0aG9yaXR5IjoieCIsImFsbE9m"
                            "IjpbeyJjbGFpbSI6InMiLCJlcXVhbHMiOiJ0In1dfV19\"}");
}

static void envelopes(void)
{
        AZA_BYTES struct aza_bytes inner = {0};
        AZA_BYTES struct aza_bytes body = {0};
        AZA_BYTES struct aza_bytes zero = {0};
        FUZZ_CHECK(aza_bytes_resize(&zero, 256) == 0);
        FUZZ_CHECK(aza_bytes_append_text(&inner, "{\"EncryptedInnerKey\":\"") == 0);
        FUZZ_CHECK(aza_base64_encode(AZA_BASE64, aza_bytes_span(&zero), &inner) == 0);
        FUZZ_CHECK(aza_bytes_append_text(
                           &inner,
                           "\",\"EncryptionParams\":{\"BlockMode\":\"ChainingModeGCM\","
                           "\"BlockPadding\":\"PKCS7\",\"Cipher\":\"AES\",\"Iv\":"
                           "\"AAAAAAAAAAAAAAAA\",\"KeySizeInBits\":256},\"AuthenticationData\":"
                           "\"AAAAAAAAAAAAAAAAAAAAAA==\",\"Jwt\":\"AAAA\"}") == 0);
        FUZZ_CHECK(aza_bytes_append_text(&body, "{\"token\":\"") == 0);
        FUZZ_CHECK(aza_base64_encode(AZA_BASE64URL, aza_bytes_span(&inner), &body) == 0);
        FUZZ_CHECK(aza_bytes_append_text(&body, "\"}") == 0);
        seed("envelope", aza_bytes_span(&body));
        seed("json", aza_bytes_span(&inner));
        seed_text("imds", "{\"vcekCert\":\"A\\n\",\"certificateChain\":\"B\",\"tcbm\":\"0\"}");
        seed_text("imds", "{\"quote\":\"Pz8_Pw\"}");
}

static void jwes(void)
{
        static const enum aza_jwe_alg algs[] = {AZA_JWE_RSA_OAEP_256, AZA_JWE_RSA_OAEP};
        for (size_t i = 0; i < 2; i++) {
                AZA_BYTES struct aza_bytes jwe = {0};
                FUZZ_CHECK(aza_jwe_encrypt(fuzz_libctx(), fuzz_rsa(), algs[i],
                                           aza_span_of("hello", 5), &jwe) == 0);
                seed("jwe", aza_bytes_span(&jwe));
        }
}

static int read_hello(void *arg, uint8_t *data, size_t size, size_t *ret_len)
{
        bool *done = arg;

        (void)size;
        memcpy(data, "hello", 5);
        *ret_len = *done ? 0 : 5;
        *done = true;
        return 0;
}

static struct aza_bytes message;

static int keep(void *arg, const uint8_t *data, size_t len)
{
        (void)arg;
        return aza_bytes_append(&message, data, len);
}

static void cms_messages(void)
{
        bool done = false;
        const struct azattest_stream stream = {sizeof(stream), read_hello, keep, &done};

        FUZZ_CHECK(aza_cms_encrypt(fuzz_libctx(), fuzz_rsa(), &stream) == 0);
        seed("cms", aza_bytes_span(&message));
        aza_bytes_free(&message);
}

/* Of a key that is all zeros (RFC 8410), for a vTPM key that is said not at all, and whole. */
static void sealed_keys(void)
{
        static const uint8_t pkcs8[48] = {0x30, 0x2e, 2,    1,    0, 0x30, 5, 6,
                                          3,    0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20};
        struct aza_sealed_to all[2] = {{.name = ""},
                                       {.name = "web",
                                        .has_hierarchy = true,
                                        .hierarchy = TPM2_RH_OWNER,
                                        .has_key = true,
                                        .pcrs = {.mask = 0x80000f}}};
        memset(all[1].modulus, 0xB7, sizeof all[1].modulus);
        for (size_t i = 0; i < 2; i++) {
                AZA_BYTES struct aza_bytes pem = {0};
                AZA_BYTES struct aza_bytes text = {0};
                FUZZ_CHECK(aza_sealed_make(fuzz_libctx(), fuzz_rsa(), &all[i],
                                           aza_span_of(pkcs8, sizeof pkcs8), &pem) == 0);
                FUZZ_CHECK(aza_sealed_of_pem(aza_bytes_span(&pem), &text) == 0);
                seed("sealed", aza_bytes_span(&pem));
                seed("sealed", aza_bytes_span(&text));
                seed("decoder", aza_bytes_span(&pem));
        }
        seed("sealed", aza_span_of(pkcs8, sizeof pkcs8));
}

void seeds_texts(void)
{
        cms_messages();
        profiles();
        static const char *const jsons[] = {
                "[1,-2.5e3,true,false,null,\"\\ud83d\\ude00\\n\",\"\xC3\xA9\"]",
                "{\"a\":{\"b\":{\"c\":[{}]}},\"\\u0061b\":9223372036854775807}",
        };
        static const char *const uris[] = {
                "azattest://key",
                "azattest://sign?name=web&pcrs=0-7&nonce=a%20b&attest=never",
                "azattest://ak",
                "azattest://cert?name=a",
                "azattest://token?file=/a%20dir/t.jwt",
                "https://maa.test:8443/path/",
                "0,2-4,23",
                "2026-11-24T10:00:00Z",
        };
        for (size_t i = 0; i < sizeof jsons / sizeof jsons[0]; i++)
                seed_text("json", jsons[i]);
        for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++)
                seed_text("uri", uris[i]);
        seed_text("base64", "AAECAwQF");
        seed_text("base64", "-_8=");
        seed_text("base64", "0123456789abcdef");
        seed_text("request", "NAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\n# x\nID=ubuntu\n");
        seed_text("request", "{\"a\":\"b\",\"n\":1,\"t\":true,\"z\":null,\"nonce\":\"0123\"}");
        tokens();
        key_sets();
        policies();
        envelopes();
        jwes();
        sealed_keys();
}
