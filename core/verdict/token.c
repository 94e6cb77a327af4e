/* SPDX-License-Identifier: Apache-2.0 */
/* Verification of a token's text without network: policy and key set come from files. Opens no
 * TPM. */
#include "verdict/token.h"

#include "base/error.h"
#include "os/file.h"
#include "token/jwks_record.h"

#include <stdio.h>
#include <string.h>

#define POLICY_MAX 65536

int aza_policy_load(const struct aza_config *config, struct aza_policy **ret)
{
        AZA_BYTES struct aza_bytes text = {0};
        const char *path = config->policy;

        *ret = NULL;
        if (path[0] == '\0')
                return 0;
        int r = aza_file_read(path, POLICY_MAX, &text);
        if (r == 0)
                r = aza_policy_parse(aza_bytes_span(&text), ret);
        return r != 0 ? aza_context(r, "policy %s", path) : 0;
}

static int read_jwks_file(OSSL_LIB_CTX *libctx, const char *path, struct aza_jwks **ret)
{
        AZA_BYTES struct aza_bytes text = {0};
        int r = aza_file_read(path, AZA_JWKS_MAX, &text);

        if (r == 0)
                r = aza_jwks_parse(libctx, aza_bytes_span(&text), ret);
        return r != 0 ? aza_context(r, "key set %s", path) : 0;
}

/* By what the token itself says, whoever has signed it. */
static bool is_refused(OSSL_LIB_CTX *libctx, const struct aza_token *token,
                       const struct aza_token_expect *expect)
{
        AZA_CHECKS struct aza_checks rows = {0};

        (void)aza_token_verify(libctx, token, expect, &rows);
        return aza_checks_verdict(&rows) == AZA_VERDICT_REJECT;
}

/* The key set of a parsed token. `ret` stays NULL where there is no point in looking: T4 rejects.
 * `expect` has none yet. */
static int find_key_set(struct aza_key_search *search, const struct aza_verify_request *request,
                        const struct aza_token_expect *expect, aza_find_jwks *find,
                        struct aza_jwks **ret)
{
        const struct aza_token *token = search->token;

        if (token->issuer == NULL || token->kid == NULL ||
            !aza_issuer_accepted(search->config, token->issuer))
                return 0;
        if (request->jwks_file != NULL)
                return read_jwks_file(search->libctx, request->jwks_file, ret);
        search->at_hand = true;
        if (find(search, ret) == 0)
                return 0;
        if (request->refused || is_refused(search->libctx, token, expect))
                return AZA_FAIL(AZATTEST_E_TOKEN_SIGNATURE,
                                "the issuer was not asked for its key set: other checks refuse");
        search->at_hand = false;
        return find(search, ret);
}

/* What row T7 says: a set that is older than a day is one that `allow-stale-keys` let pass. */
static const char *describe_source(const struct aza_jwks *set, char out[160])
{
        const int64_t fetched = aza_jwks_fetched(set);
        char at[32];
        int64_t now;

        if (aza_now(&now) == 0 && now < fetched + AZA_JWKS_FRESH)
                return "the issuer's own, fetched at most a day ago";
        (void)snprintf(
                out, 160,
                "STALE: the issuer's own of %s; later fetches failed, and allow-stale-keys lets it pass",
                aza_rfc3339(fetched, at));
        return out;
}

int aza_verify_token(const struct aza_verifier *verifier, const struct aza_verify_request *request,
                     const char *jwt, struct aza_checks *checks, struct aza_token **ret)
{
        const struct aza_config *config = verifier->config;
        AZA_OWN(aza_token_free) struct aza_token *token = NULL;
        AZA_OWN(aza_jwks_free) struct aza_jwks *jwks = NULL;
        AZA_OWN(aza_policy_free) struct aza_policy *policy = NULL;
        struct aza_token_expect expect = {
                .config = config,
                .time = request->time,
                .nonce = request->nonce,
                .own_modulus = request->own_modulus,
                .vmid = request->vmid,
                .foreign = request->foreign,
                .inspect = request->inspect,
                .any_purpose = request->any_purpose,
                .purpose = request->purpose,
        };
        char from[160];

        int r = expect.time == 0 ? aza_now(&expect.time) : 0;
        if (r == 0)
                r = aza_policy_load(config, &policy);
        if (r == 0)
                r = aza_token_parse(jwt, strlen(jwt), checks, &token);
        if (r != 0)
                return r;
        struct aza_key_search search = {verifier->libctx, config, token, verifier->find_arg, true};
        expect.policy = policy;
        const int found = find_key_set(&search, request, &expect, verifier->find, &jwks);
        const struct aza_error why = aza_error_of(found);
        expect.jwks = jwks;
        expect.jwks_fault = found != 0 ? &why : NULL;
        if (request->jwks_file == NULL && jwks != NULL)
                expect.jwks_from = describe_source(jwks, from);
        r = aza_token_verify(verifier->libctx, token, &expect, checks);
        if (r == 0 && ret != NULL)
                *ret = aza_take(&token);
        return r;
}

int aza_find_cached(const struct aza_key_search *search, struct aza_jwks **ret)
{
        AZA_OWN(aza_jwks_free) struct aza_jwks *cached = NULL;
        int64_t now = 0;

        const char *issuer = search->token->issuer;

        int r = aza_now(&now);
        if (r == 0)
                r = aza_jwks_stored(search->libctx, search->config, issuer, now, &cached);
        if (r != 0)
                return r;
        if (now >= aza_jwks_fetched(cached) + AZA_JWKS_FRESH)
                return AZA_FAIL(AZATTEST_E_TOKEN_SIGNATURE,
                                "the stored key set of %s is older than a day", issuer);
        *ret = aza_take(&cached);
        return 0;
}
