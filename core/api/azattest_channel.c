/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public API: evidence bound to one TLS connection (D15, C1, C2). Both sides make the same
 * qualifying data out of what they see of the connection; nothing about it is taken from the
 * evidence. The caller carries nonce and evidence over the connection itself.
 */
#include "api/azattest_context.h"
#include "api/azattest_tls.h"

#include "base/error.h"
#include "base/json.h"
#include "certificate/cmw.h"
#include "evidence/nonce.h"
#include "online/collect.h"
#include "online/token.h"
#include "tpm/uri.h"
#include "verdict/certificate.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#define EXPORTER_LABEL "EXPORTER-Channel-Binding" /* RFC 9266 */
#define NONCE_MIN      16
#define NONCE_MAX      512

/* ---- the connection ---- */

/* Hash of the SubjectPublicKeyInfo as it stands in the certificate. */
static int hash_spki(OSSL_LIB_CTX *libctx, const X509 *certificate, uint8_t out[AZA_SHA256_LEN])
{
        unsigned char *der = NULL;
        int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

        if (len <= 0)
                return AZA_FAIL_OPENSSL(AZATTEST_E_CERTIFICATE,
                                        "a certificate's key cannot be encoded");
        int r = aza_sha256(libctx, aza_span_of(der, (size_t)len), out);
        OPENSSL_free(der);
        return r;
}

/* The leaf this side has shown; NULL when it did not: a client whose server asked for none. */
static X509 *shown_certificate(const SSL *ssl)
{
        int signed_with = 0;

        if (SSL_get_signature_type_nid(ssl, &signed_with) != 1)
                return NULL;
        return SSL_get_certificate(ssl);
}

/* C1: why nothing can be bound to this connection, or NULL. */
static const char *unbindable(const SSL *ssl)
{
        if (SSL_is_init_finished(ssl) != 1)
                return "the TLS handshake is not finished";
        if (SSL_version(ssl) != TLS1_3_VERSION)
                return "the connection is not TLS 1.3, which alone has a usable exporter";
        if (SSL_session_reused(ssl) == 1)
                return "the TLS session was resumed; make a full handshake";
        return NULL;
}

/* What both sides hash. `attester` is the leaf of the side that attests. AZATTEST_E_EVIDENCE:
 * C1. */
static int channel_of(OSSL_LIB_CTX *libctx, SSL *ssl, bool attesting, struct aza_span nonce,
                      uint8_t out[AZA_SHA256_LEN])
{
        struct aza_channel channel = {.nonce = nonce};
        X509 *own = shown_certificate(ssl);
        X509 *peer = SSL_get0_peer_certificate(ssl);
        const X509 *attester = attesting ? own : peer;
        const X509 *verifier = attesting ? peer : own;
        bool server = (SSL_is_server(ssl) == 1) == attesting;
        const char *why = unbindable(ssl);
        int r;

        if (why != NULL)
                return AZA_FAIL(AZATTEST_E_EVIDENCE, "%s", why);
        if (attester == NULL)
                return AZA_FAIL(AZATTEST_E_EVIDENCE, "the attesting side has shown no certificate");
        channel.role = server ? AZA_CHANNEL_SERVER : AZA_CHANNEL_CLIENT;
        channel.has_peer = verifier != NULL;
        if (SSL_export_keying_material(ssl, channel.exporter, sizeof(channel.exporter),
                                       EXPORTER_LABEL, strlen(EXPORTER_LABEL), NULL, 0, 0) != 1)
                return AZA_FAIL_OPENSSL(AZATTEST_E_EVIDENCE, "the connection has no exporter");
        if ((r = hash_spki(libctx, attester, channel.own_spki)) == 0 && verifier != NULL)
                r = hash_spki(libctx, verifier, channel.peer_spki);
        if (r == 0)
                r = aza_nonce_channel(libctx, &channel, out);
        OPENSSL_cleanse(channel.exporter, sizeof(channel.exporter));
        return r;
}

static int check_nonce(const uint8_t *nonce, size_t nonce_len)
{
        if (nonce != NULL && nonce_len >= NONCE_MIN && nonce_len <= NONCE_MAX)
                return 0;
        return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                        "the verifier's nonce has %zu bytes; %d to %d random ones are needed",
                        nonce != NULL ? nonce_len : 0, NONCE_MIN, NONCE_MAX);
}

/* C4: `key` is the leaf's. */
static bool is_key_of(OSSL_LIB_CTX *libctx, const X509 *leaf, const EVP_PKEY *key)
{
        AZA_BYTES struct aza_bytes spki = {0};
        uint8_t attested[AZA_SHA256_LEN], shown[AZA_SHA256_LEN];

        return leaf != NULL && key != NULL && aza_spki(key, &spki) == 0 &&
               aza_sha256(libctx, aza_bytes_span(&spki), attested) == 0 &&
               hash_spki(libctx, leaf, shown) == 0 &&
               CRYPTO_memcmp(attested, shown, sizeof(shown)) == 0;
}

/* ---- the attesting side ---- */

/* The signing key, or the one that issues, by name. */
static int parse_uri(const struct azattest_call *call, const char *text, struct aza_uri *ret)
{
        int r = aza_uri_parse(text != NULL ? text : "azattest://sign", &call->config, ret);

        if (r != 0)
                return r;
        if (ret->purpose != AZA_PURPOSE_SIGN && ret->purpose != AZA_PURPOSE_ISSUE)
                return AZA_FAIL(
                        AZATTEST_E_WRONG_PURPOSE,
                        "'%.200s' is no TLS key; write azattest://sign, or azattest://issue for one that vouches for it",
                        text);
        if (ret->object != AZA_URI_SIGN && ret->object != AZA_URI_ISSUE)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "'%.200s' is no key; write azattest://sign", text);
        if (ret->nonce[0] != '\0')
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "the verifier's nonce is an argument of its own, not of the URI");
        return 0;
}

/* C7: `key` vouches for the leaf. */
static bool vouches_for(X509 *leaf, EVP_PKEY *key)
{
        return leaf != NULL && key != NULL && X509_verify(leaf, key) == 1;
}

static int own_key(const struct azattest_call *call, const SSL *ssl, const struct aza_keyref *ref)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        int r = aza_keyref_pkey(call->libctx, ref, &key);

        if (r != 0 || (ref->purpose == AZA_PURPOSE_ISSUE
                               ? vouches_for(shown_certificate(ssl), key)
                               : is_key_of(call->libctx, shown_certificate(ssl), key)))
                return r;
        return AZA_FAIL(
                AZATTEST_E_CERTIFICATE,
                "check C4: this side's certificate is not that of azattest://%s%s%s in the present PCR state",
                aza_purpose_text(ref->purpose), ref->name[0] != '\0' ? "?name=" : "", ref->name);
}

/* What evidence is bound to (C1). */
struct channel {
        SSL *ssl;
        struct aza_span nonce;
};

static int collect(const struct azattest_call *call, const struct channel *channel,
                   const struct aza_uri *uri, const uint8_t qualifying[AZA_SHA256_LEN],
                   struct aza_bytes *ret)
{
        const struct aza_key_spec spec = {.purpose = uri->purpose,
                                          .name = uri->name,
                                          .hierarchy = uri->hierarchy,
                                          .pcr_mask = uri->pcr_mask};
        const struct aza_attester vm = aza_call_attester(call);
        struct aza_evidence evidence = {0};
        struct aza_evidence_file file = {0};
        int64_t now = 0;
        int r = aza_now(&now);

        if (r == 0)
                r = aza_evidence_collect(&vm, &spec, aza_span_of(qualifying, AZA_SHA256_LEN),
                                         &evidence);
        if (r == 0)
                r = own_key(call, channel->ssl, evidence.key);
        if (r == 0)
                r = aza_evidence_file_of(call->libctx, &evidence, channel->nonce, now, &file);
        if (r == 0)
                r = aza_call_enclose(call, &file);
        if (r == 0)
                r = aza_evidence_file_encode(&file, ret);
        aza_evidence_file_free(&file);
        aza_evidence_free(&evidence);
        return r;
}

int azattest_channel_evidence(azattest_context *ctx, struct ssl_st *ssl, const char *uri_text,
                              const uint8_t *nonce, size_t nonce_len, char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_BYTES struct aza_bytes text = {0};
        const struct channel channel = {ssl, aza_span_of(nonce, nonce_len)};
        uint8_t qualifying[AZA_SHA256_LEN];
        uint8_t *copy = NULL;
        struct aza_uri uri;
        int r;

        aza_clear_error();
        if (ssl == NULL || ret_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no connection, or no place for the evidence");
        if ((r = check_nonce(nonce, nonce_len)) != 0 ||
            (r = aza_call_begin(ctx, true, &call)) != 0 ||
            (r = parse_uri(&call, uri_text, &uri)) != 0)
                return r;
        r = channel_of(call.libctx, ssl, true, aza_span_of(nonce, nonce_len), qualifying);
        if (r != 0)
                return aza_context(r, "check C1");
        if ((r = collect(&call, &channel, &uri, qualifying, &text)) != 0 ||
            (r = aza_hand_out(aza_bytes_span(&text), &copy)) != 0)
                return r;
        *ret_json = (char *)copy;
        return 0;
}

/* ---- the verifying side ---- */

/* The VM that the token in the certificate is about; "" when it does not say. Nothing is verified
 * here. */
static void claimed_vm(const X509 *leaf, char vmid[64])
{
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_BYTES struct aza_bytes jwt = {0};

        vmid[0] = '\0';
        if (leaf == NULL || aza_cmw_of_certificate(leaf, AZA_CMW_OID, &jwt) != 0 ||
            aza_token_parse((const char *)jwt.data, jwt.len, NULL, &token) != 0)
                return;
        const char *text = aza_json_string(token->claims, "x-ms-azurevm-vmid");
        if (text != NULL && strlen(text) < 64)
                memcpy(vmid, text, strlen(text) + 1);
}

/* What is judged, and where the findings go. */
struct judging {
        struct azattest_call *call;
        SSL *ssl;
        const struct aza_evidence_file *file;
        const struct aza_verify_request *token; /* what is demanded of the certificate's */
        json_object **claims;                   /* what was proven */
        struct aza_certificate_request peer;    /* what it has shown */
};

static void judge_channel(const struct judging *j, const struct aza_judgement *judgement,
                          struct aza_checks *checks)
{
        const struct aza_check *quote = aza_checks_get(checks, AZA_CHECK_Q5);
        const struct aza_check *key = aza_checks_get(checks, AZA_CHECK_Q13);

        if (quote != NULL && quote->outcome == AZA_ACCEPT && key != NULL &&
            key->outcome == AZA_ACCEPT) {
                (void)aza_accept(checks, AZA_CHECK_C1, "quoted for this very connection");
                (void)aza_accept(checks, AZA_CHECK_C2, "evidence of the %s",
                                 SSL_is_server(j->ssl) != 1 ? "server" : "client");
        } else {
                (void)aza_not_checked(checks, AZA_CHECK_C1, AZA_FOLLOWS, "as Q5, Q13");
                (void)aza_not_checked(checks, AZA_CHECK_C2, AZA_FOLLOWS, "as Q5, Q13");
        }
        if (judgement->key == NULL)
                (void)aza_not_checked(checks, AZA_CHECK_C4, AZA_NO_INPUT, "no attested key");
        else if (is_key_of(j->call->libctx, aza_certificate_attested(&j->peer), judgement->key))
                (void)aza_accept(checks, AZA_CHECK_C4, "the attested key is the peer's %s",
                                 aza_certificate_is_delegated(&j->peer) ? "issuer's" : "TLS key");
        else
                (void)aza_reject(checks, AZA_CHECK_C4,
                                 "the attested key is not that of the peer's certificate");
        key = aza_checks_get(checks, AZA_CHECK_Q11);
        if (key != NULL && key->doubted)
                aza_checks_doubt(checks, AZA_CHECK_C4, AZA_CHECK_C4, "as Q11");
}

static int judge_evidence(const struct judging *j, const struct aza_evidence_request *request,
                          struct aza_checks *checks)
{
        AZA_CHECKS struct aza_checks rows = {0};
        const struct aza_verifier verifier = aza_call_verifier(j->call);
        struct aza_judgement judgement = {0};
        int r = aza_evidence_verify(&verifier, request, j->file, &rows, &judgement);

        if (rows.count == 0)
                return r;
        aza_checks_append(checks, &rows);
        judge_channel(j, &judgement, checks);
        *j->claims = aza_evidence_claims(&judgement);
        aza_judgement_free(&judgement);
        return *j->claims != NULL ? aza_checks_result(checks, "channel") : AZA_NO_MEMORY();
}

/* A policy speaks about a token's claims: the one in the peer's certificate, which attests the same
 * key (C4). The VM it is about then is the VM the evidence must come from. The evidence, which
 * needs no network, is judged first. */
static int judge_both(const struct judging *j, const struct aza_evidence_request *demanded,
                      struct aza_checks *checks)
{
        AZA_CHECKS struct aza_checks rows = {0};
        struct aza_evidence_request request = *demanded;
        struct aza_verify_request token = *j->token;
        const size_t before = checks->count;
        char vmid[64];

        claimed_vm(aza_certificate_attested(&j->peer), vmid);
        if (vmid[0] != '\0')
                request.judge.vmid = vmid;
        int r = judge_evidence(j, &request, &rows);
        if (rows.count == 0)
                return r;
        token.refused = aza_checks_verdict(&rows) == AZA_VERDICT_REJECT;
        struct aza_certificate_request peer = j->peer;

        peer.token = &token;
        peer.find = aza_find_fetched;
        peer.find_arg = &j->call->deadline;
        peer.in_handshake = true;
        r = aza_certificate_verify(j->call->libctx, &j->call->config, &peer, checks, NULL);
        if (r != 0 && checks->count == before)
                return r;
        aza_checks_append(checks, &rows);
        return aza_checks_result(checks, "channel");
}

/* Rows, whatever they say, and the verdict; without rows: what kept them from being made.
 * `demanded` of the evidence. */
static int judge(const struct judging *j, struct aza_span nonce,
                 const struct aza_evidence_request *demanded, struct aza_checks *checks)
{
        struct aza_evidence_request request = *demanded;
        uint8_t qualifying[AZA_SHA256_LEN];
        int r = channel_of(j->call->libctx, j->ssl, false, nonce, qualifying);

        if (r == AZATTEST_E_EVIDENCE) {
                (void)aza_reject(checks, AZA_CHECK_C1, "%s", aza_last_error()->message);
                return aza_checks_result(checks, "channel");
        }
        if (r != 0)
                return r;
        request.judge.qualifying = aza_span_of(qualifying, sizeof(qualifying));
        request.judge.vmid = j->token->vmid;
        /* What the key that vouches for a leaf was attested for, only its token says (C5). */
        request.token_judged =
                j->call->config.policy[0] != '\0' || aza_certificate_is_delegated(&j->peer);
        return request.token_judged ? judge_both(j, &request, checks)
                                    : judge_evidence(j, &request, checks);
}

static int verify(struct azattest_call *call, const struct channel *channel,
                  const char *evidence_json, const struct azattest_verify_options *given,
                  char **ret_result)
{
        AZA_CHECKS struct aza_checks checks = {0};
        AZATTEST_CALL_EVIDENCE struct aza_call_evidence with = {0};
        AZA_OWN(json_object_put) json_object *claims = NULL;
        struct aza_evidence_file file = {0};
        struct aza_verify_request token = {.foreign = true, .purpose = AZA_PURPOSE_SIGN};
        struct aza_evidence_request request = {0};
        int r = aza_call_options(call, given, &token);

        if (r == 0)
                r = aza_call_demands(call, given, &with, &request);
        request.judge.time = token.time;
        request.judge.foreign = request.judge.need_key = true;
        if (r == 0)
                r = aza_evidence_file_decode(aza_span_of(evidence_json, strlen(evidence_json)),
                                             &file);
        if (r == 0)
                r = aza_call_fetch(call, given->evidence, &file, &with, &request);
        if (r != 0) {
                aza_evidence_file_free(&file);
                return r;
        }
        struct judging judging = {call, channel->ssl, &file, &token, &claims, {0}};
        judging.peer.certificate = SSL_get0_peer_certificate(channel->ssl);
        r = aza_tls_above(SSL_get_peer_cert_chain(channel->ssl), judging.peer.certificate,
                          &judging.peer.above);
        if (r == 0)
                r = judge(&judging, channel->nonce, &request, &checks);
        aza_certs_free(judging.peer.above);
        aza_evidence_file_free(&file);
        if (ret_result == NULL || checks.count == 0)
                return r;
        const struct aza_error why = aza_error_of(r);
        const struct aza_judged judged = {"evidence", token.time, &checks, r == 0 ? claims : NULL};
        int made = aza_call_result(call, &judged, ret_result);
        if (r == 0)
                return made;
        return aza_error_restore(&why);
}

int azattest_channel_verify(azattest_context *ctx, struct ssl_st *ssl, const uint8_t *nonce,
                            size_t nonce_len, const char *evidence_json,
                            const struct azattest_verify_options *options, char **ret_result)
{
        AZATTEST_CALL struct azattest_call call = {0};
        const struct channel channel = {ssl, aza_span_of(nonce, nonce_len)};
        struct aza_options o;
        int r;

        aza_clear_error();
        if (ssl == NULL || evidence_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no connection or no evidence");
        if ((r = aza_verify_options_take(options, &o)) != 0)
                return r;
        if (o.verify.nonce != NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "the nonce is an argument of its own here");
        if ((r = aza_call_no_file(&o.verify)) != 0 || (r = check_nonce(nonce, nonce_len)) != 0 ||
            (r = aza_call_begin(ctx, false, &call)) != 0)
                return r;
        (void)ERR_set_mark();
        r = verify(&call, &channel, evidence_json, &o.verify, ret_result);
        (void)ERR_pop_to_mark();
        return r;
}
