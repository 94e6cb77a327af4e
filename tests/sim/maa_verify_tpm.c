/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the checks on TPM structures (PROTOCOL.md 11.3 items 2, 4, 5). Trusts only the AIK handed
 * in; whether that is to be trusted is decided elsewhere. */
#include "base/crypto.h"
#include "sim/cert.h"
#include "sim/maa_verify.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#define NAME_LEN       (2 + SIM_PCR_LEN)
#define KEY_ATTRIBUTES 0x00020432U /* PROTOCOL.md 3.1 */

/* TPM2B_PUBLIC; *ret_area is its TPMT_PUBLIC. `trailing`: one client sends the whole ReadPublic
 * answer, of which the public area is the first part (lenient). */
static bool parse_public(struct aza_span in, bool trailing, const char *check, TPMT_PUBLIC *ret,
                         struct aza_span *ret_area, struct sim_refusal *refusal)
{
        struct aza_reader r = aza_reader_of(in);
        struct aza_span area = aza_read(&r, aza_read_be16(&r));
        size_t used = 0;

        if (r.failed)
                return sim_refuse(refusal, check, "not a TPM2B_PUBLIC of its size");
        if (!trailing && r.rest.len != 0)
                return sim_refuse(refusal, check,
                                  "not a TPM2B_PUBLIC of its size: %zu bytes follow", r.rest.len);
        memset(ret, 0, sizeof(*ret));
        if (Tss2_MU_TPMT_PUBLIC_Unmarshal(area.data, area.len, &used, ret) != TSS2_RC_SUCCESS ||
            used != area.len)
                return sim_refuse(refusal, check, "not a TPMT_PUBLIC");
        *ret_area = area;
        return true;
}

static bool rsa_2048(const TPMT_PUBLIC *p, const char *check, EVP_PKEY **ret,
                     struct sim_refusal *refusal)
{
        static const uint8_t f4[] = {1, 0, 1};
        const TPMS_RSA_PARMS *rsa = &p->parameters.rsaDetail;

        if (p->type != TPM2_ALG_RSA || rsa->keyBits != 2048 || p->unique.rsa.size != 256 ||
            (rsa->exponent != 0 && rsa->exponent != 65537))
                return sim_refuse(refusal, check, "not an RSA-2048 key with exponent 65537");
        if (aza_rsa_public(sim_libctx(), aza_span_of(p->unique.rsa.buffer, 256),
                           aza_span_of(f4, sizeof(f4)), ret) != 0)
                return sim_refuse(refusal, check, "not a usable RSA key");
        return true;
}

static bool attributes(uint32_t have, uint32_t wanted, uint32_t unwanted, const char *check,
                       struct sim_refusal *refusal)
{
        if ((have & wanted) != wanted || (have & unwanted) != 0)
                return sim_refuse(refusal, check,
                                  "attributes 0x%08x (wanted set 0x%08x, clear 0x%08x)",
                                  (unsigned int)have, (unsigned int)wanted, (unsigned int)unwanted);
        return true;
}

bool sim_maa_verify_aik(const struct sim_maa_request *request, EVP_PKEY **ret_aik,
                        struct sim_refusal *refusal)
{
        TPMT_PUBLIC area;
        struct aza_span bytes;

        return parse_public(aza_bytes_span(&request->aik_public), request->lenient, "AikPub", &area,
                            &bytes, refusal) &&
               attributes(area.objectAttributes,
                          TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM |
                                  TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN,
                          TPMA_OBJECT_DECRYPT, "AikPub", refusal) &&
               rsa_2048(&area, "AikPub", ret_aik, refusal);
}

/* Signature first: nothing of an unsigned structure is looked at. */
static bool parse_attest(const struct aza_bytes *bytes, const struct aza_bytes *signature,
                         EVP_PKEY *aik, TPM2_ST type, const char *check, const char *sig_check,
                         TPMS_ATTEST *ret, struct sim_refusal *refusal)
{
        size_t used = 0;

        if (!aza_rsa_verify_sha256(sim_libctx(), aik, aza_bytes_span(bytes),
                                   aza_bytes_span(signature)))
                return sim_refuse(refusal, sig_check, "not a signature by AikPub over %s", check);
        memset(ret, 0, sizeof(*ret));
        if (Tss2_MU_TPMS_ATTEST_Unmarshal(bytes->data, bytes->len, &used, ret) != TSS2_RC_SUCCESS ||
            used != bytes->len)
                return sim_refuse(refusal, check, "not a TPMS_ATTEST");
        if (ret->magic != TPM2_GENERATED_VALUE || ret->type != type)
                return sim_refuse(refusal, check, "magic or type");
        return true;
}

static bool pcr_digest(const struct sim_maa_request *request, uint8_t out[SIM_PCR_LEN])
{
        uint8_t values[SIM_PCRS * SIM_PCR_LEN];
        size_t len = 0;

        for (unsigned int i = 0; i < SIM_PCRS; i++) {
                if ((request->pcr_mask & 1U << i) == 0)
                        continue;
                memcpy(values + len, request->pcrs[i], SIM_PCR_LEN);
                len += SIM_PCR_LEN;
        }
        return aza_sha256(sim_libctx(), aza_span_of(values, len), out) == 0;
}

static uint32_t selection_mask(const TPMS_PCR_SELECTION *selection)
{
        uint32_t mask = 0;
        for (unsigned int i = 0; i < selection->sizeofSelect && i < 4; i++)
                mask |= (uint32_t)selection->pcrSelect[i] << 8 * i;
        return mask;
}

bool sim_maa_verify_quote(const struct sim_maa_request *request, EVP_PKEY *aik,
                          struct sim_refusal *refusal)
{
        TPMS_ATTEST attest;
        uint8_t digest[SIM_PCR_LEN];

        if (!parse_attest(&request->quote, &request->quote_signature, aik, TPM2_ST_ATTEST_QUOTE,
                          "PcrQuote", "PcrSignature", &attest, refusal))
                return false;
        const TPMS_QUOTE_INFO *quote = &attest.attested.quote;
        /* A list that repeats a bank could show one PCR as another. */
        if (quote->pcrSelect.count != 1 ||
            quote->pcrSelect.pcrSelections[0].hash != TPM2_ALG_SHA256 ||
            selection_mask(&quote->pcrSelect.pcrSelections[0]) != request->pcr_mask)
                return sim_refuse(refusal, "PcrSet", "not the quoted selection (SHA-256 bank)");
        if (!pcr_digest(request, digest) || quote->pcrDigest.size != sizeof(digest) ||
            memcmp(quote->pcrDigest.buffer, digest, sizeof(digest)) != 0)
                return sim_refuse(refusal, "PCRs", "not the quoted values");
        return true;
}

/* PolicyPCR from a fresh session (PROTOCOL.md 3.3). */
static bool pcr_policy(const struct sim_maa_request *request, uint8_t out[SIM_PCR_LEN])
{
        AZA_BYTES struct aza_bytes in = {0};
        uint8_t digest[SIM_PCR_LEN];
        const uint8_t selection[] = {0,
                                     0,
                                     0,
                                     1,
                                     0,
                                     TPM2_ALG_SHA256,
                                     3,
                                     (uint8_t)request->pcr_mask,
                                     (uint8_t)(request->pcr_mask >> 8),
                                     (uint8_t)(request->pcr_mask >> 16)};
        return pcr_digest(request, digest) && aza_bytes_resize(&in, SIM_PCR_LEN) == 0 &&
               aza_bytes_append_be32(&in, TPM2_CC_PolicyPCR) == 0 &&
               aza_bytes_append(&in, selection, sizeof(selection)) == 0 &&
               aza_bytes_append(&in, digest, sizeof(digest)) == 0 &&
               aza_sha256(sim_libctx(), aza_bytes_span(&in), out) == 0;
}

static bool name_of(struct aza_span area, uint8_t out[NAME_LEN])
{
        out[0] = 0;
        out[1] = TPM2_ALG_SHA256;
        return aza_sha256(sim_libctx(), area, out + 2) == 0;
}

/* The key of PROTOCOL.md 3.1, whose scheme is the caller's choice. Lenient: noDA and how the
 * exponent is written are the client's. */
static bool is_template(const TPMT_PUBLIC *area, bool lenient, struct sim_refusal *refusal)
{
        const TPMS_RSA_PARMS *rsa = &area->parameters.rsaDetail;

        if (area->type != TPM2_ALG_RSA)
                return sim_refuse(refusal, "EncKeyPub", "not an RSA key");
        if (rsa->scheme.scheme != TPM2_ALG_NULL)
                return sim_refuse(refusal, "EncKeyPub",
                                  "fixed to scheme 0x%04x (wanted 0x0010: MAA encrypts with RSAES)",
                                  rsa->scheme.scheme);
        if (rsa->symmetric.algorithm != TPM2_ALG_NULL)
                return sim_refuse(refusal, "EncKeyPub", "symmetric 0x%04x (wanted 0x0010)",
                                  rsa->symmetric.algorithm);
        if (lenient)
                return true;
        if (rsa->exponent != 0)
                return sim_refuse(refusal, "EncKeyPub", "exponent written as 65537 (wanted 0)");
        return attributes(area->objectAttributes, KEY_ATTRIBUTES, ~KEY_ATTRIBUTES, "EncKeyPub",
                          refusal);
}

bool sim_maa_verify_key(const struct sim_maa_request *request, EVP_PKEY *aik, EVP_PKEY **ret_key,
                        struct sim_refusal *refusal)
{
        TPMS_ATTEST attest;
        TPMT_PUBLIC area;
        struct aza_span bytes;
        uint8_t name[NAME_LEN];
        uint8_t policy[SIM_PCR_LEN];

        if (!parse_attest(&request->certify, &request->certify_signature, aik,
                          TPM2_ST_ATTEST_CERTIFY, "EncKeyCertifyInfo", "EncKeyCertifyInfoSignature",
                          &attest, refusal) ||
            !parse_public(aza_bytes_span(&request->key_public), false, "EncKeyPub", &area, &bytes,
                          refusal))
                return false;
        const TPM2B_NAME *certified = &attest.attested.certify.name;
        if (area.nameAlg != TPM2_ALG_SHA256 || !name_of(bytes, name) ||
            certified->size != NAME_LEN || memcmp(certified->name, name, NAME_LEN) != 0)
                return sim_refuse(refusal, "EncKeyCertifyInfo", "certifies another key");
        if (!attributes(area.objectAttributes,
                        TPMA_OBJECT_DECRYPT | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                TPMA_OBJECT_SENSITIVEDATAORIGIN,
                        TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SIGN_ENCRYPT |
                                TPMA_OBJECT_RESTRICTED,
                        "EncKeyPub", refusal))
                return false;
        if (!pcr_policy(request, policy) || area.authPolicy.size != sizeof(policy) ||
            memcmp(area.authPolicy.buffer, policy, sizeof(policy)) != 0)
                return sim_refuse(refusal, "EncKeyPub",
                                  "authPolicy is not PolicyPCR of PcrSet and PCRs");
        return is_template(&area, request->lenient, refusal) &&
               rsa_2048(&area, "EncKeyPub", ret_key, refusal);
}
