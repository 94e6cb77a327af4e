/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public API: TLS peers with attested certificates. The verifier holds the issuer's key set in
 * memory, so that a handshake touches the network only when a signing key is new. Fails closed:
 * every path that does not accept returns 0. What was found is kept with the connection for
 * azattest_ssl_result, and counts for the handshake it was found in only. azattest_tls_require.c
 * sets SSL_CTXs up.
 */
#include "api/azattest_tls.h"
#include "api/azattest_context.h"

#include "base/error.h"
#include "base/log.h"
#include "online/maa.h"
#include "token/held_jwks.h"
#include "verdict/certificate.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#define HANDSHAKE_SECONDS 5 /* of the network, within one handshake (D45) */
#define RANDOM_LEN        32

struct azattest_ssl_verifier {
        azattest_context *ctx;
        char *policy, *jwks_file, *vmid;
        int64_t time;
        bool delegated;
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
                                                        .time = verifier->time,
                                                        .delegated = verifier->delegated};

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
        if (request.vmid != NULL || (policy != NULL && aza_policy_pins_identity(policy)))
                return 0;
        return AZA_FAIL(
                AZATTEST_E_IDENTITY_NEEDED,
                "which VM is the peer? give its id (vmid) or a policy that pins x-ms-azurevm-vmid; any-vm = yes accepts every confidential VM of every customer");
}

int azattest_ssl_verifier_new(azattest_context *ctx, const struct azattest_verify_options *options,
                              azattest_ssl_verifier **ret)
{
        aza_clear_error();
        if (ctx == NULL || ret == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "context or result is NULL");
        struct aza_options o;
        int r = aza_verify_options_take(options, &o);
        if (r != 0)
                return r;
        if (o.verify.nonce != NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "a certificate cannot echo a nonce; use the channel form");
        r = aza_call_no_demands(&o.verify);
        if (r == 0)
                r = aza_call_no_file(&o.verify);
        if (r != 0)
                return r;
        azattest_ssl_verifier *verifier = calloc(1, sizeof(*verifier));
        if (verifier == NULL || !aza_held_jwks_init(&verifier->keys)) {
                free(verifier);
                return AZA_NO_MEMORY();
        }
        verifier->ctx = ctx;
        verifier->time = o.verify.time;
        verifier->delegated = o.verify.delegated;
        r = copy_text(&verifier->policy, o.verify.policy) &&
                            copy_text(&verifier->jwks_file, o.verify.jwks_file) &&
                            copy_text(&verifier->vmid, o.verify.vmid)
                    ? demand_identity(verifier)
                    : AZA_NO_MEMORY();
        if (r != 0) {
                azattest_ssl_verifier_free(verifier);
                return r;
        }
        *ret = verifier;
        return 0;
}

/* ---- the key set in memory ---- */

struct find {
        azattest_ssl_verifier *verifier;
        const struct aza_deadline *deadline;
        int64_t time;
};

static int find_held(const struct aza_key_search *search, struct aza_jwks **ret)
{
        const struct find *find = search->arg;
        const struct aza_token *token = search->token;
        struct aza_held_jwks *keys = &find->verifier->keys;
        struct aza_jwks *set = aza_held_jwks_get(keys, token, find->time, aza_monotonic_ms());
        int64_t now = 0;

        if (set == NULL) {
                int r = aza_maa_jwks(search->libctx, search->config,
                                     search->at_hand ? NULL : find->deadline, token, &set);
                if (r != 0)
                        return r;
                if (aza_now(&now) == 0)
                        aza_held_jwks_put(keys, token->issuer, set, now, aza_monotonic_ms());
        }
        *ret = set;
        return 0;
}

/* ---- one peer ---- */

/* What it shows: its certificate, and those that it sends behind it. */
struct shown {
        X509 *leaf;
        aza_certs *above;
};

int aza_tls_above(const STACK_OF(X509) * sent, const X509 *leaf, aza_certs **ret)
{
        AZA_OWN(aza_certs_free) aza_certs *above = sk_X509_new_null();
        int r = above == NULL ? AZA_NO_MEMORY() : aza_certs_copy(sent, above);

        if (r != 0)
                return r;
        /* OpenSSL has the leaf among them, or not. */
        if (sk_X509_num(above) > 0 && leaf != NULL && X509_cmp(sk_X509_value(above, 0), leaf) == 0)
                X509_free(sk_X509_shift(above));
        *ret = aza_take(&above);
        return 0;
}

/* What was found about a connection's peer. */
struct finding {
        struct aza_error why; /* code 0: accepted */
        char *text;           /* the result list, or NULL */
        X509 *certificate;
        unsigned char randoms[2 * RANDOM_LEN]; /* of the handshake it was found in */
};

static void free_finding(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
                         void *argp)
{
        struct finding *finding = ptr;

        (void)parent;
        (void)ad;
        (void)index;
        (void)argl;
        (void)argp;
        if (finding == NULL)
                return;
        azattest_free(finding->text);
        X509_free(finding->certificate);
        free(finding);
}

/* SSL_dup: another connection, about whose peer nothing was found. */
static int forget_finding(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **ptr, int index,
                          long argl, void *argp)
{
        (void)to;
        (void)from;
        (void)index;
        (void)argl;
        (void)argp;
        *ptr = NULL;
        return 1;
}

/* OpenSSL gives such an index once per process. */
static pthread_once_t finding_once = PTHREAD_ONCE_INIT;
static int finding_index = -1;

static void make_finding_index(void)
{
        finding_index = SSL_get_ex_new_index(0, NULL, NULL, forget_finding, free_finding);
}

/* Tells handshakes apart, also those of one SSL object: either side makes one half of it anew. */
static bool handshake_randoms(const SSL *ssl, unsigned char out[2 * RANDOM_LEN])
{
        return SSL_get_client_random(ssl, out, RANDOM_LEN) == RANDOM_LEN &&
               SSL_get_server_random(ssl, out + RANDOM_LEN, RANDOM_LEN) == RANDOM_LEN;
}

/* Takes `text`. */
static bool keep_finding(SSL *ssl, X509 *certificate, int code, char *text)
{
        struct finding *finding = calloc(1, sizeof(*finding));

        (void)pthread_once(&finding_once, make_finding_index);
        if (finding == NULL || finding_index < 0) {
                free(finding);
                azattest_free(text);
                return false;
        }
        finding->text = text;
        if (code != 0)
                finding->why = aza_error_of(code);
        if (X509_up_ref(certificate) == 1)
                finding->certificate = certificate;
        void *old = SSL_get_ex_data(ssl, finding_index);
        if (finding->certificate == NULL || !handshake_randoms(ssl, finding->randoms) ||
            SSL_set_ex_data(ssl, finding_index, finding) != 1) {
                free_finding(NULL, finding, NULL, 0, 0, NULL);
                return false;
        }
        free_finding(NULL, old, NULL, 0, 0, NULL);
        return true;
}

static int verify_peer(azattest_ssl_verifier *verifier, const struct shown *shown, char **ret_text)
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
        const struct aza_deadline hurry = aza_deadline_in(HANDSHAKE_SECONDS, NULL);
        if (call.deadline.at_ms > hurry.at_ms)
                call.deadline.at_ms = hurry.at_ms;
        struct find find = {verifier, &call.deadline, request.time};
        const struct aza_certificate_request peer = {.certificate = shown->leaf,
                                                     .above = shown->above,
                                                     .token = &request,
                                                     .find = find_held,
                                                     .find_arg = &find,
                                                     .in_handshake = true};
        r = aza_certificate_verify(call.libctx, &call.config, &peer, &checks, &token);
        if (checks.count == 0)
                return r;
        const struct aza_error why = aza_error_of(r);
        const struct aza_judged judged = {"certificate", request.time, &checks,
                                          token != NULL ? token->claims : NULL};
        int made = aza_call_result(&call, &judged, ret_text);
        if (r == 0)
                return made;
        return aza_error_restore(&why);
}

/* Renegotiation, or a client's certificate after the handshake: what was said before was not this
 * peer's. */
static bool is_later(const SSL *ssl)
{
        unsigned char finished[64];

        return SSL_get_peer_finished(ssl, finished, sizeof(finished)) > 0;
}

static int judge(azattest_ssl_verifier *verifier, const SSL *ssl, const struct shown *shown,
                 char **text)
{
        if (verifier == NULL || ssl == NULL || shown->leaf == NULL)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, "the peer shows no certificate");
        if (is_later(ssl))
                return AZA_FAIL(
                        AZATTEST_E_CERTIFICATE,
                        "the peer shows a certificate after the handshake, or another handshake was made; a peer is verified in its connection's first");
        return verify_peer(verifier, shown, text);
}

int azattest_ssl_verify(struct x509_store_ctx_st *store, void *arg)
{
        azattest_ssl_verifier *verifier = arg;
        struct shown shown = {.leaf = store != NULL ? X509_STORE_CTX_get0_cert(store) : NULL};
        SSL *ssl = store != NULL
                           ? X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
                           : NULL;
        char *text = NULL;

        /* What is left on the queue would be taken for an error of the connection later. */
        (void)ERR_set_mark();
        int r = store != NULL ? aza_tls_above(X509_STORE_CTX_get0_untrusted(store), shown.leaf,
                                              &shown.above)
                              : 0;
        if (r == 0)
                r = judge(verifier, ssl, &shown, &text);
        aza_certs_free(shown.above);
        (void)ERR_pop_to_mark();

        if (ssl == NULL || shown.leaf == NULL)
                azattest_free(text);
        else if (!keep_finding(ssl, shown.leaf, r, text))
                r = r != 0 ? r : AZA_NO_MEMORY();
        if (store != NULL)
                X509_STORE_CTX_set_error(store,
                                         r == 0 ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
        if (r != 0)
                AZA_LOG(WARN, "TLS peer refused: %s", aza_last_error()->message);
        return r == 0 ? 1 : 0;
}

/* ---- what was found ---- */

/* Of this connection's present handshake; NULL when its peer was not verified in it. */
static const struct finding *present_finding(const SSL *ssl)
{
        unsigned char randoms[2 * RANDOM_LEN];

        (void)pthread_once(&finding_once, make_finding_index);
        const struct finding *finding =
                finding_index >= 0 ? SSL_get_ex_data(ssl, finding_index) : NULL;
        if (finding == NULL || !handshake_randoms(ssl, randoms) ||
            memcmp(randoms, finding->randoms, sizeof(randoms)) != 0)
                return NULL;
        return finding;
}

/* Why an accepted certificate says nothing about who is at the other end, or NULL. */
static const char *unproven(const SSL *ssl, const struct finding *finding)
{
        const X509 *shown = SSL_get0_peer_certificate(ssl);

        if (SSL_is_init_finished(ssl) != 1)
                return "the TLS handshake is not finished";
        if (SSL_session_reused(ssl) == 1)
                return "the TLS session was resumed, or agreed on by a pre-shared key";
        if (!aza_tls_version_good(ssl))
                return "the connection is older than TLS 1.2";
        if (shown == NULL || X509_cmp(shown, finding->certificate) != 0)
                return "the peer's certificate is not the one that was verified";
        return NULL;
}

int azattest_ssl_result(const struct ssl_st *ssl, char **ret_json)
{
        uint8_t *copy = NULL;

        aza_clear_error();
        if (ssl == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no connection");
        const struct finding *finding = present_finding(ssl);
        if (finding == NULL)
                return AZA_FAIL(
                        AZATTEST_E_CERTIFICATE,
                        "no peer was verified on this connection: it showed no certificate, resumed a session or used a pre-shared key, or the SSL_CTX (that of a servername callback, too) lacks azattest_ssl_require");
        const char *why = finding->why.code == 0 ? unproven(ssl, finding) : NULL;
        if (why != NULL)
                return AZA_FAIL(AZATTEST_E_CERTIFICATE, "the peer is not proven: %s", why);
        if (ret_json != NULL && finding->text != NULL) {
                int r = aza_hand_out(aza_span_of(finding->text, strlen(finding->text)), &copy);
                if (r != 0)
                        return r;
                *ret_json = (char *)copy;
        }
        const struct aza_error *e = &finding->why;
        return e->code == 0 ? 0 : aza_fail(e->place, e->code, e->tpm_rc, "%s", e->message);
}
