/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the token tests: real vectors when they are there, and tokens made and signed here. The
 * signer shares no code with core/token.
 */
#ifndef TEST_TOKEN_SUPPORT_H
#define TEST_TOKEN_SUPPORT_H

#include "base/base64.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "os/file.h"
#include "token/policy.h"
#include "token/token.h"
#include "unit/certificate_names.h"
#include "unit/set_claim.h"
#include "unit/vectors.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
/* after setjmp.h and stdarg.h */
#include <cmocka.h>

#define ISSUER "https://maa.example.test"
#define NOW    1800000000
#define VMID   "3D7B1B5E-6C2A-4F6E-9B51-0C2D9E8F7A10"

static OSSL_LIB_CTX *libctx;
static EVP_PKEY *signer;
static EVP_PKEY *attested;
static uint8_t attested_modulus[AZA_RSA_BYTES];

/* A file of the vectors; skips the test when the folder is not there. */
__attribute__((unused)) static void read_vector(const char *name, struct aza_bytes *ret)
{
        char path[1024];
        (void)snprintf(path, sizeof path, "%s/%s", vectors(), name);
        assert_int_equal(aza_file_read(path, 1 << 20, ret), 0);
        while (ret->len > 0 && ret->data[ret->len - 1] == '\n')
                ret->data[--ret->len] = 0;
}

static char *base64url(const void *data, size_t len)
{
        struct aza_bytes text = {0};
        assert_int_equal(aza_base64_encode(AZA_BASE64URL, aza_span_of(data, len), &text), 0);
        char *copy = strdup((const char *)text.data);
        assert_non_null(copy);
        aza_bytes_free(&text);
        return copy;
}

static json_object *text_value(const char *text)
{
        json_object *value = json_object_new_string(text);
        assert_non_null(value);
        return value;
}

/* Parses JSON written with ' for ". */
static json_object *quick_json(const char *text)
{
        AZA_OWN(free) char *copy = strdup(text);
        assert_non_null(copy);
        for (char *p = copy; *p != '\0'; p++)
                if (*p == '\'')
                        *p = '"';
        json_object *value = NULL;
        if (aza_json_parse(aza_span_of(copy, strlen(copy)), 65536, &value) != 0)
                fail_msg("test JSON: %s: %s", copy, aza_last_error()->message);
        return value;
}

/* {"kty","kid","e","n"} of a key. */
static json_object *key_jwk(const EVP_PKEY *key, const char *kid)
{
        struct aza_bytes n = {0};
        AZA_OWN(BN_free) BIGNUM *e = NULL;
        uint8_t e_bytes[8];
        json_object *jwk = quick_json("{'kty':'RSA'}");
        assert_int_equal(aza_rsa_modulus(key, &n), 0);
        assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e), 1);
        AZA_OWN(free) char *n_text = base64url(n.data, n.len);
        AZA_OWN(free) char *e_text = base64url(e_bytes, (size_t)BN_bn2bin(e, e_bytes));
        aza_bytes_free(&n);
        if (kid != NULL)
                json_object_object_add(jwk, "kid", text_value(kid));
        json_object_object_add(jwk, "n", text_value(n_text));
        json_object_object_add(jwk, "e", text_value(e_text));
        return jwk;
}

/* Claims as MAA makes them for an SEV-SNP VM, for NOW. */
__attribute__((unused)) static json_object *good_claims(void)
{
        json_object *claims = quick_json(
                "{'exp':1800028000,'iat':1799999200,'nbf':1799999200,'iss':'" ISSUER "',"
                "'secureboot':true,'x-ms-attestation-type':'azurevm',"
                "'x-ms-azurevm-attested-pcrs':[0,1,2,3,4,5,6,7],"
                "'x-ms-azurevm-vmid':'" VMID "',"
                "'x-ms-isolation-tee':{'x-ms-attestation-type':'sevsnpvm',"
                "'x-ms-compliance-status':'azure-compliant-cvm',"
                "'x-ms-sevsnpvm-is-debuggable':false,'x-ms-sevsnpvm-vmpl':0,"
                "'x-ms-sevsnpvm-guestsvn':10},"
                "'x-ms-runtime':{'client-payload':{'nonce':'bm9uY2UtMQ=='},'keys':[{'kid':'other',"
                "'kty':'RSA'}]},'x-ms-ver':'1.0'}");
        json_object *runtime = aza_json_object(claims, "x-ms-runtime");
        json_object *jwk = key_jwk(attested, "TpmEphemeralEncryptionKey");
        json_object_object_add(jwk, "key_ops", quick_json("['encrypt']"));
        assert_int_equal(json_object_array_add(aza_json_array(runtime, "keys"), jwk), 0);
        return claims;
}

/* A signed compact JWS over the given texts. */
static char *sign_text(EVP_PKEY *key, const char *header, const char *claims)
{
        AZA_OWN(free) char *h = base64url(header, strlen(header));
        AZA_OWN(free) char *c = base64url(claims, strlen(claims));
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char signature[1024];
        size_t len = sizeof signature;
        char *jwt = NULL;
        AZA_OWN(free) char *input = NULL;
        assert_true(asprintf(&input, "%s.%s", h, c) > 0);
        assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", libctx, NULL, key, NULL), 1);
        assert_int_equal(
                EVP_DigestSign(ctx, signature, &len, (unsigned char *)input, strlen(input)), 1);
        AZA_OWN(free) char *s = base64url(signature, len);
        assert_true(asprintf(&jwt, "%s.%s", input, s) > 0);
        return jwt;
}

__attribute__((unused)) static char *sign_claims(json_object *claims)
{
        return sign_text(signer, "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}",
                         json_object_to_json_string_ext(claims, JSON_C_TO_STRING_PLAIN));
}

/* A key set with the signer as "k1". */
__attribute__((unused)) static struct aza_jwks *signer_set(void)
{
        AZA_OWN(json_object_put) json_object *document = quick_json("{'keys':[]}");
        struct aza_jwks *set = NULL;
        json_object_array_add(aza_json_array(document, "keys"), key_jwk(signer, "k1"));
        const char *text = json_object_to_json_string(document);
        assert_int_equal(aza_jwks_parse(libctx, aza_span_of(text, strlen(text)), &set), 0);
        return set;
}

__attribute__((unused)) static int make_keys(void **state)
{
        (void)state;
        struct aza_bytes n = {0};
        libctx = aza_libctx_new("default");
        signer = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        attested = EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048);
        if (libctx == NULL || signer == NULL || attested == NULL ||
            aza_rsa_modulus(attested, &n) != 0 || n.len != sizeof attested_modulus)
                return -1;
        memcpy(attested_modulus, n.data, n.len);
        aza_bytes_free(&n);
        return 0;
}

__attribute__((unused)) static int free_keys(void **state)
{
        (void)state;
        EVP_PKEY_free(signer);
        EVP_PKEY_free(attested);
        OSSL_LIB_CTX_free(libctx);
        return 0;
}

static struct aza_config config;

__attribute__((unused)) static void reset_config(const char *issuer)
{
        config = (struct aza_config){.require = AZA_REQUIRE_SEVSNP};
        (void)snprintf(config.issuer, sizeof config.issuer, "%s", issuer);
}

__attribute__((unused)) static int parse_and_verify(const char *jwt, size_t len,
                                                    struct aza_token_expect *expect,
                                                    struct aza_checks *checks)
{
        AZA_OWN(aza_token_free) struct aza_token *t = NULL;
        int r = aza_token_parse(jwt, len, checks, &t);
        return r < 0 ? r : aza_token_verify(libctx, t, expect, checks);
}

/* Exactly `id` rejects. What a policy refuses a floor may refuse too, and another VM both G4 and
 * the policy that names it. */
__attribute__((unused)) static void assert_rejects(const struct aza_checks *checks,
                                                   enum aza_check_id id)
{
        for (size_t i = 0; i < checks->count; i++) {
                const struct aza_check *row = &checks->items[i];
                bool rejects = row->outcome == AZA_REJECT;
                if (rejects && ((id == AZA_CHECK_T13 && row->id == AZA_CHECK_T19) ||
                                (id == AZA_CHECK_G4 && row->id == AZA_CHECK_T13)))
                        continue;
                if (rejects != (row->id == id))
                        fail_msg("%s %s: %s", aza_check_id_text(row->id),
                                 rejects ? "rejects" : "does not reject",
                                 row->reason != NULL ? row->reason : "");
        }
        assert_non_null(aza_checks_get(checks, id));
}

__attribute__((unused)) static void assert_outcome(const struct aza_checks *checks,
                                                   enum aza_check_id id, enum aza_outcome outcome)
{
        const struct aza_check *row = aza_checks_get(checks, id);
        assert_non_null(row);
        if (row->outcome != outcome)
                fail_msg("%s: outcome %d, reason %s", aza_check_id_text(id), row->outcome,
                         row->reason != NULL ? row->reason : "");
}

static struct aza_jwks *our_set;

__attribute__((unused)) static struct aza_token_expect our_expect(void)
{
        reset_config(ISSUER);
        return (struct aza_token_expect){
                .config = &config,
                .jwks = our_set,
                .time = NOW,
                .own_modulus = attested_modulus,
                .purpose = AZA_PURPOSE_DECRYPT,
        };
}

__attribute__((unused)) static int setup(void **state)
{
        if (make_keys(state) != 0)
                return -1;
        our_set = signer_set();
        return 0;
}

__attribute__((unused)) static int teardown(void **state)
{
        aza_jwks_free(our_set);
        return free_keys(state);
}

#endif
