/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: a live server, judged by what it shows and does in one TLS handshake. */
#include "api/azattest_context.h"

#include "base/crypto.h"
#include "base/error.h"
#include "online/connect.h"
#include "os/process.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* ---- one handshake ---- */

/* A name is asked for (SNI); an address is none. */
static bool name_host(SSL *ssl, const char *host)
{
        ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
        const bool is_address = address != NULL;

        ASN1_OCTET_STRING_free(address);
        ERR_clear_error();
        return is_address || SSL_set_tlsext_host_name(ssl, host) == 1;
}

/* A certificate that was shown, and then no proof of its key, is a refusal; all else is the
 * network's or the server's affair. */
static int no_handshake(SSL *ssl, int error)
{
        if (error == SSL_ERROR_SSL && SSL_get0_peer_certificate(ssl) != NULL)
                return AZA_FAIL_OPENSSL(
                        AZATTEST_E_CERTIFICATE,
                        "the server shows a certificate and does not finish the TLS handshake with its key");
        return AZA_FAIL_OPENSSL(AZATTEST_E_TRANSPORT, "no TLS handshake");
}

static int shake_hands(SSL *ssl, BIO *connection, const struct aza_deadline *deadline)
{
        for (;;) {
                const int r = SSL_connect(ssl);
                const int error = r == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, r);
                int waited;

                if (error == SSL_ERROR_NONE)
                        return 0;
                if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
                        return no_handshake(ssl, error);
                waited = aza_connect_wait(connection, error == SSL_ERROR_WANT_WRITE, deadline);
                if (waited != 0)
                        return waited;
        }
}

/* The verdict on the peer, where the handshake came so far; else why it did not. */
static int finish(SSL *ssl, int handshake, const char *where, char **ret_json)
{
        const struct aza_error why = aza_error_of(handshake);
        char *text = NULL;
        int r = azattest_ssl_result(ssl, &text);

        if (handshake == 0 || text != NULL || r != AZATTEST_E_CERTIFICATE) {
                *ret_json = text;
                return r;
        }
        (void)aza_error_restore(&why);
        return aza_context(handshake, "%s", where);
}

static int judge(SSL_CTX *tls, const struct azattest_call *call, const char *where, char **ret_json)
{
        char host[AZA_HOST_MAX];
        BIO *connection = NULL;
        int r = aza_connect(where, &call->deadline, host, &connection);

        if (r != 0)
                return r;
        SSL *ssl = SSL_new(tls);
        if (ssl == NULL || !name_host(ssl, host)) {
                BIO_free_all(connection);
                SSL_free(ssl);
                return AZA_NO_MEMORY();
        }
        SSL_set_bio(ssl, connection, connection);
        r = finish(ssl, shake_hands(ssl, connection, &call->deadline), where, ret_json);
        const struct aza_error why = aza_error_of(r);
        if (SSL_is_init_finished(ssl))
                (void)SSL_shutdown(ssl);
        SSL_free(ssl);
        return r != 0 ? aza_error_restore(&why) : 0;
}

/* ---- the call ---- */

struct visit {
        SSL_CTX *tls;
        const struct azattest_call *call;
        const char *where;
        char **ret_json;
};

static int pay(void *arg)
{
        const struct visit *visit = arg;

        return judge(visit->tls, visit->call, visit->where, visit->ret_json);
}

static int connect_and_judge(azattest_ssl_verifier *verifier, const struct azattest_call *call,
                             const char *where, char **ret_json)
{
        OSSL_LIB_CTX *libctx = aza_libctx_new("default");
        SSL_CTX *tls = libctx != NULL ? SSL_CTX_new_ex(libctx, NULL, TLS_client_method()) : NULL;
        struct visit visit = {tls, call, where, ret_json};
        int r = tls != NULL ? azattest_ssl_require(tls, verifier) : AZA_NO_MEMORY();

        if (r == 0) {
                (void)ERR_set_mark();
                r = aza_without_pipe_signal(pay, &visit);
                (void)ERR_pop_to_mark();
        }
        SSL_CTX_free(tls);
        OSSL_LIB_CTX_free(libctx);
        return r;
}

int azattest_server_verify(azattest_context *ctx, const char *where,
                           const struct azattest_verify_options *options, char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZATTEST_OUTCOME struct aza_call_outcome outcome = {.subject = "certificate"};
        azattest_ssl_verifier *verifier = NULL;
        char *text = NULL;

        aza_clear_error();
        if (where == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no server");
        int r = azattest_ssl_verifier_new(ctx, options, &verifier);
        if (r == 0 && (r = aza_call_begin(ctx, false, &call)) == 0)
                r = connect_and_judge(verifier, &call, where, &text);
        outcome.why = aza_error_of(r);
        azattest_ssl_verifier_free(verifier);
        if (text == NULL)
                return aza_call_finish(&call, &outcome, ret_json);
        if (ret_json != NULL)
                *ret_json = text;
        else
                azattest_free(text);
        return r != 0 ? aza_error_restore(&outcome.why) : 0;
}
