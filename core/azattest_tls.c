/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public API: TLS peers with attested certificates. The verifier holds the issuer's key set in memory,
 * so that a handshake touches the network only when a signing key is new. Fails closed: every path
 * that does not accept returns 0.
 */
#include "azattest_context.h"

#include "base/error.h"
#include "base/log.h"
#include "certificate_verify.h"
#include "maa/client.h"
#include "token/held_jwks.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

/* A TLS extension of the private range, where ClientHellos are looked at. */
#define NEVER_SENT 65400

struct azattest_ssl_verifier {
        azattest_context *ctx;
        char *policy, *jwks_file, *vmid;
        int64_t time;
        struct aza_held_jwks keys;
};

/* ---- making ---- */

void azattest_ssl_verifier_free(azattest_ssl_verifier *verifier)
{
        if (verifier == NULL)
                return;
        free(verifier->policy);
        free(verifier->jwks_file);
        free(verifier->vmid);
        aza_held_jwks_free(&verifier->keys);
        free(verifier);
}

static bool copy_text(char **field, const char *text)
{
        if (text != NULL)
                *field = strdup(text);
        return text == NULL || *field != NULL;
}

/* The call's configuration with the verifier's options above it. */
static int apply(const azattest_ssl_verifier *verifier, struct azattest_call *call,
                 struct aza_verify_request *request)
{
        const struct azattest_verify_options options = {.policy = verifier->policy,
                                                        .jwks_file = verifier->jwks_file,
                                                        .vmid = verifier->vmid,
                                                        .time = verifier->time};

        *request = (struct aza_verify_request){.foreign = true, .purpose = AZA_PURPOSE_SIGN};
        return aza_call_options(call, &options, request);
}

/* D12, asked for when the verifier is made: not only once a peer is there. */
static int demand_identity(const azattest_ssl_verifier *verifier)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        struct aza_verify_request request;
        int r = aza_call_begin(verifier->ctx, false, &call);

        if (r == 0)
                r = apply(verifier, &call, &request);
        if (r == 0)
                r = aza_policy_load(&call.config, &policy);
        if (r != 0)
                return r;
        if (call.config.any_vm) {
                AZA_LOG(WARN, "any-vm = yes: TLS peers are accepted whichever VM they are");
                return 0;
        }
        if (request.vmid != NULL || policy != NULL)
                return 0;
        return AZA_FAIL(AZATTEST_E_IDENTITY_NEEDED,
                        "which VM is the peer? give its id (vmid) or a policy; "
                        "any-vm = yes accepts every confidential VM of every customer");
}

int azattest_ssl_verifier_new(azattest_context *ctx, const struct azattest_verify_options *options,
                              azattest_ssl_verifier **ret)
{
        aza_clear_error();
        if (ctx == NULL || ret == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "context or result is NULL");
        if (options != NULL && options->nonce != NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "a certificate cannot echo a nonce; use the channel form");
        int r = aza_call_no_demands(options);
        if (r != 0)
                return r;
        azattest_ssl_verifier *verifier = calloc(1, sizeof(*verifier));
        if (verifier == NULL || !aza_held_jwks_init(&verifier->keys)) {
                free(verifier);
                return AZA_NO_MEMORY();
        }
        verifier->ctx = ctx;
        verifier->time = options != NULL ? options->time : 0;
        r = options == NULL || (copy_text(&verifier->policy, options->policy) &&
                                copy_text(&verifier->jwks_file, options->jwks_file) &&
                                copy_text(&verifier->vmid, options->vmid))
                    ? demand_identity(verifier)
                    : AZA_NO_MEMORY();
        if (r != 0) {
                azattest_ssl_verifier_free(verifier);
                return r;
        }
        *ret = verifier;
        return 0;
}

/* Called for each ClientHello; adds nothing (0), or ends the handshake (-1). A session that the program
 * sets itself would be resumed, and OpenSSL asks no verify callback then. */
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

int azattest_ssl_require(struct ssl_ctx_st *ssl_ctx, azattest_ssl_verifier *verifier)
{
        aza_clear_error();
        if (ssl_ctx == NULL || verifier == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "SSL_CTX or verifier is NULL");
        SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_cert_verify_callback(ssl_ctx, azattest_ssl_verify, verifier);
        /* OpenSSL asks no callback when a session is resumed. */
        (void)SSL_CTX_set_session_cache_mode(ssl_ctx, SSL_SESS_CACHE_OFF);
        (void)SSL_CTX_set_options(ssl_ctx, SSL_OP_NO_TICKET);
        if (!watch_resumption(ssl_ctx) || SSL_CTX_set_num_tickets(ssl_ctx, 0) != 1 ||
            SSL_CTX_set_max_early_data(ssl_ctx, 0) != 1 ||
            SSL_CTX_set_min_proto_version(ssl_ctx, TLS1_2_VERSION) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_INVALID_PARAMETER,
                                        "the SSL_CTX cannot be set up");
        return 0;
}

/* ---- the key set in memory ---- */

struct find {
        azattest_ssl_verifier *verifier;
        const struct aza_deadline *deadline;
        int64_t time;
};

static int find_held(OSSL_LIB_CTX *libctx, const struct aza_config *config, void *arg,
                     const struct aza_token *token, struct aza_jwks **ret)
{
        const struct find *find = arg;
        struct aza_held_jwks *keys = &find->verifier->keys;
        struct aza_jwks *set = aza_held_jwks_get(keys, token, find->time, aza_monotonic_ms());
        int64_t now = 0;

        if (set == NULL) {
                int r = aza_maa_jwks(libctx, config, find->deadline, token, &set);
                if (r != 0)
                        return r;
                if (aza_now(&now) == 0)
                        aza_held_jwks_put(keys, token->issuer, set, now, aza_monotonic_ms());
        }
        *ret = set;
        return 0;
}

/* ---- one peer ---- */

static void free_result(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
                        void *argp)
{
        (void)parent;
        (void)ad;
        (void)index;
        (void)argl;
        (void)argp;
        azattest_free(ptr);
}

/* OpenSSL gives such an index once per process. */
static pthread_once_t result_once = PTHREAD_ONCE_INIT;
static int result_index = -1;

static void make_result_index(void)
{
        result_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_result);
}

static int verify_peer(azattest_ssl_verifier *verifier, X509 *certificate, char **ret_text)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_CHECKS struct aza_checks checks = {0};
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        struct aza_verify_request request;
        int r = aza_call_begin(verifier->ctx, false, &call);

        if (r == 0)
                r = apply(verifier, &call, &request);
        if (r != 0)
                return r;
        struct find find = {verifier, &call.deadline, request.time};
        r = aza_certificate_verify(call.libctx, &call.config, &request, certificate, find_held,
                                   &find, &checks, &token);
        if (checks.count == 0)
                return r;
        const struct aza_error why = *aza_last_error();
        int made = aza_call_result(&call, "certificate", request.time, &checks,
                                   token != NULL ? token->claims : NULL, ret_text);
        if (r == 0)
                return made;
        return aza_fail(why.file, why.line, why.function, r, why.tpm_rc, "%s", why.message);
}

int azattest_ssl_verify(struct x509_store_ctx_st *store, void *arg)
{
        azattest_ssl_verifier *verifier = arg;
        X509 *certificate = store != NULL ? X509_STORE_CTX_get0_cert(store) : NULL;
        SSL *ssl = store != NULL
                           ? X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
                           : NULL;
        char *text = NULL;

        /* What is left on the queue would be taken for an error of the connection later. */
        (void)ERR_set_mark();
        int r = verifier != NULL && certificate != NULL && ssl != NULL
                        ? verify_peer(verifier, certificate, &text)
                        : AZA_FAIL(AZATTEST_E_CERTIFICATE, "the peer shows no certificate");
        (void)ERR_pop_to_mark();

        (void)pthread_once(&result_once, make_result_index);
        if (ssl != NULL && result_index >= 0) {
                azattest_free(SSL_get_ex_data(ssl, result_index));
                if (SSL_set_ex_data(ssl, result_index, text) == 1)
                        text = NULL;
        }
        azattest_free(text);
        if (store != NULL)
                X509_STORE_CTX_set_error(store,
                                         r == 0 ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
        if (r != 0)
                AZA_LOG(WARN, "TLS peer refused: %s", aza_last_error()->message);
        return r == 0 ? 1 : 0;
}

int azattest_ssl_result(const struct ssl_st *ssl, char **ret_json)
{
        uint8_t *copy = NULL;

        aza_clear_error();
        (void)pthread_once(&result_once, make_result_index);
        const char *text =
                ssl != NULL && result_index >= 0 ? SSL_get_ex_data(ssl, result_index) : NULL;
        if (ssl != NULL && SSL_session_reused(ssl) == 1)
                text = NULL; /* of an earlier connection */
        if (text == NULL || ret_json == NULL)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, "no peer was verified on this connection");
        int r = aza_hand_out(aza_span_of(text, strlen(text)), &copy);
        if (r == 0)
                *ret_json = (char *)copy;
        return r;
}
