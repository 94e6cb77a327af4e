/* SPDX-License-Identifier: Apache-2.0 */
/* Public API for relying parties: attested certificates and requests, from bytes to a verdict.
 * Opens no TPM. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "base/one.h"
#include "certificate/certificate.h"
#include "online/token.h"
#include "os/file.h"
#include "verdict/certificate.h"

#define CA_MAX 65536

static const char *kind_of(struct aza_span data)
{
        return aza_is_request(data) ? "request" : "certificate";
}

/* ---- judging ---- */

static int check_options(struct aza_span data, const struct azattest_verify_options *options)
{
        int r = aza_call_no_demands(options);

        if (r == 0 && options->purpose != NULL)
                r = AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "purpose does not apply to a %s: %s",
                             kind_of(data),
                             aza_is_request(data) ? "its key signs it"
                                                  : "its keyUsage says what its key is for");
        return r == 0 && aza_is_request(data) ? aza_call_no_ca(options) : r;
}

/* One certificate, as everything that is judged (D41). */
static int read_ca(OSSL_LIB_CTX *libctx, const char *path, X509 **ret)
{
        AZA_BYTES struct aza_bytes content = {0};
        int r;

        if (path == NULL)
                return 0;
        if ((r = aza_file_read(path, CA_MAX, &content)) == 0)
                r = aza_one_certificate(libctx, aza_bytes_span(&content), ret);
        return r != 0 ? aza_context(r, "CA %s", path) : 0;
}

static int judge_one(struct azattest_call *call, const struct aza_certificate_request *one,
                     const struct azattest_verify_options *options, struct aza_call_outcome *o)
{
        AZA_OWN(X509_free) X509 *ca = NULL;
        AZA_BYTES struct aza_bytes jwt = {0};
        struct aza_verify_request token = {.foreign = true,
                                           .purpose = aza_certificate_purpose(one)};
        int r = aza_call_options(call, options, &token);

        o->time = token.time;
        if (r != 0 || (r = read_ca(call->libctx, options->ca_file, &ca)) != 0)
                return r;
        const struct aza_certificate_request judged = {.certificate = one->certificate,
                                                       .csr = one->csr,
                                                       .above = one->above,
                                                       .token = &token,
                                                       .find = aza_find_fetched,
                                                       .find_arg = &call->deadline,
                                                       .ca = ca};
        r = aza_certificate_verify(call->libctx, &call->config, &judged, &o->checks, NULL);
        if (o->checks.count == 0)
                return r;
        if (r != 0)
                o->why = aza_error_of(r);
        if (aza_certificate_is_delegated(one) &&
            (o->leaf = X509_get_pubkey(one->certificate)) == NULL)
                return AZA_FAIL_OPENSSL(AZATTEST_E_CERTIFICATE, "the leaf's key cannot be read");
        if (aza_certificate_token(&judged, &jwt) == 0)
                (void)aza_token_parse((const char *)jwt.data, jwt.len, NULL, &o->token);
        return aza_call_beside(call, options, &token, o);
}

static int judge(struct azattest_call *call, struct aza_span data,
                 const struct azattest_verify_options *options, struct aza_call_outcome *o)
{
        AZA_CERTIFICATE_REQUEST struct aza_certificate_request judged = {0};
        int r = aza_certificate_read(call->libctx, data, &judged);

        if (r != 0) {
                call->refused = r == AZATTEST_E_CERTIFICATE;
                return r;
        }
        return judge_one(call, &judged, options, o);
}

/* `ret_key` (may be NULL): the key as PEM, when accepted. */
static int verify(azattest_context *ctx, struct aza_span data,
                  const struct azattest_verify_options *given, char **ret_json,
                  struct aza_bytes *ret_key)
{
        struct aza_options o;
        AZATTEST_CALL struct azattest_call call = {0};
        AZATTEST_OUTCOME struct aza_call_outcome outcome = {0};
        int r;

        aza_clear_error();
        if (data.data == NULL || data.len == 0)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no certificate or request");
        outcome.subject = kind_of(data);
        if ((r = aza_verify_options_take(given, &o)) != 0)
                return r;
        r = check_options(data, &o.verify);
        if (r == 0)
                r = aza_call_begin(ctx, false, &call);
        if (r == 0)
                r = judge(&call, data, &o.verify, &outcome);
        if (r != 0) {
                outcome.why = aza_error_of(r);
                aza_checks_free(&outcome.checks);
        }
        r = aza_call_finish(&call, &outcome, ret_json);
        return r == 0 && ret_key != NULL ? aza_call_key(&call, &outcome, ret_key) : r;
}

int azattest_certificate_verify(azattest_context *ctx, const uint8_t *data, size_t len,
                                const struct azattest_verify_options *options, char **ret_json)
{
        return verify(ctx, aza_span_of(data, len), options, ret_json, NULL);
}

/* ---- what is handed out of it ---- */

static int hand_out(struct aza_bytes *pem, char **ret_pem)
{
        uint8_t *text = NULL;
        int r = aza_hand_out(aza_bytes_span(pem), &text);

        if (r == 0)
                *ret_pem = (char *)text;
        return r;
}

int azattest_certificate_public_key(azattest_context *ctx, const uint8_t *data, size_t len,
                                    const struct azattest_verify_options *options, char **ret_pem,
                                    char **ret_json)
{
        AZA_BYTES struct aza_bytes pem = {0};

        aza_clear_error();
        if (ret_pem == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no place for the key");
        int r = verify(ctx, aza_span_of(data, len), options, ret_json, &pem);
        return r != 0 ? r : hand_out(&pem, ret_pem);
}

static int write_chain(const struct aza_certificate_request *one, struct aza_bytes *pem)
{
        int r = aza_certificate_pem(one->certificate, pem);

        for (int i = 0; r == 0 && i < sk_X509_num(one->above); i++) {
                AZA_BYTES struct aza_bytes next = {0};

                r = aza_certificate_pem(sk_X509_value(one->above, i), &next);
                if (r == 0)
                        r = aza_bytes_append(pem, next.data, next.len);
        }
        return r;
}

int azattest_certificate_canonical(azattest_context *ctx, const uint8_t *data, size_t len,
                                   char **ret_pem)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_CERTIFICATE_REQUEST struct aza_certificate_request one = {0};
        AZA_BYTES struct aza_bytes pem = {0};
        int r;

        aza_clear_error();
        if (data == NULL || len == 0 || ret_pem == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "no certificate or request, or no place for the result");
        if ((r = aza_call_begin(ctx, false, &call)) != 0 ||
            (r = aza_certificate_read(call.libctx, aza_span_of(data, len), &one)) != 0 ||
            (r = one.csr != NULL ? aza_certificate_request_pem(one.csr, &pem)
                                 : write_chain(&one, &pem)) != 0)
                return r;
        return hand_out(&pem, ret_pem);
}
