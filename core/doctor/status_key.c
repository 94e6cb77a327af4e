/* SPDX-License-Identifier: Apache-2.0 */
/* Status of one key: whether it works, and what its token said. */
#include "doctor/status.h"

#include "base/clock.h"
#include "base/json.h"
#include "show/show.h"
#include "tpm/key.h"
#include "tpm/pcr_memory.h"
#include "verdict/certificate.h"

#include <openssl/crypto.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

/* ---- the key ---- */

/* The private operation itself, on a number that is nobody's message. */
static int use(const struct aza_status *s, const struct aza_keyref *ref)
{
        uint8_t in[AZA_RSA_BYTES] = {0}, out[AZA_RSA_BYTES];

        in[AZA_RSA_BYTES - 1] = 2;
        const int r = aza_key_rsadp(s->tpm, ref, in, out);
        OPENSSL_cleanse(out, sizeof(out));
        return r;
}

void aza_status_show_changed(const struct aza_status *s, const struct aza_pcrs *then,
                             json_object *out)
{
        struct aza_pcrs now;
        char text[64];

        if (aza_pcr_read(s->tpm, then->mask, &now) != 0)
                return;
        const uint32_t changed = aza_pcrs_differing(then, &now);
        if (changed != 0)
                aza_show_text(out, "pcrs-changed", "%s", aza_config_pcrs_text(changed, text));
}

const char *aza_status_life(const struct aza_keyref *ref)
{
        return ref->hierarchy == TPM2_RH_OWNER ? "its PCRs change or the TPM is cleared"
                                               : "the VM restarts or its PCRs change";
}

void aza_status_show_key(const struct aza_keyref *ref, json_object *out)
{
        const bool any = ref->purpose == AZA_PURPOSE_ANY;
        char pcrs[64];

        aza_show_text(out, "key", "azattest://%s%s%s%s",
                      any || ref->purpose == AZA_PURPOSE_DECRYPT ? "key"
                                                                 : aza_purpose_text(ref->purpose),
                      any ? "?purpose=any" : "",
                      ref->name[0] == '\0' ? ""
                      : any                ? "&name="
                                           : "?name=",
                      ref->name);
        aza_show_text(out, "hierarchy", "%s", ref->hierarchy == TPM2_RH_OWNER ? "owner" : "null");
        aza_show_text(out, "pcrs", "%s", aza_config_pcrs_text(ref->pcr_mask, pcrs));
}

void aza_status_key(const struct aza_status *s, const struct aza_keyref *ref,
                    struct aza_status_row *row)
{
        struct aza_pcrs then;

        aza_status_show_key(ref, row->out);
        const int r = use(s, ref);
        if (r == 0) {
                aza_show_bool(row->out, "usable", true);
                aza_status_note(row, AZA_FINDING_OK, "usable until %s", aza_status_life(ref));
                return;
        }
        const struct aza_error why = *aza_last_error();
        if (r == AZATTEST_E_KEY_GONE || r == AZATTEST_E_PCR_MISMATCH) {
                aza_show_bool(row->out, "usable", false);
                aza_status_note(row, AZA_FINDING_NO, "%s", why.message);
        } else {
                aza_status_note(row, AZA_FINDING_UNKNOWN, "%s", why.message);
        }
        /* Where somebody kept the values that the key was made with. */
        if (r == AZATTEST_E_PCR_MISMATCH && aza_pcrs_recall(s->tpm, ref->policy, &then))
                aza_status_show_changed(s, &then, row->out);
}

/* ---- time ---- */

void aza_status_end(const struct aza_status *s, int64_t end, struct aza_status_row *row)
{
        const int64_t left = end - s->now;
        char text[32];

        aza_show_time(row->out, "until", end);
        aza_show_object(row->out, "seconds-left", json_object_new_int64(left));
        if (left <= 0)
                aza_status_note(row, AZA_FINDING_NO, "ended %s ago: renew it",
                                aza_duration(-left, text));
        else
                aza_status_note(row, left <= s->within ? AZA_FINDING_NO : AZA_FINDING_OK,
                                "ends in %s%s", aza_duration(left, text),
                                left <= s->within ? ", which is too soon: renew it" : "");
}

/* ---- the token ---- */

static void note_token(const struct aza_status *s, const struct aza_token *token,
                       const struct aza_checks *checks, enum aza_finding_state state,
                       struct aza_status_row *row)
{
        const enum aza_verdict verdict = aza_checks_verdict(checks);
        int64_t at = 0;
        char ago[32], reason[512];

        (void)aza_json_int64(token->claims, "iat", &at);
        (void)aza_duration(at < s->now ? s->now - at : 0, ago);
        (void)aza_checks_reason(checks, reason, sizeof(reason));
        if (verdict == AZA_VERDICT_ACCEPT)
                aza_status_note(row, state, "attested %s ago", ago);
        else if (verdict == AZA_VERDICT_REJECT)
                aza_status_note(row, state, "attested %s ago, which is refused now: %s", ago,
                                reason);
        else
                aza_status_note(row, state,
                                "attested %s ago, which cannot be judged here and now: %s", ago,
                                reason);
}

/* Who reads the token refuses it then, whatever the certificate says. */
static void note_token_end(const struct aza_status *s, int64_t end, struct aza_status_row *row)
{
        const int64_t left = end - s->now;
        char text[32];

        aza_status_note(row, left <= s->within ? AZA_FINDING_NO : AZA_FINDING_OK,
                        left <= 0 ? "its token ended %s ago: attest and certify anew"
                        : left <= s->within
                                ? "its token ends in %s, which is too soon: attest and certify anew"
                                : "its token ends in %s",
                        aza_duration(left < 0 ? -left : left, text));
}

static json_object *show_token(const struct aza_token *token, const struct aza_checks *checks)
{
        json_object *out = json_object_new_object();
        int64_t at = 0;
        char reason[512];

        if (out == NULL)
                return NULL;
        aza_show_text(out, "verdict", "%s", aza_verdict_text(aza_checks_verdict(checks)));
        (void)aza_checks_reason(checks, reason, sizeof(reason));
        aza_show_text(out, "reason", "%s", reason);
        if (token->issuer != NULL)
                aza_show_text(out, "issuer", "%s", token->issuer);
        if (aza_json_int64(token->claims, "iat", &at))
                aza_show_time(out, "at", at);
        aza_show_time(out, "until", token->exp);
        return out;
}

static int verify(const struct aza_status *s, const struct aza_status_token *t,
                  const struct aza_verify_request *request, struct aza_checks *checks)
{
        struct aza_certificate_request with = {0};
        struct aza_config own = *s->config;
        const struct aza_verifier verifier = {s->libctx, &own, aza_find_cached, NULL};

        if (t->certificate != NULL)
                with = *t->certificate;
        with.token = request;
        with.find = aza_find_cached;
        with.in_handshake = true; /* names and dates are not what is asked, nor who says them */
        own.delegated = true;     /* it is this VM's */
        own.issuers[0] = '\0';
        own.vmid[0] = '\0';
        own.pcr_mask = t->pcr_mask;
        return t->certificate != NULL ? aza_certificate_verify(s->libctx, &own, &with, checks, NULL)
                                      : aza_verify_token(&verifier, request, t->jwt, checks, NULL);
}

/* As of when it was valid: that it has ended is said by itself. False: nothing can be judged, as of
 * a policy that is none, and nothing be attested anew. */
static bool judge(const struct aza_status *s, const struct aza_status_token *t,
                  const struct aza_token *token, struct aza_checks *checks)
{
        const struct aza_verify_request request = {.time = s->now < token->exp ? s->now
                                                                               : token->exp - 1,
                                                   .own_modulus = t->modulus,
                                                   .purpose = t->purpose};

        if (verify(s, t, &request, checks) == 0 || checks->count > 0)
                return true;
        (void)aza_not_checked(checks, AZA_CHECK_T13, AZA_UNAVAILABLE, "%s",
                              aza_last_error()->message);
        return false;
}

/* Where keys of the issuer lack, whoever has a network has them; a refusal is the business of who
 * reads the token. */
static enum aza_finding_state state_of(const struct aza_status_token *t, bool judged,
                                       const struct aza_checks *checks)
{
        if (!judged)
                return AZA_FINDING_UNKNOWN;
        return t->matters && aza_checks_verdict(checks) == AZA_VERDICT_REJECT ? AZA_FINDING_NO
                                                                              : AZA_FINDING_OK;
}

void aza_status_token(const struct aza_status *s, const struct aza_status_token *t,
                      struct aza_status_row *row)
{
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_CHECKS struct aza_checks checks = {0};

        if (aza_token_parse(t->jwt, strlen(t->jwt), NULL, &token) != 0) {
                aza_status_note(row, t->matters ? AZA_FINDING_NO : AZA_FINDING_OK,
                                "its token cannot be read: %s", aza_last_error()->message);
                return;
        }
        const bool judged = judge(s, t, token, &checks);
        aza_show_object(row->out, "attestation", show_token(token, &checks));
        note_token(s, token, &checks, state_of(t, judged, &checks), row);
        if (token->exp < t->end)
                note_token_end(s, token->exp, row);
}
