/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate for the server of http_server.h. */
#ifndef UNIT_HTTPS_SERVER_H
#define UNIT_HTTPS_SERVER_H

#include "certificate_names.h"
#include "http_server.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

/* A self-signed certificate for 127.0.0.1, also written to `path`. */
static SSL_CTX *make_tls(const char *path)
{
        EVP_PKEY *key = EVP_RSA_gen(2048);
        X509 *certificate = X509_new();
        X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
        SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        assert_int_equal(X509_set_version(certificate, 2), 1);
        assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
        assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -3600));
        assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
        assert_true(name_certificate(certificate, "test", "test"));
        assert_int_equal(X509_add_ext(certificate, san, -1), 1);
        assert_int_equal(X509_set_pubkey(certificate, key), 1);
        assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
        assert_int_equal(SSL_CTX_use_certificate(tls, certificate), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(tls, key), 1);
        assert_int_equal(PEM_write_X509(file, certificate), 1);
        assert_int_equal(fclose(file), 0);
        X509_EXTENSION_free(san);
        X509_free(certificate);
        EVP_PKEY_free(key);
        return tls;
}

#endif
