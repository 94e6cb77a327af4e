/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the certificate of an issuer's key to a configured anchor (T6). The anchor is known by its
 * SHA-256 and has to be among the certificates that come with the key, at whatever place: some
 * issuers leave out the root, some have but a self-signed one. Pure.
 */
#include "token/jwks.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#define DEPTH_MAX  5
#define AUTH_LEVEL 2 /* RSA-2048, SHA-224 and better */

static bool is_pinned(OSSL_LIB_CTX *libctx, X509 *certificate, const char *pins, char hex[65])
{
        uint8_t hash[32];

        if (certificate == NULL || !aza_cert_sha256(libctx, certificate, hash) ||
            !aza_pin_listed(pins, hash))
                return false;
        (void)aza_hex(aza_span_of(hash, sizeof hash), hex);
        return true;
}

/* A stack of the pinned ones; no references of its own. */
static STACK_OF(X509) * find_pinned(OSSL_LIB_CTX *libctx, const aza_certs *pile, const char *pins)
{
        STACK_OF(X509) *trusted = sk_X509_new_null();
        char hex[65];

        for (int i = 0; trusted != NULL && i < sk_X509_num(pile); i++) {
                X509 *certificate = sk_X509_value(pile, i);
                if (is_pinned(libctx, certificate, pins, hex) &&
                    sk_X509_push(trusted, certificate) <= 0) {
                        sk_X509_free(trusted);
                        return NULL;
                }
        }
        return trusted;
}

static const char *build(X509_STORE_CTX *ctx, STACK_OF(X509) * trusted, int64_t time)
{
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

        X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
        X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
        X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
        X509_VERIFY_PARAM_set_time(param, (time_t)time);
        (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
        (void)ERR_set_mark();
        bool good = X509_verify_cert(ctx) == 1;
        (void)ERR_pop_to_mark();
        int error = X509_STORE_CTX_get_error(ctx);
        if (good)
                return NULL;
        return X509_verify_cert_error_string(error != X509_V_OK ? error : X509_V_ERR_UNSPECIFIED);
}

const char *aza_jwks_chain_fault(OSSL_LIB_CTX *libctx, const aza_certs *certificates,
                                 const char *pins, int64_t time, char anchor[65])
{
        const char *fault;
        AZA_OWN(X509_STORE_free) X509_STORE *store = X509_STORE_new();
        AZA_OWN(X509_STORE_CTX_free) X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(libctx, NULL);
        STACK_OF(X509) *trusted = find_pinned(libctx, certificates, pins);
        STACK_OF(X509) *untrusted =
                sk_X509_dup(certificates); /* OpenSSL wants one it might change */

        if (store == NULL || ctx == NULL || trusted == NULL || untrusted == NULL ||
            X509_STORE_CTX_init(ctx, store, sk_X509_value(certificates, 0), untrusted) != 1) {
                fault = "out of memory";
        } else if (sk_X509_num(trusted) == 0) {
                fault = "no certificate that comes with the key is one of maa-root";
        } else if ((fault = build(ctx, trusted, time)) == NULL) {
                const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
                if (!is_pinned(libctx, sk_X509_value(chain, sk_X509_num(chain) - 1), pins, anchor))
                        fault = "its chain does not end at maa-root";
        }
        sk_X509_free(trusted);
        sk_X509_free(untrusted);
        return fault;
}
