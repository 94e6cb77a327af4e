/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence -> request document (PROTOCOL.md 7). The nesting of encodings is the reference client's:
 * report -> base64url -> JSON -> base64 -> inner JSON -> base64url -> outer JSON. Pure. */
#include "maa/request.h"

#include "base/base64.h"
#include "base/error.h"
#include "os/defaults.h"
#include "os/os_info.h"

#include <string.h>

#define PLAIN (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* Adds `value` (taken over, NULL: out of memory) as member `name`. */
static bool add(json_object *object, const char *name, json_object *value)
{
        if (value != NULL && json_object_object_add(object, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

static json_object *encoded(enum aza_base64_form form, struct aza_span bytes)
{
        AZA_BYTES struct aza_bytes text = {0};

        if (aza_base64_encode(form, bytes, &text) != 0 || text.len > INT32_MAX)
                return NULL;
        return json_object_new_string_len(text.data != NULL ? (const char *)text.data : "",
                                          (int)text.len);
}

static bool add_bytes(json_object *object, const char *name, struct aza_span bytes)
{
        return add(object, name, encoded(AZA_BASE64, bytes));
}

static bool add_text(json_object *object, const char *name, const char *text)
{
        return add_bytes(object, name, aza_span_of(text, strlen(text)));
}

static struct aza_span text_of(json_object *object)
{
        size_t len = 0;
        const char *text = json_object_to_json_string_length(object, PLAIN, &len);

        return aza_span_of(text, len);
}

/* Every value base64: MAA hands them back in the token as they come. */
static json_object *client_payload(json_object *payload)
{
        AZA_OWN(json_object_put) json_object *object = json_object_new_object();

        if (object == NULL)
                return NULL;
        json_object_object_foreach(payload, name, value)
        {
                if (!add_bytes(object, name,
                               aza_span_of(json_object_get_string(value),
                                           (size_t)json_object_get_string_len(value))))
                        return NULL;
        }
        return aza_take(&object);
}

static bool add_pcrs(json_object *tpm, const struct aza_pcrs *pcrs)
{
        json_object *set = json_object_new_array();
        json_object *values = json_object_new_array();
        bool added = add(tpm, "PcrSet", set);

        added = add(tpm, "PCRs", values) && added;
        for (int n = 0; added && n < AZA_PCR_COUNT; n++) {
                if ((pcrs->mask >> n & 1) == 0)
                        continue;
                json_object *value = json_object_new_object();
                added = value != NULL && json_object_array_add(values, value) == 0;
                if (!added) {
                        json_object_put(value);
                        break;
                }
                added = json_object_array_add(set, json_object_new_int(n)) == 0 &&
                        add(value, "Index", json_object_new_int(n)) &&
                        add_bytes(value, "Digest", aza_span_of(pcrs->value[n], AZA_PCR_SIZE));
        }
        return added;
}

static json_object *tpm_info(const struct aza_evidence *e, const struct aza_bytes *enc_key)
{
        AZA_OWN(json_object_put) json_object *tpm = json_object_new_object();

        if (tpm == NULL || !add_bytes(tpm, "AikCert", aza_bytes_span(&e->ak_certificate)) ||
            !add_bytes(tpm, "AikPub", aza_bytes_span(&e->ak_public)) ||
            !add_bytes(tpm, "PcrQuote", aza_bytes_span(&e->quote.message)) ||
            !add_bytes(tpm, "PcrSignature", aza_bytes_span(&e->quote.signature)) ||
            !add_bytes(tpm, "EncKeyPub", aza_bytes_span(enc_key)) ||
            !add_bytes(tpm, "EncKeyCertifyInfo", aza_bytes_span(&e->certify.message)) ||
            !add_bytes(tpm, "EncKeyCertifyInfoSignature", aza_bytes_span(&e->certify.signature)) ||
            !add_pcrs(tpm, &e->pcrs))
                return NULL;
        return aza_take(&tpm);
}

/* The SNP proof is itself JSON, which makes its own base64 layer. */
static json_object *snp_proof(const struct aza_evidence *e)
{
        AZA_OWN(json_object_put) json_object *proof = json_object_new_object();

        if (proof == NULL || !add(proof, "SnpReport", encoded(AZA_BASE64URL, e->hcl.hardware)) ||
            !add_bytes(proof, "VcekCertChain", aza_bytes_span(&e->vcek_chain)))
                return NULL;
        return encoded(AZA_BASE64, text_of(proof));
}

static json_object *isolation_info(const struct aza_evidence *e)
{
        AZA_OWN(json_object_put) json_object *info = json_object_new_object();
        json_object *evidence = NULL;

        if (info == NULL)
                return NULL;
        if (e->vm == AZA_VM_TRUSTEDLAUNCH)
                return add(info, "Type", json_object_new_string("TrustedLaunch")) ? aza_take(&info)
                                                                                  : NULL;
        const bool snp = e->vm == AZA_VM_SEVSNP;
        json_object *proof = snp ? snp_proof(e) : encoded(AZA_BASE64, aza_bytes_span(&e->td_quote));
        evidence = json_object_new_object();
        if (!add(info, "Evidence", evidence)) {
                json_object_put(proof);
                return NULL;
        }
        if (!add(evidence, "Proof", proof) || !add_bytes(evidence, "RunTimeData", e->hcl.runtime) ||
            !add(info, "Type", json_object_new_string(snp ? "SevSnp" : "Tdx")))
                return NULL;
        return aza_take(&info);
}

static json_object *inner(const struct aza_evidence *e, const struct aza_os_info *os,
                          json_object *payload, const struct aza_bytes *enc_key)
{
        AZA_OWN(json_object_put) json_object *object = json_object_new_object();

        if (object == NULL ||
            !add(object, "AttestationProtocolVersion", json_object_new_string("2.0")) ||
            !(payload == NULL ? json_object_object_add(object, "ClientPayload", NULL) == 0
                              : add(object, "ClientPayload", client_payload(payload))) ||
            !add(object, "IsolationInfo", isolation_info(e)) ||
            !add_text(object, "OSBuild", AZA_OS_BUILD) ||
            !add_text(object, "OSDistro", os->distro) || !add_text(object, "OSType", AZA_OS_TYPE) ||
            !add(object, "OSVersionMajor", json_object_new_int64(os->major)) ||
            !add(object, "OSVersionMinor", json_object_new_int64(os->minor)) ||
            !add_bytes(object, "TcgLogs", aza_bytes_span(&e->event_log)) ||
            !add(object, "TpmInfo", tpm_info(e, enc_key)))
                return NULL;
        return aza_take(&object);
}

/* What MAA needs and would only refuse with HTTP 400 (the reference client's Validate). */
static int check_complete(const struct aza_evidence *e, const struct aza_os_info *os)
{
        const char *missing = NULL;

        if (os->distro[0] == '\0' || os->major == 0)
                missing = "OS name or version (VERSION_ID in os-release)";
        else if (e->ak_certificate.len == 0)
                missing = "AK certificate";
        else if (e->ak_public.len == 0)
                missing = "AK public area";
        else if (e->quote.message.len == 0 || e->quote.signature.len == 0)
                missing = "PCR quote";
        else if (e->pcrs.mask == 0)
                missing = "PCR values";
        else if (e->key == NULL || e->certify.message.len == 0 || e->certify.signature.len == 0)
                missing = "certified key";
        else if (e->vm != AZA_VM_TRUSTEDLAUNCH && e->hcl.runtime.len == 0)
                missing = "runtime data";
        else if (e->vm == AZA_VM_SEVSNP && e->hcl.hardware.len == 0)
                missing = "SNP report";
        else if (e->vm == AZA_VM_SEVSNP && e->vcek_chain.len == 0)
                missing = "VCEK certificate chain";
        else if (e->vm == AZA_VM_TDX && e->td_quote.len == 0)
                missing = "TD quote";
        if (missing != NULL)
                return AZA_FAIL(AZATTEST_E_PARAMETERS_VALIDATION,
                                "the collected evidence is incomplete: no %s", missing);
        return 0;
}

int aza_request_build(OSSL_LIB_CTX *libctx, const struct aza_evidence *e,
                      const struct aza_os_info *os, json_object *payload, struct aza_bytes *ret)
{
        AZA_OWN(json_object_put) json_object *outer = json_object_new_object();
        AZA_OWN(json_object_put) json_object *object = NULL;
        AZA_BYTES struct aza_bytes enc_key = {0};
        int r = check_complete(e, os);

        if (r != 0)
                return r;
        r = aza_keyref_public(libctx, e->key, &enc_key);
        if (r != 0)
                return r;
        object = inner(e, os, payload, &enc_key);
        if (object == NULL || outer == NULL)
                return AZA_NO_MEMORY();
        if (!add(outer, "AttestationInfo", encoded(AZA_BASE64URL, text_of(object))))
                return AZA_NO_MEMORY();
        struct aza_span text = text_of(outer);
        return aza_bytes_set(ret, text.data, text.len);
}
