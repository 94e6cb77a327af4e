/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See evidence_token.h. What must be equal and what need not:
 * - The attested key. Both may be true of a good VM and still not be of one: evidence is no secret,
 * so
 *   who controls MAA could put a stranger's evidence beside a token for a key of his own.
 * - What the hardware report says of the VM since its launch, its launch itself (report id) and the
 * firmware's TCB. A VM that was started anew or whose host was updated in between is attested anew.
 * - AK and VM id of the runtime data.
 * - REPORT_DATA is the hash of the runtime data, which holds more: user data that any process of
 * the VM may
 * write at any time, in old releases the time. It may differ, but only if the token's own hashes to
 *   the token's own runtime data (as T17), so that the AK in there is the reported one.
 * - Attested PCRs, operating system, debuggers, compliance: chosen by who asked, or MAA's word
 * alone.
 * - What Intel says of a TDX platform: judged by other documents, of another day (D62).
 */
#include "verdict/together.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "token/inner_hash.h"
#include "verdict/evidence_policy.h"

#include <string.h>
#include <strings.h>

#define TEE             "x-ms-isolation-tee"
#define KIND            "x-ms-attestation-type"
#define VM_ID           "x-ms-azurevm-vmid"
#define SNP_MEASUREMENT "x-ms-sevsnpvm-launchmeasurement"
#define SNP_REPORT_DATA "x-ms-sevsnpvm-reportdata"
#define SNP_GUEST_SVN   "x-ms-sevsnpvm-guestsvn"
#define TDX_MEASUREMENT "tdx_mrtd"
#define TDX_REPORT_DATA "tdx_report_data"
#define SVN_BITS        0xFFFF /* the upper half is a flag of its own (S32) */

/* Claims that are compared in another way than by value, or not at all. */
static const char *const apart[] = {TEE,
                                    "x-ms-runtime",
                                    "x-ms-azurevm-attested-pcrs",
                                    SNP_REPORT_DATA,
                                    TDX_REPORT_DATA,
                                    "attester_tcb_status",
                                    "tdx_seamsvn", /* made of tdx_tee_tcb_svn */
                                    NULL};
/* What the token must say: a comparison without these compares nothing. Of a TDX or an SNP VM. */
static const char *const needed[] = {
        KIND, VM_ID, SNP_MEASUREMENT, SNP_REPORT_DATA, TDX_MEASUREMENT, TDX_REPORT_DATA, NULL};

struct comparison {
        OSSL_LIB_CTX *libctx;
        const struct aza_judgement *j;
        json_object *claims, *tee; /* the token's; tee NULL: it has none */
        struct aza_checks *row;    /* where T18 goes */
        size_t compared;
        const char
                *missing; /* the first claim that the evidence proves and the token does not say */
};

static bool is_one_of(const char *const *names, const char *name)
{
        while (*names != NULL && strcmp(*names, name) != 0)
                names++;
        return *names != NULL;
}

/* Hexadecimal digits and ids are written in either case. */
static bool same(const char *name, json_object *proven, json_object *said)
{
        const char *a = aza_json_text(proven), *b = aza_json_text(said);

        if (a != NULL && b != NULL)
                return strcasecmp(a, b) == 0;
        if (strcmp(name, SNP_GUEST_SVN) == 0 && json_object_is_type(said, json_type_int))
                return json_object_get_int64(proven) == (json_object_get_int64(said) & SVN_BITS);
        return json_object_get_type(proven) == json_object_get_type(said) &&
               json_object_equal(proven, said);
}

static bool differs(const struct comparison *c, const char *what, const char *proven,
                    const char *said)
{
        char shown[129];

        (void)aza_reject(
                c->row, AZA_CHECK_T18,
                "MAA says otherwise than the evidence proves: %s; if the VM was restarted or its host updated in between, make both anew",
                what);
        aza_check_values(c->row, proven,
                         said != NULL ? aza_printable(said, strlen(said), shown, sizeof(shown))
                                      : "nothing");
        return false;
}

/* Each member of `proven`. One that `said` lacks may hide what MAA saw (D50). False: T18 is
 * decided. */
static bool compare_members(struct comparison *c, json_object *proven, json_object *said)
{
        json_object_object_foreach(proven, name, value)
        {
                json_object *other = NULL;
                bool there = json_object_object_get_ex(said, name, &other) != 0;
                if (!there && is_one_of(needed, name))
                        return differs(c, name, json_object_get_string(value), NULL);
                if (is_one_of(apart, name))
                        continue;
                if (!there) {
                        c->missing = c->missing == NULL ? name : c->missing;
                        continue;
                }
                if (!same(name, value, other))
                        return differs(c, name, json_object_get_string(value),
                                       json_object_to_json_string(other));
                c->compared++;
        }
        return true;
}

/* ---- runtime data ---- */

/* The modulus of the AK that the token's copy of the runtime data names; NULL, or the fault. */
static const char *said_ak(const struct comparison *c, struct aza_bytes *ret)
{
        json_object *keys = aza_json_array(aza_json_object(c->tee, "x-ms-runtime"), "keys");
        const char *n = NULL;

        for (size_t i = 0; keys != NULL && i < json_object_array_length(keys); i++) {
                json_object *key = json_object_array_get_idx(keys, i);
                const char *kid = aza_json_string(key, "kid");
                if (kid == NULL || strcmp(kid, "HCLAkPub") != 0)
                        continue;
                if (n != NULL)
                        return "two AKs";
                n = aza_json_string(key, "n");
        }
        return n != NULL && aza_base64_decode(AZA_BASE64URL, n, strlen(n), ret) == 0 ? NULL
                                                                                     : "no AK";
}

static bool compare_runtime(const struct comparison *c)
{
        AZA_BYTES struct aza_bytes said = {0}, proven = {0};
        const char *fault = said_ak(c, &said);
        const char *vmid = aza_json_string(
                aza_json_object(aza_json_object(c->tee, "x-ms-runtime"), "vm-configuration"),
                "vmUniqueId");

        if (fault != NULL)
                return differs(c, "the AK", NULL, fault);
        if (aza_rsa_modulus(c->j->ak, &proven) != 0)
                return aza_not_checked(c->row, AZA_CHECK_T18, AZA_UNAVAILABLE, "%s",
                                       aza_last_error()->message);
        if (!aza_span_equal(aza_bytes_span(&said), aza_bytes_span(&proven)))
                return differs(c, "the AK is another key", NULL, NULL);
        if (vmid == NULL || strcasecmp(vmid, c->j->vmid) != 0)
                return differs(c, "vmUniqueId of the runtime data", c->j->vmid, vmid);
        return true;
}

/* Equal, or different only because the runtime data is. */
static bool compare_report_data(const struct comparison *c, json_object *proven)
{
        const char *name = c->j->vm == AZA_VM_TDX ? TDX_REPORT_DATA : SNP_REPORT_DATA;
        const char *a = aza_json_string(proven, name), *b = aza_json_string(c->tee, name);

        if (a != NULL && b != NULL && strcasecmp(a, b) == 0)
                return true;
        if (aza_inner_hash_check(c->libctx, c->tee) == AZA_INNER_EQUAL)
                return true;
        return aza_not_checked(
                c->row, AZA_CHECK_T18, AZA_UNAVAILABLE,
                "the token's report data is neither the evidence's nor the hash of the token's runtime data: whose AK it is about cannot be told; make both anew with the same user data");
}

/* ---- the row ---- */

static bool compare_key(const struct comparison *c, const struct aza_token *token)
{
        AZA_BYTES struct aza_bytes said = {0}, proven = {0};

        if (aza_token_modulus(token, &said) < 0 || aza_rsa_modulus(c->j->key, &proven) != 0)
                return aza_not_checked(c->row, AZA_CHECK_T18, AZA_NO_INPUT,
                                       "no attested key to compare: %s", aza_last_error()->message);
        if (aza_span_equal(aza_bytes_span(&said), aza_bytes_span(&proven)))
                return true;
        return aza_reject(
                c->row, AZA_CHECK_T18,
                "the token attests another key than the evidence proves; collect it for the same key (azattest evidence --purpose, --name, --pcrs)");
}

static bool compare(struct comparison *c, const struct aza_token *token, json_object *proven)
{
        json_object *proven_tee = aza_json_object(proven, TEE);
        bool confidential = c->j->vm != AZA_VM_TRUSTEDLAUNCH;

        if (confidential != (c->tee != NULL))
                return differs(c, "whether it is a confidential VM", confidential ? "yes" : "no",
                               confidential ? "no" : "yes");
        if (!compare_members(c, proven, c->claims))
                return false;
        if (confidential && (!compare_members(c, proven_tee, c->tee) || !compare_runtime(c) ||
                             !compare_report_data(c, proven_tee)))
                return false;
        if (!compare_key(c, token))
                return false;
        if (c->missing != NULL)
                return aza_not_checked(
                        c->row, AZA_CHECK_T18, AZA_NO_INPUT,
                        "the token does not say %s, which the evidence proves: whether MAA saw the same cannot be told",
                        c->missing);
        return aza_accept(
                c->row, AZA_CHECK_T18,
                "the evidence proves the token's key%s and %zu claims of MAA; MAA's own evidence is not read",
                confidential ? ", AK" : "", c->compared);
}

void aza_token_beside_evidence(OSSL_LIB_CTX *libctx, const struct aza_token *token,
                               const struct aza_judgement *j,
                               const struct aza_checks *evidence_rows, struct aza_checks *rows)
{
        AZA_CHECKS struct aza_checks row = {0};
        AZA_OWN(json_object_put) json_object *proven = NULL;
        const struct aza_check *ak = aza_checks_get(evidence_rows, AZA_CHECK_A1);
        bool refused = aza_checks_verdict(evidence_rows) == AZA_VERDICT_REJECT;

        if (token == NULL) {
                (void)aza_not_checked(&row, AZA_CHECK_T18, AZA_NO_INPUT, "the token is unreadable");
        } else if (refused || j->ak == NULL || j->key == NULL) {
                (void)aza_not_checked(&row, AZA_CHECK_T18, AZA_NO_INPUT,
                                      refused ? "the evidence is refused"
                                              : "the evidence proves no attested key");
        } else if ((proven = aza_evidence_as_claims(j, evidence_rows)) == NULL) {
                row.out_of_memory = true;
        } else {
                struct comparison c = {.libctx = libctx,
                                       .j = j,
                                       .claims = token->claims,
                                       .tee = aza_json_object(token->claims, TEE),
                                       .row = &row};
                (void)compare(&c, token, proven);
                if (ak != NULL && ak->doubted)
                        aza_checks_doubt(&row, AZA_CHECK_T18, AZA_CHECK_T18, "as A1");
        }
        aza_checks_replace(rows, &row);
}
