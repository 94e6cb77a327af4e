/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the form of the request (PROTOCOL.md 7), nothing is judged that has to do with trust. How a
 * single member is spelled is maa_member.c's. */
#include "sim/maa_member.h"

#include "base/error.h"

#include <stdarg.h>
#include <string.h>

#define MAX_LOG     (1024UL * 1024)
#define MAX_PAYLOAD 65536UL /* all values together */
#define MAX_RUNTIME 65536UL
#define MAX_PROOF   (128UL * 1024)
#define MAX_TPM     1024UL /* no structure of a TPM is larger */
#define MAX_AK      16384UL
#define MAX_INNER   (4UL * 1024 * 1024)
#define RSA_LEN     256UL

bool sim_refuse(struct sim_refusal *refusal, const char *check, const char *format, ...)
{
        va_list args;
        int n = snprintf(refusal->message, sizeof(refusal->message), "%s: ", check);
        if (n < 0 || (size_t)n >= sizeof(refusal->message))
                return false;
        va_start(args, format);
        (void)vsnprintf(refusal->message + n, sizeof(refusal->message) - (size_t)n, format, args);
        va_end(args);
        return false;
}

void sim_maa_request_free(struct sim_maa_request *r)
{
        free(r->protocol_version);
        free(r->os_type);
        free(r->os_distro);
        free(r->os_build);
        json_object_put(r->client_payload);
        struct aza_bytes *all[] = {&r->log,
                                   &r->aik_certificate,
                                   &r->aik_public,
                                   &r->quote,
                                   &r->quote_signature,
                                   &r->key_public,
                                   &r->certify,
                                   &r->certify_signature,
                                   &r->hardware_report,
                                   &r->vcek_chain,
                                   &r->runtime};
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
                aza_bytes_free(all[i]);
        *r = (struct sim_maa_request){0};
}

static bool get_index(json_object *value, unsigned int *ret)
{
        if (!json_object_is_type(value, json_type_int))
                return false;
        int64_t n = json_object_get_int64(value);
        if (n < 0 || n >= SIM_PCRS)
                return false;
        *ret = (unsigned int)n;
        return true;
}

static bool get_pcr_set(const struct sim_reading *in, json_object *set, uint32_t *ret)
{
        uint32_t mask = 0;

        for (size_t i = 0; set != NULL && i < json_object_array_length(set); i++) {
                unsigned int index = 0;
                if (!get_index(json_object_array_get_idx(set, i), &index) ||
                    (mask & 1U << index) != 0)
                        return sim_refuse(in->refusal, "PcrSet",
                                          "element %zu is not a PCR, or named twice", i);
                mask |= 1U << index;
        }
        if (mask == 0)
                return sim_refuse(in->refusal, "PcrSet", "missing or empty");
        *ret = mask;
        return true;
}

static bool get_pcr(const struct sim_reading *in, json_object *entry, size_t at,
                    struct sim_maa_request *r, unsigned int *ret)
{
        static const char *const members[] = {"Digest", "Index", NULL};
        static const struct sim_member digest = {"Digest", AZA_BASE64, SIM_PCR_LEN, SIM_PCR_LEN};
        AZA_BYTES struct aza_bytes value = {0};
        json_object *index = NULL;

        if (!aza_json_path(entry, "Index", &index) || !get_index(index, ret))
                return sim_refuse(in->refusal, "PCRs", "entry %zu has no usable Index", at);
        if (!sim_members_only(in, entry, "PCRs", members))
                return false;
        if (!sim_member_bytes(in, entry, &digest, &value)) {
                char why[sizeof(in->refusal->message)];
                (void)snprintf(why, sizeof(why), "%s", in->refusal->message);
                return sim_refuse(in->refusal, "PCRs", "PCR %u: %s", *ret, why);
        }
        memcpy(r->pcrs[*ret], value.data, SIM_PCR_LEN);
        return true;
}

/* The values of exactly the PCRs of PcrSet, in its order. */
static bool get_pcrs(const struct sim_reading *in, json_object *info, struct sim_maa_request *r)
{
        json_object *set = aza_json_array(info, "PcrSet");
        json_object *list = aza_json_array(info, "PCRs");
        uint32_t mask = 0;

        if (!get_pcr_set(in, set, &r->pcr_mask))
                return false;
        for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
                unsigned int n = 0, wanted = 0;
                if (!get_pcr(in, json_object_array_get_idx(list, i), i, r, &n))
                        return false;
                if ((mask & 1U << n) != 0)
                        return sim_refuse(in->refusal, "PCRs", "PCR %u is given twice", n);
                if (!in->lenient &&
                    (!get_index(json_object_array_get_idx(set, i), &wanted) || wanted != n))
                        return sim_refuse(in->refusal, "PCRs", "not in the order of PcrSet");
                mask |= 1U << n;
        }
        return mask == r->pcr_mask ||
               sim_refuse(in->refusal, "PCRs", "other PCRs (mask 0x%06x) than PcrSet (0x%06x)",
                          (unsigned int)mask, (unsigned int)r->pcr_mask);
}

static bool get_tpm_info(const struct sim_reading *in, json_object *inner,
                         struct sim_maa_request *r)
{
        const struct {
                struct sim_member member;
                struct aza_bytes *to;
        } parts[] = {
                {{"AikCert", AZA_BASE64, 1, MAX_AK}, &r->aik_certificate},
                {{"AikPub", AZA_BASE64, 1, MAX_TPM}, &r->aik_public},
                {{"PcrQuote", AZA_BASE64, 1, MAX_TPM}, &r->quote},
                {{"PcrSignature", AZA_BASE64, RSA_LEN, RSA_LEN}, &r->quote_signature},
                {{"EncKeyPub", AZA_BASE64, 1, MAX_TPM}, &r->key_public},
                {{"EncKeyCertifyInfo", AZA_BASE64, 1, MAX_TPM}, &r->certify},
                {{"EncKeyCertifyInfoSignature", AZA_BASE64, RSA_LEN, RSA_LEN},
                 &r->certify_signature},
        };
        static const char *const members[] = {"AikCert",   "AikPub",
                                              "PcrQuote",  "PcrSignature",
                                              "EncKeyPub", "EncKeyCertifyInfo",
                                              "PcrSet",    "EncKeyCertifyInfoSignature",
                                              "PCRs",      NULL};
        json_object *info = aza_json_object(inner, "TpmInfo");

        if (info == NULL)
                return sim_refuse(in->refusal, "TpmInfo", "missing or not an object");
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
                if (!sim_member_bytes(in, info, &parts[i].member, parts[i].to))
                        return false;
        }
        return get_pcrs(in, info, r) && sim_members_only(in, info, "TpmInfo", members);
}

static bool get_snp_proof(const struct sim_reading *in, json_object *evidence,
                          struct sim_maa_request *r)
{
        static const struct sim_member outer = {"Proof", AZA_BASE64, 1, MAX_PROOF};
        static const struct sim_member report = {"SnpReport", AZA_BASE64URL, 1, MAX_PROOF};
        static const struct sim_member chain = {"VcekCertChain", AZA_BASE64, 1, MAX_PROOF};
        static const char *const members[] = {"SnpReport", "VcekCertChain", NULL};
        AZA_BYTES struct aza_bytes text = {0};
        AZA_OWN(json_object_put) json_object *proof = NULL;

        return sim_member_bytes(in, evidence, &outer, &text) &&
               sim_member_json(in, "Proof", aza_bytes_span(&text), &proof) &&
               sim_member_bytes(in, proof, &report, &r->hardware_report) &&
               sim_member_bytes(in, proof, &chain, &r->vcek_chain) &&
               sim_members_only(in, proof, "Proof", members);
}

static bool get_evidence(const struct sim_reading *in, json_object *evidence,
                         struct sim_maa_request *r)
{
        static const struct sim_member quote = {"Proof", AZA_BASE64, 1, MAX_PROOF};
        static const struct sim_member runtime = {"RunTimeData", AZA_BASE64, 1, MAX_RUNTIME};
        static const char *const members[] = {"Proof", "RunTimeData", NULL};
        bool good = r->isolation == SIM_ISOLATION_TDX
                            ? sim_member_bytes(in, evidence, &quote, &r->hardware_report)
                            : get_snp_proof(in, evidence, r);

        return good && sim_member_bytes(in, evidence, &runtime, &r->runtime) &&
               sim_members_only(in, evidence, "Evidence", members);
}

static bool get_isolation(const struct sim_reading *in, json_object *inner,
                          struct sim_maa_request *r)
{
        static const char *const alone[] = {"Type", NULL};
        static const char *const members[] = {"Type", "Evidence", NULL};
        json_object *info = aza_json_object(inner, "IsolationInfo");
        const char *type = aza_json_string(info, "Type");
        json_object *evidence = aza_json_object(info, "Evidence");

        if (type == NULL)
                return sim_refuse(in->refusal, "IsolationInfo", "no Type");
        if (strcmp(type, "TrustedLaunch") == 0)
                return sim_members_only(in, info, "IsolationInfo", alone);
        if (strcmp(type, "SevSnp") != 0 && strcmp(type, "Tdx") != 0)
                return sim_refuse(in->refusal, "IsolationInfo", "unknown Type");
        if (evidence == NULL)
                return sim_refuse(in->refusal, "IsolationInfo", "no Evidence");
        r->isolation = type[0] == 'T' ? SIM_ISOLATION_TDX : SIM_ISOLATION_SEVSNP;
        return get_evidence(in, evidence, r) &&
               sim_members_only(in, info, "IsolationInfo", members);
}

/* Strict: a string of base64. Lenient: any JSON, or null for no value. */
static bool payload_value(const struct sim_reading *in, const char *name, json_object *value,
                          size_t *total)
{
        AZA_BYTES struct aza_bytes decoded = {0};
        const char *text = aza_json_text(value);
        char shown[64];

        (void)aza_printable(name, strlen(name), shown, sizeof(shown));
        if (in->lenient) {
                *total += strlen(name) + strlen(json_object_to_json_string(value));
        } else {
                if (text == NULL)
                        return sim_refuse(in->refusal, "ClientPayload",
                                          "'%s' is not a string (wanted base64)", shown);
                if (aza_base64_decode(AZA_BASE64, text, strlen(text), &decoded) != 0)
                        return sim_refuse(in->refusal, "ClientPayload",
                                          "'%s' is not base64 with '=' padding: %s", shown,
                                          aza_last_error()->message);
                *total += strlen(name) + decoded.len;
        }
        return *total <= MAX_PAYLOAD ||
               sim_refuse(in->refusal, "ClientPayload", "'%s' makes it more than %lu bytes", shown,
                          MAX_PAYLOAD);
}

/* null and {} mean: no payload; lenient also when it is absent, or holds only nulls. */
static bool get_payload(const struct sim_reading *in, json_object *inner, struct sim_maa_request *r)
{
        json_object *payload = NULL;
        json_object *object = aza_json_object(inner, "ClientPayload");
        size_t total = 0;

        if (!aza_json_path(inner, "ClientPayload", &payload))
                return in->lenient || sim_refuse(in->refusal, "ClientPayload",
                                                 "missing (null where there is none)");
        if (payload == NULL)
                return true;
        if (object == NULL)
                return sim_refuse(in->refusal, "ClientPayload", "neither an object nor null");
        json_object_object_foreach(object, name, value)
        {
                if (value == NULL && in->lenient)
                        continue;
                if (!payload_value(in, name, value, &total))
                        return false;
                if (r->client_payload == NULL)
                        r->client_payload = json_object_new_object();
                if (r->client_payload == NULL ||
                    json_object_object_add(r->client_payload, name, json_object_get(value)) != 0)
                        return sim_refuse(in->refusal, "ClientPayload", "out of memory");
        }
        return true;
}

static bool get_version(const struct sim_reading *in, json_object *inner, struct sim_maa_request *r)
{
        const char *version = aza_json_string(inner, "AttestationProtocolVersion");

        if (version == NULL ||
            (strcmp(version, "2.0") != 0 && !(in->lenient && strcmp(version, "3.0") == 0)))
                return sim_refuse(in->refusal, "AttestationProtocolVersion", "not \"2.0\"");
        r->protocol_version = strdup(version);
        return r->protocol_version != NULL;
}

static bool get_os(const struct sim_reading *in, json_object *inner, struct sim_maa_request *r)
{
        if (!sim_member_text(in, inner, "OSType", &r->os_type) ||
            !sim_member_text(in, inner, "OSDistro", &r->os_distro) ||
            !sim_member_text(in, inner, "OSBuild", &r->os_build) ||
            !sim_member_number(in, inner, "OSVersionMajor", &r->os_major) ||
            !sim_member_number(in, inner, "OSVersionMinor", &r->os_minor))
                return false;
        if (in->lenient)
                return true;
        if (strcmp(r->os_type, "Linux") != 0 && strcmp(r->os_type, "Windows") != 0)
                return sim_refuse(in->refusal, "OSType", "neither Linux nor Windows");
        return r->os_major != 0 || sim_refuse(in->refusal, "OSVersionMajor", "0");
}

static bool get_inner(const struct sim_reading *in, json_object *inner, struct sim_maa_request *r)
{
        static const struct sim_member log = {"TcgLogs", AZA_BASE64, 0, MAX_LOG};
        static const char *const members[] = {"AttestationProtocolVersion",
                                              "OSType",
                                              "OSDistro",
                                              "OSVersionMajor",
                                              "OSVersionMinor",
                                              "OSBuild",
                                              "TcgLogs",
                                              "ClientPayload",
                                              "TpmInfo",
                                              "IsolationInfo",
                                              NULL};

        return get_version(in, inner, r) && get_os(in, inner, r) &&
               sim_member_bytes(in, inner, &log, &r->log) && get_payload(in, inner, r) &&
               get_tpm_info(in, inner, r) && get_isolation(in, inner, r) &&
               sim_members_only(in, inner, "AttestationInfo", members);
}

bool sim_maa_decode(struct aza_span body, bool lenient, struct sim_maa_request *ret,
                    struct sim_refusal *refusal)
{
        static const struct sim_member info = {"AttestationInfo", AZA_BASE64URL, 1, MAX_INNER};
        static const char *const members[] = {"AttestationInfo", NULL};
        const struct sim_reading in = {lenient, refusal};
        AZA_OWN(json_object_put) json_object *outer = NULL;
        AZA_OWN(json_object_put) json_object *inner = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        SIM_MAA_REQUEST struct sim_maa_request r = {.lenient = lenient};

        (void)snprintf(refusal->message, sizeof(refusal->message), "request: out of memory");
        if (!sim_member_json(&in, "request", body, &outer) ||
            !sim_member_bytes(&in, outer, &info, &text) ||
            !sim_members_only(&in, outer, "request", members) ||
            !sim_member_json(&in, "AttestationInfo", aza_bytes_span(&text), &inner) ||
            !get_inner(&in, inner, &r))
                return false;
        *ret = r;
        r = (struct sim_maa_request){0};
        return true;
}
