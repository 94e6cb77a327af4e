/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the form of the request (protocol.md 7): every client's encodings are taken, nothing is
 * judged that has to do with trust. Called by maa_server.c and the tests.
 */
#include "base/json.h"
#include "sim/b64.h"
#include "sim/maa_request.h"

#include <stdarg.h>
#include <string.h>

#define MAX_JSON (8UL * 1024 * 1024)

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

/* Member `name` in base64 of either alphabet. */
static bool get_bytes(json_object *object, const char *name, struct aza_bytes *ret,
                      struct sim_refusal *refusal)
{
        const char *text = aza_json_string(object, name);
        if (text == NULL)
                return sim_refuse(refusal, name, "missing or not a string");
        if (!sim_b64_decode(text, ret))
                return sim_refuse(refusal, name, "not base64");
        return true;
}

static bool get_filled(json_object *object, const char *name, struct aza_bytes *ret,
                       struct sim_refusal *refusal)
{
        if (!get_bytes(object, name, ret, refusal))
                return false;
        return ret->len > 0 || sim_refuse(refusal, name, "empty");
}

/* Base64 of text without NUL; may be empty (one client sends no distribution on Windows). */
static bool get_text(json_object *object, const char *name, char **ret, struct sim_refusal *refusal)
{
        AZA_BYTES struct aza_bytes text = {0};
        if (!get_bytes(object, name, &text, refusal))
                return false;
        if (text.len > 0 && memchr(text.data, 0, text.len) != NULL)
                return sim_refuse(refusal, name, "text with a NUL");
        *ret = text.len == 0 ? strdup("") : strndup((const char *)text.data, text.len);
        return *ret != NULL;
}

/* A number, or (Python client) a string of digits. */
static bool get_number(json_object *object, const char *name, int64_t *ret,
                       struct sim_refusal *refusal)
{
        const char *text = aza_json_string(object, name);
        if (aza_json_int64(object, name, ret))
                return *ret >= 0 || sim_refuse(refusal, name, "negative");
        size_t len = text == NULL ? 0 : strlen(text);
        if (len == 0 || len > 9 || strspn(text, "0123456789") != len)
                return sim_refuse(refusal, name, "neither a number nor a numeric string");
        *ret = strtoll(text, NULL, 10);
        return true;
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

static bool get_pcr_set(json_object *info, uint32_t *ret, struct sim_refusal *refusal)
{
        json_object *set = aza_json_array(info, "PcrSet");
        uint32_t mask = 0;

        for (size_t i = 0; set != NULL && i < json_object_array_length(set); i++) {
                unsigned int index = 0;
                if (!get_index(json_object_array_get_idx(set, i), &index) ||
                    (mask & 1U << index) != 0)
                        return sim_refuse(refusal, "PcrSet",
                                          "element %zu is not a PCR, or named twice", i);
                mask |= 1U << index;
        }
        if (mask == 0)
                return sim_refuse(refusal, "PcrSet", "missing or empty");
        *ret = mask;
        return true;
}

static bool get_pcr(json_object *entry, size_t at, struct sim_maa_request *r, uint32_t *mask,
                    struct sim_refusal *refusal)
{
        AZA_BYTES struct aza_bytes digest = {0};
        json_object *index = NULL;
        unsigned int n = 0;

        if (!aza_json_path(entry, "Index", &index) || !get_index(index, &n) ||
            (*mask & 1U << n) != 0)
                return sim_refuse(refusal, "PCRs",
                                  "entry %zu has no usable Index, or one given before", at);
        if (!sim_b64_decode(aza_json_string(entry, "Digest"), &digest) || digest.len != SIM_PCR_LEN)
                return sim_refuse(refusal, "PCRs", "Digest of PCR %u is not 32 bytes", n);
        memcpy(r->pcrs[n], digest.data, SIM_PCR_LEN);
        *mask |= 1U << n;
        return true;
}

static bool get_pcrs(json_object *info, struct sim_maa_request *r, struct sim_refusal *refusal)
{
        json_object *list = aza_json_array(info, "PCRs");
        uint32_t mask = 0;

        if (!get_pcr_set(info, &r->pcr_mask, refusal))
                return false;
        for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
                if (!get_pcr(json_object_array_get_idx(list, i), i, r, &mask, refusal))
                        return false;
        }
        return mask == r->pcr_mask ||
               sim_refuse(refusal, "PCRs", "other PCRs (mask 0x%06x) than PcrSet (0x%06x)",
                          (unsigned int)mask, (unsigned int)r->pcr_mask);
}

static bool get_tpm_info(json_object *inner, struct sim_maa_request *r, struct sim_refusal *refusal)
{
        json_object *info = aza_json_object(inner, "TpmInfo");

        if (info == NULL)
                return sim_refuse(refusal, "TpmInfo", "missing or not an object");
        return get_filled(info, "AikCert", &r->aik_certificate, refusal) &&
               get_filled(info, "AikPub", &r->aik_public, refusal) &&
               get_filled(info, "PcrQuote", &r->quote, refusal) &&
               get_filled(info, "PcrSignature", &r->quote_signature, refusal) &&
               get_filled(info, "EncKeyPub", &r->key_public, refusal) &&
               get_filled(info, "EncKeyCertifyInfo", &r->certify, refusal) &&
               get_filled(info, "EncKeyCertifyInfoSignature", &r->certify_signature, refusal) &&
               get_pcrs(info, r, refusal);
}

static bool get_snp_proof(json_object *evidence, struct sim_maa_request *r,
                          struct sim_refusal *refusal)
{
        AZA_BYTES struct aza_bytes text = {0};
        AZA_OWN(json_object_put) json_object *proof = NULL;

        if (!get_filled(evidence, "Proof", &text, refusal))
                return false;
        if (aza_json_parse(aza_bytes_span(&text), MAX_JSON, &proof) != 0)
                return sim_refuse(refusal, "Proof", "not JSON");
        return get_filled(proof, "SnpReport", &r->hardware_report, refusal) &&
               get_filled(proof, "VcekCertChain", &r->vcek_chain, refusal);
}

static bool get_isolation(json_object *inner, struct sim_maa_request *r,
                          struct sim_refusal *refusal)
{
        json_object *info = aza_json_object(inner, "IsolationInfo");
        const char *type = aza_json_string(info, "Type");
        json_object *evidence = aza_json_object(info, "Evidence");

        if (type == NULL)
                return sim_refuse(refusal, "IsolationInfo", "no Type");
        if (strcmp(type, "TrustedLaunch") == 0)
                return true;
        if (strcmp(type, "SevSnp") != 0 && strcmp(type, "Tdx") != 0)
                return sim_refuse(refusal, "IsolationInfo", "unknown Type");
        if (evidence == NULL)
                return sim_refuse(refusal, "IsolationInfo", "no Evidence");
        r->isolation = type[0] == 'T' ? SIM_ISOLATION_TDX : SIM_ISOLATION_SEVSNP;
        bool good = r->isolation == SIM_ISOLATION_TDX
                            ? get_filled(evidence, "Proof", &r->hardware_report, refusal)
                            : get_snp_proof(evidence, r, refusal);
        return good && get_filled(evidence, "RunTimeData", &r->runtime, refusal);
}

/* Absent, null, {} and {"nonce": null} all mean: no payload. */
static bool get_payload(json_object *inner, struct sim_maa_request *r, struct sim_refusal *refusal)
{
        json_object *payload = NULL;
        json_object *object = aza_json_object(inner, "ClientPayload");

        if (!aza_json_path(inner, "ClientPayload", &payload) || payload == NULL)
                return true;
        if (object == NULL)
                return sim_refuse(refusal, "ClientPayload", "neither an object nor null");
        json_object_object_foreach(object, name, value)
        {
                if (value == NULL)
                        continue;
                if (r->client_payload == NULL)
                        r->client_payload = json_object_new_object();
                if (r->client_payload == NULL ||
                    json_object_object_add(r->client_payload, name, json_object_get(value)) != 0)
                        return sim_refuse(refusal, "ClientPayload", "out of memory");
        }
        return true;
}

static bool get_inner(json_object *inner, struct sim_maa_request *r, struct sim_refusal *refusal)
{
        const char *version = aza_json_string(inner, "AttestationProtocolVersion");

        if (version == NULL || (strcmp(version, "2.0") != 0 && strcmp(version, "3.0") != 0))
                return sim_refuse(refusal, "AttestationProtocolVersion", "not 2.0 or 3.0");
        r->protocol_version = strdup(version);
        return r->protocol_version != NULL && get_text(inner, "OSType", &r->os_type, refusal) &&
               get_text(inner, "OSDistro", &r->os_distro, refusal) &&
               get_text(inner, "OSBuild", &r->os_build, refusal) &&
               get_number(inner, "OSVersionMajor", &r->os_major, refusal) &&
               get_number(inner, "OSVersionMinor", &r->os_minor, refusal) &&
               get_bytes(inner, "TcgLogs", &r->log, refusal) && get_payload(inner, r, refusal) &&
               get_tpm_info(inner, r, refusal) && get_isolation(inner, r, refusal);
}

bool sim_maa_decode(struct aza_span body, struct sim_maa_request *ret, struct sim_refusal *refusal)
{
        AZA_OWN(json_object_put) json_object *outer = NULL;
        AZA_OWN(json_object_put) json_object *inner = NULL;
        AZA_BYTES struct aza_bytes text = {0};
        SIM_MAA_REQUEST struct sim_maa_request r = {0};

        (void)snprintf(refusal->message, sizeof(refusal->message), "request: out of memory");
        if (aza_json_parse(body, MAX_JSON, &outer) != 0)
                return sim_refuse(refusal, "request", "not JSON");
        if (!get_filled(outer, "AttestationInfo", &text, refusal))
                return false;
        if (aza_json_parse(aza_bytes_span(&text), MAX_JSON, &inner) != 0)
                return sim_refuse(refusal, "AttestationInfo", "not JSON");
        if (!get_inner(inner, &r, refusal))
                return false;
        *ret = r;
        r = (struct sim_maa_request){0};
        return true;
}
