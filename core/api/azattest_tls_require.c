/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public API: sets an SSL_CTX up so that its handshakes verify a certificate of the peer's and
 * succeed in no other way. What a program changes afterwards, or on one SSL, azattest_ssl_result
 * sees.
 */
#include "api/azattest_tls.h"

#include "base/bytes.h"
#include "base/error.h"

#include <openssl/obj_mac.h>
#include <openssl/ssl.h>
#include <string.h>

/* A TLS extension of the private range, where ClientHellos are looked at. */
#define NEVER_SENT 65400

/* ---- no session of before ---- */

/* Called for each ClientHello; adds nothing (0), or ends the handshake (-1). A session that the
 * program sets itself would be resumed, and OpenSSL asks no verify callback then. */
static int refuse_resumption(SSL *ssl, unsigned int type, unsigned int context,
                             const unsigned char **out, size_t *out_len, X509 *certificate,
                             size_t index, int *alert, void *arg)
{
        const SSL_SESSION *session = SSL_get_session(ssl);

        (void)type;
        (void)context;
        (void)out;
        (void)out_len;
        (void)certificate;
        (void)index;
        (void)arg;
        if (session == NULL || SSL_SESSION_is_resumable(session) != 1)
                return 0;
        (void)AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                       "a TLS session would be resumed without verifying the peer; connect anew");
        *alert = SSL_AD_INTERNAL_ERROR;
        return -1;
}

static bool watch_resumption(SSL_CTX *ssl_ctx)
{
        return SSL_CTX_has_client_custom_ext(ssl_ctx, NEVER_SENT) == 1 ||
               SSL_CTX_add_custom_ext(ssl_ctx, NEVER_SENT, SSL_EXT_CLIENT_HELLO, refuse_resumption,
                                      NULL, NULL, NULL, NULL) == 1;
}

/* OpenSSL asks no verify callback when a session is resumed. */
static bool forbid_resumption(SSL_CTX *ssl_ctx)
{
        (void)SSL_CTX_set_session_cache_mode(ssl_ctx,
                                             SSL_SESS_CACHE_OFF | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_get_cb(ssl_ctx, NULL);
        (void)SSL_CTX_set_options(ssl_ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
        (void)SSL_CTX_clear_options(ssl_ctx, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
        return watch_resumption(ssl_ctx) && SSL_CTX_set_num_tickets(ssl_ctx, 0) == 1 &&
               SSL_CTX_set_max_early_data(ssl_ctx, 0) == 1 &&
               SSL_CTX_set_recv_max_early_data(ssl_ctx, 0) == 1;
}

/* ---- no peer without certificate ---- */

/* Anonymous, pre-shared key, password: the peer shows no certificate, or is asked for none. */
static bool shows_certificates(const SSL_CIPHER *suite)
{
        static const int kx[] = {NID_kx_psk, NID_kx_dhe_psk, NID_kx_ecdhe_psk, NID_kx_rsa_psk,
                                 NID_kx_srp};
        static const int auth[] = {NID_auth_null, NID_auth_psk, NID_auth_srp};

        for (size_t i = 0; i < sizeof(kx) / sizeof(kx[0]); i++)
                if (SSL_CIPHER_get_kx_nid(suite) == kx[i])
                        return false;
        for (size_t i = 0; i < sizeof(auth) / sizeof(auth[0]); i++)
                if (SSL_CIPHER_get_auth_nid(suite) == auth[i])
                        return false;
        return true;
}

/* Those of TLS 1.3 are another list, and none of them is about authentication. */
static bool is_tls13(const SSL_CIPHER *suite)
{
        return SSL_CIPHER_get_auth_nid(suite) == NID_auth_any;
}

/* The suites of TLS 1.2 that are left, in their order, as OpenSSL writes lists. */
static int suites_left(const SSL_CTX *ssl_ctx, struct aza_bytes *ret, bool *ret_less)
{
        const STACK_OF(SSL_CIPHER) *suites = SSL_CTX_get_ciphers(ssl_ctx);
        int r = 0;

        *ret_less = false;
        for (int i = 0; r == 0 && i < sk_SSL_CIPHER_num(suites); i++) {
                const SSL_CIPHER *suite = sk_SSL_CIPHER_value(suites, i);
                const char *name = SSL_CIPHER_get_name(suite);

                if (is_tls13(suite))
                        continue;
                if (!shows_certificates(suite)) {
                        *ret_less = true;
                        continue;
                }
                if (ret->len > 0)
                        r = aza_bytes_append(ret, ":", 1);
                if (r == 0)
                        r = aza_bytes_append(ret, name, strlen(name));
        }
        return r;
}

static int remove_suites(SSL_CTX *ssl_ctx)
{
        AZA_BYTES struct aza_bytes left = {0};
        bool less = false;
        int r = suites_left(ssl_ctx, &left, &less);

        if (r != 0 || !less)
                return r;
        if (left.len == 0)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "the SSL_CTX's cipher list has only suites without certificates (PSK, anonymous, SRP); no peer could be verified");
        if (SSL_CTX_set_cipher_list(ssl_ctx, (const char *)left.data) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_INVALID_PARAMETER,
                                        "the SSL_CTX's cipher list cannot be set");
        return 0;
}

/* OpenSSL does not tell whether there are any. */
static void remove_psk_callbacks(SSL_CTX *ssl_ctx)
{
#ifndef OPENSSL_NO_PSK
        SSL_CTX_set_psk_client_callback(ssl_ctx, NULL);
        SSL_CTX_set_psk_server_callback(ssl_ctx, NULL);
#endif
        SSL_CTX_set_psk_use_session_callback(ssl_ctx, NULL);
        SSL_CTX_set_psk_find_session_callback(ssl_ctx, NULL);
}

/* Raw public keys (RFC 7250) carry no token. */
static bool want_certificates(SSL_CTX *ssl_ctx)
{
#if OPENSSL_VERSION_PREREQ(3, 2)
        return SSL_CTX_set1_client_cert_type(ssl_ctx, NULL, 0) == 1 &&
               SSL_CTX_set1_server_cert_type(ssl_ctx, NULL, 0) == 1;
#else
        (void)ssl_ctx;
        return true;
#endif
}

/* ---- TLS 1.2 or later ---- */

/* Raises the lowest version, and lowers none that the program wants. `ssl` is one of `ssl_ctx`:
 * that alone says whether DTLS is spoken, and which version by a method that knows only one, which
 * ignores what is set. */
static bool raise_version(SSL_CTX *ssl_ctx, const SSL *ssl)
{
        const bool datagrams = SSL_is_dtls(ssl) == 1;
        const int lowest = datagrams ? DTLS1_2_VERSION : TLS1_2_VERSION;
        const long highest = SSL_CTX_get_max_proto_version(ssl_ctx);

        if (highest != 0 && (datagrams ? highest > lowest : highest < lowest))
                return false;
        if (SSL_CTX_get_min_proto_version(ssl_ctx) == TLS1_3_VERSION)
                return true;
        return SSL_CTX_set_min_proto_version(ssl_ctx, lowest) == 1 &&
               (SSL_CTX_get_min_proto_version(ssl_ctx) == lowest || aza_tls_version_good(ssl));
}

static int want_version(SSL_CTX *ssl_ctx)
{
        SSL *ssl = SSL_new(ssl_ctx);

        if (ssl == NULL)
                return AZA_NO_MEMORY();
        const bool raised = raise_version(ssl_ctx, ssl);
        SSL_free(ssl);
        return raised ? 0
                      : AZA_FAIL(
                                AZATTEST_E_INVALID_PARAMETER,
                                "the SSL_CTX speaks only what is older than TLS 1.2 or DTLS 1.2, by its method or its highest version");
}

int azattest_ssl_require(struct ssl_ctx_st *ssl_ctx, azattest_ssl_verifier *verifier)
{
        aza_clear_error();
        if (ssl_ctx == NULL || verifier == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "SSL_CTX or verifier is NULL");
        /* First of all, so that a context that cannot be set up accepts nobody. */
        SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_cert_verify_callback(ssl_ctx, azattest_ssl_verify, verifier);
        remove_psk_callbacks(ssl_ctx);
        if (!forbid_resumption(ssl_ctx) || !want_certificates(ssl_ctx))
                return AZA_FAIL_OPENSSL(AZATTEST_E_INVALID_PARAMETER,
                                        "the SSL_CTX cannot be set up");
        const int r = want_version(ssl_ctx);
        return r != 0 ? r : remove_suites(ssl_ctx);
}
