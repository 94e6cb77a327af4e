/* SPDX-License-Identifier: Apache-2.0 */
/* K1: who signed the answer. The certificates that came with it help to build the chain and are
 * trusted for nothing: a chain ends in what the verifier trusts. */
#include "release/parse.h"

#include "base/base64.h"
#include "base/error.h"
#include "token/rsa_quality.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

/* 112 bits: RSA-2048, SHA-256; no SHA-1 signature. */
#define AUTH_LEVEL 2

static bool thumbprint_agrees(OSSL_LIB_CTX *libctx, const struct aza_release *r)
{
        json_object *value = NULL;
        AZA_BYTES struct aza_bytes claimed = {0};
        uint8_t hash[32];

        if (!json_object_object_get_ex(r->jws->header, "x5t#S256", &value))
                return true;
        const char *text = aza_json_text(value);
        return text != NULL &&
               aza_base64_decode(AZA_BASE64URL, text, strlen(text), &claimed) == 0 &&
               aza_cert_sha256(libctx, sk_X509_value(r->chain, 0), hash) &&
               aza_span_equal(aza_bytes_span(&claimed), aza_span_of(hash, sizeof(hash)));
}

static bool demand(X509_STORE_CTX *ctx, const struct aza_release_expect *expect)
{
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

        X509_VERIFY_PARAM_set_time(param, (time_t)expect->time);
        X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
        X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                                       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        return X509_STORE_CTX_set_default(ctx, "ssl_server") == 1 &&
               X509_VERIFY_PARAM_set1_host(param, expect->key->host, 0) == 1;
}

/* NULL, or OpenSSL's word for what is wrong with the chain. */
static const char *chain_fault(OSSL_LIB_CTX *libctx, const struct aza_release *r,
                               const struct aza_release_expect *expect)
{
        AZA_OWN(X509_STORE_CTX_free) X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(libctx, NULL);
        const char *fault = NULL;

        (void)ERR_set_mark();
        if (ctx == NULL ||
            X509_STORE_CTX_init(ctx, expect->trust, sk_X509_value(r->chain, 0), r->chain) != 1 ||
            !demand(ctx, expect))
                fault = "out of memory";
        else if (X509_verify_cert(ctx) != 1)
                fault = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
        (void)ERR_pop_to_mark();
        return fault;
}

bool aza_release_chain(OSSL_LIB_CTX *libctx, const struct aza_release *r,
                       const struct aza_release_expect *expect, struct aza_checks *checks)
{
        const char *weak = aza_rsa_weakness(X509_get0_pubkey(sk_X509_value(r->chain, 0)));

        if (!thumbprint_agrees(libctx, r))
                return aza_reject(checks, AZA_CHECK_K1,
                                  "x5t#S256 is not the hash of the signer's certificate");
        if (weak != NULL)
                return aza_reject(checks, AZA_CHECK_K1, "the signer's key: %s", weak);
        const char *fault = chain_fault(libctx, r, expect);
        if (fault != NULL)
                return aza_reject(checks, AZA_CHECK_K1,
                                  "the signer's certificates for %s do not hold: %s",
                                  expect->key->host, fault);
        return aza_accept(checks, AZA_CHECK_K1, "chain to the trust store, for %s",
                          expect->key->host);
}
