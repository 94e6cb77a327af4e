/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token rows about the attested key and whose it is: T14 to T17, identity (D12, D42) and purpose
 * (C5). Pure; called by verify.c only.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "token/inner_hash.h"
#include "token/verify_rows.h"

#include <string.h>
#include <strings.h>

static void check_attested_key(struct verification *v, struct aza_bytes *ret_modulus)
{
        if (aza_verify_platform(v)) {
                (void)aza_not_checked(v->rows, AZA_CHECK_T14, AZA_NOT_APPLICABLE,
                                      "a platform token attests no key of a VM");
                return;
        }
        if (aza_token_modulus(v->token, ret_modulus) < 0)
                (void)aza_reject(v->rows, AZA_CHECK_T14, "%s", aza_last_error()->message);
        else
                (void)aza_accept(v->rows, AZA_CHECK_T14, NULL);
}

static bool check_own_key(struct verification *v, const struct aza_bytes *modulus)
{
        const uint8_t *own = v->expect->own_modulus;
        if (own == NULL)
                return aza_not_checked(v->rows, AZA_CHECK_T15, AZA_NOT_APPLICABLE,
                                       "not compared with a key of this VM");
        if (modulus->len == 0)
                return aza_not_checked(v->rows, AZA_CHECK_T15, AZA_NO_INPUT, "no attested key");
        if (!aza_span_equal(aza_bytes_span(modulus), aza_span_of(own, AZA_RSA_BYTES)))
                return aza_reject(v->rows, AZA_CHECK_T15,
                                  "the token is for another key than this VM's; attest again");
        return aza_accept(v->rows, AZA_CHECK_T15, NULL);
}

static void check_use(struct verification *v, bool in_time)
{
        char at[32];
        if (in_time && v->signed_by_issuer)
                (void)aza_not_checked(v->rows, AZA_CHECK_T16, AZA_NOT_APPLICABLE,
                                      "enforced where the key is used, until %s",
                                      aza_rfc3339(v->token->exp, at));
        else
                (void)aza_not_checked(v->rows, AZA_CHECK_T16, AZA_NOT_APPLICABLE,
                                      "enforced where the key is used");
}

/* MAA reorders members, so a mismatch proves nothing and refuses nothing (T17). */
static void check_inner_hash(struct verification *v)
{
        json_object *tee = aza_json_object(v->token->claims, "x-ms-isolation-tee");
        if (!v->signed_by_issuer) {
                (void)aza_not_checked(v->rows, AZA_CHECK_T17, AZA_FOLLOWS, AZA_TOKEN_UNPROVEN);
                aza_check_required(v->rows, false);
                return;
        }
        if (!json_object_object_get_ex(tee, "x-ms-sevsnpvm-reportdata", NULL) &&
            !json_object_object_get_ex(tee, "tdx_report_data", NULL)) {
                (void)aza_not_checked(v->rows, AZA_CHECK_T17, AZA_NOT_APPLICABLE,
                                      "the token carries no report data");
                return;
        }
        switch (aza_inner_hash_check(v->libctx, tee)) {
        case AZA_INNER_EQUAL:
                (void)aza_accept(v->rows, AZA_CHECK_T17, NULL);
                return;
        case AZA_INNER_DIFFERENT:
                (void)aza_not_checked(
                        v->rows, AZA_CHECK_T17, AZA_UNAVAILABLE,
                        "MAA's copy of the runtime data does not hash to the report data; MAA reorders members, so this proves nothing");
                break;
        default:
                (void)aza_not_checked(v->rows, AZA_CHECK_T17, AZA_UNAVAILABLE,
                                      "report data or runtime data unreadable");
                break;
        }
        aza_check_required(v->rows, false);
}

static bool other_vm(struct verification *v, const char *wanted, const char *found)
{
        char shown[64];

        (void)aza_reject(v->rows, AZA_CHECK_G4, "the token is of another VM");
        aza_check_code(v->rows, AZATTEST_E_OTHER_VM);
        aza_check_values(v->rows, wanted,
                         found != NULL ? aza_printable(found, strlen(found), shown, sizeof shown)
                                       : "absent");
        return false;
}

/* A policy is identity only when it leaves no way without one (D42); whether it is met is T13's
 * matter. */
static bool check_policy_identity(struct verification *v, const char *found)
{
        const struct aza_policy *policy = v->expect->policy;
        char wanted[200];

        if (!aza_policy_allows_vm(policy, v->token->issuer, found))
                return other_vm(v, aza_policy_vms(policy, wanted, sizeof wanted), found);
        return aza_accept(v->rows, AZA_CHECK_G4, "the policy says which VM (T13)");
}

/* Every customer's VM gets tokens of a shared MAA: that one accepts says nothing about whose it
 * is. */
static bool check_identity(struct verification *v, bool own)
{
        const struct aza_token_expect *expect = v->expect;
        const char *found = aza_json_string(v->token->claims, "x-ms-azurevm-vmid");
        const char *vmid = expect->vmid;
        if (vmid == NULL && expect->foreign && expect->config->vmid[0] != '\0')
                vmid = expect->config->vmid;
        if (vmid != NULL)
                return found != NULL && strcasecmp(found, vmid) == 0
                               ? aza_accept(v->rows, AZA_CHECK_G4, "VM %s", vmid)
                               : other_vm(v, vmid, found);
        if (own)
                return aza_accept(v->rows, AZA_CHECK_G4, "this VM: the attested key is its own");
        if (!expect->foreign)
                return aza_not_checked(v->rows, AZA_CHECK_G4, AZA_NOT_APPLICABLE,
                                       "nothing is decided about another VM");
        if (expect->policy != NULL && aza_policy_pins_identity(expect->policy))
                return check_policy_identity(v, found);
        if (expect->config->any_vm)
                return aza_not_checked(v->rows, AZA_CHECK_G4, AZA_SWITCHED_OFF,
                                       "any-vm: a token of any VM of the required kind is taken");
        return aza_reject(
                v->rows, AZA_CHECK_G4,
                expect->policy != NULL
                        ? "which VM is not said: the policy can be satisfied without x-ms-azurevm-vmid; pin it there, or use --vmid or --any-vm"
                        : "which VM is not said: anybody's confidential VM would do; use --vmid, a --policy that pins x-ms-azurevm-vmid, or --any-vm");
}

/* A key attested for any purpose encrypts; it certifies nothing (D14). */
static bool check_purpose(struct verification *v)
{
        enum aza_purpose purpose = AZA_PURPOSE_DECRYPT;
        enum aza_purpose wanted = v->expect->purpose;

        if (aza_verify_platform(v))
                return aza_not_checked(v->rows, AZA_CHECK_C5, AZA_NOT_APPLICABLE,
                                       "a platform token attests no key of a VM");
        if (aza_token_purpose(v->token, &purpose) < 0)
                return aza_reject(v->rows, AZA_CHECK_C5, "%s", aza_last_error()->message);
        if (v->expect->any_purpose)
                return aza_not_checked(v->rows, AZA_CHECK_C5, AZA_SWITCHED_OFF,
                                       "any purpose is taken%s%s",
                                       v->signed_by_issuer ? "; the token says " : "",
                                       v->signed_by_issuer ? aza_purpose_text(purpose) : "");
        if (purpose == wanted || (wanted == AZA_PURPOSE_DECRYPT && purpose == AZA_PURPOSE_ANY))
                return aza_accept(v->rows, AZA_CHECK_C5, "%s", aza_purpose_text(purpose));
        (void)aza_reject(v->rows, AZA_CHECK_C5, "the key was attested for another purpose");
        aza_check_values(v->rows, aza_purpose_text(wanted), aza_purpose_text(purpose));
        return false;
}

void aza_verify_key_rows(struct verification *v, bool in_time)
{
        AZA_BYTES struct aza_bytes modulus = {0};

        check_attested_key(v, &modulus);
        bool own = check_own_key(v, &modulus);
        check_use(v, in_time);
        check_inner_hash(v);
        /* Its certificates say that MAA runs in an enclave, but no published key set carries one
         * with those extensions: nothing shows how to read them. */
        (void)aza_not_checked(
                v->rows, AZA_CHECK_T18, AZA_SWITCHED_OFF,
                "no evidence of the VM was given to compare with (--evidence); MAA's own, in its signing certificate, is not read");
        aza_verify_floors(v);
        (void)check_identity(v, own);
        (void)check_purpose(v);
}
