/* SPDX-License-Identifier: Apache-2.0 */
/* Verification of a token nobody signed: every row is made, and it is never accepted. */
#ifndef FUZZ_TOKEN_ROWS_H
#define FUZZ_TOKEN_ROWS_H

#include "base/result.h"
#include "fuzz.h"
#include "token/policy.h"
#include "token/token.h"

#define FUZZ_TIME 1800000000

/* A key set whose key "k1" has no private half. */
static inline struct aza_jwks *fuzz_jwks(void)
{
        static struct aza_jwks *set;
        static const char format[] =
                "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"e\":\"AQAB\",\"n\":\"%s\"}]}";
        char n[343];
        char text[512];
        if (set != NULL)
                return set;
        /* 0xB7 0xB7 0xB7 is "t7e3" */
        for (size_t i = 0; i < sizeof n - 1; i++)
                n[i] = "t7e3"[i % 4];
        n[341] = 'w';
        n[342] = '\0';
        (void)snprintf(text, sizeof text, format, n);
        FUZZ_CHECK(aza_jwks_parse(fuzz_libctx(), aza_span_of(text, strlen(text)), &set) == 0);
        FUZZ_CHECK(aza_jwks_find(set, "k1", FUZZ_TIME).key != NULL);
        return set;
}

static inline void fuzz_verify(const char *jwt, size_t len)
{
        static const uint8_t modulus[AZA_RSA_BYTES] = {0xC0};
        static struct aza_config config;
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_token_free) struct aza_token *t = NULL;
        if (aza_token_parse(jwt, len, &checks, &t) != 0) {
                FUZZ_CHECK(t == NULL && checks.count == AZA_TOKEN_ROWS);
                return;
        }
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        (void)snprintf(config.issuer, sizeof config.issuer, "https://maa.test");
        config.require = (enum aza_require)(len % 5);
        struct aza_token_expect expect = {
                .config = &config,
                .jwks = fuzz_jwks(),
                .time = FUZZ_TIME,
                .nonce = len % 2 == 0 ? "nonce" : NULL,
                .own_modulus = len % 3 == 0 ? modulus : NULL,
                .foreign = len % 7 == 0,
                .purpose = (enum aza_purpose)(len % 3),
        };
        int r = aza_token_verify(fuzz_libctx(), t, &expect, &checks);
        FUZZ_CHECK(r != 0);
        FUZZ_CHECK(aza_checks_verdict(&checks) == AZA_VERDICT_REJECT);
        FUZZ_CHECK(checks.count == AZA_TOKEN_ROWS);
        (void)aza_token_key(fuzz_libctx(), t, &key);
        AZA_OWN(json_object_put)
        json_object *result = aza_result_json(&checks, "token", FUZZ_TIME, NULL, t->claims);
        FUZZ_CHECK(result != NULL);
}

#endif
