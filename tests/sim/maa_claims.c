/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the member set of a token: that of the newest real one. Signs nothing. */
#include "base/base64.h"
#include "base/crypto.h"
#include "sim/cert.h"
#include "sim/intel.h"
#include "sim/maa_token.h"

#include <string.h>

#define TOKEN_SECONDS (INT64_C(8) * 3600)

struct member {
        const char *name;
        json_object *value;
};

static int by_name(const void *a, const void *b)
{
        return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static json_object *sorted_object(json_object *value)
{
        size_t count = (size_t)json_object_object_length(value);
        AZA_OWN(free) char *room = calloc(count + 1, sizeof(struct member));
        struct member *members = (struct member *)(void *)room;
        AZA_OWN(json_object_put) json_object *copy = json_object_new_object();
        size_t n = 0;

        if (members == NULL || copy == NULL)
                return NULL;
        json_object_object_foreach(value, name, child)
        {
                members[n].name = name;
                members[n++].value = child;
        }
        qsort(members, n, sizeof(members[0]), by_name);
        for (size_t i = 0; i < n; i++)
                if (json_object_object_add(copy, members[i].name,
                                           sim_json_sorted(members[i].value)) != 0)
                        return NULL;
        return aza_take(&copy);
}

json_object *sim_json_sorted(json_object *value)
{
        if (json_object_is_type(value, json_type_object))
                return sorted_object(value);
        if (!json_object_is_type(value, json_type_array))
                return json_object_get(value);
        AZA_OWN(json_object_put) json_object *copy = json_object_new_array();
        for (size_t i = 0; i < json_object_array_length(value); i++)
                if (json_object_array_add(
                            copy, sim_json_sorted(json_object_array_get_idx(value, i))) != 0)
                        return NULL;
        return aza_take(&copy);
}

void sim_claim_text(json_object *o, const char *name, const char *value)
{
        (void)json_object_object_add(o, name, json_object_new_string(value));
}

void sim_claim_number(json_object *o, const char *name, int64_t value)
{
        (void)json_object_object_add(o, name, json_object_new_int64(value));
}

void sim_claim_truth(json_object *o, const char *name, bool value)
{
        (void)json_object_object_add(o, name, json_object_new_boolean(value));
}

json_object *sim_jwk(const EVP_PKEY *key, const char *kid, const char *operation)
{
        AZA_BYTES struct aza_bytes n = {0};
        AZA_BYTES struct aza_bytes encoded = {0};
        json_object *jwk = json_object_new_object();
        json_object *operations = json_object_new_array();

        if (aza_rsa_modulus(key, &n) != 0 ||
            aza_base64_encode(AZA_BASE64URL, aza_bytes_span(&n), &encoded) != 0) {
                json_object_put(jwk);
                json_object_put(operations);
                return NULL;
        }
        (void)json_object_array_add(operations, json_object_new_string(operation));
        sim_claim_text(jwk, "e", "AQAB");
        (void)json_object_object_add(jwk, "key_ops", operations);
        sim_claim_text(jwk, "kid", kid);
        sim_claim_text(jwk, "kty", "RSA");
        sim_claim_text(jwk, "n", (const char *)encoded.data);
        return jwk;
}

static bool add_jti(json_object *claims)
{
        uint8_t random[32];
        char hex[2 * sizeof(random) + 1];
        if (aza_random(sim_libctx(), random, sizeof(random)) != 0)
                return false;
        sim_claim_text(claims, "jti", aza_hex(aza_span_of(random, sizeof(random)), hex));
        return true;
}

static bool add_policy_hash(json_object *claims)
{
        static const char policy[] = "azattest-sim: the default policy of a shared provider";
        AZA_BYTES struct aza_bytes encoded = {0};
        uint8_t digest[AZA_SHA256_LEN];
        if (aza_sha256(sim_libctx(), aza_span_of(policy, sizeof(policy) - 1), digest) != 0 ||
            aza_base64_encode(AZA_BASE64URL, aza_span_of(digest, sizeof(digest)), &encoded) != 0)
                return false;
        sim_claim_text(claims, "x-ms-policy-hash", (const char *)encoded.data);
        return true;
}

static void add_pcrs(json_object *claims, uint32_t mask)
{
        json_object *list = json_object_new_array();
        for (int i = 0; i < SIM_PCRS; i++)
                if ((mask & 1U << i) != 0)
                        (void)json_object_array_add(list, json_object_new_int(i));
        (void)json_object_object_add(claims, "x-ms-azurevm-attested-pcrs", list);
}

/* What MAA reads out of the event log and the request. */
static void add_vm(json_object *claims, const struct sim_maa_request *r,
                   const struct sim_maa_facts *facts)
{
        const struct sim_log_facts *log = &facts->log;

        sim_claim_truth(claims, "secureboot", log->secure_boot);
        sim_claim_text(claims, "x-ms-attestation-type", "azurevm");
        /* Real tokens say 3.0 although the clients say 2.0. */
        sim_claim_text(claims, "x-ms-azurevm-attestation-protocol-ver", "3.0");
        add_pcrs(claims, r->pcr_mask);
        sim_claim_truth(claims, "x-ms-azurevm-bootdebug-enabled", log->windows.boot_debug);
        sim_claim_truth(claims, "x-ms-azurevm-dbvalidated", log->db);
        sim_claim_truth(claims, "x-ms-azurevm-dbxvalidated", log->dbx);
        sim_claim_truth(claims, "x-ms-azurevm-debuggersdisabled", log->debuggers_disabled);
        sim_claim_truth(claims, "x-ms-azurevm-default-securebootkeysvalidated",
                        log->pk && log->kek);
        sim_claim_truth(claims, "x-ms-azurevm-elam-enabled", log->windows.antimalware);
        sim_claim_truth(claims, "x-ms-azurevm-flightsigning-enabled", log->windows.flight_signing);
        sim_claim_number(claims, "x-ms-azurevm-hvci-policy", 0);
        sim_claim_truth(claims, "x-ms-azurevm-hypervisordebug-enabled",
                        log->windows.hypervisor_debug);
        sim_claim_truth(claims, "x-ms-azurevm-is-windows", strcmp(r->os_type, "Windows") == 0);
        sim_claim_truth(claims, "x-ms-azurevm-kerneldebug-enabled", log->windows.kernel_debug);
        sim_claim_text(claims, "x-ms-azurevm-osbuild", r->os_build);
        sim_claim_text(claims, "x-ms-azurevm-osdistro", r->os_distro);
        sim_claim_text(claims, "x-ms-azurevm-ostype", r->os_type);
        sim_claim_number(claims, "x-ms-azurevm-osversion-major", r->os_major);
        sim_claim_number(claims, "x-ms-azurevm-osversion-minor", r->os_minor);
        sim_claim_truth(claims, "x-ms-azurevm-signingdisabled", true);
        sim_claim_truth(claims, "x-ms-azurevm-testsigning-enabled", log->windows.test_signing);
        sim_claim_text(claims, "x-ms-azurevm-vmid", facts->vm_id);
}

static bool add_runtime(json_object *claims, const struct sim_maa_request *r,
                        const struct sim_maa_facts *facts)
{
        json_object *runtime = json_object_new_object();
        json_object *keys = json_object_new_array();
        json_object *jwk = sim_jwk(facts->key, "TpmEphemeralEncryptionKey", "encrypt");

        (void)json_object_object_add(claims, "x-ms-runtime", runtime);
        if (r->client_payload != NULL)
                (void)json_object_object_add(runtime, "client-payload",
                                             sim_json_sorted(r->client_payload));
        (void)json_object_object_add(runtime, "keys", keys);
        return jwk != NULL && json_object_array_add(keys, jwk) == 0;
}

json_object *sim_maa_claims(const struct sim_maa_token_options *o,
                            const struct sim_maa_request *request,
                            const struct sim_maa_facts *facts)
{
        AZA_OWN(json_object_put) json_object *claims = json_object_new_object();

        if (claims == NULL)
                return NULL;
        sim_claim_number(claims, "exp", o->now + TOKEN_SECONDS);
        sim_claim_number(claims, "iat", o->now);
        sim_claim_text(claims, "iss", o->issuer);
        if (!add_jti(claims))
                return NULL;
        sim_claim_number(claims, "nbf", o->now);
        add_vm(claims, request, facts);
        if (facts->runtime != NULL) {
                json_object *tee = sim_maa_claims_tee(request, facts, sim_td_status(o->faults));
                if (tee == NULL || json_object_object_add(claims, "x-ms-isolation-tee", tee) != 0)
                        return NULL;
        }
        if (!add_policy_hash(claims) || !add_runtime(claims, request, facts))
                return NULL;
        sim_claim_text(claims, "x-ms-ver", "1.0");
        return aza_take(&claims);
}
