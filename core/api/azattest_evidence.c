/* SPDX-License-Identifier: Apache-2.0 */
/* Public API: evidence without MAA. Collecting needs the VM; judging opens no TPM and no connection. */
#include "api/azattest_context.h"

#include "base/error.h"
#include "evidence/nonce.h"
#include "online/ak_issuers.h"
#include "online/collect.h"
#include "tpm/uri.h"

#include <openssl/err.h>
#include <string.h>

/* ---- collecting ---- */

static int collect(const struct azattest_call *call, const struct aza_uri *uri,
                   struct aza_bytes *ret)
{
        const struct aza_span nonce = aza_span_of(uri->nonce, strlen(uri->nonce));
        const struct aza_key_spec spec = {.purpose = uri->purpose,
                                          .name = uri->name,
                                          .hierarchy = uri->hierarchy,
                                          .pcr_mask = uri->pcr_mask};
        struct aza_evidence evidence = {0};
        struct aza_evidence_file file = {0};
        struct aza_span qualifying = {0};
        uint8_t hash[AZA_SHA256_LEN];
        int64_t now = 0;
        int r = aza_now(&now);

        if (r == 0 && nonce.len > 0) {
                r = aza_nonce_evidence(call->libctx, nonce, hash);
                qualifying = aza_span_of(hash, sizeof(hash));
        }
        if (r == 0)
                r = aza_evidence_collect(call->libctx, &call->config, call->tpm, &spec, qualifying,
                                         &call->deadline, &evidence);
        if (r == 0)
                r = aza_evidence_file_of(call->libctx, &evidence, nonce, now, &file);
        if (r == 0)
                r = aza_evidence_issuers(call->libctx, &call->config, &call->deadline, &file);
        if (r == 0)
                r = aza_evidence_file_encode(&file, ret);
        aza_evidence_file_free(&file);
        aza_evidence_free(&evidence);
        return r;
}

static int read_uri(const struct azattest_call *call, const char *text, const char *nonce,
                    struct aza_uri *ret)
{
        int r = aza_uri_parse(text != NULL ? text : "azattest://key", &call->config, ret);

        if (r != 0)
                return r;
        if (ret->object != AZA_URI_SIGN && ret->object != AZA_URI_KEY)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER,
                                "'%.200s' is no key of this VM; write azattest://key or "
                                "azattest://sign",
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

/* What the judgement says, on accept and reject alike. */
static int hand_out(const struct azattest_call *call, const struct aza_evidence_request *request,
                    const struct aza_checks *checks, const struct aza_judgement *judgement,
                    int code, char **ret_result)
{
        const struct aza_error why = *aza_last_error();
        AZA_OWN(json_object_put)
        json_object *claims = code == 0 ? aza_evidence_claims(judgement) : NULL;
        int made = code == 0 && claims == NULL ? AZA_NO_MEMORY()
                                               : aza_call_result(call, "evidence", request->time,
                                                                 checks, claims, ret_result);

        if (code == 0)
                return made;
        return aza_error_restore(&why);
}

static int judge(struct azattest_call *call, const char *json,
                 const struct aza_evidence_request *request, char **ret_result)
{
        AZA_CHECKS struct aza_checks checks = {0};
        struct aza_evidence_file file = {0};
        struct aza_judgement judgement = {0};
        int r = aza_evidence_file_decode(aza_span_of(json, strlen(json)), &file);

        if (r != 0)
                return r;
        r = aza_evidence_verify(call->libctx, &call->config, request, &file, &checks, &judgement);
        if (ret_result != NULL && checks.count > 0)
                r = hand_out(call, request, &checks, &judgement, r, ret_result);
        aza_judgement_free(&judgement);
        aza_evidence_file_free(&file);
        return r;
}

static int verify(struct azattest_call *call, const char *json,
                  const struct azattest_evidence_options *o, char **ret_result)
{
        AZATTEST_CALL_EVIDENCE struct aza_call_evidence with = {0};
        struct aza_evidence_request request = {.nonce = o->nonce, .vmid = o->vmid, .foreign = true};
        int r = aza_call_time(call, o->time, &request.time);

        if (r == 0)
                r = aza_call_evidence_read(call, o, &with, &request);
        return r != 0 ? r : judge(call, json, &request, ret_result);
}

int azattest_evidence_verify(azattest_context *ctx, const char *evidence_json,
                             const struct azattest_evidence_options *options, char **ret_result)
{
        struct azattest_evidence_options o;
        AZATTEST_CALL struct azattest_call call = {0};

        aza_clear_error();
        if (evidence_json == NULL)
                return AZA_FAIL(AZATTEST_E_INVALID_PARAMETER, "no evidence");
        int r = aza_evidence_options_take(options, &o);
        if (r == 0)
                r = aza_call_begin(ctx, false, &call);
        if (r != 0)
                return r;
        (void)ERR_set_mark();
        r = verify(&call, evidence_json, &o, ret_result);
        (void)ERR_pop_to_mark();
        return r;
}
