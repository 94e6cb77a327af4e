/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes and certifications signed by an AK of our own, as a vTPM would make them. */
#ifndef TEST_ATTEST_SUPPORT_H
#define TEST_ATTEST_SUPPORT_H

#include "unit/evidence_support.h"

#include "evidence/attest_struct.h"

#include <openssl/rsa.h>
#include <tss2/tss2_mu.h>

static EVP_PKEY *own_ak;

static inline int set_up_ak(void **state)
{
        int r = set_up(state);
        own_ak = r == 0 ? EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)2048) : NULL;
        return own_ak == NULL ? -1 : 0;
}

static inline int tear_down_ak(void **state)
{
        EVP_PKEY_free(own_ak);
        return tear_down(state);
}

struct own {
        TPMS_ATTEST attest;
        struct aza_pcrs pcrs;
        struct aza_bytes message, signature;
};

static inline void sign_with(EVP_PKEY *key, struct own *o)
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        size_t len = 256;
        assert_int_equal(aza_bytes_resize(&o->signature, len), 0);
        assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", libctx, NULL, key, NULL), 1);
        assert_int_equal(
                EVP_DigestSign(ctx, o->signature.data, &len, o->message.data, o->message.len), 1);
}

static inline void finish(struct own *o)
{
        size_t offset = 0;
        assert_int_equal(aza_bytes_resize(&o->message, sizeof(TPMS_ATTEST)), 0);
        assert_int_equal(
                Tss2_MU_TPMS_ATTEST_Marshal(&o->attest, o->message.data, o->message.len, &offset),
                TSS2_RC_SUCCESS);
        assert_int_equal(aza_bytes_resize(&o->message, offset), 0);
        sign_with(own_ak, o);
}

static inline struct own own_quote(uint32_t mask)
{
        struct own o = {.pcrs = {.mask = mask}};
        TPMS_QUOTE_INFO *q = &o.attest.attested.quote;
        for (unsigned int i = 0; i < 24; i++)
                memset(o.pcrs.value[i], (int)i, 32);
        o.attest.magic = TPM2_GENERATED_VALUE;
        o.attest.type = TPM2_ST_ATTEST_QUOTE;
        q->pcrSelect.count = 1;
        q->pcrSelect.pcrSelections[0] = (TPMS_PCR_SELECTION){
                .hash = TPM2_ALG_SHA256,
                .sizeofSelect = 3,
                .pcrSelect = {(uint8_t)mask, (uint8_t)(mask >> 8), (uint8_t)(mask >> 16)}};
        q->pcrDigest.size = 32;
        assert_int_equal(aza_pcr_digest(libctx, &o.pcrs, q->pcrDigest.buffer), 0);
        finish(&o);
        return o;
}

static inline void own_free(struct own *o)
{
        aza_bytes_free(&o->message);
        aza_bytes_free(&o->signature);
}

/* The public area of a key like the attested one, bound to `pcrs`. */
static inline struct aza_bytes enc_public(const struct aza_pcrs *pcrs, uint32_t attributes,
                                          uint8_t name[34])
{
        struct aza_bytes b = {0};
        TPM2B_PUBLIC p = {.publicArea = {.type = TPM2_ALG_RSA,
                                         .nameAlg = TPM2_ALG_SHA256,
                                         .objectAttributes = attributes}};
        size_t offset = 0;
        p.publicArea.authPolicy.size = 32;
        assert_int_equal(aza_pcr_policy(libctx, pcrs, p.publicArea.authPolicy.buffer), 0);
        p.publicArea.parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
        p.publicArea.parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
        p.publicArea.parameters.rsaDetail.keyBits = 2048;
        p.publicArea.unique.rsa.size = 256;
        memset(p.publicArea.unique.rsa.buffer, 0xFF, 256);
        assert_int_equal(aza_bytes_resize(&b, 1024), 0);
        assert_int_equal(Tss2_MU_TPM2B_PUBLIC_Marshal(&p, b.data, b.len, &offset), TSS2_RC_SUCCESS);
        assert_int_equal(aza_bytes_resize(&b, offset), 0);
        name[0] = 0;
        name[1] = 0x0B;
        assert_int_equal(aza_sha256(libctx, aza_span_of(b.data + 2, b.len - 2), name + 2), 0);
        return b;
}

#define GOOD_ATTRIBUTES 0x00020032u

static inline struct own own_certify(const uint8_t name[34])
{
        struct own o = own_quote(0xFF);
        memset(&o.attest.attested, 0, sizeof(o.attest.attested));
        o.attest.type = TPM2_ST_ATTEST_CERTIFY;
        o.attest.attested.certify.name.size = 34;
        memcpy(o.attest.attested.certify.name.name, name, 34);
        finish(&o);
        return o;
}

#endif
