/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: attested certificates of this VM's keys. */
#include "api/azattest_context.h"

#include "base/clock.h"
#include "base/error.h"
#include "certificate/certificate.h"
#include "certificate/leaf.h"
#include "online/attest.h"
#include "show/show.h"
#include "verdict/renewal.h"

#include <stdio.h>
#include <string.h>

/* What one call makes, on its way. */
struct making {
        const struct azattest_call *call;
        const struct azattest_certificate_options *options;
        struct aza_uri uri;
        struct aza_renewal renewal;
        int64_t expiry; /* of the certificate that counts in the end; 0: a request */
        struct aza_bytes pem, key;
};

static int attest(const struct making *m, const struct aza_uri *uri, struct aza_keyref **ret)
{
        const struct azattest_call *call = m->call;
        struct aza_attest_request request = {.uri = uri,
                                             .payload = m->options->payload,
                                             .progress = call->progress,
                                             .progress_arg = call->progress_arg};
        const struct aza_attester vm = aza_call_attester(call);

        return aza_attest(&vm, &request, ret);
}

/* The signing key of the same name, which issues the decryption key's certificate (D29); its token
 * goes in, too (C8). */
static int attest_issuer(const struct making *m, struct aza_keyref **ret)
{
        struct aza_uri signer = m->uri;

        signer.object = AZA_URI_SIGN;
        signer.purpose = AZA_PURPOSE_SIGN;
        return m->uri.purpose == AZA_PURPOSE_DECRYPT && !m->options->csr ? attest(m, &signer, ret)
                                                                         : 0;
}

/* The leaf below what was made, and its key where that is ours to give. */
static int make_leaf(struct making *m, const struct aza_keyref *issuer, X509 *above)
{
        const struct azattest_call *call = m->call;
        AZA_LEAF struct aza_leaf leaf = {0};
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_BYTES struct aza_bytes behind = {0};
        const struct aza_key_reader reader = {call->libctx, call->tpm, &call->config};
        int r = aza_leaf_read(&reader, m->options->leaf, &leaf);

        if (r != 0)
                return r;
        const struct aza_leaf_spec spec = {.issuer = issuer,
                                           .above = above,
                                           .key = leaf.key,
                                           .san = m->options->san,
                                           .san_count = m->options->san_count};
        if ((r = aza_leaf_make(call->libctx, call->tpm, &spec, &certificate)) != 0 ||
            (r = aza_certificate_pem(above, &behind)) != 0 ||
            (r = aza_certificate_pem(certificate, &m->pem)) != 0 ||
            (r = aza_bytes_append(&m->pem, behind.data, behind.len)) != 0)
                return r;
        if (!leaf.is_ours)
                return 0;
        return m->options->plain ? aza_private_key_pem(leaf.key, &m->key)
                                 : aza_private_key_sealed(call->tpm, issuer, leaf.key, &m->key);
}

static int make_pem(struct making *m, const struct aza_certificate_spec *spec)
{
        const struct azattest_call *call = m->call;
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_OWN(X509_REQ_free) X509_REQ *request = NULL;
        int r;

        if (call->progress != NULL)
                call->progress(call->progress_arg, "signing");
        if (m->options->csr) {
                m->expiry = 0;
                r = aza_certificate_request(call->libctx, call->tpm, spec, &request);
                return r != 0 ? r : aza_certificate_request_pem(request, &m->pem);
        }
        if ((r = aza_certificate_make(call->libctx, call->tpm, spec, &certificate)) != 0 ||
            (r = aza_certificate_expiry(certificate, &m->expiry)) != 0)
                return r;
        if (m->options->leaf != NULL)
                return make_leaf(m, spec->subject, certificate);
        return aza_certificate_pem(certificate, &m->pem);
}

static int make(struct making *m)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *subject = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *issuer = NULL;
        const bool leaf = m->options->leaf != NULL; /* has the names then */
        struct aza_certificate_spec spec = {.san = m->options->san,
                                            .san_count = leaf ? 0 : m->options->san_count};
        int r;

        if ((r = aza_now(&spec.now)) != 0 || (r = attest(m, &m->uri, &subject)) != 0 ||
            (r = attest_issuer(m, &issuer)) != 0)
                return r;
        spec.subject = subject;
        spec.issuer = issuer;
        r = make_pem(m, &spec);
        return r != 0 || leaf ? r : aza_keyref_pem(m->call->libctx, subject, &m->key);
}

static int read_uri(struct making *m)
{
        const char *fallback = m->options->leaf != NULL ? "azattest://issue" : "azattest://sign";
        const char *text = m->options->uri != NULL ? m->options->uri : fallback;
        const char *nonce = m->options->nonce;
        const size_t len = nonce != NULL ? strlen(nonce) : 0;
        int r = aza_uri_parse(text, &m->call->config, &m->uri);

        if (r != 0)
                return r;
        if (m->options->leaf != NULL && m->uri.object != AZA_URI_ISSUE)
                return AZA_FAIL(AZATTEST_E_WRONG_PURPOSE,
                                "'%.200s' vouches for no leaf; write azattest://issue", text);
        if (m->options->leaf == NULL && m->uri.object != AZA_URI_SIGN &&
            m->uri.object != AZA_URI_KEY)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "'%.200s' gets no certificate of its own; write azattest://sign or azattest://key",
                        text);
        if (nonce != NULL && (len == 0 || len > AZA_NONCE_MAX))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "the nonce has %zu bytes; 1 to %d are possible", len,
                                AZA_NONCE_MAX);
        if (nonce != NULL)
                memcpy(m->uri.nonce, nonce, len + 1);
        return 0;
}

static int hand_out(const struct making *m, char **ret_pem, char **ret_key)
{
        uint8_t *pem = NULL, *key = NULL;
        int r = aza_hand_out(aza_bytes_span(&m->pem), &pem);

        if (r == 0 && ret_key != NULL && m->key.len > 0 &&
            (r = aza_hand_out(aza_bytes_span(&m->key), &key)) != 0)
                azattest_free(pem);
        if (r != 0)
                return r;
        *ret_pem = (char *)pem;
        /* NULL of a request's leaf. */
        if (ret_key != NULL)
                *ret_key = (char *)key;
        return 0;
}

static int decide(struct making *m)
{
        const struct azattest_certificate_options *o = m->options;

        if (o->csr) {
                m->renewal.cause = AZA_RENEWAL_NONE;
                (void)snprintf(m->renewal.reason, sizeof(m->renewal.reason),
                               "requests are made each time");
                return 0;
        }
        struct aza_renewal_request request = {.uri = &m->uri,
                                              .san = o->san,
                                              .san_count = o->san_count,
                                              .payload = o->payload,
                                              .present = o->present,
                                              .present_key = o->present_key,
                                              .leaf = o->leaf,
                                              .plain = o->plain,
                                              .before = o->renew_before};
        int r = aza_now(&request.now);

        return r != 0 ? r
                      : aza_renewal_decide(m->call->libctx, &m->call->config, m->call->tpm,
                                           &request, &m->renewal);
}

static int report(const struct making *m, char **ret_json)
{
        AZA_OWN(json_object_put) json_object *out = json_object_new_object();
        int64_t now = 0;
        int r = aza_now(&now);

        if (r != 0)
                return r;
        if (out == NULL)
                return AZA_NO_MEMORY();
        aza_show_text(out, "action", "%s", aza_renewal_action(m->renewal.cause));
        aza_show_text(out, "cause", "%s", aza_renewal_word(m->renewal.cause));
        aza_show_text(out, "reason", "%s", m->renewal.reason);
        if (m->expiry != 0) {
                aza_show_time(out, "until", m->expiry);
                aza_show_object(out, "seconds-left", json_object_new_int64(m->expiry - now));
        }
        return aza_hand_out_json(out, ret_json);
}

static int hand_out_all(const struct making *m, char **ret_pem, char **ret_key, char **ret_json)
{
        char *json = NULL;
        int r = ret_json != NULL ? report(m, &json) : 0;

        if (r != 0)
                return r;
        if (m->renewal.cause == AZA_RENEWAL_KEEP)
                *ret_pem = NULL;
        else if ((r = hand_out(m, ret_pem, ret_key)) != 0)
                azattest_free(json);
        if (r == 0 && ret_json != NULL)
                *ret_json = json;
        return r;
}

static int renew(struct making *m, char **ret_pem, char **ret_key, char **ret_json)
{
        int r;

        if ((r = read_uri(m)) != 0 || (r = decide(m)) != 0)
                return r;
        m->expiry = m->renewal.expiry;
        if (m->renewal.cause != AZA_RENEWAL_KEEP && (r = make(m)) != 0)
                return m->renewal.cause == AZA_RENEWAL_NONE
                               ? r
                               : aza_context(r, "not renewed (%s)", m->renewal.reason);
        return hand_out_all(m, ret_pem, ret_key, ret_json);
}

int azattest_certificate_renew(azattest_context *ctx,
                               const struct azattest_certificate_options *options, char **ret_pem,
                               char **ret_key, char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        struct azattest_certificate_options o;
        int r;

        aza_clear_error();
        if (options == NULL || ret_pem == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no options, or no place for the result");
        if ((r = aza_certificate_options_take(options, &o)) != 0)
                return r;
        if ((o.san == NULL && o.san_count > 0) || o.renew_before < 0)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no names, or less than no time to renew before");
        if (o.leaf != NULL && (o.csr || *o.leaf == '\0'))
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "leaf is ec, ed25519, rsa, or the text of a key or request, and makes no request itself");
        if ((r = aza_call_begin(ctx, true, &call)) != 0)
                return r;
        struct making m = {.call = &call, .options = &o};
        r = renew(&m, ret_pem, ret_key, ret_json);
        aza_bytes_free(&m.pem);
        aza_bytes_free(&m.key);
        return r;
}

int azattest_certificate_make(azattest_context *ctx,
                              const struct azattest_certificate_options *options, char **ret_pem,
                              char **ret_key)
{
        return azattest_certificate_renew(ctx, options, ret_pem, ret_key, NULL);
}

int azattest_certificate(azattest_context *ctx, const char *uri, const char *const *san,
                         size_t san_count, char **ret_certificate, char **ret_key)
{
        struct azattest_certificate_options options = AZATTEST_CERTIFICATE_INIT;

        options.uri = uri;
        options.san = san;
        options.san_count = san_count;
        return azattest_certificate_make(ctx, &options, ret_certificate, ret_key);
}
