/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TPMS_ATTEST and signatures: a part of signature, a part of TPM2B_PUBLIC, then the message. Judged
 * with that signature, and with a good one made here, so that the checks behind it are reached.
 */
#include "evidence/attest_struct.h"
#include "fuzz.h"

static EVP_PKEY *signer(void)
{
        static EVP_PKEY *key;
        if (key == NULL)
                key = EVP_PKEY_Q_keygen(fuzz_libctx(), NULL, "RSA", (size_t)2048);
        FUZZ_CHECK(key != NULL);
        return key;
}

static struct aza_span sign(struct aza_span message, uint8_t out[256])
{
        AZA_OWN(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        size_t len = 256;
        FUZZ_CHECK(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", fuzz_libctx(), NULL, signer(),
                                         NULL) == 1 &&
                   EVP_DigestSign(ctx, out, &len, message.data, message.len) == 1);
        return aza_span_of(out, len);
}

static bool judge(EVP_PKEY *key, struct aza_span message, struct aza_span signature,
                  struct aza_span public)
{
        static const struct aza_pcrs pcrs = {.mask = 0xFF};
        const struct aza_quote_expect expect = {.pcrs = &pcrs, .policy_mask = 0xFF};
        AZA_CHECKS struct aza_checks quote = {0};
        AZA_CHECKS struct aza_checks certify = {0};
        struct aza_quote_info info = {0};
        struct aza_pcr_state state = {.mask = 0xFF};
        FUZZ_CHECK(aza_pcr_digest(fuzz_libctx(), &pcrs, state.digest) == 0);
        const struct aza_signed given = {key, message, signature};
        bool quoted = aza_quote_verify(fuzz_libctx(), &given, &expect, &quote, &info);
        fuzz_rows_agree(&quote, quoted);
        FUZZ_CHECK(!quoted || (info.state.mask == 0xFF && info.extra_data.len <= message.len));
        const struct aza_certify_expect key_expect = {.key_public = public, .state = &state};
        bool certified = aza_certify_verify(fuzz_libctx(), &given, &key_expect, &certify);
        fuzz_rows_agree(&certify, certified);
        FUZZ_CHECK(!(quoted && certified));
        return quoted || certified;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct aza_span rest = aza_span_of(data, size);
        struct aza_span signature = fuzz_part(&rest);
        struct aza_span public = fuzz_part(&rest);
        static const struct aza_pcrs pcrs = {.mask = 0xFF};
        struct aza_span raw = {0};
        uint8_t good[256];
        TPMS_ATTEST attest;
        bool end;

        (void)aza_attest_parse(rest, TPM2_ST_ATTEST_QUOTE, &attest, &end);
        (void)aza_attest_parse(rest, TPM2_ST_ATTEST_CERTIFY, &attest, &end);
        if (aza_attest_signature(fuzz_rsa(), signature, &raw) == NULL)
                FUZZ_CHECK(raw.len <= signature.len);
        (void)aza_quote_shows(fuzz_libctx(), rest, &pcrs);
        FUZZ_CHECK(!judge(fuzz_rsa(), rest, signature, public));
        (void)judge(signer(), rest, sign(rest, good), public);
        return 0;
}
