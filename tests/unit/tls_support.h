/* SPDX-License-Identifier: Apache-2.0 */
/* Two ends of TLS in one process, with certificates whose tokens are made here
 * (token_support.h). */
#ifndef TEST_TLS_SUPPORT_H
#define TEST_TLS_SUPPORT_H

#include "unit/token_support.h"

#include "certificate/cmw.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct pair {
        SSL *client, *server;
};

/* A self-signed certificate of `key` for NOW, with `jwt` in it unless that is NULL. */
static X509 *certificate_of(EVP_PKEY *key, const char *jwt)
{
        X509 *certificate = X509_new_ex(libctx, NULL);
        X509_EXTENSION *extension = jwt != NULL ? aza_cmw_extension(AZA_CMW_OID, jwt) : NULL;

        assert_int_equal(X509_set_version(certificate, 2), 1);
        assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
        assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate), NOW - 3600));
        assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate), NOW + 3600));
        assert_true(name_certificate(certificate, "peer", "peer"));
        if (jwt != NULL)
                assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
        assert_int_equal(X509_set_pubkey(certificate, key), 1);
        assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
        X509_EXTENSION_free(extension);
        return certificate;
}

/* Claims of a signing key that is `attested`. */
static json_object *signing_claims(void)
{
        json_object *claims = good_claims();
        json_object *payload =
                aza_json_object(aza_json_object(claims, "x-ms-runtime"), "client-payload");

        json_object_object_add(payload, "azattest-purpose", text_value("c2lnbg=="));
        return claims;
}

static int accept_any(X509_STORE_CTX *store, void *arg)
{
        (void)store;
        (void)arg;
        return 1;
}

/* Of a peer who asks nothing of the other. `certificate` may be NULL. */
static SSL_CTX *tls_context(const SSL_METHOD *method, X509 *certificate, EVP_PKEY *key)
{
        SSL_CTX *made = SSL_CTX_new_ex(libctx, NULL, method);

        assert_non_null(made);
        if (certificate != NULL) {
                assert_int_equal(SSL_CTX_use_certificate(made, certificate), 1);
                assert_int_equal(SSL_CTX_use_PrivateKey(made, key), 1);
        }
        SSL_CTX_set_cert_verify_callback(made, accept_any, NULL);
        return made;
}

static void join_pair(struct pair *pair)
{
        BIO *a = NULL, *b = NULL;

        assert_int_equal(BIO_new_bio_pair(&a, 65536, &b, 65536), 1);
        SSL_set_bio(pair->client, a, a);
        SSL_set_bio(pair->server, b, b);
        SSL_set_connect_state(pair->client);
        SSL_set_accept_state(pair->server);
}

static struct pair make_pair(SSL_CTX *clients, SSL_CTX *servers)
{
        struct pair pair = {SSL_new(clients), SSL_new(servers)};

        assert_non_null(pair.client);
        assert_non_null(pair.server);
        join_pair(&pair);
        return pair;
}

static void free_pair(struct pair *pair)
{
        SSL_free(pair->client);
        SSL_free(pair->server);
}

/* Reads whatever comes, so that each side handles the other's messages. */
__attribute__((unused)) static void exchange(struct pair *pair)
{
        char byte;
        size_t n;

        for (int i = 0; i < 20; i++) {
                (void)SSL_read_ex(pair->client, &byte, 1, &n);
                (void)SSL_read_ex(pair->server, &byte, 1, &n);
        }
        ERR_clear_error();
}

/* True when both sides are content. */
static bool shake_hands(struct pair *pair)
{
        int left = 0, right = 0;

        for (int i = 0; i < 20; i++) {
                if (left != 1)
                        left = SSL_do_handshake(pair->client);
                if (right != 1)
                        right = SSL_do_handshake(pair->server);
        }
        ERR_clear_error();
        return left == 1 && right == 1;
}

#endif
