/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: attested certificates of this VM's keys. */
#include "api/azattest_context.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/one.h"
#include "certificate/certificate.h"
#include "online/attest.h"

#include <string.h>

/* What one call makes, on its way. */
struct making {
        const struct azattest_call *call;
        const struct azattest_certificate_options *options;
        struct aza_uri uri;
        struct aza_bytes pem, key;
};

static int attest(const struct making *m, const struct aza_uri *uri, struct aza_keyref **ret)
{
        const struct azattest_call *call = m->call;
        struct aza_attest_request request = {.uri = uri,
                                             .payload = m->options->payload,
                                             .progress = call->progress,
                                             .progress_arg = call->progress_arg};

        return aza_attest(call->libctx, &call->config, call->tpm, &request, &call->deadline, ret);
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

static int make_pem(struct making *m, const struct aza_certificate_spec *spec)
{
        const struct azattest_call *call = m->call;
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_OWN(X509_REQ_free) X509_REQ *request = NULL;
        int r;

        if (call->progress != NULL)
                call->progress(call->progress_arg, "signing");
        if (m->options->csr) {
                r = aza_certificate_request(call->libctx, call->tpm, spec, &request);
                return r != 0 ? r : aza_certificate_request_pem(request, &m->pem);
        }
        r = aza_certificate_make(call->libctx, call->tpm, spec, &certificate);
        return r != 0 ? r : aza_certificate_pem(certificate, &m->pem);
}

static int make(struct making *m)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *subject = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *issuer = NULL;
        struct aza_certificate_spec spec = {.san = m->options->san,
                                            .san_count = m->options->san_count};
        int r;

        if ((r = aza_now(&spec.now)) != 0 || (r = attest(m, &m->uri, &subject)) != 0 ||
            (r = attest_issuer(m, &issuer)) != 0)
                return r;
        spec.subject = subject;
        spec.issuer = issuer;
        r = make_pem(m, &spec);
        return r != 0 ? r : aza_keyref_pem(m->call->libctx, subject, &m->key);
}

/* Whether the present certificate lasts long enough and its key still is the one of that name: a
 * restart or other PCR values make another. */
static int still_good(const struct making *m, bool *ret)
{
        const char *text = m->options->present;
        AZA_OWN(X509_free) X509 *certificate = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *ref = NULL;
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        const struct aza_key_spec spec = {.purpose = m->uri.purpose,
                                          .name = m->uri.name,
                                          .hierarchy = m->uri.hierarchy,
                                          .pcr_mask = m->uri.pcr_mask};
        int64_t now = 0, expiry = 0;
        int r = aza_now(&now);

        *ret = false;
        if (r != 0 || text == NULL || m->options->csr ||
            aza_one_certificate(m->call->libctx, aza_span_of(text, strlen(text)), &certificate) !=
                    0 ||
            aza_certificate_expiry(certificate, &expiry) != 0 ||
            expiry - now <= m->options->renew_before)
                return r;
        if ((r = aza_key_derive(m->call->tpm, &spec, NULL, &ref)) != 0 ||
            (r = aza_keyref_pkey(m->call->libctx, ref, &key)) != 0)
                return r;
        *ret = EVP_PKEY_eq(key, X509_get0_pubkey(certificate)) == 1;
        return 0;
}

static int read_uri(struct making *m)
{
        const char *text = m->options->uri != NULL ? m->options->uri : "azattest://sign";
        const char *nonce = m->options->nonce;
        const size_t len = nonce != NULL ? strlen(nonce) : 0;
        int r = aza_uri_parse(text, &m->call->config, &m->uri);

        if (r != 0)
                return r;
        if (m->uri.object != AZA_URI_SIGN && m->uri.object != AZA_URI_KEY)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "'%.200s' gets no certificate; write azattest://sign or azattest://key",
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

        if (r == 0 && ret_key != NULL && (r = aza_hand_out(aza_bytes_span(&m->key), &key)) != 0)
                azattest_free(pem);
        if (r != 0)
                return r;
        *ret_pem = (char *)pem;
        if (ret_key != NULL)
                *ret_key = (char *)key;
        return 0;
}

static int make_unless_good(struct making *m, char **ret_pem, char **ret_key)
{
        bool good = false;
        int r;

        if ((r = read_uri(m)) != 0 || (r = still_good(m, &good)) != 0)
                return r;
        if (good) {
                *ret_pem = NULL;
                return 0;
        }
        r = make(m);
        return r != 0 ? r : hand_out(m, ret_pem, ret_key);
}

int azattest_certificate_make(azattest_context *ctx,
                              const struct azattest_certificate_options *options, char **ret_pem,
                              char **ret_key)
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
        if ((r = aza_call_begin(ctx, true, &call)) != 0)
                return r;
        struct making m = {.call = &call, .options = &o};
        r = make_unless_good(&m, ret_pem, ret_key);
        aza_bytes_free(&m.pem);
        aza_bytes_free(&m.key);
        return r;
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
