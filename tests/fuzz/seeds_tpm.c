/* SPDX-License-Identifier: Apache-2.0 */
/* TPM structures, key references, padded blocks. */
#include "seeds.h"
#include "tpm/keyref.h"
#include "tpm/pcr.h"

#include <openssl/pem.h>
#include <tss2/tss2_mu.h>

static void append_part(struct aza_bytes *out, struct aza_span part)
{
        FUZZ_CHECK(aza_bytes_append_be16(out, (uint16_t)part.len) == 0);
        FUZZ_CHECK(aza_bytes_append(out, part.data, part.len) == 0);
}

static void attest(const TPMS_ATTEST *structure, struct aza_span public)
{
        AZA_BYTES struct aza_bytes in = {0};
        uint8_t message[sizeof *structure];
        uint8_t raw[262] = {0, TPM2_ALG_RSASSA, 0, TPM2_ALG_SHA256, 1, 0};
        size_t len = 0;
        FUZZ_CHECK(Tss2_MU_TPMS_ATTEST_Marshal(structure, message, sizeof message, &len) == 0);
        append_part(&in, aza_span_of(raw, sizeof raw));
        append_part(&in, public);
        FUZZ_CHECK(aza_bytes_append(&in, message, len) == 0);
        seed("attest", aza_bytes_span(&in));
}

/* A quote over PCRs of zeros and a certification of `ref`, both true but for the signature. */
static void attestations(const struct aza_keyref *ref, const struct aza_pcrs *pcrs,
                         struct aza_span public)
{
        TPMS_ATTEST quote = {
                .magic = TPM2_GENERATED_VALUE,
                .type = TPM2_ST_ATTEST_QUOTE,
                .qualifiedSigner = {.size = 34, .name = {0, 11}},
                .attested.quote = {.pcrSelect = {.count = 1,
                                                 .pcrSelections = {{.hash = TPM2_ALG_SHA256,
                                                                    .sizeofSelect = 3,
                                                                    .pcrSelect = {0xFF}}}},
                                   .pcrDigest = {.size = 32}},
        };
        TPMS_ATTEST certify = {
                .magic = TPM2_GENERATED_VALUE,
                .type = TPM2_ST_ATTEST_CERTIFY,
                .attested.certify = {.name = {.size = 34},
                                     .qualifiedName = {.size = 34, .name = {0, 11}}},
        };
        FUZZ_CHECK(aza_pcr_digest(fuzz_libctx(), pcrs, quote.attested.quote.pcrDigest.buffer) == 0);
        FUZZ_CHECK(aza_keyref_tpm_name(fuzz_libctx(), ref, certify.attested.certify.name.name) ==
                   0);
        attest(&quote, public);
        attest(&certify, public);
}

static void seed_pem(struct aza_span der)
{
        BIO *out = BIO_new(BIO_s_mem());
        char *text = NULL;
        FUZZ_CHECK(PEM_write_bio(out, AZA_KEYREF_PEM_LABEL, "", der.data, (long)der.len) > 0);
        long len = BIO_get_mem_data(out, &text);
        seed("decoder", aza_span_of(text, (size_t)len));
        BIO_free(out);
}

static void keys(void)
{
        static const struct {
                enum aza_purpose purpose;
                const char *name;
                uint32_t hierarchy;
                bool token;
        } refs[] = {
                {AZA_PURPOSE_DECRYPT, "", TPM2_RH_NULL, false},
                {AZA_PURPOSE_SIGN, "web", TPM2_RH_NULL, true},
                {AZA_PURPOSE_ANY, "a", TPM2_RH_OWNER, false},
        };
        for (size_t i = 0; i < sizeof refs / sizeof refs[0]; i++) {
                AZA_BYTES struct aza_bytes der = {0};
                AZA_BYTES struct aza_bytes public = {0};
                struct aza_pcrs pcrs = {.mask = 0xFF};
                char token[] = "e30.e30.AA";
                struct aza_keyref ref = {
                        .purpose = refs[i].purpose,
                        .hierarchy = refs[i].hierarchy,
                        .pcr_mask = 0xFF,
                        .token = refs[i].token ? token : NULL,
                };
                (void)snprintf(ref.name, sizeof ref.name, "%s", refs[i].name);
                memset(ref.modulus, 0xB7, sizeof ref.modulus);
                FUZZ_CHECK(aza_pcr_policy(fuzz_libctx(), &pcrs, ref.policy) == 0);
                FUZZ_CHECK(aza_keyref_encode(fuzz_libctx(), &ref, &der) == 0);
                seed("keyref", aza_bytes_span(&der));
                seed("decoder", aza_bytes_span(&der));
                seed_pem(aza_bytes_span(&der));
                FUZZ_CHECK(aza_keyref_public(fuzz_libctx(), &ref, &public) == 0);
                seed("tpm_public", aza_bytes_span(&public));
                if (i == 0)
                        attestations(&ref, &pcrs, aza_bytes_span(&public));
        }
}

/* For rsa_padding.c: what to do, then a block in clear whose message has `len` bytes. */
static void padded(uint8_t what, size_t len)
{
        uint8_t in[257];
        memset(in, 0x5A, sizeof in);
        in[0] = what;
        in[1] = 0;
        if (what == 0) {
                in[2] = 2;
                in[256 - len] = 0;
        } else {
                memset(in + 66, 0, sizeof in - 66 - len);
                in[256 - len] = 1;
        }
        seed("rsa_padding", aza_span_of(in, sizeof in));
}

void seeds_tpm(void)
{
        static const size_t lengths[] = {0, 16, 32, 48, 100, 190};
        keys();
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
                padded(0, lengths[i]);
                padded(1, lengths[i]);
        }
        padded(0, 245);
}
