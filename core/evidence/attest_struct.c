/* SPDX-License-Identifier: Apache-2.0 */
/* Reading TPMT_PUBLIC, TPMS_ATTEST and TPMT_SIGNATURE. Makes no check of its own: quote.c and
 * certify.c do. */
#include "evidence/attest_struct.h"

#include "base/crypto.h"
#include "base/error.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#define RSA_LEN 256u

void aza_tpm_public_free(struct aza_tpm_public *p)
{
        EVP_PKEY_free(p->key);
        *p = (struct aza_tpm_public){0};
}

static int check_public(const TPMT_PUBLIC *public)
{
        const TPM2B_PUBLIC_KEY_RSA *n = &public->unique.rsa;
        uint32_t e = public->parameters.rsaDetail.exponent;

        if (public->type != TPM2_ALG_RSA || public->nameAlg != TPM2_ALG_SHA256)
                return AZA_FAIL(AZATTEST_E_EVIDENCE,
                                "TPM public area: not an RSA key with SHA-256 Name");
        if (public->parameters.rsaDetail.keyBits != 2048 || n->size != RSA_LEN ||
            (n->buffer[0] & 0x80) == 0 || (n->buffer[RSA_LEN - 1] & 1) == 0)
                return AZA_FAIL(AZATTEST_E_EVIDENCE,
                                "TPM public area: no odd modulus of 2048 bits");
        if (e != 0 && e != 65537)
                return AZA_FAIL(AZATTEST_E_EVIDENCE, "TPM public area: exponent %u is not 65537",
                                e);
        if (public->authPolicy.size != 0 && public->authPolicy.size != 32)
                return AZA_FAIL(AZATTEST_E_EVIDENCE, "TPM public area: authPolicy of %u bytes",
                                public->authPolicy.size);
        return 0;
}

int aza_tpm_public_parse(OSSL_LIB_CTX *libctx, struct aza_span tpm2b, bool trailing,
                         struct aza_tpm_public *ret)
{
        static const uint8_t f4[] = {1, 0, 1};
        struct aza_tpm_public p = {0};
        struct aza_reader r = aza_reader_of(tpm2b);
        struct aza_span area = aza_read(&r, aza_read_be16(&r));
        TPMT_PUBLIC public = {0};
        size_t offset = 0;

        if (r.failed || (!trailing && !aza_reader_done(&r)))
                return AZA_FAIL(AZATTEST_E_EVIDENCE,
                                "TPM public area: its size does not fit the %zu bytes given",
                                tpm2b.len);
        if (area.len == 0 ||
            Tss2_MU_TPMT_PUBLIC_Unmarshal(area.data, area.len, &offset, &public) !=
                    TSS2_RC_SUCCESS ||
            offset != area.len)
                return AZA_FAIL(AZATTEST_E_EVIDENCE, "TPM public area: not a TPMT_PUBLIC");
        int code = check_public(&public);
        if (code != 0)
                return code;
        p.attributes = public.objectAttributes;
        p.has_policy = public.authPolicy.size == sizeof(p.policy);
        if (p.has_policy)
                memcpy(p.policy, public.authPolicy.buffer, sizeof(p.policy));
        p.name[1] = TPM2_ALG_SHA256;
        code = aza_sha256(libctx, area, p.name + 2);
        if (code == 0)
                code = aza_rsa_public(libctx, aza_span_of(public.unique.rsa.buffer, RSA_LEN),
                                      aza_span_of(f4, sizeof(f4)), &p.key);
        if (code != 0)
                return code;
        *ret = p;
        return 0;
}

/* tpm2-tss's unmarshalling prints to stderr when a PCR selection is larger than its structures, and
 * who sent the quote should not make us print. True also where there is no selection, or its end is
 * missing. */
static bool selection_fits(struct aza_span message)
{
        struct aza_reader r = aza_reader_of(message);

        (void)aza_read(&r, 4);
        if (aza_read_be16(&r) != TPM2_ST_ATTEST_QUOTE)
                return true;
        (void)aza_read(&r, aza_read_be16(&r)); /* qualifiedSigner */
        (void)aza_read(&r, aza_read_be16(&r)); /* extraData */
        (void)aza_read(&r, 17 + 8);            /* clockInfo, firmwareVersion */
        uint32_t count = aza_read_be32(&r);
        if (count > TPM2_NUM_PCR_BANKS)
                return false;
        for (; count > 0 && !r.failed; count--) {
                (void)aza_read_be16(&r);
                uint8_t size = aza_read_u8(&r);
                if (size > TPM2_PCR_SELECT_MAX)
                        return false;
                (void)aza_read(&r, size);
        }
        return true;
}

const char *aza_attest_parse(struct aza_span message, uint16_t type, TPMS_ATTEST *ret,
                             bool *ret_end)
{
        struct aza_reader r = aza_reader_of(message);
        size_t offset = 0;
        TPMS_ATTEST attest = {0};

        if (ret_end != NULL)
                *ret_end = false;
        if (aza_read_be32(&r) != TPM2_GENERATED_VALUE)
                return "it does not begin with TPM_GENERATED (FF544347)";
        uint16_t found = aza_read_be16(&r);
        if (r.failed)
                return "it is too short";
        if (found != type)
                return found == TPM2_ST_ATTEST_CERTIFY ? "it certifies a key and quotes nothing"
                       : found == TPM2_ST_ATTEST_QUOTE ? "it is a quote and certifies no key"
                                                       : "it is an attestation of another type";
        if (!selection_fits(message) ||
            Tss2_MU_TPMS_ATTEST_Unmarshal(message.data, message.len, &offset, &attest) !=
                    TSS2_RC_SUCCESS) {
                if (ret_end != NULL)
                        *ret_end = true;
                return "it is cut off or a length in it is wrong";
        }
        if (offset != message.len) {
                if (ret_end != NULL)
                        *ret_end = true;
                return "bytes follow its end";
        }
        *ret = attest;
        return NULL;
}

const char *aza_attest_signature(const EVP_PKEY *ak, struct aza_span signature,
                                 struct aza_span *ret)
{
        size_t len = (size_t)EVP_PKEY_get_size(ak);
        struct aza_reader r = aza_reader_of(signature);

        if (!EVP_PKEY_is_a(ak, "RSA"))
                return "the AK is no RSA key";
        if (signature.len == len) {
                *ret = signature;
                return NULL;
        }
        uint16_t scheme = aza_read_be16(&r), hash = aza_read_be16(&r);
        struct aza_span raw = aza_read(&r, aza_read_be16(&r));
        if (!aza_reader_done(&r) || raw.len != len)
                return "it is neither a raw RSA signature of the AK's size nor a TPMT_SIGNATURE";
        if (scheme != TPM2_ALG_RSASSA || hash != TPM2_ALG_SHA256)
                return "the scheme is not RSASSA-PKCS1-v1.5 with SHA-256";
        *ret = raw;
        return NULL;
}
