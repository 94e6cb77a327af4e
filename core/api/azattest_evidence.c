/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: evidence without MAA. Collecting needs the VM; judging opens no TPM and no
 * connection. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "evidence/nonce.h"
#include "online/ak_issuers.h"
#include "online/collect.h"
#include "online/td_evidence.h"
#include "tpm/uri.h"

#include <openssl/err.h>
#include <string.h>

/* ---- collecting ---- */

int aza_call_enclose(const struct azattest_call *call, struct aza_evidence_file *file)
{
        const int r = aza_evidence_issuers(call->libctx, &call->config, &call->deadline, file);

        return r != 0 ? r
                      : aza_evidence_td_collateral(call->libctx, &call->config, &call->deadline,
                                                   file);
}

int aza_call_collect(const struct azattest_call *call, const struct aza_uri *uri,
                     struct aza_evidence_file *ret)
{
        const struct aza_span nonce = aza_span_of(uri->nonce, strlen(uri->nonce));
        const struct aza_key_spec spec = {.purpose = uri->purpose,
                                          .name = uri->name,
                                          .hierarchy = uri->hierarchy,
                                          .pcr_mask = uri->pcr_mask};
        const struct aza_attester vm = aza_call_attester(call);
        struct aza_evidence evidence = {0};
        struct aza_span qualifying = {0};
        uint8_t hash[AZA_SHA256_LEN];
        int64_t now = 0;
        int r = aza_now(&now);

        if (r == 0 && nonce.len > 0) {
                r = aza_nonce_evidence(call->libctx, nonce, hash);
                qualifying = aza_span_of(hash, sizeof(hash));
        }
        if (r == 0)
                r = aza_evidence_collect(&vm, &spec, qualifying, &evidence);
        if (r == 0)
                r = aza_evidence_file_of(call->libctx, &evidence, nonce, now, ret);
        if (r == 0)
                r = aza_call_enclose(call, ret);
        aza_evidence_free(&evidence);
        return r;
}

static int collect(const struct azattest_call *call, const struct aza_uri *uri,
                   struct aza_bytes *ret)
{
        struct aza_evidence_file file = {0};
        int r = aza_call_collect(call, uri, &file);

        if (r == 0)
                r = aza_evidence_file_encode(&file, ret);
        aza_evidence_file_free(&file);
        return r;
}

static int read_uri(const struct azattest_call *call, const char *text, const char *nonce,
                    struct aza_uri *ret)
{
        int r = aza_uri_parse(text != NULL ? text : "azattest://key", &call->config, ret);

        if (r != 0)
                return r;
        if (ret->object != AZA_URI_SIGN && ret->object != AZA_URI_KEY &&
            ret->object != AZA_URI_ISSUE)
                return AZA_FAIL(
                        AZATTEST_E_INVALID_PARAMETER,
                        "'%.200s' is no key of this VM; write azattest://key, azattest://sign or azattest://issue",
                        text);
        if (nonce == NULL)
                return 0;
        size_t len = strlen(nonce);
        if (len == 0 || len > AZA_NONCE_MAX)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "the nonce has %zu bytes; 1 to %d are possible", len,
                                AZA_NONCE_MAX);
        memcpy(ret->nonce, nonce, len + 1);
        return 0;
}

int azattest_evidence_collect(azattest_context *ctx, const char *uri_text, const char *nonce,
                              char **ret_json)
{
        AZATTEST_CALL struct azattest_call call = {0};
        AZA_BYTES struct aza_bytes text = {0};
        struct aza_uri uri;
        uint8_t *copy = NULL;
        int r;

        aza_clear_error();
        if (ret_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no place for the evidence");
        if ((r = aza_call_begin(ctx, true, &call)) != 0 ||
            (r = read_uri(&call, uri_text, nonce, &uri)) != 0 ||
            (r = collect(&call, &uri, &text)) != 0 ||
            (r = aza_hand_out(aza_bytes_span(&text), &copy)) != 0)
                return r;
        *ret_json = (char *)copy;
        return 0;
}

/* ---- judging ---- */

static int read_file(OSSL_LIB_CTX *libctx, struct aza_span content, bool report,
                     struct aza_evidence_file *ret)
{
        return report ? aza_evidence_of_report(libctx, content, ret)
                      : aza_evidence_file_decode(content, ret);
}

static int judge_file(struct azattest_call *call, const struct aza_evidence_file *file,
                      const struct aza_evidence_request *request, struct aza_call_outcome *o)
{
        const struct aza_verifier verifier = aza_call_verifier(call);
        struct aza_judgement judgement = {0};
        int r = aza_evidence_verify(&verifier, request, file, &o->checks, &judgement);

        if (o->checks.count > 0) {
                o->claims = aza_evidence_claims(&judgement);
                r = o->claims != NULL ? 0 : AZA_NO_MEMORY();
        }
        aza_judgement_free(&judgement);
        return r;
}

static int judge(struct azattest_call *call, struct aza_span content, bool report,
                 const struct azattest_evidence_options *options, struct aza_call_outcome *o)
{
        AZATTEST_CALL_EVIDENCE struct aza_call_evidence with = {0};
        struct aza_evidence_request request = {.nonce = options->nonce};
        struct aza_evidence_file file = {0};
        int r = aza_call_time(call, options->time, &o->time);

        if (r != 0 || (r = aza_call_evidence_read(call, options, &with, &request)) != 0)
                return r;
        request.judge.vmid = options->vmid;
        request.judge.time = o->time;
        request.judge.foreign = true;
        request.judge.report_only = report;
        if ((r = read_file(call->libctx, content, report, &file)) != 0) {
                call->refused = true;
                return r;
        }
        if ((r = aza_call_fetch(call, options, &file, &with, &request)) == 0)
                r = judge_file(call, &file, &request, o);
        aza_evidence_file_free(&file);
        return r;
}

static int verify(azattest_context *ctx, struct aza_span content, bool report,
                  const struct azattest_evidence_options *given, char **ret_result)
{
        struct azattest_evidence_options options;
        AZATTEST_CALL struct azattest_call call = {0};
        AZATTEST_OUTCOME struct aza_call_outcome outcome = {.subject =
                                                                    report ? "report" : "evidence"};
        int r = aza_evidence_options_take(given, &options);

        if (r == 0)
                r = aza_call_begin(ctx, false, &call);
        (void)ERR_set_mark();
        if (r == 0)
                r = judge(&call, content, report, &options, &outcome);
        (void)ERR_pop_to_mark();
        if (r != 0) {
                outcome.why = aza_error_of(r);
                aza_checks_free(&outcome.checks);
        }
        return aza_call_finish(&call, &outcome, ret_result);
}

int azattest_evidence_verify(azattest_context *ctx, const char *evidence_json,
                             const struct azattest_evidence_options *options, char **ret_result)
{
        aza_clear_error();
        if (evidence_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no evidence");
        return verify(ctx, aza_span_of(evidence_json, strlen(evidence_json)), false, options,
                      ret_result);
}

int azattest_report_verify(azattest_context *ctx, const uint8_t *report, size_t len,
                           const struct azattest_evidence_options *options, char **ret_result)
{
        aza_clear_error();
        if (report == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no report");
        return verify(ctx, aza_span_of(report, len), true, options, ret_result);
}
