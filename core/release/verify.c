/* SPDX-License-Identifier: Apache-2.0 */
/* K1 to K4 and K7 of a vault's answer. */
#include "release/parse.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/error.h"

#include <string.h>

static const char *const wraps[AZA_WRAP_COUNT] = {
        [AZA_WRAP_SHA256] = "RSA_AES_KEY_WRAP_256",
        [AZA_WRAP_SHA384] = "RSA_AES_KEY_WRAP_384",
        [AZA_WRAP_SHA1] = "CKM_RSA_AES_KEY_WRAP",
};

const char *aza_release_wrap_name(enum aza_release_wrap wrap)
{
        return wraps[wrap];
}

bool aza_release_wrap_find(const char *name, enum aza_release_wrap *ret)
{
        for (size_t i = 0; i < AZA_WRAP_COUNT; i++)
                if (strcmp(name, wraps[i]) == 0) {
                        *ret = (enum aza_release_wrap)i;
                        return true;
                }
        return false;
}

static void check_signature(OSSL_LIB_CTX *libctx, const struct aza_release *r,
                            struct aza_checks *checks)
{
        EVP_PKEY *key = X509_get0_pubkey(sk_X509_value(r->chain, 0));

        if (key == NULL || !aza_rsa_verify_sha256(libctx, key, r->jws->signing_input,
                                                  aza_bytes_span(&r->jws->signature)))
                (void)aza_reject(checks, AZA_CHECK_K2,
                                 "the signature is not that of the first certificate");
        else
                (void)aza_accept(checks, AZA_CHECK_K2, NULL);
}

static void check_nonce(const struct aza_release *r, const char *nonce, struct aza_checks *checks)
{
        if (r->nonce != NULL && aza_span_equal(aza_span_of(r->nonce, strlen(r->nonce)),
                                               aza_span_of(nonce, strlen(nonce))))
                (void)aza_accept(checks, AZA_CHECK_K3, NULL);
        else
                (void)aza_reject(checks, AZA_CHECK_K3, "%s",
                                 r->nonce == NULL ? "the answer has no nonce"
                                                  : "it answers another request than ours");
}

static bool is_text(const char *found, const char *wanted)
{
        return found != NULL && strcmp(found, wanted) == 0;
}

static bool is_key(const char *kid, const struct aza_release_expect *expect,
                   struct aza_vault_key *ret)
{
        return kid != NULL && aza_vault_key_parse(kid, ret) == 0 &&
               aza_vault_key_is(expect->key, ret);
}

/* Both kids are the key that was asked for, and where both have a version it is one. A request for
 * the newest may be repeated without. */
static const char *kid_fault(const struct aza_release *r, const struct aza_release_expect *expect)
{
        struct aza_vault_key asked, got;

        if (!is_key(r->request_kid, expect, &asked))
                return "request.kid is not the key that was asked for";
        if (!is_key(aza_json_string(r->key, "kid"), expect, &got))
                return "the kid of the released key is not that of the one asked for";
        if (asked.version[0] != '\0' && strcmp(asked.version, got.version) != 0)
                return "the released key is another version than the request's";
        return NULL;
}

static const char *hsm_fault(const struct aza_release *r, const struct aza_release_expect *expect)
{
        json_object *header = aza_json_object(r->hsm, "header");

        if (r->hsm == NULL)
                return "key_hsm is missing, or no base64url JSON";
        if (!is_text(aza_json_string(r->hsm, "schema_version"), "1.0"))
                return "key_hsm.schema_version is not 1.0";
        if (!is_text(aza_json_string(header, "alg"), "dir"))
                return "key_hsm.header.alg is not dir";
        if (!is_text(aza_json_string(header, "enc"), wraps[expect->wrap]))
                return "key_hsm.header.enc is not the wrapping that was asked for";
        if (!is_text(aza_json_string(header, "kid"), expect->target))
                return "key_hsm.header.kid is not the attested key";
        return NULL;
}

static void check_key(const struct aza_release *r, const struct aza_release_expect *expect,
                      struct aza_checks *checks)
{
        const char *fault = NULL;

        if (!is_text(r->enc, wraps[expect->wrap]))
                fault = "request.enc is not the wrapping that was asked for";
        if (fault == NULL)
                fault = kid_fault(r, expect);
        if (fault == NULL)
                fault = hsm_fault(r, expect);
        if (fault != NULL)
                (void)aza_reject(checks, AZA_CHECK_K4, "%s", fault);
        else
                (void)aza_accept(checks, AZA_CHECK_K4, "%s", aza_json_string(r->key, "kid"));
}

/* Shown, and decides nothing: whoever holds the vault may say of his key what he likes. */
static void show_terms(const struct aza_release *r, struct aza_checks *checks)
{
        const char *data = aza_json_string(r->policy, "data");
        AZA_BYTES struct aza_bytes policy = {0};
        bool exportable = false;
        bool said = aza_json_bool(r->attributes, "exportable", &exportable);

        if (data != NULL && aza_base64_decode(AZA_BASE64URL, data, strlen(data), &policy) != 0)
                aza_bytes_free(&policy);
        (void)aza_accept(checks, AZA_CHECK_K7, "exportable: %s; release policy: %s",
                         said ? (exportable ? "yes" : "no") : "not said",
                         policy.len > 0 ? (const char *)policy.data : "not said");
}

static void not_made(struct aza_checks *checks, enum aza_check_id first, enum aza_check_id last)
{
        for (int id = (int)first; id <= (int)last; id++)
                (void)aza_not_checked(checks, (enum aza_check_id)id, AZA_FOLLOWS,
                                      "the answer was not accepted");
}

static void judge(OSSL_LIB_CTX *libctx, const struct aza_release *r,
                  const struct aza_release_expect *expect, struct aza_checks *checks)
{
        (void)aza_release_chain(libctx, r, expect, checks);
        check_signature(libctx, r, checks);
        check_nonce(r, expect->nonce, checks);
        check_key(r, expect, checks);
}

int aza_release_verify(OSSL_LIB_CTX *libctx, struct aza_span jws,
                       const struct aza_release_expect *expect, struct aza_checks *checks,
                       struct aza_release **ret)
{
        AZA_OWN(aza_release_free) struct aza_release *r = NULL;
        int code = aza_release_parse(libctx, jws, &r);

        if (code == AZATTEST_E_NO_MEMORY)
                return code;
        if (code != 0) {
                (void)aza_reject(checks, AZA_CHECK_K1, "%s", aza_last_error()->message);
                not_made(checks, AZA_CHECK_K2, AZA_CHECK_K7);
                return aza_checks_result(checks, "released key");
        }
        judge(libctx, r, expect, checks);
        code = aza_checks_result(checks, "released key");
        if (code != 0)
                not_made(checks, AZA_CHECK_K5, AZA_CHECK_K6);
        show_terms(r, checks);
        if (code == 0)
                *ret = aza_take(&r);
        return code;
}
