/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one verification of MAA tokens (CHECKS.md 7): signature, issuer, time, what kind of VM.
 * Pure: no network, no TPM, no clock. The rows about key, identity and use are verify_key.c.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "token/policy.h"
#include "token/verify_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SKEW_SECONDS 60
#define LONGEST_LIFE 86400        /* 24 hours */
#define LAST_SECOND  253402300799 /* of the year 9999 */

bool aza_issuer_accepted(const struct aza_config *config, const char *issuer)
{
        const size_t len = strlen(issuer);

        if (strncmp(issuer, "https://", 8) != 0)
                return false;
        if (strcmp(config->issuer, issuer) == 0)
                return true;
        for (const char *p = config->issuers; *p != '\0';) {
                size_t n = strcspn(p, " ");
                if (n == len && memcmp(p, issuer, n) == 0)
                        return true;
                p += n;
                p += strspn(p, " ");
        }
        return false;
}

/* The host name in the message is for people only; trust is the comparison of whole texts. */
static bool check_issuer(struct verification *v)
{
        char shown[256];
        const struct aza_config *config = v->expect->config;
        const char *issuer = v->token->issuer;

        if (issuer == NULL)
                return aza_reject(v->rows, AZA_CHECK_T4, "the token names no issuer");
        if (aza_issuer_accepted(config, issuer))
                return aza_accept(v->rows, AZA_CHECK_T4, NULL);
        (void)aza_reject(v->rows, AZA_CHECK_T4, "%s",
                         config->issuer[0] == '\0'
                                 ? "no issuer is configured; set maa-url or issuer"
                                 : "not an issuer that is configured (maa-url, issuer, issuers)");
        aza_check_values(v->rows, config->issuer[0] != '\0' ? config->issuer : NULL,
                         aza_printable(issuer, strlen(issuer), shown, sizeof shown));
        return false;
}

static const char names_no_key[] = "the token names no key (kid)";

struct aza_jwks_key aza_token_signer(const struct aza_jwks *set, const struct aza_token *t,
                                     int64_t time)
{
        int64_t issued = INT64_MAX;

        if (t->kid == NULL)
                return (struct aza_jwks_key){.note = names_no_key};
        if (!aza_json_int64(t->claims, "iat", &issued))
                issued = INT64_MAX; /* T9 refuses it; here it gets no withdrawn key */
        return aza_jwks_find_issued(set, t->kid, issued, time);
}

/* T6: the key, and the chain of its certificate where `maa-root` names an anchor for it. */
static EVP_PKEY *check_key(struct verification *v)
{
        const struct aza_token *t = v->token;
        const struct aza_jwks *set = v->expect->jwks;
        const char *pins = v->expect->config->maa_root;
        const struct aza_jwks_key signer = aza_token_signer(set, t, v->expect->time);
        const char *fault = NULL, *note = signer.note;
        char anchor[65];

        if (signer.key == NULL)
                fault = note;
        else if (pins[0] != '\0' && aza_jwks_certificates(set, t->kid) == NULL)
                fault = "the key comes without a certificate, and maa-root wants its chain";
        else if (pins[0] != '\0')
                fault = aza_jwks_chain_fault(v->libctx, aza_jwks_certificates(set, t->kid), pins,
                                             v->expect->time, anchor);
        if (fault != NULL) {
                (void)aza_reject(v->rows, AZA_CHECK_T6, "%s", fault);
                return NULL;
        }
        if (pins[0] != '\0')
                (void)aza_accept(v->rows, AZA_CHECK_T6, "chain to maa-root, certificate %s%s%s",
                                 anchor, note != NULL ? "; " : "", note != NULL ? note : "");
        else if (note != NULL)
                (void)aza_accept(v->rows, AZA_CHECK_T6, "%s", note);
        else
                (void)aza_accept(v->rows, AZA_CHECK_T6, NULL);
        return signer.key;
}

/* T5 and T7: the key set, and where it came from. */
static void check_key_set(struct verification *v)
{
        const struct aza_token_expect *expect = v->expect;

        if (expect->jwks != NULL) {
                (void)aza_accept(v->rows, AZA_CHECK_T5, NULL);
        } else if (v->token->kid == NULL) {
                (void)aza_not_checked(v->rows, AZA_CHECK_T5, AZA_NOT_APPLICABLE,
                                      "not looked for: the token names no key (T6)");
        } else {
                (void)aza_not_checked(
                        v->rows, AZA_CHECK_T5, AZA_UNAVAILABLE, "%s",
                        expect->jwks_fault != NULL
                                ? expect->jwks_fault->message
                                : "the issuer's key set could not be had; give one with --jwks");
                if (expect->jwks_fault != NULL)
                        aza_check_code(v->rows, expect->jwks_fault->code);
        }
}

static bool check_signature(struct verification *v)
{
        const struct aza_token *t = v->token;
        EVP_PKEY *key = NULL;

        check_key_set(v);
        if (v->expect->jwks != NULL)
                key = check_key(v);
        else if (t->kid == NULL)
                (void)aza_reject(v->rows, AZA_CHECK_T6, "%s", names_no_key);
        else
                (void)aza_not_checked(v->rows, AZA_CHECK_T6, AZA_FOLLOWS, "as T5");

        if (v->expect->jwks == NULL)
                (void)aza_not_checked(v->rows, AZA_CHECK_T7, AZA_FOLLOWS, "as T5");
        else if (v->expect->jwks_from != NULL)
                (void)aza_accept(v->rows, AZA_CHECK_T7, "%s", v->expect->jwks_from);
        else
                (void)aza_not_checked(v->rows, AZA_CHECK_T7, AZA_NOT_APPLICABLE,
                                      "the key set was given");
        if (key == NULL)
                return aza_not_checked(v->rows, AZA_CHECK_T8, AZA_FOLLOWS, "as T6");
        if (!aza_rsa_verify_sha256(v->libctx, key, t->signing_input, aza_bytes_span(&t->signature)))
                return aza_reject(
                        v->rows, AZA_CHECK_T8,
                        "the signature is not the issuer's: the token was altered or forged");
        return aza_accept(v->rows, AZA_CHECK_T8, NULL);
}

static bool time_claim(json_object *claims, const char *name, int64_t *ret)
{
        return aza_json_int64(claims, name, ret) && *ret >= 0 && *ret <= LAST_SECOND;
}

static bool check_time(struct verification *v)
{
        int64_t exp;
        int64_t nbf;
        int64_t iat;
        int64_t now = v->expect->time;
        char expected[80];
        char at[32];
        json_object *claims = v->token->claims;

        if (!time_claim(claims, "exp", &exp) || !time_claim(claims, "nbf", &nbf) ||
            !time_claim(claims, "iat", &iat))
                return aza_reject(v->rows, AZA_CHECK_T9,
                                  "exp, nbf and iat are not all whole numbers of seconds");
        if (exp < iat)
                return aza_reject(v->rows, AZA_CHECK_T9,
                                  "the token ends (exp) before it was issued (iat)");
        if (exp - iat > LONGEST_LIFE)
                return aza_reject(v->rows, AZA_CHECK_T9, "the token lives longer than 24 hours");
        if (nbf > now + SKEW_SECONDS || iat > now + SKEW_SECONDS) {
                (void)aza_reject(v->rows, AZA_CHECK_T9,
                                 "the token is not valid yet; is this machine's clock right?");
                (void)snprintf(expected, sizeof expected, "from %s",
                               aza_rfc3339(nbf > iat ? nbf : iat, at));
        } else if (now >= exp) {
                (void)aza_reject(v->rows, AZA_CHECK_T9, "the token has expired");
                (void)snprintf(expected, sizeof expected, "before %s", aza_rfc3339(exp, at));
        } else {
                return aza_accept(v->rows, AZA_CHECK_T9, "valid until %s", aza_rfc3339(exp, at));
        }
        aza_check_values(v->rows, expected, aza_rfc3339(now, at));
        return false;
}

static bool check_version(struct verification *v)
{
        const char *version = aza_json_string(v->token->claims, "x-ms-ver");
        if (version != NULL && strcmp(version, "1.0") == 0)
                return aza_accept(v->rows, AZA_CHECK_T10, NULL);
        return aza_reject(v->rows, AZA_CHECK_T10, "x-ms-ver is not 1.0");
}

/* Other clients send their nonce under this name, which nothing here compares. */
#define FOREIGN_NONCE "Nonce"

static bool is_foreign_nonce(const struct verification *v, struct aza_span wanted)
{
        AZA_BYTES struct aza_bytes nonce = {0};

        return aza_token_payload(v->token, FOREIGN_NONCE, &nonce) == 0 &&
               aza_span_equal(aza_bytes_span(&nonce), wanted);
}

static bool check_nonce(struct verification *v)
{
        AZA_BYTES struct aza_bytes nonce = {0};
        const char *wanted = v->expect->nonce;

        if (wanted == NULL)
                return aza_not_checked(v->rows, AZA_CHECK_T11, AZA_SWITCHED_OFF,
                                       "no nonce was asked for: the token may be a replayed one");
        const struct aza_span asked = aza_span_of(wanted, strlen(wanted));
        const int r = aza_token_payload(v->token, "nonce", &nonce);
        if (r == 0 && aza_span_equal(aza_bytes_span(&nonce), asked))
                return aza_accept(v->rows, AZA_CHECK_T11, NULL);
        const char *beside =
                is_foreign_nonce(v, asked)
                        ? ": the one asked for is in its member '" FOREIGN_NONCE
                          "', which is not compared; who attests has to send it as 'nonce'"
                        : "";
        return aza_reject(v->rows, AZA_CHECK_T11, "the token carries %s nonce%s",
                          r < 0 ? "no" : "another", beside);
}

static bool text_is(const char *text, const char *wanted)
{
        return text != NULL && strcmp(text, wanted) == 0;
}

static const char *const kinds[] = {
        [AZA_REQUIRE_SEVSNP] = "sevsnpvm",
        [AZA_REQUIRE_TDX] = "tdxvm",
        [AZA_REQUIRE_TRUSTEDLAUNCH] = "Trusted Launch",
        [AZA_REQUIRE_CVM] = "sevsnpvm or tdxvm",
        [AZA_REQUIRE_ANY] = "sevsnpvm, tdxvm or Trusted Launch",
        [AZA_REQUIRE_SHOWN] = "any",
        [AZA_REQUIRE_PLATFORM] = "a platform token",
};

static bool is_required_kind(enum aza_require require, const char *kind)
{
        bool cvm = require == AZA_REQUIRE_CVM || require == AZA_REQUIRE_ANY;
        return ((cvm || require == AZA_REQUIRE_SEVSNP) && text_is(kind, "sevsnpvm")) ||
               ((cvm || require == AZA_REQUIRE_TDX) && text_is(kind, "tdxvm"));
}

/* Of another kind than `require` (D22), which is not a matter of claims. */
static bool wrong_kind(struct verification *v, const char *why)
{
        (void)aza_reject(v->rows, AZA_CHECK_T12, "%s", why);
        aza_check_code(v->rows, AZATTEST_E_REQUIREMENT);
        return false;
}

/* MAA's answer to a bare hardware report: its claims stand at the top, and it attests no key of a
 * vTPM. */
static bool check_platform(struct verification *v)
{
        json_object *claims = v->token->claims;
        const char *kind = aza_json_string(claims, "x-ms-attestation-type");

        if (!v->expect->inspect)
                return wrong_kind(
                        v,
                        "require = platform is for inspection only: such tokens attest no key of a VM");
        if (!text_is(kind, "sevsnpvm") && !text_is(kind, "tdxvm"))
                return wrong_kind(
                        v,
                        "not a platform token: x-ms-attestation-type is neither sevsnpvm nor tdxvm");
        if (!text_is(aza_json_string(claims, "x-ms-compliance-status"), "azure-compliant-cvm"))
                return aza_reject(v->rows, AZA_CHECK_T12,
                                  "x-ms-compliance-status is not azure-compliant-cvm");
        return aza_accept(v->rows, AZA_CHECK_T12, "platform token, %s", kind);
}

static bool check_type(struct verification *v)
{
        char shown[64];
        enum aza_require require = v->expect->config->require;
        json_object *claims = v->token->claims;

        if (require == AZA_REQUIRE_PLATFORM)
                return check_platform(v);
        if (!text_is(aza_json_string(claims, "x-ms-attestation-type"), "azurevm"))
                return aza_reject(
                        v->rows, AZA_CHECK_T12,
                        "x-ms-attestation-type is not azurevm: no token of a VM; --require platform shows what MAA says of a bare report");
        bool has_tee = json_object_object_get_ex(claims, "x-ms-isolation-tee", NULL) != 0;
        if (require == AZA_REQUIRE_SHOWN || (require == AZA_REQUIRE_ANY && !has_tee))
                return aza_accept(v->rows, AZA_CHECK_T12, "any kind of VM (require = any)");
        json_object *tee = aza_json_object(claims, "x-ms-isolation-tee");
        const char *kind = aza_json_string(tee, "x-ms-attestation-type");
        if (require == AZA_REQUIRE_TRUSTEDLAUNCH) {
                if (has_tee)
                        return wrong_kind(
                                v,
                                "a confidential VM, not one of Trusted Launch; --require cvm takes such VMs");
                return aza_accept(v->rows, AZA_CHECK_T12, "Trusted Launch");
        }
        if (!is_required_kind(require, kind)) {
                (void)wrong_kind(
                        v,
                        kind != NULL
                                ? "not the required kind of VM; --require (require) says which kind passes"
                                : "not a confidential VM (Trusted Launch or none): no hardware vouches for it; --require trustedlaunch takes such VMs");
                aza_check_values(v->rows, kinds[require],
                                 kind != NULL
                                         ? aza_printable(kind, strlen(kind), shown, sizeof shown)
                                         : "not a confidential VM");
                return false;
        }
        if (!text_is(aza_json_string(tee, "x-ms-compliance-status"), "azure-compliant-cvm"))
                return aza_reject(v->rows, AZA_CHECK_T12,
                                  "x-ms-compliance-status is not azure-compliant-cvm");
        return aza_accept(v->rows, AZA_CHECK_T12, "%s", kind);
}

/* `note` says what P5 has to say of the file. */
static bool reject_policy(struct verification *v, json_object *conditions, const char *note)
{
        char text[400] = "";

        if (conditions == NULL)
                return aza_reject(v->rows, AZA_CHECK_T13, "the policy is not satisfied");
        if (!aza_policy_reasons(conditions, v->token->issuer, false, text, sizeof text))
                return aza_reject(v->rows, AZA_CHECK_T13,
                                  "the policy has no authority for the token's issuer%s", note);
        return aza_reject(v->rows, AZA_CHECK_T13, "%s%s", text, note);
}

static bool check_policy(struct verification *v)
{
        AZA_OWN(json_object_put) json_object *conditions = NULL;
        AZA_OWN(aza_policy_free) struct aza_policy *builtin = NULL;
        const struct aza_policy *policy = v->expect->policy;
        char note[96];

        if (v->token->issuer == NULL)
                return aza_not_checked(v->rows, AZA_CHECK_T13, AZA_NO_INPUT, "no issuer");
        if (policy == NULL) {
                if (aza_policy_builtin(v->expect->config, v->token->issuer, &builtin) < 0)
                        return aza_reject(v->rows, AZA_CHECK_T13, "%s", aza_last_error()->message);
                policy = builtin;
        }
        (void)aza_policy_vault_note(policy, note);
        if (!aza_policy_satisfied(policy, v->token->claims, v->token->issuer, NULL)) {
                (void)aza_policy_satisfied(policy, v->token->claims, v->token->issuer, &conditions);
                (void)reject_policy(v, conditions, note);
                /* D42: another VM is told apart from a VM that is not good enough. */
                if (!aza_policy_allows_vm(policy, v->token->issuer,
                                          aza_json_string(v->token->claims, "x-ms-azurevm-vmid")))
                        aza_check_code(v->rows, AZATTEST_E_OTHER_VM);
                return false;
        }
        return aza_accept(v->rows, AZA_CHECK_T13, "%s%s",
                          builtin != NULL ? "built-in policy" : "given policy", note);
}

int aza_token_verify(OSSL_LIB_CTX *libctx, const struct aza_token *t,
                     const struct aza_token_expect *expect, struct aza_checks *checks)
{
        AZA_CHECKS struct aza_checks claims = {0};
        struct verification v = {.libctx = libctx, .token = t, .expect = expect, .rows = checks};

        /* aza_token_parse makes no token that fails these. */
        (void)aza_accept(checks, AZA_CHECK_T1, NULL);
        (void)aza_accept(checks, AZA_CHECK_T2, NULL);
        (void)aza_accept(checks, AZA_CHECK_T3, NULL);
        (void)check_issuer(&v);
        v.signed_by_issuer = check_signature(&v);
        v.rows = &claims;
        bool in_time = check_time(&v);
        (void)check_version(&v);
        (void)check_nonce(&v);
        (void)check_type(&v);
        (void)check_policy(&v);
        aza_verify_key_rows(&v, in_time);
        if (v.signed_by_issuer)
                aza_checks_append(checks, &claims);
        else
                aza_checks_unproven(checks, &claims, AZA_FOLLOWS, AZA_TOKEN_UNPROVEN);
        return aza_checks_result(checks, "MAA token");
}
