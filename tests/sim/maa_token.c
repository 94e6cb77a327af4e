/* SPDX-License-Identifier: Apache-2.0 */
/* Owns signing tokens, and the ways a token can be wrong. Judges no evidence. */
#include "sim/maa_token.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/json.h"
#include "sim/cert.h"
#include "sim/say.h"

#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

static const int plain = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

static bool strikes(const struct sim_maa_token_options *o, const char *name)
{
        return o->faults != NULL && sim_fault_take(o->faults, name, NULL, 0);
}

static void set_text(json_object *object, const char *name, const char *value)
{
        (void)json_object_object_add(object, name, json_object_new_string(value));
}

static void shift_times(json_object *claims, int64_t by)
{
        static const char *const names[] = {"exp", "iat", "nbf"};
        for (size_t i = 0; i < 3; i++) {
                int64_t t = 0;
                (void)aza_json_int64(claims, names[i], &t);
                (void)json_object_object_add(claims, names[i], json_object_new_int64(t + by));
        }
}

static void shorten_life(const struct sim_maa_token_options *o, json_object *claims)
{
        char seconds[16];
        int64_t iat = 0;

        if (o->faults == NULL ||
            !sim_fault_take(o->faults, "token-lifetime", seconds, sizeof(seconds)))
                return;
        (void)aza_json_int64(claims, "iat", &iat);
        (void)json_object_object_add(claims, "exp",
                                     json_object_new_int64(iat + strtol(seconds, NULL, 10)));
}

static void spoil_nonce(const struct sim_maa_token_options *o, json_object *claims)
{
        json_object *runtime = aza_json_object(claims, "x-ms-runtime");

        if (strikes(o, "token-no-nonce"))
                json_object_object_del(runtime, "client-payload");
        json_object *payload = aza_json_object(runtime, "client-payload");
        if (payload != NULL && strikes(o, "token-wrong-nonce"))
                set_text(payload, "nonce", "YW5vdGhlciBub25jZQ==");
}

static bool spoil_key(json_object *claims)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *other = sim_rsa_key(2048);
        json_object *jwk =
                other == NULL ? NULL : sim_jwk(other, "TpmEphemeralEncryptionKey", "encrypt");
        json_object *keys = aza_json_array(aza_json_object(claims, "x-ms-runtime"), "keys");
        return jwk != NULL && json_object_array_put_idx(keys, 0, jwk) == 0;
}

/* What the built-in policy of each kind of VM minds. */
static void spoil_policy(json_object *claims, json_object *tee)
{
        json_object *debuggable = NULL;

        if (tee == NULL)
                (void)json_object_object_add(claims, "secureboot", json_object_new_boolean(false));
        else if (json_object_object_get_ex(tee, "x-ms-sevsnpvm-is-debuggable", &debuggable))
                (void)json_object_object_add(tee, "x-ms-sevsnpvm-is-debuggable",
                                             json_object_new_boolean(true));
        else
                set_text(tee, "x-ms-compliance-status", "not-compliant");
}

static void claim_debuggable(json_object *tee)
{
        bool snp = json_object_object_get_ex(tee, "x-ms-sevsnpvm-is-debuggable", NULL);

        if (tee != NULL)
                (void)json_object_object_add(
                        tee, snp ? "x-ms-sevsnpvm-is-debuggable" : "tdx_td_attributes_debug",
                        json_object_new_boolean(true));
}

/* One PCR instead of those that were quoted. */
static void claim_pcr(const struct sim_maa_token_options *o, json_object *claims)
{
        json_object *list;
        char pcr[16];

        if (o->faults == NULL ||
            !sim_fault_take(o->faults, "token-attested-pcrs", pcr, sizeof(pcr)) ||
            (list = json_object_new_array()) == NULL)
                return;
        (void)json_object_array_add(list, json_object_new_int64(strtol(pcr, NULL, 10)));
        (void)json_object_object_add(claims, "x-ms-azurevm-attested-pcrs", list);
}

/* MAA's answer to a bare hardware report: what stands in x-ms-isolation-tee stands at the top. */
static void make_platform(json_object *claims)
{
        json_object *tee = json_object_get(aza_json_object(claims, "x-ms-isolation-tee"));
        static const char *const of_vm[] = {"secureboot", "x-ms-azurevm-attested-pcrs",
                                            "x-ms-azurevm-vmid", "x-ms-isolation-tee"};

        if (tee == NULL)
                return;
        for (size_t i = 0; i < sizeof(of_vm) / sizeof(of_vm[0]); i++)
                json_object_object_del(claims, of_vm[i]);
        json_object_object_foreach(tee, name, value)
        {
                if (strcmp(name, "x-ms-runtime") != 0) /* what was asked with stays echoed */
                        (void)json_object_object_add(claims, name, json_object_get(value));
        }
        json_object_put(tee);
}

static void spoil_floors(const struct sim_maa_token_options *o, json_object *claims,
                         json_object *tee)
{
        if (strikes(o, "token-debuggable"))
                claim_debuggable(tee);
        if (strikes(o, "token-no-secure-boot"))
                (void)json_object_object_add(claims, "secureboot", json_object_new_boolean(false));
        if (strikes(o, "token-exp-before-iat"))
                (void)json_object_object_add(claims, "exp", json_object_new_int64(o->now - 60));
        claim_pcr(o, claims);
        if (strikes(o, "token-platform"))
                make_platform(claims);
}

static bool spoil_claims(const struct sim_maa_token_options *o, json_object *claims)
{
        json_object *tee = aza_json_object(claims, "x-ms-isolation-tee");

        shorten_life(o, claims);
        if (strikes(o, "token-expired"))
                shift_times(claims, -(9 * 3600)); /* a token lives 8 hours */
        if (strikes(o, "token-not-yet"))
                shift_times(claims, 3600);
        if (strikes(o, "token-wrong-issuer"))
                set_text(claims, "iss", "https://other.attest.azure.net");
        spoil_nonce(o, claims);
        if (strikes(o, "token-policy"))
                spoil_policy(claims, tee);
        spoil_floors(o, claims, tee);
        if (strikes(o, "token-no-isolation"))
                json_object_object_del(claims, "x-ms-isolation-tee");
        return !strikes(o, "token-other-key") || spoil_key(claims);
}

static json_object *make_header(const char *issuer, const char *alg, const char *kid)
{
        json_object *header = json_object_new_object();
        char jku[600];

        if (header == NULL)
                return NULL;
        (void)snprintf(jku, sizeof(jku), "%s/certs", issuer);
        set_text(header, "alg", alg);
        set_text(header, "jku", jku);
        if (kid[0] != '\0')
                set_text(header, "kid", kid);
        set_text(header, "typ", "JWT");
        return header;
}

static bool append_json(json_object *object, struct aza_bytes *out)
{
        const char *text = json_object_to_json_string_ext(object, plain);
        return text != NULL &&
               aza_base64_encode(AZA_BASE64URL, aza_span_of(text, strlen(text)), out) == 0;
}

static bool append_signature(EVP_PKEY *key, struct aza_bytes *jws)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char signature[512];
        size_t len = sizeof(signature);

        return ctx != NULL &&
               EVP_DigestSignInit_ex(ctx, NULL, "SHA256", sim_libctx(), NULL, key, NULL) == 1 &&
               EVP_DigestSign(ctx, signature, &len, jws->data, jws->len) == 1 &&
               aza_bytes_append(jws, ".", 1) == 0 &&
               aza_base64_encode(AZA_BASE64URL, aza_span_of(signature, len), jws) == 0;
}

/* The key that signs, and what the header says about it. */
static bool choose_key(const struct sim_maa_token_options *o, EVP_PKEY **ret_key, char kid[45])
{
        if (sim_maa_keys_current(o->keys, ret_key, kid) != 0)
                return false;
        if (strikes(o, "token-unknown-kid"))
                (void)snprintf(kid, 45, "%s", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        if (strikes(o, "token-no-kid"))
                kid[0] = '\0';
        if (strikes(o, "token-wrong-key")) {
                EVP_PKEY_free(*ret_key);
                *ret_key = sim_rsa_key(2048);
        }
        return *ret_key != NULL;
}

int sim_maa_token(const struct sim_maa_token_options *o, const struct sim_maa_request *request,
                  const struct sim_maa_facts *facts, struct aza_bytes *ret)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *key = NULL;
        AZA_OWN(json_object_put)
        json_object *claims = sim_maa_claims(o, request, facts);
        AZA_BYTES struct aza_bytes jws = {0};
        char kid[45];
        bool unsigned_token = strikes(o, "token-alg-none");

        if (claims == NULL || !spoil_claims(o, claims) || !choose_key(o, &key, kid))
                return sim_fail("cannot make a token");
        AZA_OWN(json_object_put)
        json_object *header =
                make_header(aza_json_string(claims, "iss"), unsigned_token ? "none" : "RS256", kid);
        if (header == NULL || !append_json(header, &jws) || aza_bytes_append(&jws, ".", 1) != 0 ||
            !append_json(claims, &jws))
                return sim_fail("cannot make a token");
        bool good =
                unsigned_token ? aza_bytes_append(&jws, ".", 1) == 0 : append_signature(key, &jws);
        if (!good)
                return sim_fail("cannot sign a token");
        *ret = aza_bytes_take(&jws);
        return 0;
}
