/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: attested certificates of this VM's keys. */
#include "api/azattest_context.h"

#include "base/clock.h"
#include "base/error.h"
#include "certificate/certificate.h"
#include "online/attest.h"

static int attest_subject(const struct azattest_call *call, const struct aza_uri *uri,
                          struct aza_keyref **ret)
{
        struct aza_attest_request request = {
                .uri = uri, .progress = call->progress, .progress_arg = call->progress_arg};

        return aza_attest(call->libctx, &call->config, call->tpm, &request, &call->deadline, ret);
}

/* The signing key of the same name, which issues the decryption key's certificate (D29); its token goes in,
 * too (C8). */
static int attest_issuer(const struct azattest_call *call, const struct aza_uri *uri,
                         struct aza_keyref **ret)
{
        struct aza_uri signer = *uri;

        signer.object = AZA_URI_SIGN;
        signer.purpose = AZA_PURPOSE_SIGN;
        return uri->purpose == AZA_PURPOSE_DECRYPT ? attest_subject(call, &signer, ret) : 0;
}

static int make(const struct azattest_call *call, const struct aza_uri *uri, const char *const *san,
                size_t san_count, struct aza_bytes *certificate, struct aza_bytes *key)
{
        AZA_OWN(aza_keyref_free) struct aza_keyref *subject = NULL;
        AZA_OWN(aza_keyref_free) struct aza_keyref *issuer = NULL;
        AZA_OWN(X509_free) X509 *made = NULL;
        struct aza_certificate_spec spec = {.san = san, .san_count = san_count};
        int r;

        if ((r = aza_now(&spec.now)) != 0 || (r = attest_subject(call, uri, &subject)) != 0 ||
            (r = attest_issuer(call, uri, &issuer)) != 0)
                return r;
        spec.subject = subject;
        spec.issuer = issuer;
        if ((r = aza_certificate_make(call->libctx, call->tpm, &spec, &made)) != 0 ||
            (r = aza_certificate_pem(made, certificate)) != 0)
                return r;
        return aza_keyref_pem(call->libctx, subject, key);
}

int azattest_certificate(azattest_context *ctx, const char *uri_text, const char *const *san,
                         size_t san_count, char **ret_certificate, char **ret_key)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_BYTES struct aza_bytes certificate = {0};
        AZA_BYTES struct aza_bytes key = {0};
        uint8_t *first = NULL, *second = NULL;
        struct aza_uri uri;
        int r;

        aza_clear_error();
        if (ret_certificate == NULL || (san == NULL && san_count > 0))
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no names, or no place for the result");
        if ((r = aza_call_begin(ctx, true, &call)) != 0 ||
            (r = aza_uri_parse(uri_text != NULL ? uri_text : "azattest://sign", &call.config,
                               &uri)) != 0)
                return r;
        if (uri.object != AZA_URI_SIGN && uri.object != AZA_URI_KEY)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "'%.200s' gets no certificate; write azattest://sign or azattest://key",
                        uri_text);
        if ((r = make(&call, &uri, san, san_count, &certificate, &key)) != 0 ||
            (r = aza_hand_out(aza_bytes_span(&certificate), &first)) != 0)
                return r;
        if (ret_key != NULL && (r = aza_hand_out(aza_bytes_span(&key), &second)) != 0) {
                azattest_free(first);
                return r;
        }
        *ret_certificate = (char *)first;
        if (ret_key != NULL)
                *ret_key = (char *)second;
        return 0;
}
