/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of a handshake, joined by two buffers. */
#include "bench/handshake.h"

#include "unit/certificate_names.h"

#include <openssl/err.h>
#include <stdio.h>

X509 *bench_self_signed(OSSL_LIB_CTX *libctx, EVP_PKEY *key)
{
        X509 *x = X509_new_ex(libctx, NULL);

        if (x == NULL || X509_set_version(x, X509_VERSION_3) != 1 ||
            ASN1_INTEGER_set(X509_get_serialNumber(x), 1) != 1 ||
            X509_gmtime_adj(X509_getm_notBefore(x), 0) == NULL ||
            X509_gmtime_adj(X509_getm_notAfter(x), 3600) == NULL ||
            !name_certificate(x, "bench", "bench") || X509_set_pubkey(x, key) != 1 ||
            X509_sign(x, key, NULL) <= 0) {
                X509_free(x);
                return NULL;
        }
        return x;
}

int bench_handshake(void *arg)
{
        struct bench_server *s = arg;
        SSL *server = SSL_new(s->server);
        SSL *client = SSL_new(s->client);
        BIO *a = NULL;
        BIO *b = NULL;
        int r = -1;

        if (server == NULL || client == NULL || BIO_new_bio_pair(&a, 32768, &b, 32768) != 1)
                goto out;
        SSL_set_bio(server, a, a);
        SSL_set_bio(client, b, b);
        SSL_set_accept_state(server);
        SSL_set_connect_state(client);
        for (int i = 0; i < 10 && r != 0; i++) {
                (void)SSL_do_handshake(client);
                (void)SSL_do_handshake(server);
                r = SSL_is_init_finished(client) && SSL_is_init_finished(server) ? 0 : -1;
        }
out:
        if (r != 0)
                ERR_print_errors_fp(stderr);
        SSL_free(server);
        SSL_free(client);
        ERR_clear_error();
        return r;
}
