/* SPDX-License-Identifier: Apache-2.0 */
/* Owns whom the simulated vault believes, and what of him satisfies a policy. */
#include "sim/vault_policy.h"

#include "base/crypto.h"
#include "sim/b64.h"
#include "sim/cert.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_TEXT  65536
#define MAX_DEPTH 8

/* ---- the token ---- */

static bool part(const char *text, size_t len, struct aza_bytes *ret)
{
        char *copy = strndup(text, len);
        bool good = copy != NULL && sim_b64_decode(copy, ret);

        free(copy);
        return good;
}

static json_object *json_part(const char *text, size_t len)
{
        AZA_BYTES struct aza_bytes bytes = {0};
        json_object *value = NULL;

        if (!part(text, len, &bytes) ||
            aza_json_parse(aza_bytes_span(&bytes), MAX_TEXT, &value) != 0)
                return NULL;
        return value;
}

static bool is_signed(struct sim_maa_keys *keys, json_object *header, struct aza_span input,
                      struct aza_span signature)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        const char *alg = aza_json_string(header, "alg");
        const char *kid = aza_json_string(header, "kid");

        if (alg == NULL || kid == NULL || strcmp(alg, "RS256") != 0)
                return false;
        key = sim_maa_keys_find(keys, kid);
        return key != NULL && aza_rsa_verify_sha256(sim_libctx(), key, input, signature);
}

json_object *sim_vault_claims(struct sim_maa_keys *keys, const char *token, const char **reason)
{
        AZA_OWN(json_object_put) json_object *header = NULL;
        AZA_OWN(json_object_put) json_object *claims = NULL;
        AZA_BYTES struct aza_bytes signature = {0};
        const char *first = strchr(token, '.');
        const char *second = first != NULL ? strchr(first + 1, '.') : NULL;
        int64_t exp = 0;

        *reason = "target: no JWT";
        if (second == NULL)
                return NULL;
        header = json_part(token, (size_t)(first - token));
        claims = json_part(first + 1, (size_t)(second - first) - 1);
        if (header == NULL || claims == NULL || !part(second + 1, strlen(second + 1), &signature))
                return NULL;
        *reason = "target: not signed by the attestation service";
        if (!is_signed(keys, header, aza_span_of(token, (size_t)(second - token)),
                       aza_bytes_span(&signature)))
                return NULL;
        *reason = "target: expired";
        return aza_json_int64(claims, "exp", &exp) && exp > time(NULL) ? aza_take(&claims) : NULL;
}

/* ---- the policy ---- */

static bool number_of(json_object *value, int64_t *ret)
{
        const char *text = aza_json_text(value);
        char *end = NULL;

        if (json_object_is_type(value, json_type_int)) {
                *ret = json_object_get_int64(value);
                return true;
        }
        if (text == NULL || *text == '\0')
                return false;
        *ret = strtoll(text, &end, 10);
        return *end == '\0';
}

static bool same(json_object *wanted, json_object *found)
{
        const char *a = aza_json_text(wanted);
        const char *b = aza_json_text(found);

        if (a != NULL && b != NULL)
                return strcmp(a, b) == 0;
        if (a != NULL && found != NULL)
                return strcmp(a, json_object_to_json_string(found)) == 0;
        return wanted != NULL && found != NULL && json_object_equal(wanted, found) == 1;
}

static bool ordered(const char *operator, json_object * wanted, json_object *found)
{
        int64_t w = 0, f = 0;

        if (!number_of(wanted, &w) || !number_of(found, &f))
                return false;
        if (strcmp(operator, "less") == 0)
                return f < w;
        if (strcmp(operator, "lessOrEquals") == 0)
                return f <= w;
        if (strcmp(operator, "greater") == 0)
                return f > w;
        return strcmp(operator, "greaterOrEquals") == 0 && f >= w;
}

static bool holds(json_object *condition, json_object *claims)
{
        const char *claim = aza_json_string(condition, "claim");
        json_object *found = NULL;
        const bool there = claim != NULL && aza_json_path(claims, claim, &found);

        if (claim == NULL)
                return false;
        json_object_object_foreach(condition, name, wanted)
        {
                if (strcmp(name, "claim") == 0)
                        continue;
                if (strcmp(name, "exists") == 0)
                        return there == (json_object_get_boolean(wanted) != 0);
                if (strcmp(name, "equals") == 0)
                        return there && same(wanted, found);
                if (strcmp(name, "notEquals") == 0)
                        return there && !same(wanted, found);
                return there && ordered(name, wanted, found);
        }
        return false;
}

static bool met(json_object *node, json_object *claims, int depth)
{
        json_object *all = aza_json_array(node, "allOf");
        json_object *list = all != NULL ? all : aza_json_array(node, "anyOf");
        size_t n = list != NULL ? json_object_array_length(list) : 0;
        size_t good = 0;

        if (depth == 0)
                return false;
        if (list == NULL)
                return holds(node, claims);
        for (size_t i = 0; i < n; i++)
                good += met(json_object_array_get_idx(list, i), claims, depth - 1) ? 1 : 0;
        return all != NULL ? good == n && n > 0 : good > 0;
}

static bool is_authority(json_object *node, json_object *claims)
{
        const char *authority = aza_json_string(node, "authority");
        const char *issuer = aza_json_string(claims, "iss");

        if (authority == NULL || issuer == NULL)
                return false;
        size_t len = strlen(authority);
        len -= len > 0 && authority[len - 1] == '/' ? 1 : 0;
        return strlen(issuer) == len && strncmp(authority, issuer, len) == 0;
}

bool sim_vault_policy_met(struct aza_span policy, json_object *claims, const char **reason)
{
        AZA_OWN(json_object_put) json_object *root = NULL;
        bool asked = false;

        *reason = "the release policy is not JSON";
        if (aza_json_parse(policy, MAX_TEXT, &root) != 0)
                return false;
        json_object *list = aza_json_array(root, "anyOf");
        size_t n = list != NULL ? json_object_array_length(list) : 0;
        for (size_t i = 0; i < n; i++) {
                json_object *node = json_object_array_get_idx(list, i);
                if (!is_authority(node, claims))
                        continue;
                asked = true;
                if (met(node, claims, MAX_DEPTH))
                        return true;
        }
        *reason =
                asked ? "Target environment attestation statement cannot be verified against the release policy"
                      : "The attestation service is none of the release policy's authorities";
        return false;
}
