/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order of the checks, and those that tie the hardware report to the AIK. */
#include "sim/maa_verify.h"

#include "base/crypto.h"
#include "base/json.h"
#include "sim/b64.h"
#include "sim/cert.h"
#include "sim/snp_layout.h"

#include <ctype.h>
#include <openssl/x509v3.h>
#include <string.h>

#define MAX_RUNTIME (64UL * 1024)
#define RUNTIME     "RunTimeData"

void sim_maa_facts_free(struct sim_maa_facts *facts)
{
        EVP_PKEY_free(facts->key);
        json_object_put(facts->runtime);
        *facts = (struct sim_maa_facts){0};
}

static json_object *hcl_ak(json_object *runtime)
{
        json_object *keys = aza_json_array(runtime, "keys");
        json_object *found = NULL;

        for (size_t i = 0; keys != NULL && i < json_object_array_length(keys); i++) {
                json_object *key = json_object_array_get_idx(keys, i);
                const char *kid = aza_json_string(key, "kid");
                if (kid == NULL || strcmp(kid, "HCLAkPub") != 0)
                        continue;
                if (found != NULL)
                        return NULL;
                found = key;
        }
        return found;
}

/* REPORT_DATA covers the runtime data, and the runtime data names the AIK. */
static bool verify_runtime(const struct sim_maa_request *request, EVP_PKEY *aik,
                           struct aza_span report_data, json_object **ret,
                           struct sim_refusal *refusal)
{
        AZA_OWN(json_object_put) json_object *runtime = NULL;
        AZA_BYTES struct aza_bytes n = {0};
        AZA_BYTES struct aza_bytes modulus = {0};
        uint8_t expected[SNP_REPORT_DATA_LEN] = {0};

        if (aza_sha256(sim_libctx(), aza_bytes_span(&request->runtime), expected) != 0 ||
            report_data.len != sizeof(expected) ||
            memcmp(report_data.data, expected, sizeof(expected)) != 0)
                return sim_refuse(refusal, RUNTIME,
                                  "REPORT_DATA is not its SHA-256 and 32 zero bytes");
        if (aza_json_parse(aza_bytes_span(&request->runtime), MAX_RUNTIME, &runtime) != 0)
                return sim_refuse(refusal, RUNTIME, "not JSON");
        if (!sim_b64_decode(aza_json_string(hcl_ak(runtime), "n"), &n) ||
            aza_rsa_modulus(aik, &modulus) != 0 ||
            !aza_span_equal(aza_bytes_span(&n), aza_bytes_span(&modulus)))
                return sim_refuse(refusal, RUNTIME, "HCLAkPub is not AikPub");
        *ret = aza_take(&runtime);
        return true;
}

static bool verify_tee(const struct sim_pki *pki, const struct sim_maa_request *request,
                       EVP_PKEY *aik, struct sim_maa_facts *facts, struct sim_refusal *refusal)
{
        struct aza_span report_data = {0};
        bool good = request->isolation == SIM_ISOLATION_TDX
                            ? sim_maa_verify_tdx(pki, request, &report_data, refusal)
                            : sim_maa_verify_snp(pki, request, &report_data, refusal);

        if (!good || !verify_runtime(request, aik, report_data, &facts->runtime, refusal))
                return false;
        const char *id =
                aza_json_string(aza_json_object(facts->runtime, "vm-configuration"), "vmUniqueId");
        if (id == NULL || strlen(id) != 36)
                return sim_refuse(refusal, RUNTIME, "no vmUniqueId");
        (void)snprintf(facts->vm_id, sizeof(facts->vm_id), "%s", id);
        return true;
}

/* Trusted Launch has no report: the VM's id comes with the AK certificate (ak_cert.h). */
static bool id_from_certificate(X509 *certificate, struct sim_maa_facts *facts,
                                struct sim_refusal *refusal)
{
        static const char prefix[] = "urn:uuid:";
        GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
        bool found = false;

        for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
                int kind = 0;
                const ASN1_STRING *uri =
                        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &kind);
                if (kind != GEN_URI || ASN1_STRING_length(uri) != (int)sizeof(prefix) - 1 + 36 ||
                    memcmp(ASN1_STRING_get0_data(uri), prefix, sizeof(prefix) - 1) != 0)
                        continue;
                (void)snprintf(facts->vm_id, sizeof(facts->vm_id), "%.36s",
                               ASN1_STRING_get0_data(uri) + sizeof(prefix) - 1);
                found = true;
        }
        GENERAL_NAMES_free(names);
        return found || sim_refuse(refusal, "AikCert", "names no VM");
}

bool sim_maa_verify(const struct sim_pki *pki, const struct sim_maa_request *request,
                    struct sim_maa_facts *ret, struct sim_refusal *refusal)
{
        AZA_OWN(EVP_PKEY_free) EVP_PKEY *aik = NULL;
        AZA_OWN(X509_free) X509 *certificate = NULL;
        SIM_MAA_FACTS struct sim_maa_facts facts = {0};

        (void)snprintf(refusal->message, sizeof(refusal->message), "evidence: out of memory");
        if (!sim_maa_verify_aik(request, &aik, refusal) ||
            !sim_maa_verify_aik_certificate(pki, request, aik, &certificate, refusal) ||
            !sim_maa_verify_quote(request, aik, refusal) ||
            !sim_maa_verify_key(request, aik, &facts.key, refusal))
                return false;
        bool good = request->isolation == SIM_ISOLATION_TRUSTED_LAUNCH
                            ? id_from_certificate(certificate, &facts, refusal)
                            : verify_tee(pki, request, aik, &facts, refusal);
        if (!good || !sim_log_replay(aza_bytes_span(&request->log), request->pcr_mask,
                                     request->pcrs, &facts.log, refusal))
                return false;
        for (char *c = facts.vm_id; *c != '\0'; c++)
                *c = (char)toupper((unsigned char)*c);
        *ret = facts;
        facts = (struct sim_maa_facts){0};
        return true;
}
