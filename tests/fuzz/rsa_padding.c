/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA padding against what RFC 8017 says, written here the plain way: decoders agree with it on
 * every block, and implicit rejection never fails, never says too much and repeats itself.
 */
#include "key/rsa_padding.h"
#include "fuzz.h"

#define K 256

/* EME-PKCS1-v1_5 decoding: the message's offset, 0 when the block is malformed. */
static size_t plain_pkcs1(const uint8_t block[K])
{
        size_t i = 2;
        while (i < K && block[i] != 0)
                i++;
        return block[0] == 0 && block[1] == 2 && i < K && i >= 10 ? i + 1 : 0;
}

static void mgf1_xor(const uint8_t *seed, size_t seed_len, uint8_t *out, size_t len)
{
        uint8_t input[K + 4];
        uint8_t hash[32];
        memcpy(input, seed, seed_len);
        for (size_t i = 0; i < len; i++) {
                if (i % 32 == 0) {
                        const uint8_t counter[4] = {0, 0, 0, (uint8_t)(i / 32)};
                        memcpy(input + seed_len, counter, 4);
                        FUZZ_CHECK(aza_sha256(fuzz_libctx(), aza_span_of(input, seed_len + 4),
                                              hash) == 0);
                }
                out[i] ^= hash[i % 32];
        }
}

/* Turns `block` (Y, seed, DB in clear) into an encoded message, with the label's hash in place when
 * `label` says so. */
static void oaep_mask(uint8_t block[K], bool label)
{
        if (label)
                FUZZ_CHECK(aza_sha256(fuzz_libctx(), aza_span_of("", 0), block + 33) == 0);
        mgf1_xor(block + 1, 32, block + 33, K - 33);
        mgf1_xor(block + 33, K - 33, block + 1, 32);
}

static void oaep(const uint8_t clear[K], bool label)
{
        static EVP_MD *md;
        uint8_t block[K];
        uint8_t out[K] = {0};
        uint8_t empty[32];
        size_t len = sizeof out;
        if (md == NULL)
                md = EVP_MD_fetch(fuzz_libctx(), "SHA256", NULL);
        const struct aza_oaep_params params = {.md = md, .mgf1_md = md};
        memcpy(block, clear, K);
        oaep_mask(block, label);
        FUZZ_CHECK(aza_sha256(fuzz_libctx(), aza_span_of("", 0), empty) == 0);
        size_t one = 65;
        while (one < K && clear[one] == 0)
                one++;
        bool good = clear[0] == 0 && (label || memcmp(clear + 33, empty, 32) == 0) && one < K &&
                    clear[one] == 1;
        int r = aza_oaep_decode(&params, aza_span_of(block, K), out, &len);
        FUZZ_CHECK((r == 0) == good);
        if (good)
                FUZZ_CHECK(len == K - one - 1 && memcmp(out, clear + one + 1, len) == 0);
}

static void implicit(const uint8_t block[K], size_t offset)
{
        uint8_t ciphertext[K];
        static const uint8_t secret[32] = {7};
        uint8_t out[2][K];
        size_t len[2] = {K - 11, K - 11};
        const struct aza_implicit_rejection rejection = {fuzz_libctx(), secret, {ciphertext, K}};
        memset(ciphertext, block[K - 1], sizeof ciphertext);
        for (int i = 0; i < 2; i++)
                FUZZ_CHECK(aza_pkcs1_decode_implicit(&rejection, aza_span_of(block, K), out[i],
                                                     &len[i]) == 0);
        FUZZ_CHECK(len[0] == len[1] && len[0] <= K - 11 && memcmp(out[0], out[1], len[0]) == 0);
        if (offset != 0)
                FUZZ_CHECK(len[0] == K - offset && memcmp(out[0], block + offset, len[0]) == 0);
}

static void pkcs1(const uint8_t block[K])
{
        uint8_t out[K];
        size_t len = sizeof out;
        size_t offset = plain_pkcs1(block);
        int r = aza_pkcs1_decode(aza_span_of(block, K), out, &len);
        FUZZ_CHECK((r == 0) == (offset != 0));
        if (offset != 0)
                FUZZ_CHECK(len == K - offset && memcmp(out, block + offset, len) == 0);
        implicit(block, offset);

        FUZZ_CHECK(aza_pkcs1_decode_fixed(fuzz_libctx(), aza_span_of(block, K), out, 32) == 0);
        if (offset == K - 32)
                FUZZ_CHECK(memcmp(out, block + offset, 32) == 0);
        FUZZ_CHECK(aza_pkcs1_decode_tls(fuzz_libctx(), aza_span_of(block, K), 0x0303, 0, out) == 0);
        if (offset == K - 48 && block[offset] == 3 && block[offset + 1] == 3)
                FUZZ_CHECK(memcmp(out, block + offset, 48) == 0);
}

/* First byte: what to do; then the block, cut or filled with zeros. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint8_t block[K] = {0};
        if (size < 2)
                return 0;
        memcpy(block, data + 1, size - 1 < K ? size - 1 : K);
        if (data[0] % 3 == 0)
                pkcs1(block);
        else
                oaep(block, data[0] % 3 == 1);
        return 0;
}
